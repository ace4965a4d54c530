"""リピート率: who of a window's buyers buys again, and who of those who bought stays away (`domain.md`: リピート顧客比率, 期間内リピート率,
離反率)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
from ibis import _

from enishi.analytics.analyses.periods import LapseParams, month_of, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


def results(tables: Tables, params: LapseParams) -> Mapping[str, ir.Table]:
    """`periods`: of each month of the window, and of the window itself (`month` NULL): `buyers`, of them `repeaters` (who had bought
    before or bought twice in it) and `twice` (who bought twice in it)."""
    days = tables.purchase_days
    days = days.filter(days.bought, days.ordered_on >= ibis.literal(params.since), days.ordered_on <= ibis.literal(params.as_of))
    days = days.semi_join(tables.customers, days.customer_id == tables.customers.id)
    whole = _counted(days.mutate(month=ibis.null("int32")))
    return {"periods": _counted(days.mutate(month=month_of(days.ordered_on))).union(whole).order_by("month")}


def _counted(days: ir.Table) -> ir.Table:
    each = days.group_by("month", "customer_id").agg(times=_.count(), first_nth=_.nth.min())
    twice = each.times > 1
    return each.group_by("month").agg(
        buyers=_.count(),
        repeaters=((each.first_nth > 1) | twice).ifelse(1, 0).sum().cast("int64"),
        twice=twice.ifelse(1, 0).sum().cast("int64"),
    )


REPEATERS = of_customers(LapseParams, results)


def lapsed(tables: Tables, params: LapseParams) -> Mapping[str, ir.Table]:
    """`lapse`: one row: who was `active` when the window began (with a purchase in the days of a lapse before it), and of them who had
    none in as many days before its end (`lapsed`)."""
    days, span = tables.purchase_days, timedelta(days=params.lapse)
    days = days.filter(days.bought, days.ordered_on <= ibis.literal(params.as_of))
    days = days.semi_join(tables.customers, days.customer_id == tables.customers.id)
    before, last = days.ordered_on < ibis.literal(params.since), days.ordered_on > ibis.literal(params.as_of - span)
    each = days.group_by("customer_id").agg(
        active=(before & (days.ordered_on >= ibis.literal(params.since - span))).any(), stayed=last.any()
    )
    each = each.filter(each.active)
    return {"lapse": each.aggregate(active=each.count(), lapsed=(~each.stayed).ifelse(1, 0).sum().coalesce(0).cast("int64"))}


LAPSE = of_customers(LapseParams, lapsed)
