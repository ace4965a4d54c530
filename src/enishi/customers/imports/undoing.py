"""Takes an import back: what it met is written down, looked at, and, at its owner's word, undone chunk by chunk.

The check and the run go the same way over the same rows, so that the check says what the run will do. Both are runs of
`platform.runs`: kill them at any moment.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from django.db import IntegrityError, OperationalError, connection
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from enishi.customers.imports.running import target_of
from enishi.customers.imports.target import UndoContext
from enishi.customers.models import ImportUndo, ImportUndoRow
from enishi.platform import events, policy, runs, time, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.models import Work
from enishi.platform.rights import actor_by_id
from enishi.platform.runs import STRETCH_SECONDS, Lease

logger = logging.getLogger(__name__)
CHUNK = 1_000
JOB = "customers.undo_import"
QUEUE = "imports"
_ATTEMPTS = 3
State, Outcome = ImportUndo.State, ImportUndoRow.Outcome
WORKED_ON = (State.CHECKING, State.RUNNING)
_COUNTS: Mapping[str, str] = {Outcome.REMOVED: "removed_count", Outcome.RESTORED: "restored_count"}
_ZERO = ("removed_count", "restored_count", "kept_count")

# Rows that changed nothing left nothing behind, unless something was put to the object beside its row.
_STAGE = """
INSERT INTO customers_importundorow (undo_id, position, object_id, made, outcome)
SELECT %(undo)s, row_number() OVER (ORDER BY object_id) - 1, object_id, bool_or(made), '' FROM (
  SELECT object_id, outcome = 'created' AS made FROM customers_importresult
   WHERE run_id = %(run)s AND object_id IS NOT NULL AND outcome IN ('created', 'updated')
  UNION ALL
  SELECT unnest(%(beside)s::bigint[]), false
) AS met GROUP BY object_id
"""


def actor_for(undo: ImportUndo) -> Actor:
    """On whose behalf: the rights its owner has now. Without an owner it came by the command line."""
    return SYSTEM if undo.owner_id is None else actor_by_id(undo.owner_id)


def run_stretch(undo_id: int, *, seconds: float = STRETCH_SECONDS) -> bool:
    """Go on with a check or an undo for a while; whether something is left to do."""
    with runs.taken_up(ImportUndo, undo_id, *WORKED_ON, set_aside=_set_aside, refused=lambda _refusal: fail(undo_id=undo_id)) as lease:
        if lease is not None:
            stage(lease=lease)
            return runs.Stretch(seconds).go_on(lease, lambda pace: _step(lease, pace))
    return False


def _set_aside(lease: Lease[ImportUndo]) -> None:
    fail(undo_id=lease.run_id)


@action
def stage(*, lease: Lease[ImportUndo]) -> None:
    """Write down once what the import made and changed. Raises LeaseLost."""
    undo = lease.held("run__file")
    if undo.total:
        return
    context = UndoContext(undo, actor_for(undo), time.now())
    beside = target_of(undo.run).touched_beside(context).values_list("after", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(_STAGE, {"undo": undo.pk, "run": undo.run_id, "beside": sorted({int(pk) for pk in beside if pk is not None})})
        undo.total = cursor.rowcount
    runs.checkpoint(undo, "total")
    show_work(undo)
    lease.renew()


def _step(lease: Lease[ImportUndo], pace: Callable[[int], int]) -> bool:
    """One chunk, tried again where somebody used one of its objects in the same moment: the next look sees it."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return take_back_chunk(lease=lease, pace=pace)
        except (IntegrityError, OperationalError, ProtectedError) as error:
            if attempt == _ATTEMPTS or connection.connection is None or connection.connection.closed:
                raise
            logger.warning("a chunk of the undo %s is tried again: %s", lease.run_id, error)
    raise AssertionError


@action
def take_back_chunk(*, lease: Lease[ImportUndo], pace: Callable[[int], int] = lambda _done: 0) -> bool:
    """Look at the next objects, or take them back, with the checkpoint; whether more are left. Raises LeaseLost, and then
    nothing is written."""
    runs.commit_soon()
    undo = lease.held("run__file", "change_set")
    context = UndoContext(undo, actor_for(undo), time.now())
    target = target_of(undo.run)
    policy.require(context.actor, "import", "archive")
    target.require(context.actor)
    rows = list(ImportUndoRow.rows.filter(undo=undo, position__gte=undo.done).order_by("position")[:CHUNK])
    made = [row.object_id for row in rows if row.made]
    outcomes = target.take_back(context, made, [row.object_id for row in rows if not row.made])
    _settle(undo, rows, outcomes)
    undo.done += len(rows)
    undo.pace = pace(undo.done)
    runs.checkpoint(undo, *_ZERO)
    if undo.done < undo.total:
        show_work(undo)
        return True
    if context.is_check:
        runs.leave(undo, State.READY)
        show_work(undo)
    else:
        target.finish_undo(context)
        _finish(undo, context)
    return False


def _settle(undo: ImportUndo, rows: Sequence[ImportUndoRow], outcomes: Mapping[int, str]) -> None:
    """Write down what became of each, and count it. One query an outcome."""
    places: dict[str, list[int]] = {}
    for row in rows:
        places.setdefault(outcomes[row.object_id], []).append(row.position)
    for outcome, positions in places.items():
        ImportUndoRow.rows.filter(undo=undo, position__in=positions).exclude(outcome=outcome).update(outcome=outcome)
    for outcome, count in Counter(outcomes.values()).items():
        name = _COUNTS.get(outcome, "kept_count")
        setattr(undo, name, getattr(undo, name) + count)


def _finish(undo: ImportUndo, context: UndoContext) -> None:
    """Records `import.undone`."""
    runs.leave(undo, State.DONE, at=context.now)
    undo.run.report["undone"] = True
    undo.run.save(update_fields=["report"])
    show_work(undo)
    data: dict[str, events.Primitive] = {name.removesuffix("_count"): getattr(undo, name) for name in _ZERO}
    events.record("import.undone", subject=undo.run_id, customer=None, actor=context.actor, at=context.now, data=data)


@action
def fail(*, undo_id: int) -> None:
    """Set an undo aside; it can be resumed. Records `import.undo_failed`."""
    undo = ImportUndo.rows.select_related("run__file").select_for_update(of=("self",)).get(pk=undo_id)
    if undo.state not in WORKED_ON:
        return
    at = time.now()
    runs.leave(undo, State.FAILED, at=at)
    show_work(undo)
    events.record("import.undo_failed", subject=undo.run_id, customer=None, actor=SYSTEM, at=at, data={"done": undo.done})


def begin_anew(undo: ImportUndo, state: str, *columns: str) -> None:
    """From the first object on, in this state. Inside an action, with the undo locked."""
    undo.done = 0
    for name in _ZERO:
        setattr(undo, name, 0)
    runs.resume(undo, state, "done", *_ZERO, *columns)


_WORK = {State.READY: Work.State.DONE, State.DONE: Work.State.DONE, State.STOPPED: Work.State.STOPPED, State.FAILED: Work.State.FAILED}


def show_work(undo: ImportUndo) -> None:
    """Keep the undo's line in the job tray true. One query."""
    label = _("%(file)s の取り込みを元に戻せるかの確認") if undo.started_at is None else _("%(file)s の取り込みを元に戻す")
    work.report(
        kind="import_undo",
        subject=undo.run_id,
        label=label % {"file": undo.run.file.name},
        url=f"/imports/{undo.run_id}/undo/",
        owner_id=undo.owner_id,
        total=undo.total,
        done=undo.done,
        state=_WORK.get(State(undo.state), Work.State.RUNNING),
        at=time.now(),
    )
