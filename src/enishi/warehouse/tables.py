"""The tables that analyses are written over, as Ibis sees them, and what is derived from them once for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
from ibis import _

from enishi.platform import wiring
from enishi.platform.mirrored import MirrorTable
from enishi.warehouse.store import GONE, SEQ

if TYPE_CHECKING:
    import ibis.expr.types as ir

PURCHASE_DAYS = "purchase_days"


@dataclass(frozen=True, slots=True)
class Tables:
    """What one asker may count: customers outside of the recycle bin and of their reach, and what these bought.

    `order_lines`: what the orders are of: `quantity_milli` thousandths of a piece and `amount_jpy` goods without tax after the line's
    discounts, both below zero for what came back. A cancelled or refused order keeps its lines: meet them with `orders`.
    `purchase_days`: a customer's orders of one business day as one row: `bought` whether any of them is a purchase, `revenue_jpy`
    the goods of all of them without tax, so that a return takes from the day it came. A day with a purchase is the customer's `nth`,
    the next one came on `next_on`.
    """

    customers: ir.Table
    orders: ir.Table
    order_lines: ir.Table
    products: ir.Table
    stores: ir.Table
    purchase_days: ir.Table


def mirror_tables() -> list[MirrorTable]:
    """Every table of the mirror, in the order in which it is read."""
    found: list[MirrorTable] = wiring.load("MIRROR_TABLES")
    return found


def unbound(table: MirrorTable) -> ir.Table:
    """The table by its name, for expressions that any engine can be asked."""
    return ibis.table({name: column.type for name, column in table.columns.items()}, name=table.name)


def purchase_days(orders: ir.Table) -> ir.Table:
    """Derives `Tables.purchase_days` from orders."""
    known = orders.filter(orders.customer_id.notnull(), ~orders.archived)
    days = known.group_by("customer_id", "ordered_on").agg(
        bought=_.counts.any(), orders=_.counts.ifelse(1, 0).sum().cast("int32"), revenue_jpy=_.goods_jpy.sum().cast("int64")
    )
    alike = ibis.window(group_by=["customer_id", "bought"], order_by="ordered_on")
    days = days.mutate(nth=ibis.row_number().over(alike), next_on=days.ordered_on.lead().over(alike))
    return days.mutate(
        nth=days.bought.ifelse((days.nth + 1).cast("int32"), ibis.null("int32")),
        next_on=days.bought.ifelse(days.next_on, ibis.null("date")),
    )


def current_rows(base: ir.Table, changes: ir.Table, key: str) -> ir.Table:
    """The base with what has changed worked in: of each key its last row, and none where that says that it is gone."""
    nth = ibis.row_number().over(group_by=key, order_by=ibis.desc(SEQ))
    latest = changes.mutate(_nth=nth).filter(_["_nth"] == 0)
    return base.anti_join(latest, key).union(latest.filter(~latest[GONE]).select(*base.columns))
