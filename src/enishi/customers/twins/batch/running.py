"""Drives a batch of merges: whom it is about is written down first, then group after group is merged, each in its own transaction.

Rights, and whether the two are still as sure, are asked anew for each group: between the plan and its turn anything may have
happened. Killed at any moment it goes on with the group that was in hand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.merging import merge_customers
from enishi.customers.actions.unmerging import unmerge_customers
from enishi.customers.merging.outcome import proposed_order, strong_counts
from enishi.customers.models import MergeBatch, MergeBatchRow
from enishi.customers.twins.batch.planning import plan
from enishi.customers.twins.words import percent
from enishi.platform import events, runs, time, work
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.errors import ActionError
from enishi.platform.models import Work
from enishi.platform.rights import actor_by_id
from enishi.platform.runs import STRETCH_SECONDS, Lease

logger = logging.getLogger(__name__)
State, Outcome = MergeBatch.State, MergeBatchRow.Outcome
OPEN = MergeBatch.OPEN
JOB = "customers.merge_many"
#: Refusals of a group that are no error's code.
NO_MORE, BROKE_OFF = "no_more", "broke_off"


def run_stretch(batch_id: int, *, seconds: float = STRETCH_SECONDS) -> bool:
    """Go on with a batch for a while; whether something is left to do."""
    with runs.taken_up(MergeBatch, batch_id, *OPEN, set_aside=_set_aside, refused=lambda _refusal: fail(batch_id=batch_id)) as lease:
        if lease is not None and stage(lease=lease):
            return runs.Stretch(seconds).go_on(lease, lambda pace: settle_next(lease=lease, pace=pace))
    return False


def _set_aside(lease: Lease[MergeBatch]) -> None:
    """What was in hand may be what ends its workers: whoever lets the batch go on goes on behind it."""
    fail(batch_id=lease.run_id, behind_the_next=True)


@action
def stage(*, lease: Lease[MergeBatch]) -> bool:
    """Write down whom it is about, once; whether merging, or parting, may begin. Raises LeaseLost, NotAllowed."""
    run = lease.held("undoes")
    if run.state != State.PLANNING:
        return True
    if run.undoes is not None:
        _stage_undo(run, run.undoes)
    else:
        _stage_merges(run, actor_by_id(run.owner_id))
    lease.renew()  # to look through all pairs may have taken as long as the lease
    run.total = MergeBatchRow.rows.filter(batch=run).count()
    run.state = State.PLANNED if run.undoes is None else State.RUNNING
    runs.checkpoint(run, "total", "state", "pair_count", "gone_count", "left_out")
    show_work(run)
    return run.undoes is not None


def _stage_merges(run: MergeBatch, actor: Actor) -> None:
    found = plan(actor, run.at_least_ppm, now=time.now())
    rows = [
        MergeBatchRow(batch=run, position=place, customer_ids=list(group.ids), score_ppm=group.score_ppm)
        for place, group in enumerate(found.groups)
    ]
    MergeBatchRow.rows.bulk_create(rows, batch_size=1_000)
    run.pair_count, run.left_out = found.pair_count, dict(found.left_out)
    run.gone_count = sum(len(group.ids) - 1 for group in found.groups)


def _stage_undo(run: MergeBatch, done: MergeBatch) -> None:
    """The last merge first."""
    merged = MergeBatchRow.rows.filter(batch=done, outcome=Outcome.DONE).order_by("-position")
    rows = [
        MergeBatchRow(batch=run, position=place, customer_ids=row.customer_ids, score_ppm=row.score_ppm, merge_id=row.merge_id)
        for place, row in enumerate(merged)
    ]
    MergeBatchRow.rows.bulk_create(rows, batch_size=1_000)


@action
def settle_next(*, lease: Lease[MergeBatch], pace: Callable[[int], int] = lambda _done: 0) -> bool:
    """Merge, or part, the next group and move the checkpoint, in one transaction; whether more are left. Raises LeaseLost, NotAllowed
    (the owner may not do so at all any more). `pace`: how many a second it is, with so many done."""
    run, now = lease.held("undoes"), time.now()
    row = MergeBatchRow.rows.filter(batch=run, position__gte=run.done).order_by("position").first()
    if row is not None:
        actor = actor_by_id(run.owner_id)
        access.require(actor, "bulk")
        access.require_comparing(actor)
        try:
            with transaction.atomic():
                row.refusal = _part(row, actor, now) if run.undoes else _merge(run, row, actor, now)
        except ActionError as refusal:
            row.refusal = refusal.code[:40]
        row.outcome = Outcome.LEFT if row.refusal else Outcome.DONE
        row.save(update_fields=["outcome", "refusal", "merge"])
        run.done = row.position + 1
        run.pace = pace(run.done)
        run.merged_count += not row.refusal
        run.refused_count += bool(row.refusal)
    runs.checkpoint(run, "merged_count", "refused_count")
    if run.done >= run.total:
        _over(run, State.DONE)
        return False
    show_work(run)
    return True


def _merge(run: MergeBatch, row: MergeBatchRow, actor: Actor, now: datetime) -> str:
    """Let a group be one customer; why not, or "". What the plan would not merge today is left."""
    customers = access.customers_for(actor, row.customer_ids, "merge")  # locked: nobody changes them between here and the merge
    found = plan(actor, run.at_least_ppm, now=now, among=row.customer_ids)
    if [list(group.ids) for group in found.groups] != [row.customer_ids]:
        return next(iter(found.left_out), NO_MORE)
    keep, *gone = proposed_order(customers, strong_counts(row.customer_ids))
    reason = _("一括統合（確かさ %(score)s%%以上）") % {"score": percent(run.at_least_ppm)}
    row.merge_id = merge_customers(keep=keep, gone=gone, reason=reason, actor=actor, now=now, door="batch").id
    return ""


def _part(row: MergeBatchRow, actor: Actor, now: datetime) -> str:
    if row.merge_id is None:
        return NO_MORE
    unmerge_customers(merge_id=row.merge_id, actor=actor, now=now, door="batch")
    return ""


@action
def fail(*, batch_id: int, behind_the_next: bool = False) -> None:
    """Set a batch aside. Records `merge_batch.failed`. `behind_the_next`: so that it goes on behind the group that was in hand."""
    run = MergeBatch.rows.select_for_update().get(pk=batch_id)
    if run.state not in OPEN:
        return
    if behind_the_next and run.state == State.RUNNING:
        MergeBatchRow.rows.filter(batch=run, position=run.done).update(outcome=Outcome.LEFT, refusal=BROKE_OFF)
        run.done, run.refused_count = run.done + 1, run.refused_count + 1
        run.save(update_fields=["done", "refused_count"])
    _over(run, State.FAILED)


def _over(run: MergeBatch, state: MergeBatch.State) -> None:
    """Close a batch. Records `merge_batch.finished` or `merge_batch.failed`."""
    at = time.now()
    runs.leave(run, state, at=at)
    show_work(run)
    kind = "merge_batch.finished" if state == State.DONE else "merge_batch.failed"
    data: dict[str, events.Primitive] = {"merged": run.merged_count, "refused": run.refused_count, "undo": run.undoes_id is not None}
    events.record(kind, subject=run.pk, customer=None, actor=SYSTEM, at=at, data=data)


def show_work(run: MergeBatch) -> None:
    """Keep the batch's line in the job tray true. One query."""
    states = {
        State.PLANNED: Work.State.DONE,
        State.DONE: Work.State.DONE,
        State.STOPPED: Work.State.STOPPED,
        State.FAILED: Work.State.FAILED,
    }
    label = _("一括統合の対象の確認") if run.state in (State.PLANNING, State.PLANNED) else _("一括統合")
    if run.undoes_id is not None:
        label = _("一括統合を元に戻す")
    work.report(
        kind="merge_batch",
        subject=run.pk,
        label=label,
        url=f"/duplicates/batch/{run.pk}/",
        owner_id=run.owner_id,
        total=run.total,
        done=run.total if run.state == State.PLANNED else run.done,
        state=states.get(State(run.state), Work.State.RUNNING),
        at=time.now(),
    )
