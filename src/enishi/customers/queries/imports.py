"""What the screens of an import show. Words are final; cells of the file are shown to those who read personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers.fields import catalogue
from enishi.customers.fields.values import FILES
from enishi.customers.importing.encodings import CHOICES, encoding_label
from enishi.customers.importing.sniff import FileShape
from enishi.customers.importing.vocabulary import heading_key
from enishi.customers.imports import access, staged
from enishi.customers.imports.error_file import spoken
from enishi.customers.imports.questions import needs_consent
from enishi.customers.imports.target import Figure, ImportTarget, Option
from enishi.customers.models import ImportResult, ImportRow, ImportRun
from enishi.platform import modules, policy, wiring
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.policy import shown

State = ImportRun.State
PAGE = 50
_PREVIEW = 10
_REJECTED_SHOWN = 20
_HIDDEN = "＊＊＊"
_TONES: Mapping[str, str] = {State.DONE: "good", State.FAILED: "bad", State.STOPPED: "wait", State.RUNNING: "active", State.READY: "wait"}
_DELIMITERS = (
    (",", gettext_lazy("カンマ（,）")),
    ("\t", gettext_lazy("タブ")),
    (";", gettext_lazy("セミコロン（;）")),
    ("|", gettext_lazy("縦棒（|）")),
)


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One run as its viewer may see it."""

    id: int
    target: str
    file_name: str = shown("file__name")
    size_bytes: int = shown("file__size_bytes")
    owner_name: str = shown("owner__display_name")
    owner_id: int | None = shown("owner")
    state: str = ""
    failure: str = ""
    total: int = 0
    done: int = 0
    pace: int = 0
    created_count: int = 0
    updated_count: int = 0
    unchanged_count: int = 0
    rejected_count: int = 0
    report: Any = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def was_undone(self) -> bool:
        return bool((self.report or {}).get("undone"))

    @property
    def state_label(self) -> str:
        return _("元に戻した") if self.was_undone else str(State(self.state).label)

    @property
    def tone(self) -> str:
        return "" if self.was_undone else _TONES.get(self.state, "")

    @property
    def target_label(self) -> str | Promise:
        target: ImportTarget = wiring.load("IMPORT_TARGETS")[self.target]
        return target.label

    @property
    def worked_on(self) -> bool:
        return self.state in (State.STAGING, State.CHECKING, State.RUNNING)


def targets_for(actor: Actor) -> list[tuple[str, str | Promise]]:
    """(key, label) of the kinds of file that the actor may import."""
    found = []
    for key, target in modules.wired("IMPORT_TARGETS").items():
        try:
            target.require(actor)
        except NotAllowed:
            continue
        found.append((key, target.label))
    return found


def past_imports(actor: Actor, *, before: int | None = None) -> tuple[list[ImportRecord], int | None]:
    """The imports that the actor may see, newest first, and where the next page begins. Two queries."""
    rows = access.visible_imports(actor).order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = policy.present_many(ImportRecord, actor, rows[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def import_record(actor: Actor, run_id: int) -> ImportRecord:
    """One import. Raises NotFound. Two queries."""
    return policy.present(ImportRecord, actor, access.visible_imports(actor), pk=run_id)


def state_of(run_id: int) -> str:
    """The state of a run, for who works on it. One query."""
    return ImportRun.rows.values_list("state", flat=True).get(pk=run_id)


def interrupted_run(actor: Actor, *, target: str, sha256: str) -> int | None:
    """The actor's own import of the very same file that has begun and is not over. One query."""
    rows = access.visible_imports(actor).filter(target=target, file__sha256=sha256, owner_id=actor.user_id, state=State.RUNNING)
    return rows.order_by("-pk").values_list("pk", flat=True).first()


# ---- the steps ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Content:
    """内容の確認: how the file is read, what can be changed, and its first rows."""

    format: str
    encoding: str
    delimiter: str
    header_row: int
    sheet: str
    reasons: Sequence[str]
    encodings: Sequence[tuple[str, str]]
    delimiters: Sequence[tuple[str, str]]
    header_rows: Sequence[tuple[int, str]]
    sheets: Sequence[tuple[str, str]]
    heads: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]


def content(actor: Actor, run_id: int) -> Content:
    """Raises NotFound. Two queries."""
    run = _run(actor, run_id)
    shape = FileShape.from_json(run.shape)
    clear = access.reads_cells(actor)
    rows = ImportRow.rows.filter(run=run, position__lt=_PREVIEW).order_by("position").values_list("row_no", "cells")
    return Content(
        format="Excel（.xlsx）" if shape.format == "xlsx" else "CSV",
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        header_row=shape.header_row,
        sheet=shape.sheet,
        reasons=shape.reasons,
        encodings=[(codec, encoding_label(codec)) for codec in CHOICES],
        delimiters=[(sign, str(name)) for sign, name in _DELIMITERS],
        header_rows=[(0, _("見出しの行はない")), *((number, _("%(n)d行目") % {"n": number}) for number in range(1, 21))],
        sheets=[(name, name) for name in shape.sheets],
        heads=[str(column["name"]) or _("（見出しなし）") for column in run.columns],
        rows=[(row_no, [cell if clear else _HIDDEN for cell in cells]) for row_no, cells in rows],
    )


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """列の対応: one column of the file and what it becomes."""

    index: int
    name: str
    samples: Sequence[str]
    field: str  # "" leaves it out
    guess: str  # how sure the guess is: 確か, たぶん, 確認を
    tone: str
    reason: str


def columns(actor: Actor, run_id: int) -> tuple[list[ColumnChoice], list[tuple[str, str]], list[tuple[Option, str]]]:
    """The columns, the fields they may become as (key, label), and the target's questions with the answers so far."""
    run = _run(actor, run_id)
    target = _target(run)
    clear, names = access.reads_cells(actor), _names_of_files()
    found = []
    for index, column in enumerate(run.columns):
        field = run.mapping.get(str(index), "")
        words, tone = _certainty(column, field)
        samples = [str(sample) if clear else _HIDDEN for sample in column["samples"][:3]]
        reason = ("" if field else _why_left_out(str(column["name"]), names)) or str(column["reason"])
        found.append(ColumnChoice(index, str(column["name"]) or _("（見出しなし）"), samples, field, words, tone, reason))
    fields = [
        (field.key, _("%(label)s（必須）") % {"label": field.label} if field.required else str(field.label)) for field in target.fields
    ]
    return found, fields, [(option, str(run.choices.get(option.key, option.proposed))) for option in target.options(run)]


def _names_of_files() -> set[str]:
    """How headings name the fields that hold files. One query, once a request."""
    return {heading_key(field.label) for field in catalogue.fields_in_use().values() if field.kind in FILES}


def _why_left_out(heading: str, names: set[str]) -> str:
    return _("ファイルと画像の項目は、表からは取り込めません。顧客の画面かAPIで入れてください。") if heading_key(heading) in names else ""


def _certainty(column: Mapping[str, Any], field: str) -> tuple[str, str]:
    if not field:
        return _("取り込まない"), ""
    if field != column["field"]:
        return _("選択ずみ"), "good"
    if column["confidence"] >= 0.9:
        return _("確か"), "good"
    return (_("たぶん"), "") if column["confidence"] >= 0.7 else (_("要確認"), "wait")


def with_field(column: ColumnChoice, field: str) -> ColumnChoice:
    """The column with what was just chosen for it."""
    return replace(column, field=field)


def asks_consent(actor: Actor, run_id: int) -> bool:
    """Whether nothing in the file says who may be mailed, so that its owner is asked. One query."""
    return needs_consent(_run(actor, run_id))


def consent_answer(actor: Actor, run_id: int) -> dict[str, Any]:
    """The answer so far, as a form shows it. One query."""
    said = dict(_run(actor, run_id).choices.get("consent") or {})
    if said.get("given_on"):
        said["given_on"] = date.fromisoformat(said["given_on"])
    return said


@dataclass(frozen=True, slots=True)
class FindingCard:
    """気づいたこと: one thing that was noticed."""

    key: str
    severity: str
    heading: str
    message: str
    advice: str
    repair: str
    accepted: bool
    count: str
    samples: Sequence[tuple[str, str, str]]  # line, before, after
    stops: bool


def findings(actor: Actor, run_id: int) -> list[FindingCard]:
    """What was noticed in the file, what stops first. Repairs are agreed to unless their owner has said otherwise."""
    run = _run(actor, run_id)
    clear = access.reads_cells(actor)
    accepted = run.choices.get("repairs")
    return [
        FindingCard(
            key=found["key"],
            severity=found["severity"],
            heading=found["heading"],
            message=found["message"],
            advice=found["advice"],
            repair=found["repair"] or "",
            accepted=bool(found["repair"]) and (accepted is None or found["key"] in accepted),
            count=f"{found['count']:,}",
            samples=[
                (
                    _("%(n)s行目") % {"n": f"{sample['row']:,}"},
                    sample["before"] if clear else _HIDDEN,
                    (sample["after"] or "") if clear else "",
                )
                for sample in found["samples"]
            ],
            stops=found["severity"] == "stop" and (found["column"] is None or bool(run.mapping.get(str(found["column"])))),
        )
        for found in run.findings
    ]


@dataclass(frozen=True, slots=True)
class RejectedRow:
    line: str
    cells: str
    messages: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check says or a run did."""

    created: int
    updated: int
    unchanged: int
    rejected: int
    accepted: int  # rows that are not rejected, those without anything to do among them
    figures: Sequence[Figure]
    reach: Sequence[Figure]
    rejected_rows: Sequence[RejectedRow]


def outcome(actor: Actor, run_id: int, *, checked: bool) -> Outcome:
    """The result of the check (`checked`) or of the run so far. Three queries."""
    run = _run(actor, run_id)
    target = _target(run)
    counts: Mapping[str, Any] = run.report.get("check", {}) if checked else {}
    counters = counts.get("counters", {}) if checked else run.report.get("counters", {})

    def count(name: str) -> int:
        return int(counts.get(name, 0)) if checked else int(getattr(run, name))

    return Outcome(
        created=count("created_count"),
        updated=count("updated_count"),
        unchanged=max(count("unchanged_count") - int(counters.get("skipped", 0)), 0),
        rejected=count("rejected_count"),
        accepted=run.total - count("rejected_count"),
        figures=target.figures(counters),
        reach=target.reach(counters),
        rejected_rows=_rejected(actor, run, checked=checked),
    )


def _rejected(actor: Actor, run: ImportRun, *, checked: bool) -> list[RejectedRow]:
    rows = ImportRow.rows.filter(run=run)
    said: dict[int, Sequence[Mapping[str, str]]] = {}
    if checked:
        said = {row["position"]: row["messages"] for row in run.report.get("rejected", [])[:_REJECTED_SHOWN]}
        rows = rows.filter(position__in=said)
    else:
        rows = staged.rejected_rows(run)
    clear = access.reads_cells(actor)
    return [
        RejectedRow(
            line=f"{row_no:,}",
            cells="　".join(cell for cell in cells if cell)[:120] if clear else _HIDDEN,
            messages=spoken(run, list(said.get(position, messages))) if clear else [_("内容は、個人情報を見られる人にだけ表示します。")],
        )
        for row_no, position, cells, messages in rows.order_by("row_no").values_list("row_no", "position", "cells", "messages")[
            :_REJECTED_SHOWN
        ]
    ]


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """A customer that a run made or met."""

    id: int
    number: str
    name: str
    kana: str


def imported_people(actor: Actor, run_id: int, *, after: int = -1) -> tuple[list[ImportedPerson], int | None]:
    """New customers of a run that the actor may see, in the order of the file, and where the next page begins."""
    from enishi.customers.models import Customer

    run = _run(actor, run_id)
    rows = ImportResult.rows.filter(run=run, outcome=ImportResult.Outcome.CREATED, position__gt=after).order_by("position")
    places = list(rows.values_list("position", "object_id")[: PAGE + 1])
    visible = policy.scope(actor, Customer, "read").filter(pk__in=[pk for _position, pk in places[:PAGE]])
    people = {person.id: person for person in policy.present_many(ImportedPerson, actor, visible)}
    return [people[pk] for _position, pk in places[:PAGE] if pk in people], places[PAGE - 1][0] if len(places) > PAGE else None


def _run(actor: Actor, run_id: int) -> ImportRun:
    return access.import_for(actor, run_id, "read", lock=False)


def _target(run: ImportRun) -> ImportTarget:
    found: ImportTarget = wiring.load("IMPORT_TARGETS")[run.target]
    return found
