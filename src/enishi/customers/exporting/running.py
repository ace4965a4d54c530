"""Drives an export: who is meant is written down first, in the order of the list; then chunk after chunk is read with the rights
that its maker has now, and put into a draft; then the draft becomes a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.bulk.selection import selection_of
from enishi.customers.exporting import approval, drafting, labels
from enishi.customers.exporting.columns import FileColumns, file_columns
from enishi.customers.models import Customer, CustomerAlias, ExportChunk, ExportRun
from enishi.customers.queries import printing
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.listing import sort_of
from enishi.customers.queries.ordering import placed
from enishi.customers.resolve import resolve_many
from enishi.platform import bulk, events, files, runs, time, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError
from enishi.platform.made_files import KEPT
from enishi.platform.models import Work
from enishi.platform.policy import watched
from enishi.platform.rights import actor_by_id
from enishi.platform.runs import STRETCH_SECONDS, Lease
from enishi.platform.sheets.cells import CellValue

logger = logging.getLogger(__name__)
JOB = "customers.export"
CHUNK = 1_000
State, Format = ExportRun.State, ExportRun.Format
OPEN = (State.STAGING, State.RUNNING)
_ENDINGS = {Format.XLSX: "xlsx", Format.CSV: "csv", Format.CP932: "csv", Format.LABELS: "pdf"}


class RightsChanged(ActionError):
    """The maker may see or take out less than when the export was ordered."""

    code = "export.rights_changed"
    message = gettext_lazy("書き出しを頼んだときより、見られる範囲か書き出しの権限が狭くなったため、中止しました。")


class LogUnwritable(ActionError):
    """Nobody could tell afterwards whose data went out."""

    code = "export.log_unwritable"
    message = gettext_lazy("閲覧の記録を残せないため、中止しました。管理者に連絡してください。")


def run_stretch(run_id: int, *, seconds: float = STRETCH_SECONDS) -> bool:
    """Go on with a run for a while; whether something is left to do."""

    def refused(refusal: ActionError) -> None:
        fail(run_id=run_id, reason=str(refusal))

    with runs.taken_up(ExportRun, run_id, *OPEN, set_aside=_set_aside, refused=refused) as lease:
        if lease is not None:
            return _write_on(lease, runs.Stretch(seconds))
    return False


def _set_aside(lease: Lease[ExportRun]) -> None:
    fail(run_id=lease.run_id, reason=_("この先で処理が繰り返し止まりました。管理者に連絡してください。"))


def _write_on(lease: Lease[ExportRun], stretch: runs.Stretch) -> bool:
    stage(lease=lease)
    if ExportRun.rows.values_list("state", flat=True).get(pk=lease.run_id) == State.WAITING:
        return False
    if stretch.go_on(lease, lambda pace: write_chunk(lease=lease, pace=pace)):
        return True
    make_file(lease)
    finish(lease=lease)
    return False


def require_same_rights(run: ExportRun, actor: Actor) -> None:
    """Raises RightsChanged where the actor may see or take out less than when the run was ordered."""
    now = access.width_of(actor)
    if any(now.get(name, 0) < width for name, width in run.rights.items()) or not access.may(actor, "export"):
        raise RightsChanged


@action
def stage(*, lease: Lease[ExportRun]) -> None:
    """Write down who is meant, once, as the list is now. Raises LeaseLost, RightsChanged, and what the list raises."""
    run = lease.held()
    if run.state != State.STAGING:
        return
    actor, now = actor_by_id(run.owner_id), time.now()
    require_same_rights(run, actor)
    selection = selection_of(run.selection)
    if run.format == Format.LABELS:
        chosen = printing.printable(actor, selection, leave_out_refused=run.wishes["leave_out_refused"], now=now)
        ordered = placed(chosen, printing.ORDERS[run.wishes["order"]], descending=False)
    else:
        chosen = access.within(actor, selection.customers(actor, now=now), "export")
        asked = Asked(view=selection.asked.view if selection.asked else "", sort=run.sort, backwards=run.backwards)
        ordered = placed(chosen, *sort_of(actor, asked))
    bulk.insert_stretches(ExportChunk, {"run_id": run.pk}, ordered, into="customer_ids", size=CHUNK)
    run.total = _count(run)
    run.state = State.RUNNING if approval.may_go_on(run, now) else State.WAITING
    runs.checkpoint(run, "total", "state")
    if run.state == State.RUNNING:
        lease.renew()  # to find a million people may have taken as long as the lease
    show_work(run)


def _count(run: ExportRun) -> int:
    last = ExportChunk.rows.filter(run=run).order_by("-number").first()
    return 0 if last is None else last.number * CHUNK + len(last.customer_ids)


@action
def write_chunk(*, lease: Lease[ExportRun], pace: Callable[[int], int] = lambda _done: 0) -> bool:
    """Write the next customers into the draft and move the checkpoint; whether any were left. `pace`: how many a second it
    is, with so many done. Raises LeaseLost, RightsChanged, NotAllowed, LogUnwritable, DraftLost, DiskFull."""
    run = lease.held()
    actor = actor_by_id(run.owner_id)
    require_same_rights(run, actor)
    chunk = ExportChunk.rows.filter(run=run, number=run.done // CHUNK).first()
    if chunk is None or run.done >= run.total:
        if run.done == 0 and not run.draft_bytes:
            _add(run, actor, [])  # nobody: a file of heads alone
            runs.checkpoint(run, "draft_bytes")
        return False
    ids = _of_today(run, chunk)
    run.left_out_count += len(ids) - _add(run, actor, ids)
    run.done += len(chunk.customer_ids)
    run.pace = pace(run.done)
    runs.checkpoint(run, "written_count", "left_out_count", "lost_count", "draft_bytes", "lost_bytes")
    show_work(run)
    return True


def _of_today(run: ExportRun, chunk: ExportChunk) -> list[int]:
    """The ids of a chunk as they are now: for somebody who was merged away since, who carries on, once in the file. One query where
    nobody was, three where somebody was."""
    today = resolve_many(chunk.customer_ids)
    moved = {now for old, now in today.items() if old != now}
    if not moved:
        return list(chunk.customer_ids)
    born = dict(CustomerAlias.rows.filter(current_id__in=moved).values_list("old_id", "current_id"))
    elsewhere: set[int] = set()
    others = ExportChunk.rows.filter(run=run, customer_ids__overlap=[*moved, *born]).exclude(pk=chunk.pk)
    for number, ids in others.values_list("number", "customer_ids"):
        elsewhere |= moved.intersection(ids)  # they stand in the file as themselves
        if number < chunk.number:
            elsewhere |= {born[pk] for pk in ids if pk in born}
    return [pk for pk in dict.fromkeys(today[old] for old in chunk.customer_ids) if pk not in elsewhere]


def _add(run: ExportRun, actor: Actor, ids: Sequence[int]) -> int:
    """Put these customers into the draft; how many of them were still the actor's to take out."""
    if run.format == Format.LABELS:
        return labels.add_labels(run, actor, ids)
    columns = file_columns(actor, run.columns)
    rows = _rows(actor, columns, ids, run.reason)
    drafting.add_rows(run, columns, rows)
    return len(rows)


def _rows(actor: Actor, columns: FileColumns, ids: Sequence[int], reason: str) -> list[list[CellValue]]:
    """The cells of those whom the actor may still take out, in the order of the ids. Raises LogUnwritable."""
    reachable = set(access.reachable_ids(actor, ids, "export"))
    ids = [pk for pk in ids if pk in reachable]
    if columns.personal and watched(actor, Customer, ids, columns=columns.personal, reason=reason) is not actor:
        raise LogUnwritable
    found = columns.reading.rows(actor, ids)
    writers = [(column.key, column.write) for column in columns.columns]
    return [[write(values.get(key)) for key, write in writers] for pk in ids if (values := found[pk]).get("number")]


def make_file(lease: Lease[ExportRun]) -> None:
    """Of the draft of a workbook or of labels make the file, outside of any transaction. Raises LeaseLost, DiskFull, DraftLost,
    FontsMissing."""
    run = ExportRun.rows.get(pk=lease.run_id)
    if run.format == Format.LABELS:
        labels.make_pdf(run, lease.renew)
    if run.format != Format.XLSX:
        return
    columns = file_columns(actor_by_id(run.owner_id), run.columns)
    for count, _piece in enumerate(drafting.make_workbook(run, columns)):
        if count % 50 == 0:
            lease.renew()


@action
def finish(*, lease: Lease[ExportRun]) -> None:
    """Keep the file for its maker. Records `export.finished`. Raises LeaseLost, RightsChanged, DiskFull, FileTooLarge."""
    run = lease.held()
    actor, now = actor_by_id(run.owner_id), time.now()
    require_same_rights(run, actor)
    stamp = f"{time.local(now):%Y%m%d_%H%M}"
    name = _("顧客_%(at)s") % {"at": stamp}
    if run.format == Format.LABELS:
        name = _("宛名ラベル_%(n)d枚") % {"n": run.written_count}
        labels.tell(run, actor, now)
    run.file = files.store(name=f"{name}.{_ENDINGS[Format(run.format)]}", chunks=drafting.result(run), actor=actor, at=now)
    if run.lost_count:
        lost = _("顧客_%(at)s_書けなかった文字") % {"at": stamp}
        run.lost_file = files.store(name=f"{lost}.csv", chunks=drafting.lost(run), actor=actor, at=now)
    run.expires_at = now + KEPT
    runs.leave(run, State.DONE, "file", "lost_file", "expires_at", at=now)
    forget(run)
    show_work(run)
    data: dict[str, events.Primitive] = {"rows": run.written_count, "left_out": run.left_out_count, "columns": ",".join(run.columns)}
    events.record("export.finished", subject=run.pk, customer=None, actor=actor, at=now, data=data)


def forget(run: ExportRun) -> None:
    """Inside an action: put away what was needed to make the file."""
    ExportChunk.rows.filter(run=run).delete()
    drafting.forget_later(run)


@action
def fail(*, run_id: int, reason: str) -> None:
    """Set a run aside, with a word to its maker. Records `export.failed`."""
    run = ExportRun.rows.select_for_update().get(pk=run_id)
    if run.state not in (*OPEN, State.WAITING):
        return
    at = time.now()
    run.failure = reason[:300]
    runs.leave(run, State.FAILED, "failure", at=at)
    show_work(run)
    events.record("export.failed", subject=run.pk, customer=None, actor=SYSTEM, at=at, data={"rows": run.written_count})


def show_work(run: ExportRun) -> None:
    """Keep the run's line in the job tray true. One query."""
    states = {
        State.DONE: Work.State.DONE,
        State.STOPPED: Work.State.STOPPED,
        State.FAILED: Work.State.FAILED,
        State.WAITING: Work.State.STOPPED,
    }
    work.report(
        kind="export",
        subject=run.pk,
        label=_("宛名ラベルの印刷") if run.format == Format.LABELS else _("顧客の書き出し"),
        url=f"/exports/{run.pk}/",
        owner_id=run.owner_id,
        total=run.total,
        done=run.done,
        state=states.get(State(run.state), Work.State.RUNNING),
        at=time.now(),
    )
