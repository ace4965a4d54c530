"""CPM（顧客ポートフォリオ）: everybody who ever bought, in ten groups by how long, how much and how lately (`domain.md`, CPM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

import ibis
from ibis import _
from pydantic import Field

from enishi.analytics.analyses.buyers import buyers, most_valuable
from enishi.analytics.analyses.periods import DayParams, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir

FIRST, GROWING, STEADY, RUSHING, BEST = "first", "growing", "steady", "rushing", "best"  # 初回 よちよち コツコツ 流行 優良
KINDS = (FIRST, GROWING, STEADY, RUSHING, BEST)

type Limit = Annotated[int, Field(ge=1, le=100_000_000)]


class CpmParams(DayParams):
    best_days: Limit = 210  # tenure from which a high revenue is 優良 and not 流行
    best_jpy: Limit = 70_000
    steady_days: Limit = 90  # tenure from which a low revenue is コツコツ and not よちよち
    gone_days: Limit = 240  # without purchase, from which one is 離脱


def grouped(tables: Tables, params: CpmParams) -> ir.Table:
    """Everybody with a purchase up to the day, with `kind` and `gone`."""
    found = buyers(tables, as_of=params.as_of)
    found = found.mutate(tenure=found.last_on.delta(found.first_on, unit="day"))
    much = found.revenue_jpy >= params.best_jpy
    kind = ibis.cases(
        (found.purchases == 1, FIRST),
        (much & (found.tenure >= params.best_days), BEST),
        (much, RUSHING),
        (found.tenure >= params.steady_days, STEADY),
        else_=GROWING,
    )
    return found.mutate(kind=kind, gone=found.days_since >= params.gone_days)


def results(tables: Tables, params: CpmParams) -> Mapping[str, ir.Table]:
    """`groups`: customers and what they ever bought for, by kind and whether they are gone."""
    figures = grouped(tables, params).group_by("kind", "gone").agg(customers=_.count(), revenue_jpy=_.revenue_jpy.sum().cast("int64"))
    return {"groups": figures.order_by("kind", "gone")}


CPM = of_customers(CpmParams, results)


class CpmCellParams(CpmParams):
    kind: Literal["first", "growing", "steady", "rushing", "best"]
    gone: bool


def people(tables: Tables, params: CpmCellParams) -> Mapping[str, ir.Table]:
    """`people`: of one group, those who bought most."""
    found = grouped(tables, params)
    return {"people": most_valuable(found.filter(found.kind == params.kind, found.gone == params.gone))}


PEOPLE = of_customers(CpmCellParams, people)
