"""The verbs of an import: bring a file, say how to read it, what its columns mean, what to mend, on what basis these
people may be written to; try it; run it; stop it, go on, put it away.

Each step may be taken again until the run has begun. The long work is done by jobs (`imports` engine); these actions
only decide and order it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers.importing.encodings import CHOICES
from enishi.customers.importing.errors import UnreadableFile
from enishi.customers.importing.sniff import FileShape, resniff
from enishi.customers.imports import access, staging
from enishi.customers.imports.doors import JOBS, QUEUE
from enishi.customers.imports.error_file import make_error_file
from enishi.customers.imports.questions import needs_consent, stopping_findings
from enishi.customers.imports.running import show_work, target_of
from enishi.customers.imports.target import ImportTarget
from enishi.customers.models import ConsentRecord, ImportRun, ImportUndo
from enishi.customers.models.consent import Channel
from enishi.platform import changes, events, files, modules, policy, runs
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.models import Work

State = ImportRun.State
#: States in which the steps of the wizard can be changed.
OPEN = (State.MAPPING, State.READY)


class ImportIsBusy(ActionError):
    """The run is in a state in which this cannot be done: it runs, or it is over."""

    code = "import.busy"
    message = gettext_lazy("この取り込みは処理中か、すでに終わっています。画面を開き直してください。")


class StoppingFindings(ActionError):
    """Data in a mapped column is lost beyond repair: the column must be left out, or the file mended."""

    code = "import.stopping_findings"
    message = gettext_lazy("このままでは取り込めない列があります。その列を取り込まないことにするか、ファイルを直してください。")


class ConsentNotAnswered(ActionError):
    code = "import.consent_not_answered"
    message = gettext_lazy("この人たちに配信してよい根拠を選んでください。")


@action
def start_import(*, target: str, name: str, chunks: Iterable[bytes], actor: Actor, now: datetime, foreground: bool = False) -> int:
    """Store a file and order its reading; the run's id. Records `import.started`.

    `foreground`: the caller does the long work itself, at once (a command); if it dies, the pulse orders the job.
    Raises NotAllowed (also for a token: the job would have all the rights of its owner), NotFound (no such target), FileTooLarge,
    DiskFull.
    """
    policy.require(actor, "import", "create")
    if actor.kind == "token":
        raise NotAllowed
    _target(target).require(actor)
    file = files.store(name=name, chunks=chunks, actor=actor, at=now)
    run = ImportRun.rows.create(target=target, file=file, owner_id=actor.user_id, created_at=now)
    events.record("import.started", subject=run.pk, customer=None, actor=actor, at=now, data={"target": target, "bytes": file.size_bytes})
    _order(run, foreground=foreground)
    return run.pk


def _target(key: str) -> ImportTarget:
    found: ImportTarget | None = modules.wired("IMPORT_TARGETS").get(key)
    if found is None:
        raise NotFound
    return found


def _order(run: ImportRun, *, foreground: bool = False) -> None:
    show_work(run, Work.State.RUNNING)
    if foreground:
        runs.expect(ImportRun, run.pk)
    else:
        runs.order(ImportRun, run.pk, JOBS[run.state], queue=QUEUE)


def _run_for(actor: Actor, run_id: int, *states: str) -> ImportRun:
    """The run, locked, where it is in one of the states; a finished check is taken back by any change."""
    run = access.import_for(actor, run_id, "update")
    target_of(run).require(actor)
    if run.state not in states:
        raise ImportIsBusy
    return run


def _reopen(run: ImportRun, *fields: str) -> None:
    run.state = State.MAPPING
    run.report.pop("check", None)
    run.save(update_fields=["state", "report", *fields])


@action
def change_shape(
    *, run_id: int, encoding: str = "", delimiter: str = "", header_row: int | None = None, sheet: str = "", actor: Actor
) -> None:
    """Read the file again with what the person at the screen sees better. Raises NotFound, NotAllowed, ImportIsBusy,
    Invalid (nothing sensible comes of it)."""
    run = _run_for(actor, run_id, *OPEN, State.FAILED)
    shape = FileShape.from_json(run.shape)
    corrections: dict[str, str | int] = {}
    if shape.format == "xlsx":
        if sheet and sheet in shape.sheets:
            corrections["sheet"] = sheet
    else:
        if encoding in CHOICES:
            corrections["encoding"] = encoding
        if delimiter in (",", "\t", ";", "|"):
            corrections["delimiter"] = delimiter
    run.shape = _reshaped(run, shape, corrections, header_row).as_json()
    run.columns, run.mapping, run.findings, run.total, run.failure = [], {}, [], 0, ""
    run.choices.pop("repairs", None)
    run.report, run.state, run.tries = {}, State.STAGING, 0
    run.save(update_fields=["shape", "columns", "mapping", "findings", "choices", "total", "failure", "report", "state", "tries"])
    staging.forget_rows(run.pk)
    _order(run)


def _reshaped(run: ImportRun, shape: FileShape, corrections: Mapping[str, str | int], header_row: int | None) -> FileShape:
    try:
        with files.path_of(run.file).open("rb") as source:
            changed = {key: value for key, value in corrections.items() if getattr(shape, key) != value}
            found = resniff(source, shape, **changed) if changed else shape
            return found if header_row is None else staging.with_header_row(source, found, header_row)
    except UnreadableFile as refusal:
        raise Invalid(fields={"": [f"{refusal.message}{refusal.advice}"]}) from refusal


@action
def map_columns(*, run_id: int, mapping: Mapping[int, str], options: Mapping[str, object], actor: Actor) -> None:
    """Say what each column becomes ("" leaves it out). `options`: existing (fill, overwrite) and what the target asks.

    Raises NotFound, NotAllowed, ImportIsBusy, Invalid (a field twice, a required one missing, none at all).
    """
    run = _run_for(actor, run_id, *OPEN)
    target = target_of(run)
    wanted = {int(column): key for column, key in mapping.items() if key}
    _check_mapping(wanted, target, len(run.columns))
    before = {int(column): key for column, key in run.mapping.items() if key}
    if wanted != before:
        run.mapping = {str(column): key for column, key in wanted.items()}
        run.findings = staging.look_again(run, wanted)
        known = {finding["key"] for finding in run.findings}
        run.choices["repairs"] = [key for key in run.choices.get("repairs", []) if key in known]
    run.choices |= _chosen(target, run, options)
    _reopen(run, "mapping", "findings", "choices")


def _chosen(target: ImportTarget, run: ImportRun, options: Mapping[str, object]) -> dict[str, str]:
    """The answers to the target's questions; what was not answered, or not so, is as proposed."""
    found = {}
    for option in target.options(run):
        said = str(options.get(option.key, ""))
        found[option.key] = said if said in [value for value, _label in option.choices] else option.proposed
    return found


def _check_mapping(mapping: Mapping[int, str], target: ImportTarget, width: int) -> None:
    labels = {field.key: str(field.label) for field in target.fields}
    many = {field.key for field in target.fields if field.many}
    problems: list[str] = []
    if not mapping:
        problems.append(_("取り込む列を1つ以上選んでください。"))
    if any(key not in labels or not 0 <= column < width for column, key in mapping.items()):
        problems.append(_("列の対応が正しくありません。"))
    twice = {key for key in mapping.values() if list(mapping.values()).count(key) > 1 and key not in many}
    problems += [
        _("「%(field)s」が2つの列に選ばれています。どちらかにしてください。") % {"field": labels.get(key, key)} for key in sorted(twice)
    ]
    missing = [field for field in target.fields if field.required and field.key not in mapping.values()]
    problems += [_("「%(field)s」の列を選んでください。") % {"field": field.label} for field in missing]
    problems += target.mapping_problems(set(mapping.values()))
    if problems:
        raise Invalid(fields={"": problems})


@action
def accept_repairs(*, run_id: int, keys: Collection[str], actor: Actor) -> None:
    """Agree to proposed repairs. Raises NotFound, NotAllowed, ImportIsBusy, StoppingFindings."""
    run = _run_for(actor, run_id, *OPEN)
    offered = {finding["key"] for finding in run.findings if finding["repair"]}
    run.choices["repairs"] = sorted(offered & set(keys))
    _reopen(run, "choices")
    _refuse_stopping(run)


def _refuse_stopping(run: ImportRun) -> None:
    if stopping_findings(run):
        raise StoppingFindings


@action
def answer_consent(
    *,
    run_id: int,
    basis: str,
    channels: Collection[str] = (Channel.EMAIL,),
    place: str = "",
    given_on: str = "",
    wording: str = "",
    actor: Actor,
) -> None:
    """Say on what basis the people of the file may be written to, where no column does. Raises NotFound, NotAllowed,
    ImportIsBusy, Invalid."""
    run = _run_for(actor, run_id, *OPEN)
    problems: dict[str, list[str]] = {}
    if basis not in (ConsentRecord.Basis.CONSENT, ConsentRecord.Basis.RELATION, ConsentRecord.Basis.UNKNOWN):
        problems["basis"] = [_("1つ選んでください。")]
    if basis == ConsentRecord.Basis.CONSENT and not place.strip():
        problems["place"] = [_("どこで同意を得たかを入力してください。例：店頭の入会申込書")]
    if set(channels) - set(Channel.values) or not channels:
        problems["channels"] = [_("1つ以上選んでください。")]
    if problems:
        raise Invalid(fields=problems)
    run.choices["consent"] = {
        "basis": basis,
        "channels": sorted(channels),
        "place": place[:200],
        "given_on": given_on,
        "wording": wording[:4000],
    }
    _reopen(run, "choices")


@action
def check_import(*, run_id: int, actor: Actor, foreground: bool = False) -> None:
    """Order the dry run. Raises NotFound, NotAllowed, ImportIsBusy, StoppingFindings, ConsentNotAnswered."""
    run = _run_for(actor, run_id, *OPEN)
    _refuse_unfinished(run)
    run.report = {}
    run.state, run.done, run.tries = State.CHECKING, 0, 0
    run.save(update_fields=["state", "done", "tries", "report"])
    _order(run, foreground=foreground)


def _refuse_unfinished(run: ImportRun) -> None:
    _check_mapping({int(column): key for column, key in run.mapping.items()}, target_of(run), len(run.columns))
    _refuse_stopping(run)
    if needs_consent(run) and "consent" not in run.choices:
        raise ConsentNotAnswered


@action
def run_import(*, run_id: int, actor: Actor, now: datetime, foreground: bool = False) -> None:
    """Begin. All that it writes stands under one change set. Raises NotFound, NotAllowed, ImportIsBusy,
    StoppingFindings, ConsentNotAnswered."""
    run = _run_for(actor, run_id, *OPEN)
    _refuse_unfinished(run)
    deed = changes.open_change_set(actor=actor, door="import", at=now, reason=run.file.name[:200])
    run.report = {"check": run.report.get("check", {}), "change_set": deed.pk, "kept_for_undo": True}
    run.state, run.started_at, run.done, run.tries = State.RUNNING, now, 0, 0
    run.save(update_fields=["state", "started_at", "done", "tries", "report"])
    _order(run, foreground=foreground)


@action
def stop_import(*, run_id: int, actor: Actor, now: datetime) -> None:
    """Stop behind the chunk in hand; what is written stays. Records `import.stopped`. Raises NotFound, NotAllowed,
    ImportIsBusy."""
    run = access.import_for(actor, run_id, "update")
    if run.state == State.CHECKING:
        run.done = 0
        runs.leave(run, State.MAPPING, "done")
    elif run.state == State.RUNNING:
        runs.leave(run, State.STOPPED)
    else:
        raise ImportIsBusy
    show_work(run, Work.State.STOPPED)
    events.record("import.stopped", subject=run.pk, customer=None, actor=actor, at=now, data={"row": run.done})


@action
def resume_import(*, run_id: int, actor: Actor) -> None:
    """Go on where it stopped, or failed. Raises NotFound, NotAllowed, ImportIsBusy (also where it is taken back)."""
    run = _run_for(actor, run_id, State.STOPPED, State.FAILED)
    if run.report.get("discarded") or ImportUndo.rows.filter(run=run, started_at__isnull=False).exists():
        raise ImportIsBusy
    run.failure = ""
    runs.resume(run, State.RUNNING if run.started_at else State.STAGING, "failure")
    _order(run)


@action
def discard_import(*, run_id: int, actor: Actor, now: datetime) -> None:
    """Put away a run that has not begun: its staged rows go. Records `import.discarded`. Raises NotFound, NotAllowed,
    ImportIsBusy."""
    run = access.import_for(actor, run_id, "archive")
    if run.started_at is not None:
        raise ImportIsBusy
    staging.forget_rows(run.pk)
    run.report["discarded"] = True
    runs.leave(run, State.STOPPED, "report", at=now)
    show_work(run, Work.State.STOPPED)
    events.record("import.discarded", subject=run.pk, customer=None, actor=actor, at=now, data={"target": run.target})


@dataclass(frozen=True, slots=True)
class Download:
    path: Path
    name: str


@action
def error_file(*, run_id: int, actor: Actor) -> Download:
    """The rejected rows of a run as a file. Raises NotFound (also where nothing was rejected), NotAllowed (the cells are
    personal data), DiskFull."""
    run = policy.get(actor, ImportRun, "read", run_id, lock=False)
    if not access.reads_cells(actor):
        raise NotAllowed
    found = make_error_file(run_id=run.pk, actor=actor)
    if found is None:
        raise NotFound
    return Download(files.path_of(found), found.name)
