"""Keeping a customer at hand, and remembering who was looked at last. Both are the user's own and nobody's business."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, F, When

from enishi.customers import access
from enishi.customers.models import Favourite, Visit
from enishi.customers.queries.bookmarks import SITTING
from enishi.customers.resolve import all_ids
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed

KEPT_VISITS = 60  # more than are shown, since some may be out of sight later


@action
def note_visit(*, customer_id: int, actor: Actor, now: datetime) -> None:
    """The actor has opened a customer's page; the look before this sitting is kept with it. The oldest looks beyond `KEPT_VISITS`
    are forgotten. Raises NotFound."""
    user_id = _reader(customer_id, actor)
    mine = Visit.rows.filter(user_id=user_id, customer_id=customer_id)
    before = Case(When(at__lt=now - SITTING, then=F("at")), default=F("before_at"))
    if not mine.update(before_at=before, at=now):
        Visit.rows.bulk_create([Visit(user_id=user_id, customer_id=customer_id, at=now)], ignore_conflicts=True)
    latest = Visit.rows.filter(user_id=user_id).order_by("-at", "-pk")[:KEPT_VISITS]
    Visit.rows.filter(user_id=user_id).exclude(pk__in=latest.values("pk")).delete()


@action
def add_favourite(*, customer_id: int, actor: Actor, now: datetime) -> None:
    """Put the actor's star on a customer; twice is once. Raises NotFound."""
    user_id = _reader(customer_id, actor)
    if not Favourite.rows.filter(user_id=user_id, customer_id__in=all_ids(customer_id)).exists():
        Favourite.rows.bulk_create([Favourite(user_id=user_id, customer_id=customer_id, at=now)], ignore_conflicts=True)


@action
def remove_favourite(*, customer_id: int, actor: Actor) -> None:
    """Take the actor's star off, also one that was put on before a merge. Raises NotFound."""
    user_id = _reader(customer_id, actor)
    Favourite.rows.filter(user_id=user_id, customer_id__in=all_ids(customer_id)).delete()


def _reader(customer_id: int, actor: Actor) -> int:
    access.look_at(actor, customer_id, "read")
    if actor.user_id is None:
        raise NotAllowed
    return actor.user_id
