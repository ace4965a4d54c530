"""購入間隔: the days from a purchase to the next one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
from ibis import _

from enishi.analytics.analyses.periods import WindowParams, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir

MOST_NTH = 10  # from here on purchases are told together


def results(tables: Tables, params: WindowParams) -> Mapping[str, ir.Table]:
    """`gaps`: of next purchases within the window: by which purchase went before (`nth`, 10 and more together) and the `days` between:
    how often."""
    days = tables.purchase_days
    found = days.filter(days.next_on >= ibis.literal(params.since), days.next_on <= ibis.literal(params.as_of))
    found = found.semi_join(tables.customers, found.customer_id == tables.customers.id)
    found = found.select(
        nth=ibis.least(found.nth, MOST_NTH).cast("int32"), days=found.next_on.delta(found.ordered_on, unit="day").cast("int32")
    )
    return {"gaps": found.group_by("nth", "days").agg(times=_.count()).order_by("nth", "days")}


INTERVALS = of_customers(WindowParams, results)
