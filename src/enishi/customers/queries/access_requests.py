"""閲覧の依頼 as its screens show them: those that wait for the reader's answer, and the reader's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import AccessRequest
from enishi.customers.queries.names import Name
from enishi.customers.queries.shares import USUAL, proposed_end
from enishi.platform.actor import Actor
from enishi.platform.policy import present_many

SHOWN = 50
ON_HOME = 8
State = AccessRequest.State
#: Answers that the asker has not seen yet.
NEWS = Q(state__in=(State.GRANTED, State.DECLINED), seen_at=None)
_TONES = {State.GRANTED: "good", State.DECLINED: "bad"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A colleague asks to be shown a customer whom the reader may share; in final words, with the addresses of the answers."""

    asker: str
    note: str
    at: datetime
    number: str
    name: str
    url: str
    owner: str
    grant_url: str
    decline_url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The reader's own. Who the customer is stands in it only once they are shared with the reader."""

    whose: str
    note: str
    at: datetime
    words: str
    tone: str
    answer: str
    number: str  # "" for who is not to be seen
    url: str
    withdraw_url: str  # "" once it is over
    seen_url: str  # "" unless there is an answer that was not seen


@dataclass(frozen=True, slots=True)
class AccessPage:
    waiting: tuple[Waiting, ...]
    asked: tuple[Asked, ...]
    until_on: date  # for how long a share is proposed
    grant_words: str


def access_page(actor: Actor, *, now: datetime) -> AccessPage:
    """What waits for the reader, the oldest first, and what they asked, the newest first. Four queries at most, and one view-log row
    where somebody is named."""
    return _page(actor, AccessRequest.rows.filter(asker_id=actor.user_id or 0), SHOWN, now)


def access_news(actor: Actor, *, now: datetime) -> AccessPage:
    """The same for ホーム: of what they asked, the answers that they have not seen."""
    return _page(actor, AccessRequest.rows.filter(NEWS, asker_id=actor.user_id or 0), ON_HOME, now)


def _page(actor: Actor, mine: QuerySet[AccessRequest], most: int, now: datetime) -> AccessPage:
    waiting = list(access.requests_to_answer(actor).select_related("asker").order_by("pk")[:most])
    asked = list(mine.order_by("-pk")[:most])
    people = _people(actor, [one.customer_id for one in (*waiting, *(one for one in asked if one.state == State.GRANTED))])
    return AccessPage(
        tuple(_waiting(one, people[one.customer_id]) for one in waiting if one.customer_id in people),
        tuple(_asked(one, people.get(one.customer_id)) for one in asked),
        proposed_end(now),
        _("%(days)d日間見せる") % {"days": USUAL.days},
    )


def _people(actor: Actor, ids: Sequence[int]) -> dict[int, Name]:
    rows = access.visible_customers(actor).filter(pk__in=ids)
    return {row.id: row for row in present_many(Name, actor, rows)} if ids else {}


def _waiting(one: AccessRequest, who: Name) -> Waiting:
    return Waiting(
        asker=one.asker.display_name,
        note=one.note,
        at=one.created_at,
        number=who.number,
        name=who.name or who.number,
        url=reverse("customers:record", args=[who.number]),
        owner=one.owner_name,
        grant_url=reverse("customers:access-grant", args=[one.pk]),
        decline_url=reverse("customers:access-decline", args=[one.pk]),
    )


def _asked(one: AccessRequest, who: Name | None) -> Asked:
    shown = who if one.state == State.GRANTED else None
    is_news = one.state in (State.GRANTED, State.DECLINED) and one.seen_at is None
    return Asked(
        whose=_("%(owner)sの顧客") % {"owner": one.owner_name} if one.owner_name else _("担当のいない顧客"),
        note=one.note,
        at=one.created_at,
        words=str(State(one.state).label),
        tone=_TONES.get(State(one.state), ""),
        answer=one.answer,
        number=shown.number if shown else "",
        url=reverse("customers:record", args=[shown.number]) if shown else "",
        withdraw_url=reverse("customers:access-withdraw", args=[one.pk]) if one.state == State.WAITING else "",
        seen_url=reverse("customers:access-seen", args=[one.pk]) if is_news else "",
    )
