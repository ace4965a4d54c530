"""An order of the planted customer, every protected text a canary."""

from __future__ import annotations

from enishi.commerce.actions.categories import place_categories
from enishi.commerce.models import Order, OrderLine, Product, PurchaseSummary
from enishi.platform.demo.access import Ground
from enishi.platform.numbers import take_numbers


def plant(ground: Ground) -> None:
    category_id = place_categories([("お茶",)])[("お茶",)]
    product, _ = Product.rows.get_or_create(code="P1", defaults={"name": "煎茶", "category_id": category_id})
    day, customer_id = ground.now.date(), ground.ids["customer_id"]
    claim, recipient = ground.mark("claim", "order"), ground.mark("recipient", "order")
    external_id = f"{ground.relation}{ground.name}"
    order = Order.rows.filter(channel="ec", external_id=external_id).first()
    if order is None:
        order = Order.rows.create(
            number=take_numbers("O")[0],
            external_id=external_id,
            channel="ec",
            customer_id=customer_id,
            ordered_at=ground.now,
            ordered_on=day,
            goods_jpy=1000,
            claim={"name": claim},
            created_at=ground.now,
        )
        OrderLine.rows.create(
            order=order, line_no=1, product=product, quantity=1, unit_price=1000, amount_jpy=1000, recipient={"name": recipient}
        )
        PurchaseSummary.rows.create(customer_id=customer_id, purchase_count=1, first_on=day, last_on=day, revenue_jpy=1000)
    ground.ids |= {"order_id": order.pk, "product_id": product.pk, "category_id": category_id, "number": order.number}
