"""Write the plan of a chunk of orders, set by set."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from enishi.commerce import summaries
from enishi.commerce.actions.categories import place_categories
from enishi.commerce.importing.known import World
from enishi.commerce.importing.merging import OrderWork
from enishi.commerce.importing.plan import Plan
from enishi.commerce.models import Order, OrderLine, Product
from enishi.customers.imports.target import Json, RunContext
from enishi.platform import changes, events, time
from enishi.platform.bulk import copy_rows, update_from_json
from enishi.platform.japanese.normalise import fold
from enishi.platform.models import ChangeSet
from enishi.platform.numbers import reserve_ids, take_numbers

_ORDER = (
    *("id", "number", "external_id", "channel", "store_id", "customer_id", "claim", "ordered_at", "ordered_on", "state", "counts"),
    *("goods_jpy", "tax_jpy", "shipping_jpy", "fee_jpy", "discount_jpy", "coupon_jpy", "points_jpy", "coupon_code", "shipped_on"),
    *("payment_method", "subscription", "import_run_id", "created_at", "created_by_id", "custom"),
)
_LINE = (
    *("id", "order_id", "line_no", "product_id", "name", "quantity", "unit_price", "amount_jpy", "tax_rate_bp", "returned_line_id"),
    *("recipient", "source_row"),
)
_CHANGES: Mapping[str, str] = {
    "customer_id": "bigint",
    "claim": "jsonb",
    "state": "text",
    "counts": "boolean",
    "goods_jpy": "bigint",
    "tax_jpy": "bigint",
    "shipping_jpy": "bigint",
    "fee_jpy": "bigint",
    "shipped_on": "date",
    "import_run_id": "bigint",
}


def write_plan(context: RunContext, plan: Plan, world: World) -> None:
    """Products, orders, lines, summaries, events: about ten queries, however many rows."""
    _products(context, plan, world)
    fresh = [order for order in plan.orders if order.is_new]
    ids = dict(zip([order.id for order in fresh], reserve_ids(Order, len(fresh)) if fresh else [], strict=True))
    was_new = {ids[order.id] for order in fresh}
    _orders(context, fresh, ids, world)
    for order in fresh:
        order.id = ids[order.id]
    _changes(context, [order for order in plan.orders if order.id not in was_new])
    _lines(context, plan.orders, was_new, world)
    summaries.recompute({order.customer_id for order in plan.orders if order.customer_id is not None})
    events.record_many(
        [
            events.NewEvent(
                "order.imported", order.id, order.customer_id, context.now, {"run": context.run.pk, "created": order.id in was_new}
            )
            for order in plan.orders
        ],
        actor=context.actor,
    )
    for result, about in plan.results:
        result.object_id = about.id if about is not None else None


def _products(context: RunContext, plan: Plan, world: World) -> None:
    """Goods that a line names for the first time, noted down for undo. Somebody may have made one at the same moment: read
    them again."""
    if not plan.new_products:
        return
    deed = ChangeSet(pk=context.change_set_id)
    categories = place_categories({(line.category,) for line in plan.new_products.values() if line.category}, deed=deed)
    Product.rows.bulk_create(
        [
            Product(
                code=code,
                name=line.name or code,
                brand=line.brand,
                category_id=categories.get((line.category,)),
                tax_rate_bp=world.rates[code],
            )
            for code, line in plan.new_products.items()
        ],
        ignore_conflicts=True,
    )
    made = dict(Product.rows.filter(code__in=plan.new_products).values_list("code", "pk"))
    world.products.update(made)
    changes.record_changes(deed, Product, [(pk, {"code": (None, code)}) for code, pk in made.items()])


def _orders(context: RunContext, fresh: Sequence[OrderWork], ids: Mapping[int, int], world: World) -> None:
    if not fresh:
        return
    numbers = take_numbers("O", len(fresh))
    rows = []
    for order, number in zip(fresh, numbers, strict=True):
        draft = order.first
        if draft is None or order.ordered_at is None:
            continue
        rows.append(
            (
                *(ids[order.id], number, order.order_no, order.channel, world.stores.get(fold(draft.store)), order.customer_id),
                *(json.dumps(order.claim, ensure_ascii=False), order.ordered_at, time.today(order.ordered_at), order.state, order.counts),
                *(order.goods_jpy, order.tax_jpy, order.shipping_jpy, order.fee_jpy, draft.discount_jpy, draft.coupon_jpy),
                *(draft.points_jpy, draft.coupon_code, order.shipped_on, draft.payment, draft.subscription, context.run.pk),
                *(context.now, context.actor.user_id, "{}"),
            )
        )
    copy_rows(Order, _ORDER, rows)


def _changes(context: RunContext, changed: Sequence[OrderWork]) -> None:
    if not changed:
        return
    rows: list[dict[str, Json]] = []
    noted: list[tuple[int, dict[str, changes.Change]]] = []
    for order in sorted(changed, key=lambda order: order.id):
        now: dict[str, Json] = {**order.columns(), "import_run_id": context.run.pk}
        noted.append((order.id, {name: (before, now[name]) for name, before in order.stored.items()}))
        rows.append({"id": order.id, "customer_id": now.pop("customer"), **now})
    update_from_json(Order, _CHANGES, rows)
    changes.record_changes(ChangeSet(pk=context.change_set_id), Order, noted)


def _lines(context: RunContext, orders: Sequence[OrderWork], was_new: Collection[int], world: World) -> None:
    """New lines; a return written together with what it returns points to it. Those of orders that were known are noted
    down for undo; the others go with their order."""
    new = [(order, line) for order in orders for line in order.lines if line.id < 0]
    if not new:
        return
    ids = dict(zip([line.id for _order, line in new], reserve_ids(OrderLine, len(new)), strict=True))
    rows = []
    for order, line in new:
        draft = line.draft
        if draft is None:
            continue
        returns = line.returns if line.returns is None or line.returns > 0 else ids[line.returns]
        rows.append(
            (
                *(ids[line.id], order.id, line.line_no, world.products.get(draft.code), draft.name, _plain(draft.quantity)),
                *(
                    draft.unit_price,
                    line.amount_jpy,
                    draft.rate_bp,
                    returns,
                    json.dumps(dict(draft.recipient), ensure_ascii=False),
                    draft.row_no,
                ),
            )
        )
    copy_rows(OrderLine, _LINE, rows)
    noted = [(ids[line.id], {"order": (None, order.id)}) for order, line in new if order.id not in was_new]
    changes.record_changes(ChangeSet(pk=context.change_set_id), OrderLine, noted)


def _plain(quantity: Decimal) -> Decimal:
    """Three decimals at most, as the column holds them."""
    return round(quantity, 3)
