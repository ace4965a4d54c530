"""Deliveries as the list and the page show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from enishi.campaigns.models import Audience
from enishi.messaging.access import visible_deliveries
from enishi.messaging.models import Delivery, Message, Touch
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.policy import shown

OPEN = ("queued", "claimed", "handing_over", "deferred")
PAGE = 50


@dataclass(frozen=True, slots=True)
class DeliveryCard:
    """One delivery's head: what it is and where it stands."""

    id: int
    number: str
    name: str
    subject: str
    state: str
    created_at: datetime
    confirmed_at: datetime | None
    due_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    stop_reason: str
    account_name: str | None = shown("account__from_name")
    account_email: str | None = shown("account__from_email")
    owner_name: str | None = shown("owner__display_name")

    @property
    def state_label(self) -> str:
        return str(Delivery.State(self.state).label)

    @property
    def tone(self) -> str:
        return {"waiting": "wait", "freezing": "wait", "sending": "active", "stopped": "wait", "done": "good"}.get(self.state, "")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    card: DeliveryCard
    segment: str
    assigned: int
    sent: int
    delivered: int
    opened: int
    clicked: int


def under_way() -> str:
    """Why messaging cannot be switched off just now: deliveries that are about to leave, or leaving. "" where it can."""
    moving = Delivery.rows.filter(state__in=(Delivery.State.FREEZING, Delivery.State.WAITING, Delivery.State.SENDING)).count()
    if not moving:
        return ""
    return _("送信待ち・配信中のものが%(n)d件あります。終わるのを待つか、取り消すか止めてから、オフにしてください。") % {"n": moving}


def delivery_card(actor: Actor, delivery_id: int) -> DeliveryCard:
    """Raises NotFound. One query."""
    return policy.present(DeliveryCard, actor, visible_deliveries(actor), pk=delivery_id)


def delivery_rows(actor: Actor, *, before: int | None = None, limit: int = PAGE + 1) -> list[DeliveryRow]:
    """A page of deliveries (and one more, to see whether there is a next), newest first, each with its figures. Four queries."""
    rows = visible_deliveries(actor).order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    cards = policy.present_many(DeliveryCard, actor, rows[:limit])
    ids = [card.id for card in cards]
    audiences = {
        pk: (segment or "", treated + control)
        for pk, segment, treated, control in Audience.rows.filter(pk__in=ids).values_list(
            "pk", "segment__name", "treated_count", "control_count"
        )
    }
    left = Message.rows.filter(delivery_id__in=ids, state__in=["accepted", "rejected"]).values_list("delivery_id").order_by()
    sent = {pk: (n, n - bounced) for pk, n, bounced in left.annotate(n=Count("id"), bounced=Count("id", filter=Q(state="rejected")))}
    touches = (
        Touch.rows.filter(message__delivery_id__in=ids, machine=False)
        .values("message__delivery_id")
        .annotate(
            opened=Count("message", distinct=True, filter=Q(kind__in=["open", "click"])),
            clicked=Count("message", distinct=True, filter=Q(kind="click")),
        )
        .order_by()
    )
    touched = {row["message__delivery_id"]: (row["opened"], row["clicked"]) for row in touches}
    return [
        DeliveryRow(card, *audiences.get(card.id, ("", 0)), *sent.get(card.id, (0, 0)), *touched.get(card.id, (0, 0))) for card in cards
    ]


def open_rows(delivery_id: int) -> tuple[int, int]:
    """(rows still to be sent, all rows) of a delivery's ledger. One query."""
    counted = Message.rows.filter(delivery_id=delivery_id).aggregate(open=Count("id", filter=Q(state__in=OPEN)), total=Count("id"))
    return counted["open"], counted["total"]
