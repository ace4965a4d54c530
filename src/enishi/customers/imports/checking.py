"""The dry run 試し取り込み: the same plan as the run, row by row, and nothing written but its result."""

from __future__ import annotations

from enishi.customers.imports.preparing import PreparerEnded, preparer
from enishi.customers.imports.running import add_up, chunks, context_of, put_in_order, require_rights, set_aside, show_work, target_of
from enishi.customers.imports.target import ChunkResult, ImportTarget
from enishi.customers.models import ImportResult, ImportRun
from enishi.platform import runs
from enishi.platform.action import action
from enishi.platform.models import Work
from enishi.platform.runs import Lease

#: So many rejected rows are kept to be shown; all of them are counted.
SHOWN = 200
_FRESH = {"created_count": 0, "updated_count": 0, "unchanged_count": 0, "rejected_count": 0}


def check(run_id: int) -> None:
    """Look at every row of a run. Begins anew when it was interrupted; leaves quietly where somebody else is at it.
    Raises RightsGone."""
    with runs.taken_up(ImportRun, run_id, ImportRun.State.CHECKING, set_aside=set_aside) as lease:
        if lease is None:
            return
        try:
            _check_all(lease)
        except PreparerEnded:
            return  # whoever takes the run up begins anew


def _check_all(lease: Lease[ImportRun]) -> None:
    run = ImportRun.rows.get(pk=lease.run_id)
    target = target_of(run)
    begin(lease=lease, target=target)
    stretch, memory = runs.Stretch(), target.open_memory()
    try:
        with preparer(target, run.total) as prepared:
            for chunk in chunks(run, target, prepared, 0):
                result = target.check(context_of(run, require_rights(run)), chunk.rows, memory)
                note(lease=lease, result=result, done=chunk.until, pace=stretch.pace(chunk.until))
    finally:
        memory.close()
    conclude(lease=lease)


@action
def begin(*, lease: Lease[ImportRun], target: ImportTarget) -> None:
    """Start from the first row; rows that belong together are put together. Raises LeaseLost."""
    run = lease.held("file")
    put_in_order(run, target)
    run.done = 0
    for name, zero in _FRESH.items():
        setattr(run, name, zero)
    run.report = {"rejected": []}
    run.save(update_fields=["done", "report", *_FRESH])
    show_work(run, Work.State.RUNNING)


@action
def note(*, lease: Lease[ImportRun], result: ChunkResult, done: int, pace: int) -> None:
    """Add one chunk to what the check has found. Raises LeaseLost."""
    runs.commit_soon()
    run = lease.held("file")
    add_up(run, result)
    kept = run.report.setdefault("rejected", [])
    for row in result.rows:
        if row.outcome == ImportResult.Outcome.REJECTED and len(kept) < SHOWN:
            kept.append({"position": row.position, "messages": [message.as_json() for message in row.messages]})
    run.done, run.pace = done, pace
    # No checkpoint: a check begins anew, so what kills it at one row is told from its tries alone.
    run.save(update_fields=["done", "pace", "report", *_FRESH])
    show_work(run, Work.State.RUNNING)


@action
def conclude(*, lease: Lease[ImportRun]) -> None:
    """The check is over; the run waits for its owner's word. Its counts are kept apart from those of the run to come."""
    run = lease.held("file")
    run.report["check"] = {name: getattr(run, name) for name in _FRESH} | {"counters": run.report.pop("counters", {})}
    for name, zero in _FRESH.items():
        setattr(run, name, zero)
    run.done = 0
    runs.leave(run, ImportRun.State.READY, "done", "report", *_FRESH)
    show_work(run, Work.State.DONE)
