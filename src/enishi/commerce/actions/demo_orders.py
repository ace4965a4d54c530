"""Demo: the orders that simulated people place while time is moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
    products = list(Product.rows.filter(discontinued=False, price_jpy__gt=0).order_by("pk"))
    if not wishes or not products:
        return 0
    orders, lines = [], []
    for wish, number in zip(wishes, take_numbers("O", len(wishes)), strict=True):
        product, quantity = products[wish.choice % len(products)], 1 + wish.choice // 97 % 3
        amount = int(product.price_jpy or 0) * quantity
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
                unit_price=product.price_jpy or 0,
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
