"""最近見た顧客 and お気に入り: of one member of staff, and only what they may still see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import BigIntegerField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import Customer, CustomerAlias, Favourite, Visit
from enishi.customers.queries.palette import told_customers
from enishi.customers.resolve import all_ids
from enishi.platform.actor import Actor
from enishi.platform.search import SearchHit, Starting

SHOWN = 20
_ON_HOME = 8
#: Looks at a customer that follow each other sooner than this are one: going back and forth is not a new look.
SITTING = timedelta(minutes=30)


#: The customer of today for the id that a row carries.
_TODAY = Coalesce(
    Subquery(CustomerAlias.rows.filter(old_id=OuterRef("customer_id")).values("current_id")[:1]),
    F("customer_id"),
    output_field=BigIntegerField(),
)


def favourites_among(rows: QuerySet[Customer], actor: Actor, today: date) -> QuerySet[Customer]:
    """Those of the rows on which the actor has put a star: the tab of the list."""
    return rows.filter(pk__in=Favourite.rows.filter(user_id=actor.user_id or 0).values(today=_TODAY))


def starred(actor: Actor, customer_ids: Collection[int]) -> set[int]:
    """Those of the customers on which the actor has put a star. One query."""
    if not customer_ids:
        return set()
    rows = Favourite.rows.filter(user_id=actor.user_id or 0).annotate(today=_TODAY).filter(today__in=list(customer_ids))
    return set(rows.values_list("today", flat=True))


def is_favourite(actor: Actor, customer_id: int) -> bool:
    """Two queries."""
    return Favourite.rows.filter(user_id=actor.user_id or 0, customer_id__in=all_ids(customer_id)).exists()


def last_look(actor: Actor, customer_ids: Collection[int], *, now: datetime) -> datetime | None:
    """When the actor had the customer's page open before this sitting; None for the first time. One query."""
    looks = Visit.rows.filter(user_id=actor.user_id or 0, customer_id__in=customer_ids).values_list("at", "before_at")
    return max((look for at, before in looks if (look := at if at < now - SITTING else before)), default=None)


def has_any(actor: Actor) -> bool:
    """Whether ホーム has a customer to lead to. At most two queries."""
    return bool(_recent_ids(actor, 1) or _favourite_ids(actor, 1))


def _visible(actor: Actor, ids: Sequence[int], limit: int) -> list[int]:
    """Each id once, in the order given, as far as it is seen and not in the bin. One query."""
    seen = set(access.visible_customers(actor).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return [pk for pk in dict.fromkeys(ids) if pk in seen][:limit]


def _recent_ids(actor: Actor, limit: int) -> list[int]:
    rows = Visit.rows.filter(user_id=actor.user_id or 0).order_by("-at", "-pk")
    return _visible(actor, list(rows.values_list(_TODAY, flat=True)), limit)


def _favourite_ids(actor: Actor, limit: int) -> list[int]:
    rows = Favourite.rows.filter(user_id=actor.user_id or 0).order_by("-at", "-pk")
    return _visible(actor, list(rows.values_list(_TODAY, flat=True)), limit)


def favourite_start(actor: Actor, limit: int) -> Starting:
    """The stars, the newest first. Three queries, and one view-log row."""
    return Starting(_("お気に入り"), told_customers(actor, _favourite_ids(actor, limit)))


def recent_start(actor: Actor, limit: int) -> Starting:
    """Who was looked at last. Three queries, and one view-log row."""
    return Starting(_("最近見た顧客"), told_customers(actor, _recent_ids(actor, limit)))


@dataclass(frozen=True, slots=True)
class AtHand:
    """The panel of ホーム."""

    favourites: list[SearchHit]
    recent: list[SearchHit]
    all_url: str  # the tab of the list


def at_hand(actor: Actor) -> AtHand:
    """Six queries, and two view-log rows."""
    starred_ids = _favourite_ids(actor, _ON_HOME)
    return AtHand(
        told_customers(actor, starred_ids),
        told_customers(actor, _recent_ids(actor, _ON_HOME)),
        f"{reverse('customers:list')}?view=favourites",
    )
