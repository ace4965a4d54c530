"""Drives a run: chunk after chunk, each one transaction with its checkpoint, under a lease and a fence.

Kill it at any moment: the chunk in hand is rolled back with its checkpoint, and whoever takes the run up again goes on
at the row where it stood, with the same chunks and so the same numbers.
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import IntegrityError, OperationalError, connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers.imports import staged
from enishi.customers.imports.error_file import make_error_file
from enishi.customers.imports.preparing import Preparer, PreparerEnded, preparer
from enishi.customers.imports.staged import StagedRows
from enishi.customers.imports.target import ChunkResult, ImportTarget, Recipe, RunContext
from enishi.customers.models import ImportResult, ImportRun
from enishi.platform import events, files, policy, runs, time, wiring, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.behind import copying_behind
from enishi.platform.errors import ActionError, NotAllowed
from enishi.platform.models import Work
from enishi.platform.rights import actor_by_id
from enishi.platform.runs import STRETCH_SECONDS, Lease

logger = logging.getLogger(__name__)
_ATTEMPTS = 3
_MOST_UNCOLLECTED = 500_000  # objects
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
        extras=target_of(run).extras([key for key in run.mapping.values() if key]),
    )


class RightsGone(ActionError):
    """Whoever ordered the import may not import such objects any more, or was switched off."""

    code = "import.rights_gone"
    message = gettext_lazy("取り込みを頼んだ人の権限がなくなったため、中止しました。")


def require_rights(run: ImportRun) -> Actor:
    """On whose behalf the run goes on. Raises RightsGone where they may not order it any more."""
    actor = actor_for(run)
    try:
        policy.require(actor, "import", "create")
        target_of(run).require(actor)
    except NotAllowed as refusal:
        raise RightsGone from refusal
    return actor


def context_of(run: ImportRun, actor: Actor) -> RunContext:
    return RunContext(run, actor, time.now(), int(run.report.get("change_set") or 0))


def group_column(run: ImportRun, target: ImportTarget) -> int | None:
    """The column whose equal values are handled together; None where the target has none."""
    return next((int(column) for column, key in run.mapping.items() if key and key == target.group_by), None)


def put_in_order(run: ImportRun, target: ImportTarget) -> None:
    """Rows that belong together next to each other, rows that are named before those that name them. Line numbers stay."""
    column = group_column(run, target)
    if column is not None:
        staged.gather(run, column)
    naming = target.naming({int(place): key for place, key in run.mapping.items() if key})
    if naming is not None:
        staged.named_first(run, naming)


def chunks(run: ImportRun, target: ImportTarget, prepared: Preparer, start: int) -> Iterator[Chunk]:
    """Chunks made ready, each while the caller still works on the one before."""
    recipe, column = recipe_of(run), group_column(run, target)

    def submit(first: int) -> StagedRows | None:
        rows = staged.read_chunk(run, first, group_column=column)
        if rows is not None:
            prepared.submit(recipe, rows)
        return rows

    raw = submit(start)
    while raw is not None:
        chunk = Chunk(raw.start, raw.until, list(prepared.take()))
        raw = submit(chunk.until)
        try:
            yield chunk
        except GeneratorExit:
            if raw is not None:
                prepared.take()  # what was handed over and is not wanted any more
            raise


def run_stretch(run_id: int, *, seconds: float = STRETCH_SECONDS) -> Iterator[Progress]:
    """Import chunk after chunk until the run is over or the stretch is; yields after each.

    Yields nothing where another worker holds the run. Chunks of a worker that lost its lease are not written.
    """
    with runs.taken_up(ImportRun, run_id, ImportRun.State.RUNNING, set_aside=set_aside) as lease:
        if lease is None:
            return
        try:
            yield from _import_on(lease, runs.Stretch(seconds))
        except PreparerEnded:
            logger.warning("run %s: the process beside was ended; whoever takes the run up begins a new one", run_id)


def _import_on(lease: Lease[ImportRun], stretch: runs.Stretch) -> Iterator[Progress]:
    run = ImportRun.rows.get(pk=lease.run_id)
    target, first = target_of(run), run.done
    if first == 0:
        arrange(lease=lease, target=target)
    with _seldom_collecting(), preparer(target, run.total - first) as prepared:
        for chunk in chunks(run, target, prepared, first):
            pace = stretch.pace(chunk.until - first)
            done = _apply(lease, target, chunk, pace)
            yield Progress(done, run.total, pace)
            if stretch.is_over:
                break
    if ImportRun.rows.filter(pk=run.pk, done__gte=run.total).exists():
        _tell_errors(lease)
        finish(lease=lease, target=target)


def _apply(lease: Lease[ImportRun], target: ImportTarget, chunk: Chunk, pace: int) -> int:
    """One chunk, tried again where somebody at a screen took the same address, or the same rows, in the same moment."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return apply_chunk(lease=lease, target=target, chunk=chunk, pace=pace)
        except (IntegrityError, OperationalError) as error:
            if attempt == _ATTEMPTS or connection.connection is None or connection.connection.closed:
                raise
            logger.warning("a chunk of run %s is tried again: %s", lease.run_id, error)
    raise AssertionError


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """The rows of a chunk hang in no cycles, and to look for some among them takes a tenth of its Python. So the collector looks
    only where more is left behind than the chunks in hand are made of."""
    usual = gc.get_threshold()
    gc.set_threshold(_MOST_UNCOLLECTED, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@action
def apply_chunk(*, lease: Lease[ImportRun], target: ImportTarget, chunk: Chunk, pace: int) -> int:
    """Write one chunk with its checkpoint; the checkpoint afterwards. Raises LeaseLost, RightsGone, and then nothing is written."""
    runs.commit_soon()
    run = lease.held("file")
    if run.done != chunk.start:
        raise runs.LeaseLost
    context = context_of(run, require_rights(run))
    with copying_behind():
        result = target.apply(context, chunk.rows)
        staged.settle(run, result.rows)
    add_up(run, result)
    run.done, run.pace = chunk.until, pace
    runs.checkpoint(run, "report", *_COUNTS.values())
    show_work(run, Work.State.RUNNING)
    return run.done


def add_up(run: ImportRun, result: ChunkResult) -> None:
    """Add a chunk to the run's counts and to the counters of its report."""
    for outcome, count in Counter(str(row.outcome) for row in result.rows).items():
        name = _COUNTS[outcome]
        setattr(run, name, getattr(run, name) + count)
    counters = run.report.setdefault("counters", {})
    for key, count in result.counters.items():
        counters[key] = counters.get(key, 0) + count


@action
def arrange(*, lease: Lease[ImportRun], target: ImportTarget) -> None:
    """Before the first row: rows that belong together are put together. Raises LeaseLost."""
    put_in_order(lease.held(), target)


def _tell_errors(lease: Lease[ImportRun]) -> None:
    """Write the file of rejected rows. On a full disk the import is done all the same; the file is made when asked for."""
    run = ImportRun.rows.get(pk=lease.run_id)
    lease.renew()
    try:
        make_error_file(run_id=run.pk, actor=actor_for(run))
    except files.DiskFull:
        logger.exception("the error file of run %s was not written", run.pk)


@action
def finish(*, lease: Lease[ImportRun], target: ImportTarget) -> None:
    """Close a run whose last row is in. Records `import.finished`."""
    run = lease.held("file")
    context = context_of(run, actor_for(run))
    run.report["counters"] = run.report.get("counters", {}) | target.finish(context)
    runs.leave(run, ImportRun.State.DONE, "report", at=context.now)
    show_work(run, Work.State.DONE)
    data: dict[str, str | int] = {
        "target": run.target,
        "created": run.created_count,
        "updated": run.updated_count,
        "rejected": run.rejected_count,
    }
    events.record("import.finished", subject=run.pk, customer=None, actor=context.actor, at=context.now, data=data)


def set_aside(lease: Lease[ImportRun]) -> None:
    """A run that was taken up several times and never got on."""
    give_up(lease=lease)


@action
def give_up(*, lease: Lease[ImportRun]) -> None:
    """Set it aside. Records `import.failed`."""
    run = lease.held("file")
    fail(
        run,
        _("この先の行で処理が繰り返し止まりました（%(row)s行目から）。管理者に連絡してください。続きから再開できます。")
        % {"row": f"{run.done + 1:,}"},
    )


def fail(run: ImportRun, reason: str) -> None:
    """Inside an action, with the run locked: it failed, and why. Records `import.failed`."""
    at = time.now()
    run.report["failed_in"], run.failure = run.state, reason
    runs.leave(run, ImportRun.State.FAILED, "failure", "report", at=at)
    show_work(run, Work.State.FAILED)
    events.record("import.failed", subject=run.pk, customer=None, actor=SYSTEM, at=at, data={"target": run.target, "row": run.done})


def show_work(run: ImportRun, state: str) -> None:
    """Keep the run's line in the job tray true. One query."""
    work.report(
        kind="import",
        subject=run.pk,
        label=_("%(file)s の取り込み") % {"file": run.file.name},
        url=f"/imports/{run.pk}/",  # written out: to ask the routes would load every page of the product into the command
        owner_id=run.owner_id,
        total=run.total,
        done=run.done,
        state=state,
        at=time.now(),
    )
