"""Import a file of customers or orders from the command line: the same steps as on the screens, the same checkpoints."""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from time import sleep

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from enishi.customers.actions import imports as actions
from enishi.customers.imports import checking, preparing, running, staging
from enishi.customers.queries import imports as queries
from enishi.platform import context, time
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.japanese.dates import parse_date
from enishi.platform.rights import actor_of_login

_PIECE = 1 << 20
_BIG = 500_000  # bytes from which a second process is started while the file is read
_WHOLE = float("inf")  # seconds of a stretch: nobody waits for this process, as other jobs do for a worker


class Command(BaseCommand):
    help = "Import customers, orders or products from a file (CSV, TSV, XLSX; the encoding is recognised). Resumes after a crash."
    requires_system_checks = ()  # the servers' start and `enishi check` look at every page; a file waits for none of them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", choices=["customers", "orders", "products"])
        parser.add_argument("path", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check every row, write nothing")
        parser.add_argument(
            "--consent", choices=["consent", "relation", "unknown"], help="on what basis they may be written to, where no column says"
        )
        parser.add_argument("--consent-note", default="", help="where the consent was given")
        parser.add_argument("--consent-on", default="", help="when it was given")
        parser.add_argument("--accept-repairs", action="store_true", help="mend what a spreadsheet has damaged, as proposed")
        parser.add_argument("--overwrite", action="store_true", help="let new values replace those of known customers")
        parser.add_argument(
            "--set", action="append", default=[], metavar="KEY=VALUE", help="channel=store, tax_included=0, tax_rate_bp=800"
        )
        parser.add_argument("--as", dest="login", default="", help="on behalf of this member of staff, with their rights")

    @context.entered("command import_file", "import")
    def handle(self, *, target: str, path: Path, dry_run: bool, login: str, **options: object) -> None:
        actor = _actor(login)
        try:
            run_id = self._opened(target, path, actor)
            if queries.import_record(actor, run_id).started_at is None and not self._begun(run_id, actor, options, dry_run=dry_run):
                return
            self._run(run_id)
            self._report(run_id, actor, path)
        except actions.ConsentNotAnswered as refusal:
            raise CommandError(f"{refusal} --consent consent|relation|unknown") from refusal
        except Invalid as refusal:
            raise CommandError("\n".join([str(refusal), *(text for texts in refusal.fields.values() for text in texts)])) from refusal
        except ActionError as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            words = _("ファイルを読み書きできませんでした（%(error)s）。権限と空き容量を確かめてください。")
            raise CommandError(words % {"error": f"{error.filename or path}: {error.strerror or error}"}) from error

    def _begun(self, run_id: int, actor: Actor, options: dict[str, object], *, dry_run: bool) -> bool:
        """Take the steps and begin; a run that will not begin is put away."""
        try:
            self._answer(run_id, actor, options)
            if dry_run:
                self._check(run_id, actor)
            else:
                actions.run_import(run_id=run_id, actor=actor, now=time.now(), foreground=True)
        except ActionError:
            actions.discard_import(run_id=run_id, actor=actor, now=time.now())
            raise
        if dry_run:
            actions.discard_import(run_id=run_id, actor=actor, now=time.now())
        return not dry_run

    def _opened(self, target: str, path: Path, actor: Actor) -> int:
        """The run for this file: the one that was interrupted, or a new one, read into the staging table."""
        if not path.is_file():
            raise CommandError(_("ファイルがありません: %(path)s") % {"path": path})
        run_id = queries.interrupted_run(actor, target=target, sha256=_sha256(path))
        if run_id is not None:
            self.stderr.write(_("前回の続きから取り込みます。"))
        else:
            if path.stat().st_size > _BIG:
                preparing.warm_up()
            run_id = actions.start_import(target=target, name=path.name, chunks=_pieces(path), actor=actor, now=time.now(), foreground=True)
        self._until_over(run_id, queries.State.STAGING, lambda: staging.stage(run_id))
        record = queries.import_record(actor, run_id)
        if record.state == queries.State.FAILED and record.started_at is None:
            raise CommandError(record.failure)
        self.stderr.write(_("%(n)s行を読みました。") % {"n": f"{record.total:,}"})
        return run_id

    def _answer(self, run_id: int, actor: Actor, options: dict[str, object]) -> None:
        """Take the steps of the screens with the answers of the command line."""
        said = dict(pair.partition("=")[::2] for pair in _texts(options["set"]))
        said["existing"] = "overwrite" if options["overwrite"] else "fill"
        columns, _fields, _options = queries.columns(actor, run_id)
        for column in columns:
            self.stderr.write(f"  {column.name} → {column.field or _('取り込まない')}")
        actions.map_columns(run_id=run_id, mapping={column.index: column.field for column in columns}, options=said, actor=actor)
        found = queries.findings(actor, run_id)
        for finding in found:
            self.stderr.write(f"  {finding.heading or _('ファイル')}: {finding.message} {finding.advice}（{finding.count}）")
        accepted = [finding.key for finding in found if finding.repair] if options["accept_repairs"] else []
        actions.accept_repairs(run_id=run_id, keys=accepted, actor=actor)
        if options["consent"] and queries.asks_consent(actor, run_id):
            on = parse_date(str(options["consent_on"])) if options["consent_on"] else None
            actions.answer_consent(
                run_id=run_id,
                basis=str(options["consent"]),
                place=str(options["consent_note"]),
                given_on=on.isoformat() if isinstance(on, date) else "",
                actor=actor,
            )

    def _check(self, run_id: int, actor: Actor) -> None:
        actions.check_import(run_id=run_id, actor=actor, foreground=True)
        self._until_over(run_id, queries.State.CHECKING, lambda: checking.check(run_id))
        self.stdout.write(_("試し取り込み（何も登録していません）"))
        self._tell(queries.outcome(actor, run_id, checked=True))

    def _run(self, run_id: int) -> None:
        def stretch() -> None:
            for progress in running.run_stretch(run_id, seconds=_WHOLE):
                left = round((progress.total - progress.done) / max(progress.rows_per_second, 1))
                words = _("%(done)s／%(total)s行・毎秒 %(pace)s行・残り %(left)s秒") % {
                    "done": f"{progress.done:,}",
                    "total": f"{progress.total:,}",
                    "pace": f"{progress.rows_per_second:,}",
                    "left": f"{left:,}",
                }
                self.stderr.write(words, ending="\r" if self.stderr.isatty() else "\n")

        self._until_over(run_id, queries.State.RUNNING, stretch)

    def _until_over(self, run_id: int, state: str, work: Callable[[], object]) -> None:
        """Work until the run has left the state. Where a worker holds it, wait for that one."""
        while queries.state_of(run_id) == state:
            work()
            if queries.state_of(run_id) == state:
                sleep(0.5)

    def _report(self, run_id: int, actor: Actor, path: Path) -> None:
        record = queries.import_record(actor, run_id)
        if record.state != queries.State.DONE:
            raise CommandError(record.failure or record.state_label)
        self.stdout.write(_("%(file)s の取り込みが終わりました。") % {"file": record.file_name})
        self._tell(queries.outcome(actor, run_id, checked=False))
        if record.rejected_count:
            written = _beside(path, actions.error_file(run_id=run_id, actor=actor))
            message = _("%(n)s行を取り込めませんでした。直して取り込み直せます: %(path)s") % {
                "n": f"{record.rejected_count:,}",
                "path": written,
            }
            raise CommandError(message, returncode=2)

    def _tell(self, outcome: queries.Outcome) -> None:
        counts = (
            (_("登録"), outcome.created),
            (_("更新"), outcome.updated),
            (_("変更なし"), outcome.unchanged),
            (_("エラー"), outcome.rejected),
        )
        for label, count in counts:
            self.stdout.write(f"  {label}: {count:,}{_('行')}")
        for figure in (*outcome.reach, *outcome.figures):
            self.stdout.write(f"  {figure.label}: {figure.value}{figure.unit}")
        for row in outcome.rejected_rows:
            self.stderr.write(_("  %(line)s行目: %(why)s") % {"line": row.line, "why": "／".join(row.messages)})


def _actor(login: str) -> Actor:
    if not login:
        return SYSTEM
    found = actor_of_login(login)
    if found is None:
        raise CommandError(_("この利用者はいません: %(login)s") % {"login": login})
    return found


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            yield piece


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _beside(path: Path, found: actions.Download) -> Path:
    """The error file beside the file it came from; where that cannot be written, in the store."""
    wanted = path.with_name(found.name)
    try:
        wanted.write_bytes(found.path.read_bytes())
    except OSError:
        return found.path
    return wanted
