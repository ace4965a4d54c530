"""Who may do what to which segment: the only caller of the platform's policy here."""

from __future__ import annotations

from django.db.models import QuerySet

from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.segments.models import Segment


def visible_segments(actor: Actor) -> QuerySet[Segment]:
    return policy.scope(actor, Segment, "read").filter(archived_at=None)


def segment_for(actor: Actor, segment_id: int, act: str = "read") -> Segment:
    """One segment, locked for any act but reading. Raises NotFound, NotAllowed."""
    return policy.get(actor, Segment, act, segment_id, lock=act != "read")
