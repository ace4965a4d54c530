"""The demo's goods, shops and orders, with the summary row of each buyer."""

from __future__ import annotations

from enishi.commerce.models import Product, Store
from enishi.platform.demo.chapter import Chapter, Story, copy_rows, move_sequence
from enishi.platform.demo.world import staff
from enishi.platform.demo.world.columns import PAYMENTS, STATES
from enishi.platform.demo.world.goods import CATEGORY_LABEL
from enishi.platform.demo.world.text import recipients
from enishi.platform.demo.world.world import Block
from enishi.platform.models import Counter

ORDER = (
    "id", "number", "external_id", "channel", "store_id", "customer_id", "claim", "ordered_at", "ordered_on", "state", "counts",
    "goods_jpy", "tax_jpy", "shipping_jpy", "payment_method", "subscription", "created_at", "custom",
)  # fmt: skip
LINE = (
    "id",
    "order_id",
    "line_no",
    "product_id",
    "name",
    "quantity",
    "unit_price",
    "amount_jpy",
    "tax_rate_bp",
    "returned_line_id",
    "recipient",
)
SUMMARY = ("customer_id", "purchase_count", "first_on", "last_on", "revenue_jpy")
CHANNELS = ("ec", "mall", "store", "store", "store", "b2b")


def _begin(story: Story) -> None:
    stores = {code: Store.rows.create(code=code, name=name).pk for code, name in staff.STORES}
    goods = story.world.goods
    products = Product.rows.bulk_create(
        [
            Product(
                code=goods.code[i],
                name=goods.name[i],
                brand=goods.brand[i],
                category=CATEGORY_LABEL[goods.category[i]],
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
        "products": [product.pk for product in products],
        "orders": 0,
        "lines": 0,
    }


def _block(story: Story, block: Block) -> None:
    first_order, first_line = int(story.shelf["orders"]) + 1, int(story.shelf["lines"]) + 1  # type: ignore[call-overload]
    copy_rows("commerce_order", ORDER, _orders(story, block, first_order))
    copy_rows("commerce_orderline", LINE, _lines(story, block, first_order, first_line))
    history, summary, keys = story.world.history, block.summary, block.people.key.tolist()
    copy_rows(
        "commerce_purchasesummary",
        SUMMARY,
        [
            (
                keys[i],
                int(summary.purchase_count[i]),
                history.day(int(summary.first_day[i])),
                history.day(int(summary.last_day[i])),
                int(summary.revenue_jpy[i]),
            )
            for i in range(len(keys))
            if summary.purchase_count[i] > 0
        ],
    )
    story.shelf["orders"] = first_order - 1 + len(block.orders)
    story.shelf["lines"] = first_line - 1 + len(block.lines)


def _orders(story: Story, block: Block, first: int) -> list[tuple[object, ...]]:
    o, keys, history = block.orders, block.people.key, story.world.history
    stores = story.shelf["stores"]
    assert isinstance(stores, list)
    counts = o.counts
    rows: list[tuple[object, ...]] = []
    for i in range(len(o)):
        number, place = f"O-{first + i:07d}", int(o.place[i])
        at = story.moment(o.day[i], o.second[i])
        rows.append(
            (
                first + i, number, number, CHANNELS[place], stores[place], int(keys[o.who[i]]), "{}", at, history.day(int(o.day[i])),
                STATES[o.state[i]], bool(counts[i]), int(o.goods_jpy[i]), int(o.tax_jpy[i]), int(o.shipping_jpy[i]),
                PAYMENTS[o.payment[i]], bool(o.course[i]), at, "{}",
            )
        )  # fmt: skip
    return rows


def _lines(story: Story, block: Block, first_order: int, first_line: int) -> list[tuple[object, ...]]:
    lines, goods = block.lines, story.world.goods
    products = story.shelf["products"]
    assert isinstance(products, list)
    given = lines.recipient > 0
    places = dict(zip(lines.recipient[given].tolist(), recipients(story.world.seed, lines.recipient[given]), strict=True))
    rows: list[tuple[object, ...]] = []
    previous, line_no = -1, 0
    import json

    for i in range(len(lines)):
        order, product = int(lines.order[i]), int(lines.product[i])
        line_no = line_no + 1 if order == previous else 1
        previous = order
        recipient = places.get(int(lines.recipient[i]))
        rows.append(
            (
                first_line + i, first_order + order, line_no, products[product], goods.name[product], int(lines.quantity[i]),
                int(lines.unit_jpy[i]), int(lines.amount_jpy[i]), int(goods.tax_rate_bp[product]),
                first_line + int(lines.returns[i]) if lines.returns[i] >= 0 else None,
                json.dumps(recipient, ensure_ascii=False) if recipient else "{}",
            )
        )  # fmt: skip
    return rows


def _end(story: Story) -> None:
    for table in ("commerce_order", "commerce_orderline"):
        move_sequence(table)
    orders = story.shelf["orders"]
    assert isinstance(orders, int)
    Counter.rows.update_or_create(prefix="O", defaults={"last": orders})


CHAPTER = Chapter("commerce", _begin, _block, _end)
