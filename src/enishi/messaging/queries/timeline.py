"""What messaging puts on a customer's timeline: mails that were sent, opens and clicks of people."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.utils.translation import gettext as _

from enishi.customers.timeline import Position, TimelineEntry, TimelineSource
from enishi.messaging.models import Message, Touch
from enishi.platform.actor import Actor

SENT = (Message.State.ACCEPTED, Message.State.REJECTED, Message.State.UNCERTAIN)
_ICONS = {Touch.Kind.OPEN: "mail-open", Touch.Kind.CLICK: "click", Touch.Kind.UNSUBSCRIBE: "unsubscribe", Touch.Kind.COMPLAINT: "warning"}


def _messages(customer_ids: Sequence[int]) -> QuerySet[Message]:
    return Message.rows.filter(customer_id__in=customer_ids, state__in=SENT, handed_at__isnull=False)


def _read_messages(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    rows = _messages(customer_ids).filter(TupleLessThan(Tuple(F("handed_at"), F("pk")), before)).order_by("-handed_at", "-pk")
    values = rows.values_list("handed_at", "pk", "state", "delivery_id", "delivery__name")[:limit]
    return [
        TimelineEntry(
            at,
            pk,
            "mail",
            _("メール"),
            name,
            f"/deliveries/{delivery}/",
            "" if state == Message.State.ACCEPTED else str(Message.State(state).label),
        )
        for at, pk, state, delivery, name in values
        if at is not None
    ]


def _touches(customer_ids: Sequence[int]) -> QuerySet[Touch]:
    """People's touches; what machines do is no history of the person."""
    return Touch.rows.filter(Q(machine=False), customer_id__in=customer_ids)


def _read_touches(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    rows = _touches(customer_ids).filter(TupleLessThan(Tuple(F("at"), F("pk")), before)).order_by("-at", "-pk")
    values = rows.values_list("at", "pk", "kind", "link__label", "message__delivery_id", "message__delivery__name")[:limit]
    return [
        TimelineEntry(at, pk, _ICONS[Touch.Kind(kind)], str(Touch.Kind(kind).label), name, f"/deliveries/{delivery}/", link or "")
        for at, pk, kind, link, delivery, name in values
    ]


MESSAGES = TimelineSource("messages", "message", _read_messages, lambda actor, ids: _messages(ids), needs=("delivery", "read"))
TOUCHES = TimelineSource("touches", "message", _read_touches, lambda actor, ids: _touches(ids), needs=("delivery", "read"))
