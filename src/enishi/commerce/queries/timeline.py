"""What commerce puts on a customer's timeline: their orders, each with its goods and its amount."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from enishi.commerce import access
from enishi.commerce.models import Order, OrderLine
from enishi.commerce.queries.orders import clock_words
from enishi.customers.timeline import Position, TimelineEntry, TimelineSource
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.money import yen

GOODS_SHOWN = 3


def _orders(actor: Actor, customer_ids: Sequence[int]) -> QuerySet[Order]:
    return access.visible_orders(actor).filter(customer_id__in=customer_ids)


def _read(actor: Actor, customer_ids: Sequence[int], before: Position, limit: int) -> list[TimelineEntry]:
    rows = _orders(actor, customer_ids).filter(TupleLessThan(Tuple(F("ordered_at"), F("pk")), before)).order_by("-ordered_at", "-pk")
    orders = list(rows.select_related("store")[:limit])
    goods = _goods([order.pk for order in orders])
    return [_entry(order, goods.get(order.pk, [])) for order in orders]


def _entry(order: Order, goods: Sequence[str]) -> TimelineEntry:
    place = order.store.name if order.store else str(Order.Channel(order.channel).label)
    returned = "" if order.counts else str(Order.State(order.state).label)
    more = _("ほか%(n)d点") % {"n": len(goods) - GOODS_SHOWN} if len(goods) > GOODS_SHOWN else ""
    return TimelineEntry(
        order.ordered_at,
        order.pk,
        "return" if returned else "order",
        pgettext("singular", "注文"),
        title=" ".join(filter(None, ("、".join(goods[:GOODS_SHOWN]), more))) or order.external_id,
        url=reverse("commerce:order", args=[order.number]),
        detail="・".join(filter(None, (place, order.external_id, returned))),
        amount=yen(order.goods_jpy),
        all_day=not clock_words(time.local(order.ordered_at)),
    )


def _goods(order_ids: Sequence[int]) -> dict[int, list[str]]:
    """What each order holds, by name, each once: what came back is what was sold before."""
    lines = OrderLine.rows.filter(order_id__in=order_ids).order_by("order_id", "line_no")
    found: dict[int, dict[str, None]] = {}
    for order_id, name, product in lines.values_list("order_id", "name", "product__name"):
        if name or product:
            found.setdefault(order_id, {})[name or product] = None
    return {order_id: list(names) for order_id, names in found.items()}


ORDERS = TimelineSource("orders", "order", _read, _orders, needs=("order", "read"))
