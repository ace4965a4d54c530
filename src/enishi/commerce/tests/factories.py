"""Orders with readable defaults, as tests of this app and of those above need them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import count

from enishi.commerce import summaries
from enishi.commerce.models import Order, OrderLine, Product
from enishi.customers.models import Customer
from enishi.platform.time import start_of_day

_numbers = count(1)
type Item = tuple[str, Decimal | int, int]  # name, pieces (negative for a return), yen for one without tax


def order(customer: Customer | None = None, *, on: date, items: Sequence[Item] = (("煎茶", 1, 1_000),), **columns: object) -> Order:
    """An order of one 煎茶 at noon, unless said otherwise; the buyer's summary is true afterwards."""
    number = next(_numbers)
    goods = int(sum(pieces * price for _name, pieces, price in items))
    given = {
        "number": f"O-{number:06d}",
        "external_id": f"S{number:04d}",
        "channel": Order.Channel.EC,
        "ordered_at": start_of_day(on) + timedelta(hours=12),
        "goods_jpy": goods,
        "tax_jpy": goods // 10,
        "counts": sum(pieces for _name, pieces, _price in items) > 0,
    }
    made = Order.rows.create(customer=customer, ordered_on=on, created_at=start_of_day(on), **given | columns)
    for line_no, (name, pieces, price) in enumerate(items, start=1):
        OrderLine.rows.create(
            order=made, line_no=line_no, product=product(name), name=name, quantity=pieces, unit_price=price, amount_jpy=int(pieces * price)
        )
    if customer is not None:
        summaries.recompute([customer.pk])
    return made


def product(name: str, **columns: object) -> Product:
    return Product.rows.get_or_create(code=f"P-{name}", defaults={"name": name} | columns)[0]
