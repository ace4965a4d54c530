"""Changing many customers at once: ordering it, stopping it, going on, and taking the whole of it back."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.bulk.acts import ACTS, APART
from enishi.customers.bulk.running import JOB, OPEN, show_work
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRun, Tag
from enishi.customers.standards import current
from enishi.platform import changes, events, runs
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import Team, User

State, Verb = BulkRun.State, BulkRun.Verb


class RunIsOver(ActionError):
    """The run is in a state in which this cannot be done, or it was taken back already."""

    code = "bulk.over"
    message = gettext_lazy("この一括変更は、もう止めたり元に戻したりできません。画面を開き直してください。")


@action
def change_many(*, verb: str, selection: Selection, value: str, actor: Actor, now: datetime) -> int:
    """Order one change of all who are selected; the run's id. Records `bulk.ordered`.

    `value`: the tag's name, or the id of the new owner or team ("" for nobody). Who is meant is written down when the job
    begins; whom the actor may not change is left out and told. Raises NotAllowed (also for a token: the job would have all the
    rights of its owner), Invalid.
    """
    if verb not in Verb.values or verb in APART:  # cleansing is ordered by `actions/cleansing.py`, handing over by `actions/handover.py`
        raise NotFound
    access.require(actor, "bulk")
    access.require(actor, ACTS[verb])
    if actor.kind != "staff" or actor.user_id is None:
        raise NotAllowed
    target_id = target_of(verb, value, actor)
    deed = changes.open_change_set(actor=actor, door="bulk", at=now, reason=str(Verb(verb).label))
    run = BulkRun.rows.create(
        owner_id=actor.user_id, verb=verb, target_id=target_id, selection=selection.as_json(), change_set=deed, created_at=now
    )
    order(run, actor, now)
    return run.pk


@action
def undo_many(*, run_id: int, actor: Actor, now: datetime) -> int:
    """Order to take a whole run back; the id of the run that does so. What somebody changed since stays, and is told.
    Records `bulk.ordered`. Raises NotFound, NotAllowed, RunIsOver (it still runs, or was taken back already)."""
    done = access.bulk_run_for(actor, run_id)
    access.require(actor, "bulk")
    access.require(actor, ACTS[done.verb])
    if (
        done.state in OPEN
        or done.undoes_id is not None
        or done.verb == Verb.TRY
        or not done.changed_count
        or BulkRun.rows.filter(undoes=done).exists()
    ):
        raise RunIsOver
    deed = changes.open_change_set(actor=actor, door="bulk", at=now, reason=_("元に戻す：%(verb)s") % {"verb": Verb(done.verb).label})
    run = BulkRun.rows.create(
        owner_id=done.owner_id, verb=done.verb, target_id=done.target_id, wishes=done.wishes, undoes=done, change_set=deed, created_at=now
    )
    order(run, actor, now)
    return run.pk


@action
def stop_many(*, run_id: int, actor: Actor, now: datetime) -> None:
    """Stop behind the chunk in hand; what was changed stays. Records `bulk.stopped`. Raises NotFound, RunIsOver."""
    run = access.bulk_run_for(actor, run_id)
    if run.state != State.RUNNING:
        raise RunIsOver
    runs.leave(run, State.STOPPED)
    show_work(run)
    events.record("bulk.stopped", subject=run.pk, customer=None, actor=actor, at=now, data={"done": run.done})


@action
def resume_many(*, run_id: int, actor: Actor, now: datetime) -> None:
    """Go on where it stopped, or failed. Records `bulk.ordered`. Raises NotFound, RunIsOver."""
    run = access.bulk_run_for(actor, run_id)
    if run.state not in (State.STOPPED, State.FAILED) or BulkRun.rows.filter(undoes=run).exists():
        raise RunIsOver
    runs.resume(run, State.RUNNING if run.total else State.STAGING)
    order(run, actor, now)


def target_of(verb: str, value: str, actor: Actor) -> int | None:
    """The row that the change is about. Raises Invalid."""
    if verb == Verb.ARCHIVE:
        return None
    if verb in (Verb.TAG, Verb.UNTAG):
        return _tag(clean(value), made=verb == Verb.TAG)
    if value and not (value.isdecimal() and len(value) < 19):
        raise Invalid(fields={"value": [_("一覧から選んでください。")]})
    if not value:
        missed = current.current().judge({f"{verb}_id": None}, before={f"{verb}_id": 0}).refused.get(f"{verb}_id")
        if missed:
            raise Invalid(fields={"value": missed})
        return None
    if verb == Verb.OWNER:
        known = User.rows.filter(pk=int(value), is_active=True)
    else:
        known = Team.rows.filter(pk=int(value)) if _gives_to(actor, int(value)) else Team.rows.none()  # type: ignore[assignment]
    if not known.exists():
        raise Invalid(fields={"value": [_("一覧から選んでください。")]})
    return int(value)


def _gives_to(actor: Actor, team_id: int) -> bool:
    return actor.scope_for("customer", "assign") == "all" or team_id in actor.team_ids


def _tag(name: str, *, made: bool) -> int:
    if not 0 < len(name) <= 40:
        raise Invalid(fields={"value": [_("タグの名前を40文字以内で入力してください。")]})
    if made:
        return Tag.rows.get_or_create(name=name)[0].pk
    found = Tag.rows.filter(name=name).values_list("pk", flat=True).first()
    if found is None:
        raise Invalid(fields={"value": [_("このタグはありません。")]})
    return found


def order(run: BulkRun, actor: Actor, now: datetime) -> None:
    """Order the job of a run that was just written down. Records `bulk.ordered`."""
    show_work(run)
    runs.order(BulkRun, run.pk, JOB)
    events.record("bulk.ordered", subject=run.pk, customer=None, actor=actor, at=now, data={"verb": run.verb})
