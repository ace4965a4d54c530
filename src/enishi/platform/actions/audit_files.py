"""Files of the audit: ordering one, writing it chunk by chunk with the rights of the moment, fetching it, letting it go."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import audit_files, drafts, events, files, made_files, policy, runs, time, work
from enishi.platform.action import action
from enishi.platform.actions import approvals as approvals_actions
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.approvals import ApprovalSubject, Outcome
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.files import DiskFull
from enishi.platform.languages import speaking_to
from enishi.platform.models import AuditFile, Work
from enishi.platform.rights import actor_by_id
from enishi.platform.sheets.cells import CellValue
from enishi.platform.sheets.delimited import Delimited
from enishi.platform.sheets.workbook import SHEET_ROWS, Sheet, SheetRows, write_workbook

logger = logging.getLogger(__name__)
JOB = "platform.write_audit_file"
CHUNK = 500
State, Format = AuditFile.State, AuditFile.Format
RIGHT = ("audit", "export")


class AuditFileIsOver(ActionError):
    code = "audit_file.over"
    message = gettext_lazy("この書き出しは、もう変えられません。画面を開き直してください。")


@action
def order_audit_file(*, kind: str, wishes: Mapping[str, object], file_format: str, reason: str, actor: Actor, now: datetime) -> int:
    """Order a file of a kind; its id. It is its maker's alone, for a week. Records `audit_file.ordered`. Raises NotAllowed, Invalid."""
    policy.require(actor, *RIGHT)
    owner_id = made_files.maker(actor)
    reason, problems = made_files.checked_reason(reason)
    if file_format not in Format.values:
        problems["format"] = [_("一覧から選んでください。")]
    if problems:
        raise Invalid(fields=problems)
    row = AuditFile.rows.create(
        kind=kind,
        owner_id=owner_id,
        wishes=dict(wishes),
        format=file_format,
        reason=reason,
        created_at=now,
        expires_at=now + made_files.KEPT,
    )
    _show(row)
    runs.order(AuditFile, row.pk, JOB)
    events.record("audit_file.ordered", subject=row.pk, customer=None, actor=actor, at=now, data={"kind": kind, "format": file_format})
    return row.pk


def run_on(run_id: int, *, seconds: float = runs.STRETCH_SECONDS) -> bool:
    """Go on with a file for a while, in the language of its maker; whether something is left to do."""
    with speaking_to(AuditFile.rows.filter(pk=run_id).values_list("owner_id", flat=True).first()):
        try:
            return _stretch(run_id, seconds)
        except DatabaseError:
            raise  # it is taken up again when the database is back
        except ActionError as refusal:
            fail_audit_file(run_id=run_id, reason=str(refusal), now=time.now())
        except Exception:
            logger.exception("audit file %s stopped", run_id)
            fail_audit_file(run_id=run_id, reason=_("思わぬエラーで止まりました。管理者に連絡してください。"), now=time.now())
    return False


def _stretch(run_id: int, seconds: float) -> bool:
    with runs.taken_up(AuditFile, run_id, State.RUNNING, set_aside=_set_aside) as lease:
        if lease is None:
            return False
        stretch = runs.Stretch(seconds)
        begin(lease=lease)
        if AuditFile.rows.values_list("state", flat=True).get(pk=run_id) == State.WAITING:
            return False
        first = AuditFile.rows.values_list("done", flat=True).get(pk=run_id)
        while write_chunk(lease=lease, pace=stretch.pace(AuditFile.rows.values_list("done", flat=True).get(pk=run_id) - first)):
            if stretch.is_over:
                return True
        _make_workbook(lease)
        finish(lease=lease, now=time.now())
    return False


def _set_aside(lease: runs.Lease[AuditFile]) -> None:
    fail_audit_file(run_id=lease.run_id, reason=_("この先で処理が繰り返し止まりました。管理者に連絡してください。"), now=time.now())


@action
def begin(*, lease: runs.Lease[AuditFile]) -> None:
    """Write the heads and count what will come, once. Raises LeaseLost, NotAllowed."""
    row = lease.held()
    if row.draft_bytes:
        return
    actor, kind = _maker(row), audit_files.kind_of(row.kind)
    row.total = kind.count(actor, row.wishes)
    row.draft_bytes = drafts.append(_name(row, 0), 0, _pieces(row).head(kind.heads()).data)
    row.position = ""
    runs.checkpoint(row, "total", "draft_bytes", "position")
    lease.renew()
    if not _may_go_on(row, kind):
        row.state = State.WAITING
        row.save(update_fields=["state"])
    _show(row)


def _may_go_on(row: AuditFile, kind: audit_files.AuditFileKind) -> bool:
    about = approvals_actions.Ask(
        kind="export",
        subject=LABEL,
        subject_id=row.pk,
        title=_("%(what)s（%(n)s件）") % {"what": kind.label, "n": f"{row.total:,}"},
        count=row.total,
        reason=row.reason,
        facts=[(_("件数"), f"{row.total:,}"), (_("形式"), str(Format(row.format).label))],
    )
    return approvals_actions.ask(about=about, requester_id=row.owner_id, now=time.now())


def _decided(file_id: int, outcome: Outcome, comment: str, now: datetime) -> None:
    go_on_or_end(file_id=file_id, outcome=outcome, comment=comment, now=now)


@action
def go_on_or_end(*, file_id: int, outcome: Outcome, comment: str, now: datetime) -> None:
    """Approved, the file is ordered, and its maker's rights are asked for again; else it ends, with a word. Records
    `audit_file.failed` where it ends."""
    row = AuditFile.rows.select_for_update().get(pk=file_id)
    if row.state != State.WAITING:
        return
    if outcome == "approved":
        runs.resume(row, State.RUNNING)
        runs.order(AuditFile, row.pk, JOB)
        _show(row)
        return
    fail_audit_file(run_id=file_id, reason=made_files.why_not(outcome, comment), now=now)


LABEL = AuditFile._meta.label_lower
SUBJECT = ApprovalSubject(may_decide=lambda actor, _file_id: policy.allowed(actor, *RIGHT), decided=_decided)


@action
def write_chunk(*, lease: runs.Lease[AuditFile], pace: int) -> bool:
    """Write the next rows behind the draft and move the checkpoint; whether something is left. Raises LeaseLost, NotAllowed,
    DraftLost, DiskFull."""
    row = lease.held()
    if row.position == _END:
        return False
    rows, following = audit_files.kind_of(row.kind).rows(_maker(row), row.wishes, row.position, CHUNK)
    _add(row, rows)
    row.position = following or _END
    row.done, row.pace = row.written_count, pace
    row.total = max(row.total, row.done)
    runs.checkpoint(row, "position", "written_count", "draft_bytes", "total")
    _show(row)
    return True


_END = "end"


@action
def finish(*, lease: runs.Lease[AuditFile], now: datetime) -> None:
    """Keep the file for its maker. Records `audit_file.finished`. Raises LeaseLost, NotAllowed, DiskFull, FileTooLarge."""
    row = lease.held()
    actor = _maker(row)
    name = f"{audit_files.kind_of(row.kind).name}_{time.local(now):%Y%m%d_%H%M}.{row.format}"
    draft = _book(row) if row.format == Format.XLSX else _name(row, 0)
    row.file = files.store(name=name, chunks=drafts.pieces(draft), actor=actor, at=now)
    row.expires_at = now + made_files.KEPT
    row.total = row.done
    runs.leave(row, State.DONE, "file", "expires_at", "total", at=now)
    _forget(row)
    _show(row)
    events.record("audit_file.finished", subject=row.pk, customer=None, actor=actor, at=now, data={"rows": row.written_count})


@action
def fail_audit_file(*, run_id: int, reason: str, now: datetime) -> None:
    """Set a file aside, with a word to its maker. Records `audit_file.failed`."""
    row = AuditFile.rows.select_for_update().get(pk=run_id)
    if row.state not in (State.RUNNING, State.WAITING):
        return
    row.failure = reason[:300]
    runs.leave(row, State.FAILED, "failure", at=now)
    _forget(row)
    _show(row)
    events.record("audit_file.failed", subject=row.pk, customer=None, actor=SYSTEM, at=now, data={"rows": row.written_count})


def file_of(actor: Actor, file_id: int, *, lock: bool = False) -> AuditFile:
    """One of the actor's own, while they may export. Raises NotFound."""
    rows = AuditFile.rows.filter(pk=file_id, owner_id=actor.user_id or 0)
    found = (rows.select_for_update() if lock else rows).first() if policy.allowed(actor, *RIGHT) else None
    if found is None:
        raise NotFound
    return found


@action
def fetch_audit_file(*, file_id: int, actor: Actor, now: datetime) -> made_files.Download:
    """Where the file lies and its name, for its maker alone. Records `audit_file.fetched`. Raises NotFound."""
    row = file_of(actor, file_id, lock=True)
    found = made_files.take(row, row.file, now=now)
    events.record("audit_file.fetched", subject=row.pk, customer=None, actor=actor, at=now)
    return found


@action
def discard_audit_file(*, file_id: int, actor: Actor, now: datetime) -> None:
    """Put the file away before its time; the record stays. Records `audit_file.expired`. Raises NotFound, AuditFileIsOver."""
    row = file_of(actor, file_id, lock=True)
    if row.state in (State.RUNNING, State.WAITING) or row.expires_at is None:
        raise AuditFileIsOver
    _put_away(row, actor, now)


@action
def expire_audit_files(*, now: datetime) -> int:
    """Put away what was kept long enough; how many. Records `audit_file.expired`."""
    rows = made_files.kept_long_enough(AuditFile, State.RUNNING, State.WAITING, now=now)
    for row in rows:
        _put_away(row, SYSTEM, now)
    return len(rows)


def _put_away(row: AuditFile, actor: Actor, now: datetime) -> None:
    made_files.put_away(row)
    _forget(row)
    events.record("audit_file.expired", subject=row.pk, customer=None, actor=actor, at=now)


def _maker(row: AuditFile) -> Actor:
    """With the rights that they have now. Raises NotAllowed."""
    actor = actor_by_id(row.owner_id)
    policy.require(actor, *RIGHT)
    return actor


@action
def order_on(*, run_id: int) -> None:
    """The next stretch of a file."""
    runs.order(AuditFile, run_id, JOB)


# ---- the draft ------------------------------------------------------------------------------------------------------


def _pieces(row: AuditFile) -> Delimited | SheetRows:
    return SheetRows(len(audit_files.kind_of(row.kind).widths)) if row.format == Format.XLSX else Delimited("utf-8")


def _name(row: AuditFile, part: int) -> str:
    return f"audit-{row.pk}-{part}"


def _book(row: AuditFile) -> str:
    return f"audit-{row.pk}-book"


def _add(row: AuditFile, rows: Sequence[Sequence[CellValue]]) -> None:
    maker = _pieces(row)
    for part, within, some in _parts(row, rows):
        head = b"" if within or part == 0 else maker.head(audit_files.kind_of(row.kind).heads()).data
        at = 0 if within == 0 and part else row.draft_bytes
        row.draft_bytes = drafts.append(_name(row, part), at, head + (maker.rows(some, within + 2).data if some else b""))
        row.written_count += len(some)


def _parts(row: AuditFile, rows: Sequence[Sequence[CellValue]]) -> Iterator[tuple[int, int, Sequence[Sequence[CellValue]]]]:
    """(sheet, its rows so far, the next rows of it): a sheet holds no more than so many."""
    if row.format != Format.XLSX:
        yield 0, row.written_count, rows
        return
    while rows:
        part, within = divmod(row.written_count, SHEET_ROWS)
        some, rows = rows[: SHEET_ROWS - within], rows[SHEET_ROWS - within :]
        yield part, within, some


def _make_workbook(lease: runs.Lease[AuditFile]) -> None:
    """Of the draft make the workbook, outside of any transaction. Raises LeaseLost, DiskFull, DraftLost."""
    row = AuditFile.rows.get(pk=lease.run_id)
    if row.format != Format.XLSX:
        return
    kind = audit_files.kind_of(row.kind)
    sheets = []
    for part in range(max(1, -(-row.written_count // SHEET_ROWS))):
        rows = min(row.written_count - part * SHEET_ROWS, SHEET_ROWS) + 1
        name = str(kind.name) if part == 0 else f"{kind.name} ({part + 1})"
        sheets.append(Sheet(name, kind.widths, drafts.path_of(_name(row, part)), rows))
    try:
        for count, _piece in enumerate(write_workbook(drafts.path_of(_book(row)), sheets)):
            if count % 50 == 0:
                lease.renew()
    except FileNotFoundError as error:
        raise drafts.DraftLost from error
    except OSError as error:
        raise DiskFull from error


def _forget(row: AuditFile) -> None:
    """Remove the drafts once the present transaction is through."""
    for name in (*(_name(row, part) for part in range(2 + row.written_count // SHEET_ROWS)), _book(row)):
        transaction.on_commit(partial(drafts.forget, name))


def _show(row: AuditFile) -> None:
    """Keep the line in the job tray true. One query."""
    states = {State.DONE: Work.State.DONE, State.FAILED: Work.State.FAILED, State.WAITING: Work.State.STOPPED}
    work.report(
        kind="audit_file",
        subject=row.pk,
        label=str(audit_files.kind_of(row.kind).label),
        url=f"/settings/audit/files/{row.pk}/",
        owner_id=row.owner_id,
        total=row.total,
        done=row.done,
        state=states.get(State(row.state), Work.State.RUNNING),
        at=time.now(),
    )
