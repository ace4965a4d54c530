"""Who may do what to which segment: the only caller of the platform's policy here."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.objects import OWN_TO_ALL, RightsObject
from enishi.segments.models import Segment

OBJECTS = (
    RightsObject(
        key="segment",
        label=pgettext_lazy("object", "セグメント"),
        acts=dict.fromkeys(("read", "create", "update", "archive"), OWN_TO_ALL),
        own=_("自分が作った%(thing)s"),
    ),
)


def visible_segments(actor: Actor) -> QuerySet[Segment]:
    return policy.scope(actor, Segment, "read").filter(archived_at=None)


def segment_for(actor: Actor, segment_id: int, act: str = "read") -> Segment:
    """One segment that is not in the recycle bin, locked for any act but reading. Raises NotFound, NotAllowed."""
    segment = policy.get(actor, Segment, act, segment_id, lock=act != "read")
    if segment.archived_at is not None:
        raise NotFound
    return segment


def sees_everybody(actor: Actor) -> bool:
    """Whether a count within the actor's scope is the count of everybody."""
    return actor.scope_for("customer", "read") == "all"
