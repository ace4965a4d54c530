"""デシル: buyers of the window by their revenue from high to low, in ten groups of equal size (`domain.md`, デシル)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import ibis
from ibis import _
from pydantic import Field

from enishi.analytics.analyses.buyers import buyers, most_valuable
from enishi.analytics.analyses.periods import WindowParams, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


def grouped(tables: Tables, params: WindowParams) -> ir.Table:
    """Customers with revenue in the window and their `decile`, 1 the highest; sizes differ by one at most, ties go by id."""
    found = buyers(tables, as_of=params.as_of, since=params.since)
    found = found.filter(found.revenue_jpy > 0)
    nth = ibis.ntile(10).over(order_by=[ibis.desc("revenue_jpy"), "customer_id"])
    return found.mutate(decile=(nth + 1).cast("int32"))


def results(tables: Tables, params: WindowParams) -> Mapping[str, ir.Table]:
    """`deciles`: customers, revenue, purchases, and the least and most that one of the group bought for."""
    figures = (
        grouped(tables, params)
        .group_by("decile")
        .agg(
            customers=_.count(),
            revenue_jpy=_.revenue_jpy.sum().cast("int64"),
            purchases=_.purchases.sum().cast("int64"),
            least_jpy=_.revenue_jpy.min().cast("int64"),
            most_jpy=_.revenue_jpy.max().cast("int64"),
        )
    )
    return {"deciles": figures.order_by("decile")}


DECILE = of_customers(WindowParams, results)


class DecileCellParams(WindowParams):
    decile: Annotated[int, Field(ge=1, le=10)]


def people(tables: Tables, params: DecileCellParams) -> Mapping[str, ir.Table]:
    """`people`: of one tenth, those who bought most."""
    found = grouped(tables, params)
    return {"people": most_valuable(found.filter(found.decile == params.decile))}


PEOPLE = of_customers(DecileCellParams, people)
