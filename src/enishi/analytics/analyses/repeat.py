"""Fn転換率: of those whose (n−1)-th purchase fell into a month, who came for the n-th, and after how many days (`domain.md`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import ibis
from ibis import _
from pydantic import Field

from enishi.analytics.analyses.periods import WindowParams, month_of, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


class RepeatParams(WindowParams):
    """`nth` 2 is F2; cohorts of the last `months` months; what came later than `days` is not told apart."""

    nth: Annotated[int, Field(ge=2, le=20)] = 2
    days: Annotated[int, Field(ge=1, le=1095)] = 365


def waits(tables: Tables, params: RepeatParams) -> ir.Table:
    """Each customer whose (n−1)-th purchase fell into the window: its `month` (year × 12 + month − 1), `waited` days until the n-th
    where it `came` within `days`, else the days that have passed, `days` at most."""
    as_of, since, days = ibis.literal(params.as_of), ibis.literal(params.since), tables.purchase_days
    one = days.filter(days.nth == params.nth - 1, days.ordered_on >= since, days.ordered_on <= as_of)
    one = one.semi_join(tables.customers, one.customer_id == tables.customers.id)
    one = one.mutate(next_on=(one.next_on <= as_of).ifelse(one.next_on, ibis.null("date")))
    until = one.next_on.fill_null(as_of).delta(one.ordered_on, unit="day")
    return one.select(
        "customer_id",
        month=month_of(one.ordered_on),
        came=one.next_on.notnull() & (until <= params.days),
        waited=ibis.least(until, params.days).cast("int32"),
    )


def results(tables: Tables, params: RepeatParams) -> Mapping[str, ir.Table]:
    """`waits`: by month and days, how many came for the next purchase and how many had not come by the day and drop out of sight."""
    figures = (
        waits(tables, params)
        .group_by("month", "waited")
        .agg(came=_.came.ifelse(1, 0).sum().cast("int64"), unseen=_.came.ifelse(0, 1).sum().cast("int64"))
    )
    return {"waits": figures.order_by("month", "waited")}


REPEAT = of_customers(RepeatParams, results)
