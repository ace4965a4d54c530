"""Drives a run: who is meant is written down first, then chunk after chunk is changed, each with its checkpoint.

One process works on a run at a time, by a lease that the database's clock judges; a worker that comes back too late finds
another fence and writes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.bulk import verbs
from enishi.customers.bulk.selection import selection_of
from enishi.customers.bulk.verbs import ACTS, Deed
from enishi.customers.models import BulkRow, BulkRun
from enishi.platform import bulk, events, time, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import ActionError
from enishi.platform.models import Work
from enishi.platform.rights import actor_by_id

logger = logging.getLogger(__name__)
CHUNK = 1_000
STRETCH_SECONDS = 12.0
#: A run that was taken up so often at one place is set aside.
TRIES = 5
_LEASE = timedelta(seconds=30)
State, Outcome = BulkRun.State, BulkRow.Outcome
OPEN = (State.STAGING, State.RUNNING)


class LeaseLost(RuntimeError):
    """Somebody else works on the run, or it was stopped: this worker's chunk must not be written."""


@dataclass(frozen=True, slots=True)
class Lease:
    run_id: int
    fence: int


def run_stretch(run_id: int, *, seconds: float = STRETCH_SECONDS) -> bool:
    """Go on with a run for a while; whether something is left to do."""
    lease = claim(run_id=run_id)
    if lease is None:
        return False
    began = perf_counter()
    try:
        stage(lease=lease)
        while change_chunk(lease=lease):
            if perf_counter() - began > seconds:
                return True
    except LeaseLost:
        logger.warning("bulk run %s: this worker's lease is gone, its chunk was not written", run_id)
    except ActionError as refusal:
        logger.warning("bulk run %s was refused: %s", run_id, refusal.code)
        fail(run_id=run_id)
    finally:
        BulkRun.rows.filter(pk=run_id, fence=lease.fence).update(lease_until=None)
    return False


@action
def claim(*, run_id: int) -> Lease | None:
    """Take a run up; None where another worker holds it, it needs no work, or it never gets on."""
    free = BulkRun.rows.filter(Q(lease_until=None) | Q(lease_until__lt=Now()), pk=run_id, state__in=OPEN)
    if not free.update(fence=F("fence") + 1, lease_until=Now() + _LEASE, tries=F("tries") + 1):
        return None
    run = BulkRun.rows.get(pk=run_id)
    if run.tries > TRIES:
        _over(run, State.FAILED)
        return None
    return Lease(run_id, run.fence)


def _held(lease: Lease) -> BulkRun:
    run = (
        BulkRun.rows.select_for_update(of=("self",))
        .select_related("change_set", "undoes")
        .filter(pk=lease.run_id, fence=lease.fence, state__in=OPEN)
        .first()
    )
    if run is None:
        raise LeaseLost
    return run


@action
def stage(*, lease: Lease) -> None:
    """Write down who is meant, once, as the list is now. Raises LeaseLost, and what the list raises."""
    run = _held(lease)
    if run.state != State.STAGING:
        return
    actor = actor_by_id(run.owner_id)
    access.require(actor, "bulk")
    chosen = (
        BulkRow.rows.filter(run=run.undoes, outcome=Outcome.CHANGED).values("customer_id")
        if run.undoes is not None
        else selection_of(run.selection).customers(actor, now=time.now()).order_by().values("pk")
    )
    bulk.insert_numbered(BulkRow, {"run_id": run.pk, "outcome": ""}, chosen, into="customer_id")
    run.total = BulkRow.rows.filter(run=run).count()
    run.state, run.tries = State.RUNNING, 1
    run.save(update_fields=["total", "state", "tries"])
    show_work(run)


@action
def change_chunk(*, lease: Lease) -> bool:
    """Change the next customers and move the checkpoint, in one transaction; whether more are left. Raises LeaseLost."""
    run, now = _held(lease), time.now()
    rows = list(BulkRow.rows.filter(run=run, position__gte=run.next_position).order_by("position")[:CHUNK])
    actor = actor_by_id(run.owner_id)
    act = ACTS[run.verb]
    allowed = access.customers_in_bulk(actor, [row.customer_id for row in rows], act, archived=_looks_in_the_bin(run))
    deed = Deed(run, actor, now)
    changed, since = verbs.undo(deed, allowed) if run.undoes else (verbs.do(deed, allowed), set())
    reached = {customer.pk for customer in allowed}
    _settle(run, rows, lambda customer_id: _outcome(customer_id, changed, since, reached))
    run.next_position += len(rows)
    run.changed_count += len(changed)
    run.unchanged_count += len(reached - changed - since)
    run.refused_count += len(rows) - len(reached) + len(since)
    run.tries = 1
    BulkRun.rows.filter(pk=run.pk).update(lease_until=Now() + _LEASE)
    run.save(update_fields=["next_position", "changed_count", "unchanged_count", "refused_count", "tries"])
    if run.next_position >= run.total:
        _over(run, State.DONE)
        return False
    show_work(run)
    return True


def _looks_in_the_bin(run: BulkRun) -> bool:
    return run.undoes is not None and run.verb == BulkRun.Verb.ARCHIVE


def _settle(run: BulkRun, rows: Sequence[BulkRow], outcome_of: Callable[[int], str]) -> None:
    """Write down what became of each. One query an outcome."""
    places: dict[str, list[int]] = {}
    for row in rows:
        places.setdefault(outcome_of(row.customer_id), []).append(row.position)
    for outcome, positions in places.items():
        BulkRow.rows.filter(run=run, position__in=positions).update(outcome=outcome)


def _outcome(customer_id: int, changed: set[int], since: set[int], reached: set[int]) -> str:
    if customer_id in changed:
        return Outcome.CHANGED
    if customer_id in since:
        return Outcome.CHANGED_SINCE
    return Outcome.UNCHANGED if customer_id in reached else Outcome.NOT_ALLOWED


@action
def fail(*, run_id: int) -> None:
    """Set a run aside. Records `bulk.failed`."""
    run = BulkRun.rows.select_for_update().get(pk=run_id)
    if run.state in OPEN:
        _over(run, State.FAILED)


def _over(run: BulkRun, state: BulkRun.State) -> None:
    """Close a run. Records `bulk.finished` or `bulk.failed`."""
    run.state, run.finished_at, run.lease_until = state, time.now(), None
    run.save(update_fields=["state", "finished_at", "lease_until"])
    show_work(run)
    kind = "bulk.finished" if state == State.DONE else "bulk.failed"
    data: dict[str, events.Primitive] = {"verb": run.verb, "changed": run.changed_count, "refused": run.refused_count}
    events.record(kind, subject=run.pk, customer=None, actor=SYSTEM, at=run.finished_at, data=data)


def show_work(run: BulkRun) -> None:
    """Keep the run's line in the job tray true. One query."""
    states = {State.DONE: Work.State.DONE, State.STOPPED: Work.State.STOPPED, State.FAILED: Work.State.FAILED}
    label = _("一括変更：%(verb)s") if run.undoes_id is None else _("一括変更を元に戻す：%(verb)s")
    work.report(
        kind="bulk",
        subject=run.pk,
        label=label % {"verb": BulkRun.Verb(run.verb).label},
        url=f"/customers/bulk/{run.pk}/",
        owner_id=run.owner_id,
        total=run.total,
        done=run.next_position,
        state=states.get(State(run.state), Work.State.RUNNING),
        at=time.now(),
    )
