"""F1商品→F2商品: what first buyers bought, who of them came again, and for what.

A customer's first and second purchase are days; what they bought on such a day counts once for each product or category.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import ibis
from ibis import _

from enishi.analytics.analyses.periods import WindowParams, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_FIRST = 20  # things that are told of, those first that most first buyers bought
MOST_NEXT = 5  # of each of them


class NextParams(WindowParams):
    """First purchases of the last `months` months, and second ones up to the day."""

    level: Literal["product", "category"] = "product"


def _things(tables: Tables, params: NextParams) -> ir.Table:
    """What was bought, not given back, on each day: `customer_id`, `on`, `thing`; each once."""
    orders, lines, products = tables.orders, tables.order_lines, tables.products
    orders = orders.filter(orders.counts, ~orders.archived, orders.ordered_on <= ibis.literal(params.as_of))
    orders = orders.semi_join(tables.customers, orders.customer_id == tables.customers.id)
    orders = orders.select(of_order=orders.id, customer_id=orders.customer_id, on=orders.ordered_on)
    lines = lines.filter(lines.quantity_milli > 0, lines.product_id.notnull())
    found = lines.inner_join(orders, lines.order_id == orders.of_order)
    if params.level == "product":
        return found.select("customer_id", "on", thing=found.product_id.cast("string")).distinct()
    products = products.select(of_product=products.id, thing=products.category)
    return found.inner_join(products, found.product_id == products.of_product).select("customer_id", "on", "thing").distinct()


def results(tables: Tables, params: NextParams) -> Mapping[str, ir.Table]:
    """`counted`: how many customers, by what is told: `thing` alone of "first" (bought it at their first purchase) and "came" (of them,
    those with a second one); `next` alone of "next" (bought it at the second); both of "pair"; neither of
    "all" (who came again) and "everybody" (who bought for the first time)."""
    things, days = _things(tables, params), tables.purchase_days
    first = days.filter(days.nth == 1, days.ordered_on >= ibis.literal(params.since), days.ordered_on <= ibis.literal(params.as_of))
    first = first.semi_join(tables.customers, first.customer_id == tables.customers.id)
    first = first.select(who=first.customer_id, first_on=first.ordered_on, second_on=first.next_on)
    first = first.mutate(second_on=(first.second_on <= ibis.literal(params.as_of)).ifelse(first.second_on, ibis.null("date")))
    begun = things.inner_join(first, [things.customer_id == first.who, things.on == first.first_on])
    begun = begun.select("who", "second_on", thing=begun.thing)
    again = things.inner_join(first, [things.customer_id == first.who, things.on == first.second_on]).select("who", next="thing")
    known = begun.group_by("thing").agg(customers=_.count(), came=_.second_on.count())
    known = known.order_by(ibis.desc("customers"), "thing").limit(MOST_FIRST)
    pairs = begun.inner_join(again, begun.who == again.who).group_by("thing", "next").agg(customers=_.count())
    pairs = pairs.semi_join(known, "thing")
    rank = ibis.row_number().over(group_by="thing", order_by=[ibis.desc("customers"), "next"])
    pairs = pairs.mutate(place=rank).filter(_.place < MOST_NEXT)
    nobody, came = ibis.null("string"), first.filter(first.second_on.notnull())

    def told(kind: str, rows: ir.Table, thing: object, following: object, customers: object) -> ir.Table:
        return rows.select(told=ibis.literal(kind), thing=thing, next=following, customers=customers)

    nexts = again.group_by("next").agg(customers=_.count())
    nexts = nexts.semi_join(pairs, "next")
    found = ibis.union(
        told("first", known, known.thing, nobody, known.customers),
        told("came", known, known.thing, nobody, known.came),
        told("next", nexts, nobody, nexts.next, nexts.customers),
        told("pair", pairs, pairs.thing, pairs.next, pairs.customers),
        came.aggregate(customers=came.count()).select(told=ibis.literal("all"), thing=nobody, next=nobody, customers="customers"),
        first.aggregate(customers=first.count()).select(told=ibis.literal("everybody"), thing=nobody, next=nobody, customers="customers"),
    )
    return {"counted": found.order_by("told", "thing", "next")}


NEXT_PRODUCTS = of_customers(NextParams, results)
