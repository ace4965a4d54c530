"""Drives a run: who is meant is written down first, then chunk after chunk is changed, each with its checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.bulk import verbs
from enishi.customers.bulk.acts import ACTS, WHOLE
from enishi.customers.bulk.selection import selection_of
from enishi.customers.bulk.verbs import Deed
from enishi.customers.models import BulkRow, BulkRun
from enishi.customers.resolve import resolve_many
from enishi.platform import bulk, events, runs, time, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM
from enishi.platform.models import Work
from enishi.platform.rights import actor_by_id
from enishi.platform.runs import STRETCH_SECONDS, Lease

logger = logging.getLogger(__name__)
JOB = "customers.change_many"
CHUNK = 1_000
State, Outcome = BulkRun.State, BulkRow.Outcome
OPEN = (State.STAGING, State.RUNNING)


def run_stretch(run_id: int, *, seconds: float = STRETCH_SECONDS) -> bool:
    """Go on with a run for a while; whether something is left to do."""
    with runs.taken_up(BulkRun, run_id, *OPEN, set_aside=_set_aside, refused=lambda _refusal: fail(run_id=run_id)) as lease:
        if lease is not None:
            stage(lease=lease)
            return runs.Stretch(seconds).go_on(lease, lambda pace: change_chunk(lease=lease, pace=pace))
    return False


def _set_aside(lease: Lease[BulkRun]) -> None:
    fail(run_id=lease.run_id)


def _held(lease: Lease[BulkRun]) -> BulkRun:
    return lease.held("change_set", "undoes", "tried")


@action
def stage(*, lease: Lease[BulkRun]) -> None:
    """Write down who is meant, once, as the list is now. Raises LeaseLost, and what the list raises."""
    run = _held(lease)
    if run.state != State.STAGING:
        return
    actor = actor_by_id(run.owner_id)
    access.require(actor, "bulk")
    found_by = run.undoes or run.tried
    chosen = (
        BulkRow.rows.filter(run=found_by, outcome=Outcome.CHANGED).values("customer_id")
        if found_by is not None
        else selection_of(run.selection).customers(actor, now=time.now()).order_by().values("pk")
    )
    bulk.insert_numbered(BulkRow, {"run_id": run.pk, "outcome": ""}, chosen, into="customer_id")
    run.total = BulkRow.rows.filter(run=run).count()
    run.state = State.RUNNING
    runs.checkpoint(run, "total", "state")
    lease.renew()  # to find a million people may have taken as long as the lease
    show_work(run)


@action
def change_chunk(*, lease: Lease[BulkRun], pace: Callable[[int], int] = lambda _done: 0) -> bool:
    """Change the next customers and move the checkpoint, in one transaction; whether more are left. Raises LeaseLost.

    `pace`: how many a second it is, with so many done.
    """
    run, now = _held(lease), time.now()
    rows = list(BulkRow.rows.filter(run=run, position__gte=run.done).order_by("position")[:CHUNK])
    actor = actor_by_id(run.owner_id)
    act = ACTS[run.verb]
    ids = [row.customer_id for row in rows]
    allowed = access.customers_in_bulk(actor, ids, act, archived=_looks_in_the_bin(run), whole=run.verb in WHOLE)
    deed = Deed(run, actor, now)
    if not run.undoes:
        allowed = [customer for customer in allowed if not deed.gives_the_actor_more(customer)]
    changed, since = verbs.undo(deed, allowed) if run.undoes else (verbs.do(deed, allowed), set())
    reached = {customer.pk for customer in allowed}
    away = {old for old, today in resolve_many([pk for pk in ids if pk not in reached]).items() if old != today}
    _settle(run, rows, lambda customer_id: Outcome.MERGED if customer_id in away else _outcome(customer_id, changed, since, reached))
    run.done += len(rows)
    run.pace = pace(run.done)
    run.changed_count += len(changed)
    run.unchanged_count += len(reached - changed - since)
    run.refused_count += len(rows) - len(reached) + len(since)
    runs.checkpoint(run, "changed_count", "unchanged_count", "refused_count")
    if run.done >= run.total:
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
    at = time.now()
    runs.leave(run, state, at=at)
    show_work(run)
    kind = "bulk.finished" if state == State.DONE else "bulk.failed"
    data: dict[str, events.Primitive] = {"verb": run.verb, "changed": run.changed_count, "refused": run.refused_count}
    events.record(kind, subject=run.pk, customer=None, actor=SYSTEM, at=at, data=data)


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
        done=run.done,
        state=states.get(State(run.state), Work.State.RUNNING),
        at=time.now(),
    )
