"""With whom a customer is shared, and with whom they may be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.models import Customer
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound, ReadsNotLogged
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import Share, Team, User
from enishi.platform.policy import watched
from enishi.platform.queries.roles import Asked

#: For how long a share is proposed.
USUAL = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ShareLine:
    """A share that stands, in its final words."""

    id: int
    receiver: str
    is_team: bool
    level: str
    until: str  # 「2026/12/31(木)まで」
    reason: str
    by: str  # 「髙橋 美咲・2026/11/30(月)」


@dataclass(frozen=True, slots=True)
class Receivers:
    """Whom a customer may be shared with: (value, words)."""

    people: list[tuple[str, str]]
    teams: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sharing:
    lines: list[ShareLine]
    receivers: Receivers
    can_give_writing: bool  # the viewer may change the customer, and so may let others


def sharing(actor: Actor, customer_id: int, *, now: datetime) -> Sharing:
    """For the dialog 共有. Raises NotFound, NotAllowed. Five queries at most."""
    customer = access.look_at(actor, customer_id, "share")
    people = User.rows.filter(is_active=True).exclude(pk=actor.user_id or 0).order_by("display_name", "pk")
    teams = Team.rows.filter(archived_at=None).order_by("name", "pk")
    receivers = Receivers(
        [(f"u{pk}", f"{name}（{title}）" if title else name) for pk, name, title in people.values_list("pk", "display_name", "title")],
        [(f"t{pk}", name) for pk, name in teams.values_list("pk", "name")],
    )
    return Sharing(_lines(customer_id, now), receivers, access.can(actor, customer.pk, "update"))


def _lines(customer_id: int, now: datetime) -> list[ShareLine]:
    return [
        ShareLine(
            share.id,
            share.receiver,
            share.team_id is not None,
            str(Share.Level(share.level).label),
            _until(share.until_on),
            share.reason,
            "・".join(filter(None, (share.shared_by, format_date(time.local(share.created_at).date())))),
        )
        for share in _standing(customer_id, now)
    ]


def standing_shares(customer_id: int, now: datetime) -> QuerySet[Share]:
    return Share.rows.filter(Q(until_at=None) | Q(until_at__gt=now), object="customer", record_id=customer_id, ended_at=None)


@dataclass(frozen=True, slots=True)
class ShareFacts:
    """A share that stands, in values; of `user_id` and `team_id` one is there."""

    id: int
    user_id: int | None
    team_id: int | None
    receiver: str
    level: str
    until_on: date | None
    reason: str
    shared_by: str
    created_at: datetime


def share_facts(actor: Actor, customer_id: int, *, now: datetime) -> list[ShareFacts]:
    """The shares that stand, the newest first, for whoever may share this customer. Raises NotFound, NotAllowed,
    ReadsNotLogged. Three queries at most, and a view-log row where there is a share."""
    access.look_at(actor, customer_id, "share")
    found = _standing(customer_id, now)
    if found and watched(actor, Customer, [customer_id], columns=("shares",)) is not actor:
        raise ReadsNotLogged
    return found


def _standing(customer_id: int, now: datetime) -> list[ShareFacts]:
    """Those that stand, the newest first. One query."""
    return [
        ShareFacts(
            id=row.pk,
            user_id=row.user_id,
            team_id=row.team_id,
            receiver=row.user.display_name if row.user else row.team.name if row.team else "",
            level=row.level,
            until_on=last_day(row.until_at),
            reason=row.reason,
            shared_by=row.created_by.display_name if row.created_by else "",
            created_at=row.created_at,
        )
        for row in standing_shares(customer_id, now).order_by("-pk").select_related("user", "team", "created_by")
    ]


def last_day(until_at: datetime | None) -> date | None:
    """Of a share that ends as the day after begins."""
    return time.local(until_at - timedelta(seconds=1)).date() if until_at else None


def until_words(until_at: datetime | None) -> str:
    return _until(last_day(until_at))


def _until(day: date | None) -> str:
    return _("%(day)sまで") % {"day": format_date(day)} if day else _("取り消すまで")


def proposed_end(now: datetime) -> date:
    return time.today(now) + USUAL


def asked_about(actor: Actor, customer_id: int) -> Asked:
    """The customer whose seeing is to be explained, with why they are shared; the viewer sees them. Raises NotFound,
    ReadsNotLogged. One query, and a view-log row."""
    rows = access.readable_customers(actor).filter(pk=customer_id)
    found = rows.values_list("owner_id", "owner__display_name", "team_id", "team__name").first()
    if found is None:
        raise NotFound
    if watched(actor, Customer, [customer_id], columns=("shares",)) is not actor:
        raise ReadsNotLogged
    owner_id, owner, team_id, team = found
    return Asked("customer", customer_id, owner_id, owner or "", team_id, team or "")


def colleagues() -> list[tuple[int, str]]:
    """Everybody who signs in, by name. One query."""
    return list(User.rows.filter(is_active=True).order_by("display_name", "pk").values_list("pk", "display_name"))


def shared_with_me(actor: Actor, customer_id: int, *, now: datetime) -> str:
    """Why the viewer sees this customer although it is not theirs: 「𠮷田 健さんが共有（2026/12/31(木)まで）：理由」; "" where no share
    stands. One query, none where nothing is shared with them."""
    if actor.scope_for("customer", "read") == "all" or customer_id not in actor.shared("customer", "read"):
        return ""
    row = standing_shares(customer_id, now).filter(Q(user_id=actor.user_id) | Q(team__isnull=False)).order_by("team", "pk")
    found = row.values_list("created_by__display_name", "until_at", "reason").first()
    if found is None:
        return ""
    by, until_at, reason = found
    return _("%(name)sさんが共有しています（%(until)s）：%(reason)s") % {"name": by, "until": until_words(until_at), "reason": reason}
