"""Verbs of a segment."""

from __future__ import annotations

from datetime import datetime

from enishi.platform import events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.numbers import take_numbers
from enishi.rules.facts import check, registry
from enishi.rules.rights import refuse_unreadable
from enishi.rules.tree import Rule
from enishi.segments.access import sees_everybody, segment_for
from enishi.segments.models import Segment


@action
def create_segment(*, actor: Actor, name: str, rule: Rule, now: datetime) -> int:
    """Save a rule under a name. Gives its id. Records `segment.created`. Raises NotAllowed, RuleInvalid, RuleRefused."""
    policy.require(actor, "segment", "create")
    check(rule, registry())
    refuse_unreadable(rule, registry(), actor)
    segment = Segment.rows.create(
        number=take_numbers("S")[0],
        name=name,
        rule=rule.model_dump(mode="json"),
        owner_id=actor.user_id,
        created_by_id=actor.user_id,
        created_at=now,
    )
    events.record("segment.created", subject=segment.pk, customer=None, actor=actor, at=now)
    return segment.pk


@action
def change_segment(*, actor: Actor, segment_id: int, name: str, rule: Rule, now: datetime) -> None:
    """Change name and rule. Records `segment.changed`. Raises NotFound, NotAllowed, RuleInvalid, RuleRefused."""
    segment = segment_for(actor, segment_id, "update")
    check(rule, registry())
    refuse_unreadable(rule, registry(), actor)
    segment.name, segment.rule = name, rule.model_dump(mode="json")
    segment.last_count = segment.counted_at = None
    segment.save(update_fields=["name", "rule", "last_count", "counted_at"])
    events.record("segment.changed", subject=segment.pk, customer=None, actor=actor, at=now)


@action
def remember_count(*, actor: Actor, segment_id: int, count: int, now: datetime) -> None:
    """Keep what a full count saw, for the list of segments. The count of whoever sees a part of the customers is not kept."""
    segment_for(actor, segment_id)
    if sees_everybody(actor):
        Segment.rows.filter(pk=segment_id).update(last_count=count, counted_at=now)


@action
def archive_segment(*, actor: Actor, segment_id: int, now: datetime) -> None:
    """Put a segment into the recycle bin. Records `segment.archived`. Raises NotFound, NotAllowed."""
    segment = segment_for(actor, segment_id, "archive")
    segment.archived_at = now
    segment.save(update_fields=["archived_at"])
    events.record("segment.archived", subject=segment.pk, customer=None, actor=actor, at=now)
