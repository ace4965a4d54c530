"""キャンセル率・返品率・購入率: what became of the orders of a window, and who of the members bought, by an attribute (`domain.md`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import ibis
from ibis import _

from enishi.analytics.analyses.periods import WindowParams, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir

OF_ORDERS = ("channel", "payment_method")


class OutcomeParams(WindowParams):
    attribute: Literal["channel", "payment_method", "acquisition_source", "prefecture", "gender", "kind"] = "channel"


def results(tables: Tables, params: OutcomeParams) -> Mapping[str, ir.Table]:
    """`values`: by each value of the attribute that occurs: `orders` received in the window from known customers, of them `cancelled`,
    `returned` (whole orders) and `refused`; `members` (registered by the day, or bought by it) and `buyers` of the window, where the attribute is of
    customers, else NULL members."""
    days, as_of = tables.purchase_days, ibis.literal(params.as_of)
    known = days.filter(days.bought, days.ordered_on <= as_of).customer_id
    customers = tables.customers.filter((tables.customers.created_on <= as_of) | tables.customers.id.isin(known))
    orders = tables.orders.filter(
        ~tables.orders.archived,
        tables.orders.goods_jpy >= 0,  # a return that came as an order of its own was never received as one
        tables.orders.ordered_on >= ibis.literal(params.since),
        tables.orders.ordered_on <= as_of,
    )
    is_of_orders = params.attribute in OF_ORDERS
    owners = tables.customers.select(
        owner=tables.customers.id, trait=tables.customers.kind if is_of_orders else tables.customers[params.attribute]
    )
    found = orders.inner_join(owners, orders.customer_id == owners.owner)
    found = found.select("customer_id", "state", "counts", value=found[params.attribute] if is_of_orders else found.trait)
    counted = found.group_by("value").agg(
        orders=_.count(),
        cancelled=(found.state == "cancelled").ifelse(1, 0).sum().cast("int64"),
        returned=(found.state == "returned").ifelse(1, 0).sum().cast("int64"),
        refused=(found.state == "refused").ifelse(1, 0).sum().cast("int64"),
        buyers=found.customer_id.nunique(where=found.counts),
    )
    if is_of_orders:
        return {"values": counted.mutate(members=ibis.null("int64")).order_by("value")}
    members = customers.group_by(member_value=customers[params.attribute]).agg(members=_.count())
    both = members.outer_join(counted, members.member_value == counted.value)
    columns = {name: both[name].coalesce(0).cast("int64") for name in ("orders", "cancelled", "returned", "refused", "buyers", "members")}
    return {"values": both.select(value=ibis.coalesce(both.value, both.member_value), **columns).order_by("value")}


OUTCOMES = of_customers(OutcomeParams, results)
