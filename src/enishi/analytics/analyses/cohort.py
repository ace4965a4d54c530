"""コホート: customers by the month of their first purchase, and what they bought in each month after it (`domain.md`, Cohort)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import ibis
from ibis import _
from pydantic import Field

from enishi.analytics.analyses.buyers import buyers, most_valuable
from enishi.analytics.analyses.periods import WindowParams, month_of, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


def firsts(tables: Tables, params: WindowParams) -> ir.Table:
    """Customers whose first purchase fell into a month of the window (the first month whole), with its day."""
    days = tables.purchase_days
    first = days.filter(days.nth == 1, days.ordered_on >= ibis.literal(params.month_since), days.ordered_on <= ibis.literal(params.as_of))
    first = first.semi_join(tables.customers, first.customer_id == tables.customers.id)
    return first.select(first_id=first.customer_id, first_on=first.ordered_on)


def results(tables: Tables, params: WindowParams) -> Mapping[str, ir.Table]:
    """`months`: by `month` of the first purchase and months `later`: how many of the cohort purchased in that month, and the revenue of
    all of it from the first purchase on, returns taken off."""
    first, days = firsts(tables, params), tables.purchase_days
    days = days.filter(days.ordered_on <= ibis.literal(params.as_of))
    found = days.inner_join(first, days.customer_id == first.first_id)
    found = found.filter(found.ordered_on >= found.first_on)
    month = month_of(found.first_on)
    found = found.mutate(month=month, later=month_of(found.ordered_on) - month)
    each = found.group_by("month", "later", "customer_id").agg(bought=_.bought.any(), revenue_jpy=_.revenue_jpy.sum())
    figures = each.group_by("month", "later").agg(
        customers=_.bought.ifelse(1, 0).sum().cast("int64"), revenue_jpy=_.revenue_jpy.sum().cast("int64")
    )
    return {"months": figures.order_by("month", "later")}


COHORT = of_customers(WindowParams, results)


class CohortCellParams(WindowParams):
    month: Annotated[int, Field(ge=0, le=9_999 * 12)]


def people(tables: Tables, params: CohortCellParams) -> Mapping[str, ir.Table]:
    """`people`: of one cohort, those who ever bought most."""
    first = firsts(tables, params)
    first = first.filter(month_of(first.first_on) == params.month)
    found = buyers(tables, as_of=params.as_of)
    return {"people": most_valuable(found.semi_join(first, found.customer_id == first.first_id))}


PEOPLE = of_customers(CohortCellParams, people)
