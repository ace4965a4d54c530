"""What each customer had bought by a day: one row a buyer, from which most analyses begin."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import ibis
from ibis import _

from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


def buyers(tables: Tables, *, as_of: date, since: date | None = None) -> ir.Table:
    """Customers with a purchase in [since, as_of]: `purchases` (days with one), `first_on`, `last_on`, `revenue_jpy` (of all their
    orders of these days, returns taken off), `days_since` the last one."""
    days = tables.purchase_days
    days = days.filter(days.ordered_on <= ibis.literal(as_of))
    if since is not None:
        days = days.filter(days.ordered_on >= ibis.literal(since))
    found = days.group_by("customer_id").agg(
        purchases=_.bought.ifelse(1, 0).sum(),
        first_on=_.ordered_on.min(where=_.bought),
        last_on=_.ordered_on.max(where=_.bought),
        revenue_jpy=_.revenue_jpy.sum(),
    )
    found = found.filter(found.purchases > 0)
    found = found.mutate(days_since=ibis.literal(as_of).delta(found.last_on, unit="day"))
    return found.semi_join(tables.customers, found.customer_id == tables.customers.id)


MOST_PEOPLE = 12


def most_valuable(found: ir.Table) -> ir.Table:
    """Of buyers, those who bought most: what a page shows of the people behind a figure."""
    found = found.order_by(ibis.desc("revenue_jpy"), "customer_id")
    return found.select("customer_id", "last_on", "purchases", "revenue_jpy").limit(MOST_PEOPLE)
