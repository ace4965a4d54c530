"""引き継ぎ: giving many customers to a colleague, with a note and the open tasks, and the new owner's having seen it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.bulk import order, target_of
from enishi.customers.bulk.acts import ACTS
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRun
from enishi.platform import changes
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean_lines

Verb = BulkRun.Verb
LONGEST_NOTE: Final = 2_000
SAME: Final = "same"  # the team of each stays


@dataclass(frozen=True, slots=True)
class Handover:
    """`owner`: the id of the new one. `team`: an id, "" for none, `SAME` to leave it. `tasks`: the open ones of whoever owned each go along."""

    owner: str
    team: str = SAME
    note: str = ""
    tasks: bool = True


@action
def hand_over(*, selection: Selection, handover: Handover, actor: Actor, now: datetime) -> int:
    """Order to give all who are selected to a colleague; the id of the run, which is stopped and taken back like every change of many.
    Records `bulk.ordered`. The note stands on the timeline of each, once they are given. Raises NotAllowed (also for a token), Invalid."""
    access.require(actor, "bulk")
    access.require(actor, ACTS[Verb.HANDOVER])
    if actor.kind != "staff" or actor.user_id is None:
        raise NotAllowed
    note = clean_lines(handover.note)
    if len(note) > LONGEST_NOTE:
        raise Invalid(fields={"note": [_("%(n)d文字以内で入力してください。") % {"n": LONGEST_NOTE}]})
    owner_id = _chosen(Verb.OWNER, handover.owner, "owner", actor)
    if owner_id is None:
        raise Invalid(fields={"owner": [_("だれに引き継ぐかを選んでください。")]})
    wishes: dict[str, object] = {"tasks": handover.tasks}
    if handover.team != SAME:
        wishes["team_id"] = _chosen(Verb.TEAM, handover.team, "team", actor)
    deed = changes.open_change_set(actor=actor, door="bulk", at=now, reason=str(Verb.HANDOVER.label))
    run = BulkRun.rows.create(
        owner_id=actor.user_id,
        verb=Verb.HANDOVER,
        target_id=owner_id,
        wishes=wishes,
        note=note,
        selection=selection.as_json(),
        change_set=deed,
        created_at=now,
    )
    order(run, actor, now)
    return run.pk


def _chosen(verb: str, value: str, field: str, actor: Actor) -> int | None:
    """The owner or team that was chosen. Raises Invalid beside its field."""
    try:
        return target_of(verb, value, actor)
    except Invalid as refusal:
        raise Invalid(fields={field: refusal.fields["value"]}) from refusal


@action
def notice_handover(*, run_id: int, actor: Actor, now: datetime) -> None:
    """The new owner has seen what they were given; twice is once. Raises NotFound."""
    rows = BulkRun.rows.filter(pk=run_id, verb=Verb.HANDOVER, undoes=None, target_id=actor.user_id or 0)
    run = rows.select_for_update().first()
    if run is None:
        raise NotFound
    if run.noticed_at is None:
        run.noticed_at = now
        run.save(update_fields=["noticed_at"])
