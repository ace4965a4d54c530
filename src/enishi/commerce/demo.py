"""The demo's goods, shops and orders, with the summary row of each buyer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np

from enishi.commerce.actions.categories import place_categories
from enishi.commerce.models import Order, OrderLine, Product, PurchaseSummary, Store
from enishi.platform.bulk import Plain
from enishi.platform.demo.chapter import Chapter, Rows, Story, chosen, move_sequence, numbers
from enishi.platform.demo.world import staff
from enishi.platform.demo.world.chance import Ints
from enishi.platform.demo.world.columns import PAYMENTS, STATES
from enishi.platform.demo.world.goods import CATEGORY_LABEL, CATEGORY_TREE
from enishi.platform.demo.world.text import recipients
from enishi.platform.demo.world.world import Block
from enishi.platform.models import Counter

CHANNELS = ("ec", "mall", "store", "store", "store", "b2b")


def _begin(story: Story) -> None:
    stores = {code: str(Store.rows.create(code=code, name=name).pk) for code, name in staff.STORES}
    goods = story.world.goods
    categories = _categories()
    products = Product.rows.bulk_create(
        [
            Product(
                code=goods.code[i],
                name=goods.name[i],
                brand=goods.brand[i],
                category_id=categories[CATEGORY_LABEL[goods.category[i]]],
                price_jpy=int(goods.price_jpy[i]),
                tax_rate_bp=int(goods.tax_rate_bp[i]),
                margin_bp=int(goods.margin_bp[i]),
                discontinued=bool(goods.until_month[i] <= story.world.history.month_of_day[-1]),
            )
            for i in range(len(goods.code))
        ]
    )
    for i, successor in enumerate(goods.successor.tolist()):
        if successor >= 0:
            Product.rows.filter(pk=products[i].pk).update(replaced_by=products[successor])
    story.shelf |= {
        "stores": [stores.get(place) for place in staff.PLACES],
        "products": [str(product.pk) for product in products],
        "orders": 0,
        "lines": 0,
    }


def _categories() -> dict[str, int]:
    """The shop's tree: name → id."""
    below = {name: top for top, names in CATEGORY_TREE.items() for name in names}
    lines = {name: (below[name], name) if name in below else (name,) for name in CATEGORY_LABEL}
    placed = place_categories(lines.values())
    return {name: placed[line] for name, line in lines.items()}


def _block(story: Story, block: Block) -> Iterator[Rows]:
    orders, lines = story.shelf["orders"], story.shelf["lines"]
    assert isinstance(orders, int)
    assert isinstance(lines, int)
    yield Order, _orders(story, block, orders + 1)
    yield OrderLine, _lines(story, block, orders + 1, lines + 1)
    yield PurchaseSummary, _summaries(story, block)
    story.shelf |= {"orders": orders + len(block.orders), "lines": lines + len(block.lines)}


def _orders(story: Story, block: Block, first: int) -> dict[str, Sequence[str | None]]:
    orders, size = block.orders, len(block.orders)
    stores = story.shelf["stores"]
    assert isinstance(stores, list)
    codes = Plain(f"O-{number:06d}" for number in range(first, first + size))
    at, nothing = story.moments(orders.day, orders.second), Plain(["{}"] * size)
    return {
        "id": numbers(range(first, first + size)),
        "number": codes,
        "external_id": codes,
        "channel": chosen(Plain(CHANNELS), orders.place),
        "store_id": chosen(stores, orders.place),
        "customer_id": chosen(numbers(block.people.key), orders.who),
        "claim": nothing,
        "ordered_at": at,
        "ordered_on": story.dates(orders.day),
        "state": chosen(Plain(STATES), orders.state),
        "counts": chosen(Plain("ft"), orders.counts.astype(np.int64)),
        "goods_jpy": numbers(orders.goods_jpy),
        "tax_jpy": numbers(orders.tax_jpy),
        "shipping_jpy": numbers(orders.shipping_jpy),
        "payment_method": chosen(Plain(PAYMENTS), orders.payment),
        "subscription": chosen(Plain("ft"), (orders.course > 0).astype(np.int64)),
        "created_at": at,
        "custom": nothing,
    }


def _lines(story: Story, block: Block, first_order: int, first_line: int) -> dict[str, Sequence[str | None]]:
    lines, goods = block.lines, story.world.goods
    products = story.shelf["products"]
    assert isinstance(products, list)
    place, returned = np.arange(len(lines)), lines.returns.tolist()
    return {
        "id": numbers(range(first_line, first_line + len(lines))),
        "order_id": chosen(numbers(range(first_order, first_order + len(block.orders))), lines.order),
        "line_no": numbers(1 + place - np.searchsorted(lines.order, lines.order)),
        "product_id": chosen(Plain(products), lines.product),
        "name": chosen(goods.name.tolist(), lines.product),
        "quantity": numbers(lines.quantity),
        "unit_price": numbers(lines.unit_jpy),
        "amount_jpy": numbers(lines.amount_jpy),
        "tax_rate_bp": chosen(numbers(goods.tax_rate_bp), lines.product),
        "returned_line_id": [str(first_line + line) if line >= 0 else None for line in returned],
        "recipient": _recipients(story.world.seed, lines.recipient),
    }


def _recipients(seed: int, recipient: Ints) -> list[str]:
    given = np.flatnonzero(recipient)
    written = ["{}"] * len(recipient)
    for line, said in zip(given.tolist(), recipients(seed, recipient[given]), strict=True):
        written[line] = json.dumps(said, ensure_ascii=False)
    return written


def _summaries(story: Story, block: Block) -> dict[str, Sequence[str | None]]:
    summary = block.summary
    buyers = np.flatnonzero(summary.purchase_count)
    return {
        "customer_id": numbers(block.people.key[buyers]),
        "purchase_count": numbers(summary.purchase_count[buyers]),
        "first_on": story.dates(summary.first_day[buyers]),
        "last_on": story.dates(summary.last_day[buyers]),
        "revenue_jpy": numbers(summary.revenue_jpy[buyers]),
    }


def _end(story: Story) -> None:
    for table in ("commerce_order", "commerce_orderline"):
        move_sequence(table)
    orders = story.shelf["orders"]
    assert isinstance(orders, int)
    Counter.rows.update_or_create(prefix="O", defaults={"last": orders})


CHAPTER = Chapter("commerce", _begin, _block, _end, (Order, OrderLine, PurchaseSummary))
