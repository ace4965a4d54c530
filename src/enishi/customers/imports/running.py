"""Drives a run: chunk after chunk, each one transaction with its checkpoint, under a lease and a fence.

Kill it at any moment: the chunk in hand is rolled back with its checkpoint, and whoever takes the run up again goes on
at the row where it stood, with the same chunks and so the same numbers.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter

from django.db import IntegrityError, OperationalError, connection
from django.utils.translation import gettext as _

from enishi.customers.imports import leases, staged
from enishi.customers.imports.error_file import make_error_file
from enishi.customers.imports.leases import Lease
from enishi.customers.imports.preparing import Preparer, PreparerEnded, preparer
from enishi.customers.imports.staged import StagedRow
from enishi.customers.imports.target import ChunkResult, ImportTarget, Recipe, RunContext
from enishi.customers.models import ImportResult, ImportRun
from enishi.platform import events, files, time, wiring, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.models import Work
from enishi.platform.rights import actor_by_id

logger = logging.getLogger(__name__)
#: A stretch of work; then the job ends and orders its successor, so that a worker can stop politely.
STRETCH_SECONDS = 12.0
_ATTEMPTS = 3
_COUNTS: Mapping[str, str] = {
    ImportResult.Outcome.CREATED: "created_count",
    ImportResult.Outcome.UPDATED: "updated_count",
    ImportResult.Outcome.UNCHANGED: "unchanged_count",
    ImportResult.Outcome.REJECTED: "rejected_count",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """One chunk further."""

    done: int
    total: int
    rows_per_second: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows made ready, from one place of the staging table up to another."""

    start: int
    until: int
    rows: list[object]


def target_of(run: ImportRun) -> ImportTarget:
    found: ImportTarget = wiring.load("IMPORT_TARGETS")[run.target]
    return found


def actor_for(run: ImportRun) -> Actor:
    """On whose behalf the run writes: the rights its owner has now. Without an owner it came by the command line."""
    return SYSTEM if run.owner_id is None else actor_by_id(run.owner_id)


def recipe_of(run: ImportRun) -> Recipe:
    return Recipe(
        mapping={int(column): key for column, key in run.mapping.items() if key},
        heads=[str(column["name"]) for column in run.columns],
        repairs=list(run.choices.get("repairs") or []),
        choices=run.choices,
        today=time.today(run.created_at),
    )


def context_of(run: ImportRun) -> RunContext:
    return RunContext(run, actor_for(run), time.now(), int(run.report.get("change_set") or 0))


def group_column(run: ImportRun, target: ImportTarget) -> int | None:
    """The column whose equal values are handled together; None where the target has none."""
    return next((int(column) for column, key in run.mapping.items() if key and key == target.group_by), None)


def chunks(run: ImportRun, target: ImportTarget, prepared: Preparer, start: int) -> Iterator[Chunk]:
    """Chunks made ready, each while the caller still works on the one before."""
    recipe, column = recipe_of(run), group_column(run, target)

    def submit(first: int) -> list[StagedRow]:
        rows = staged.read_chunk(run, first, group_column=column)
        if rows:
            prepared.submit(recipe, rows)
        return rows

    raw = submit(start)
    while raw:
        chunk = Chunk(raw[0].position, raw[-1].position + 1, list(prepared.take()))
        raw = submit(chunk.until)
        try:
            yield chunk
        except GeneratorExit:
            if raw:
                prepared.take()  # what was handed over and is not wanted any more
            raise


def run_stretch(run_id: int, *, seconds: float = STRETCH_SECONDS) -> Iterator[Progress]:
    """Import chunk after chunk until the run is over or the stretch is; yields after each.

    Yields nothing where another worker holds the run. Chunks of a worker that lost its lease are not written.
    """
    lease = leases.claim(run_id, ImportRun.State.RUNNING)
    if lease is None:
        return
    try:
        if lease.tries > leases.TRIES:
            give_up(lease=lease)
            return
        run = ImportRun.rows.get(pk=run_id)
        target, began, first = target_of(run), perf_counter(), run.next_row
        if first == 0:
            arrange(lease=lease, target=target)
        with preparer(target, run.total_rows - run.next_row) as prepared:
            for chunk in chunks(run, target, prepared, run.next_row):
                pace = round((chunk.until - first) / max(perf_counter() - began, 0.001))
                done = _apply(lease, target, chunk, pace)
                yield Progress(done, run.total_rows, pace)
                if perf_counter() - began > seconds:
                    break
        if ImportRun.rows.filter(pk=run_id, next_row__gte=run.total_rows).exists():
            _tell_errors(lease)
            finish(lease=lease, target=target)
    except leases.LeaseLost:
        logger.warning("run %s: this worker's lease is gone, its chunk was not written", run_id)
    except PreparerEnded:
        logger.warning("run %s: the process beside was ended; whoever takes the run up begins a new one", run_id)
    finally:
        leases.release(lease)


def _apply(lease: Lease, target: ImportTarget, chunk: Chunk, pace: int) -> int:
    """One chunk, tried again where somebody at a screen took the same address, or the same rows, in the same moment."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return apply_chunk(lease=lease, target=target, chunk=chunk, pace=pace)
        except (IntegrityError, OperationalError) as error:
            if attempt == _ATTEMPTS or connection.connection is None or connection.connection.closed:
                raise
            logger.warning("a chunk of run %s is tried again: %s", lease.run_id, error)
    raise AssertionError


@action
def apply_chunk(*, lease: Lease, target: ImportTarget, chunk: Chunk, pace: int) -> int:
    """Write one chunk with its checkpoint; the checkpoint afterwards. Raises LeaseLost, and then nothing is written."""
    commit_soon()
    run = leases.held_run(lease)
    if run.next_row != chunk.start:
        raise leases.LeaseLost
    result = target.apply(context_of(run), chunk.rows)
    staged.settle(run, result.rows)
    add_up(run, result)
    run.next_row = chunk.until
    run.report["pace"] = pace
    run.save(update_fields=["next_row", "report", *_COUNTS.values()])
    show_work(run, Work.State.RUNNING)
    return run.next_row


def commit_soon() -> None:
    """Do not wait for the disk in this transaction: a chunk lost in a crash takes its checkpoint with it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def add_up(run: ImportRun, result: ChunkResult) -> None:
    """Add a chunk to the run's counts and to the counters of its report."""
    for outcome, count in Counter(str(row.outcome) for row in result.rows).items():
        name = _COUNTS[outcome]
        setattr(run, name, getattr(run, name) + count)
    counters = run.report.setdefault("counters", {})
    for key, count in result.counters.items():
        counters[key] = counters.get(key, 0) + count


@action
def arrange(*, lease: Lease, target: ImportTarget) -> None:
    """Before the first row: rows that belong together are put together. Raises LeaseLost."""
    run = leases.held_run(lease)
    column = group_column(run, target)
    if column is not None:
        staged.gather(run, column)


def _tell_errors(lease: Lease) -> None:
    """Write the file of rejected rows. On a full disk the import is done all the same; the file is made when asked for."""
    run = ImportRun.rows.get(pk=lease.run_id)
    leases.renew(lease)
    try:
        make_error_file(run_id=run.pk, actor=actor_for(run))
    except files.DiskFull:
        logger.exception("the error file of run %s was not written", run.pk)


@action
def finish(*, lease: Lease, target: ImportTarget) -> None:
    """Close a run whose last row is in. Records `import.finished`."""
    run = leases.held_run(lease)
    context = context_of(run)
    run.report["counters"] = run.report.get("counters", {}) | target.finish(context)
    run.state, run.finished_at, run.lease_until = ImportRun.State.DONE, context.now, None
    run.save(update_fields=["report", "state", "finished_at", "lease_until"])
    show_work(run, Work.State.DONE)
    data: dict[str, str | int] = {
        "target": run.target,
        "created": run.created_count,
        "updated": run.updated_count,
        "rejected": run.rejected_count,
    }
    events.record("import.finished", subject=run.pk, customer=None, actor=context.actor, at=context.now, data=data)


@action
def give_up(*, lease: Lease) -> None:
    """Set a run aside that was taken up several times and never got on. Records `import.failed`."""
    run = leases.held_run(lease)
    fail(
        run,
        _("この先の行で処理が繰り返し止まりました（%(row)s行目から）。管理者に連絡してください。続きから再開できます。")
        % {"row": f"{run.next_row + 1:,}"},
    )


def fail(run: ImportRun, reason: str) -> None:
    """Inside an action, with the run locked: it failed, and why. Records `import.failed`."""
    at = time.now()
    run.report["failed_in"] = run.state
    run.state, run.failure, run.lease_until, run.finished_at = ImportRun.State.FAILED, reason, None, at
    run.save(update_fields=["state", "failure", "lease_until", "report", "finished_at"])
    show_work(run, Work.State.FAILED)
    events.record("import.failed", subject=run.pk, customer=None, actor=SYSTEM, at=at, data={"target": run.target, "row": run.next_row})


def show_work(run: ImportRun, state: str) -> None:
    """Keep the run's line in the job tray true. One query."""
    work.report(
        kind="import",
        subject=run.pk,
        label=_("%(file)s の取り込み") % {"file": run.file.name},
        url=f"/imports/{run.pk}/",  # written out: to ask the routes would load every page of the product into the command
        owner_id=run.owner_id,
        total=run.total_rows,
        done=run.next_row,
        state=state,
        at=time.now(),
    )
