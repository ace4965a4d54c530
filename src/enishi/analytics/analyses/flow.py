"""顧客フロー: who came, who came back, and who stopped, month by month.

Active is who bought within the last so many days. One stops being it on the day on which so many have passed, and comes back with the
next purchase after that: what a month ends with is what it began with, and who came and came back, without who stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis
from ibis import _

from enishi.analytics.analyses.periods import LapseParams, month_of, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


def results(tables: Tables, params: LapseParams) -> Mapping[str, ir.Table]:
    """`months`: of each month in which anything happened up to the day, from the very first: `came` for the first time, `returned`
    after a lapse, `lapsed`, and `buyers` in all."""
    as_of, days = ibis.literal(params.as_of), tables.purchase_days
    days = days.filter(days.bought, days.ordered_on <= as_of)
    days = days.semi_join(tables.customers, days.customer_id == tables.customers.id)
    # The day on which one is no longer active, where no purchase came before it.
    gone_on = days.ordered_on + ibis.interval(days=params.lapse)
    known_next = (days.next_on <= as_of).ifelse(days.next_on, ibis.null("date"))
    days = days.mutate(gone_on=gone_on.cast("date"), known_next=known_next)
    stops = days.filter((days.gone_on <= as_of) & (days.known_next.isnull() | (days.known_next > days.gone_on)))
    returns = days.filter(days.known_next > days.gone_on)
    zero = ibis.literal(0, "int64")

    def counted(rows: ir.Table, on: ir.DateColumn, kind: str) -> ir.Table:
        found = rows.group_by(month=month_of(on)).agg(n=_.count())
        return found.select("month", **{name: found.n if name == kind else zero for name in ("came", "returned", "lapsed", "buyers")})

    came = days.filter(days.nth == 1)
    monthly = days.select("customer_id", month=month_of(days.ordered_on)).distinct()
    bought = monthly.group_by("month").agg(n=_.count())
    bought = bought.select("month", came=zero, returned=zero, lapsed=zero, buyers=bought.n)
    found = ibis.union(
        counted(came, came.ordered_on, "came"),
        counted(returns, returns.known_next, "returned"),
        counted(stops, stops.gone_on, "lapsed"),
        bought,
    )
    figures = found.group_by("month").agg(**{name: found[name].sum().cast("int64") for name in ("came", "returned", "lapsed", "buyers")})
    return {"months": figures.order_by("month")}


FLOW = of_customers(LapseParams, results)
