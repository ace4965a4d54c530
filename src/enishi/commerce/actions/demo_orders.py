"""Demo: the orders that simulated people place while time is moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, OuterRef, Subquery
from django.db.models.functions import Cast, Coalesce

from enishi.commerce.models import Order, OrderLine, Product
from enishi.commerce.summaries import recompute
from enishi.platform import events, money, time
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM
from enishi.platform.numbers import take_numbers


@dataclass(frozen=True, slots=True)
class Wish:
    """One order to be: who, when, and a number that chooses the goods. `key` is its number in the shop: granted once."""

    key: str
    customer_id: int
    at: datetime
    choice: int


@action
def place_demo_orders(*, wishes: Sequence[Wish], now: datetime) -> int:
    """Write the orders that are not there yet and make the summaries true again. Records `order.placed` for each.
    Gives their number.
    """
    there = set(Order.rows.filter(channel=Order.Channel.EC, external_id__in=[w.key for w in wishes]).values_list("external_id", flat=True))
    wishes = [wish for wish in wishes if wish.key not in there]
    products = _on_sale()
    if not wishes or not products:
        return 0
    orders, lines = [], []
    for wish, number in zip(wishes, take_numbers("O", len(wishes)), strict=True):
        (product, price), quantity = products[wish.choice % len(products)], 1 + wish.choice // 97 % 3
        amount = price * quantity
        order = Order(
            number=number,
            external_id=wish.key,
            channel=Order.Channel.EC,
            customer_id=wish.customer_id,
            ordered_at=wish.at,
            ordered_on=time.today(wish.at),
            state=Order.State.RECEIVED,
            goods_jpy=amount,
            tax_jpy=money.tax_of(amount, product.tax_rate_bp),
            payment_method="クレジットカード",
            created_at=now,
        )
        orders.append(order)
        lines.append(
            OrderLine(
                order=order,
                line_no=1,
                product=product,
                name=product.name,
                quantity=quantity,
                unit_price=price,
                amount_jpy=amount,
                tax_rate_bp=product.tax_rate_bp,
            )
        )
    Order.rows.bulk_create(orders)
    OrderLine.rows.bulk_create(lines)
    recompute({order.customer_id for order in orders if order.customer_id})
    placed = [events.NewEvent("order.placed", o.pk, o.customer_id, o.ordered_at, {"amount_jpy": o.goods_jpy}) for o in orders]
    events.record_many(placed, actor=SYSTEM)
    return len(orders)


def _on_sale() -> list[tuple[Product, int]]:
    """Goods with their price: the list price, or, for those that came with a file of orders, what was last paid. One query."""
    paid = OrderLine.rows.filter(product=OuterRef("pk"), unit_price__gt=0).order_by("-pk").values("unit_price")[:1]
    goods = Product.rows.filter(discontinued=False).annotate(price=Coalesce("price_jpy", Cast(Subquery(paid), BigIntegerField())))
    return [(product, product.price) for product in goods.filter(price__gt=0).order_by("pk")]
