"""一括統合: merging all groups of duplicates that are sure enough, once they were shown, and taking the whole of it back."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.models import MergeBatch
from enishi.customers.twins.batch import running
from enishi.customers.twins.batch.running import JOB
from enishi.customers.twins.model import MILLION, REVIEW
from enishi.customers.twins.words import percent
from enishi.platform import events, runs
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed

State = MergeBatch.State
#: Below it somebody looks at each pair.
LEAST_PPM: Final = round(REVIEW * MILLION)


class BatchIsOver(ActionError):
    """The batch is in a state in which this cannot be done, or it was taken back already."""

    code = "merge_batch.over"
    message = gettext_lazy("この一括統合は、もう進めたり止めたり元に戻したりできません。画面を開き直してください。")


@action
def plan_merges(*, at_least_ppm: int, actor: Actor, now: datetime) -> int:
    """Order to look which pairs of at least this score could be merged at once, and to merge nothing; the batch's id. Records
    `merge_batch.planned`. Raises NotAllowed (also for a token: the job would have all the rights of its owner), Invalid."""
    owner_id = _require(actor)
    if not LEAST_PPM <= at_least_ppm <= MILLION:
        raise Invalid(fields={"at_least": [_("%(n)s以上の確かさを選んでください。") % {"n": f"{percent(LEAST_PPM)}%"}]})
    run = MergeBatch.rows.create(owner_id=owner_id, at_least_ppm=at_least_ppm, created_at=now)
    _order(run, "merge_batch.planned", actor, now)
    return run.pk


@action
def approve_merges(*, batch_id: int, actor: Actor, now: datetime) -> None:
    """Merge those whom the plan has shown; whoever is not as sure any more, or not the actor's to merge, is left and told. Records
    `merge_batch.approved`. Raises NotFound, NotAllowed, BatchIsOver."""
    _require(actor)
    run = access.merge_batch_for(actor, batch_id)
    if run.state != State.PLANNED or not run.total:
        raise BatchIsOver
    runs.resume(run, State.RUNNING)
    _order(run, "merge_batch.approved", actor, now)


@action
def stop_merges(*, batch_id: int, actor: Actor, now: datetime) -> None:
    """Stop behind the group in hand; what was merged stays. Records `merge_batch.stopped`. Raises NotFound, BatchIsOver."""
    run = access.merge_batch_for(actor, batch_id)
    if run.state not in running.OPEN:
        raise BatchIsOver
    runs.leave(run, State.STOPPED, at=now)
    running.show_work(run)
    events.record("merge_batch.stopped", subject=run.pk, customer=None, actor=actor, at=now, data={"done": run.done})


@action
def resume_merges(*, batch_id: int, actor: Actor, now: datetime) -> None:
    """Go on where it stopped, or failed. Records `merge_batch.approved`, or `merge_batch.planned` where nothing was written down yet.
    Raises NotFound, NotAllowed, BatchIsOver."""
    _require(actor)
    run = access.merge_batch_for(actor, batch_id)
    if run.state not in (State.STOPPED, State.FAILED) or MergeBatch.rows.filter(undoes=run).exists():
        raise BatchIsOver
    runs.resume(run, State.RUNNING if run.total else State.PLANNING)
    _order(run, "merge_batch.approved" if run.total else "merge_batch.planned", actor, now)


@action
def undo_merges(*, batch_id: int, actor: Actor, now: datetime) -> int:
    """Order to take all merges of a batch back, the last first; the id of the batch that does so. Where somebody was merged again
    since, or is in the bin, it stays and is told. Records `merge_batch.undo_ordered`. Raises NotFound, NotAllowed, BatchIsOver."""
    owner_id = _require(actor)
    done = access.merge_batch_for(actor, batch_id)
    if done.state not in (State.DONE, State.STOPPED, State.FAILED) or done.undoes_id is not None or not done.merged_count:
        raise BatchIsOver
    if MergeBatch.rows.filter(undoes=done).exists():
        raise BatchIsOver
    run = MergeBatch.rows.create(owner_id=owner_id, at_least_ppm=done.at_least_ppm, undoes=done, created_at=now)
    _order(run, "merge_batch.undo_ordered", actor, now)
    return run.pk


def _order(run: MergeBatch, kind: str, actor: Actor, now: datetime) -> None:
    running.show_work(run)
    runs.order(MergeBatch, run.pk, JOB)
    events.record(kind, subject=run.pk, customer=None, actor=actor, at=now, data={"at_least_ppm": run.at_least_ppm})


def _require(actor: Actor) -> int:
    access.require(actor, "bulk")
    access.require_comparing(actor)
    if actor.kind != "staff" or actor.user_id is None:
        raise NotAllowed
    return actor.user_id
