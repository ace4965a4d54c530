"""The dry run 試し取り込み: the same plan as the run, row by row, and nothing written but its result."""

from __future__ import annotations

from time import perf_counter

from enishi.customers.imports import leases, staged
from enishi.customers.imports.leases import Lease
from enishi.customers.imports.preparing import PreparerEnded, preparer
from enishi.customers.imports.running import add_up, chunks, commit_soon, context_of, give_up, group_column, show_work, target_of
from enishi.customers.imports.target import ChunkResult, ImportTarget
from enishi.customers.models import ImportResult, ImportRun
from enishi.platform.action import action
from enishi.platform.models import Work

#: So many rejected rows are kept to be shown; all of them are counted.
SHOWN = 200
_FRESH = {"created_count": 0, "updated_count": 0, "unchanged_count": 0, "rejected_count": 0}


def check(run_id: int) -> None:
    """Look at every row of a run. Begins anew when it was interrupted; leaves quietly where somebody else is at it."""
    lease = leases.claim(run_id, ImportRun.State.CHECKING)
    if lease is None:
        return
    try:
        if lease.tries > leases.TRIES:
            give_up(lease=lease)
            return
        run = ImportRun.rows.get(pk=run_id)
        target = target_of(run)
        begin(lease=lease, target=target)
        began, memory = perf_counter(), target.open_memory()
        try:
            with preparer(target, run.total_rows) as prepared:
                for chunk in chunks(run, target, prepared, 0):
                    result = target.check(context_of(run), chunk.rows, memory)
                    pace = round(chunk.until / max(perf_counter() - began, 0.001))
                    note(lease=lease, result=result, done=chunk.until, pace=pace)
        finally:
            memory.close()
        conclude(lease=lease)
    except (leases.LeaseLost, PreparerEnded):
        return  # whoever takes the run up begins anew
    finally:
        leases.release(lease)


@action
def begin(*, lease: Lease, target: ImportTarget) -> None:
    """Start from the first row; rows that belong together are put together. Raises LeaseLost."""
    run = leases.held_run(lease)
    column = group_column(run, target)
    if column is not None:
        staged.gather(run, column)
    run.next_row = 0
    for name, zero in _FRESH.items():
        setattr(run, name, zero)
    run.report = {key: value for key, value in run.report.items() if key in ("tries", "tried", "staging")}
    run.report["rejected"] = []
    run.save(update_fields=["next_row", "report", *_FRESH])
    show_work(run, Work.State.RUNNING)


@action
def note(*, lease: Lease, result: ChunkResult, done: int, pace: int) -> None:
    """Add one chunk to what the check has found. Raises LeaseLost."""
    commit_soon()
    run = leases.held_run(lease)
    add_up(run, result)
    kept = run.report.setdefault("rejected", [])
    for row in result.rows:
        if row.outcome == ImportResult.Outcome.REJECTED and len(kept) < SHOWN:
            kept.append({"position": row.position, "messages": [message.as_json() for message in row.messages]})
    run.next_row, run.report["pace"] = done, pace
    run.save(update_fields=["next_row", "report", *_FRESH])
    show_work(run, Work.State.RUNNING)


@action
def conclude(*, lease: Lease) -> None:
    """The check is over; the run waits for its owner's word. Its counts are kept apart from those of the run to come."""
    run = leases.held_run(lease)
    run.report["check"] = {name: getattr(run, name) for name in _FRESH} | {"counters": run.report.pop("counters", {})}
    for name, zero in _FRESH.items():
        setattr(run, name, zero)
    run.state, run.next_row, run.lease_until = ImportRun.State.READY, 0, None
    run.save(update_fields=["state", "next_row", "lease_until", "report", *_FRESH])
    show_work(run, Work.State.DONE)
