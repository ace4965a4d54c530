"""RFM: how recently, how often and for how much each buyer of the window bought, in scores from 1 to 5 (`domain.md`, RFM).

By limits, which the company sets, or by quintiles: 1 + floor(5 × share of buyers with a strictly worse value), so that equal values
score the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, Self

import ibis
from ibis import _
from pydantic import Field, model_validator

from enishi.analytics.analyses.buyers import buyers, most_valuable
from enishi.analytics.analyses.periods import WindowParams, of_customers
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir

type Four = tuple[int, int, int, int]


class RfmParams(WindowParams):
    """`recency`: days up to which a buyer scores 5, 4, 3, 2; `frequency` and `monetary`: purchases and yen from which they score 2, 3,
    4, 5."""

    by: Literal["limits", "quintiles"] = "limits"
    recency: Four = (30, 90, 180, 365)
    frequency: Four = (2, 3, 5, 10)
    monetary: Four = (5_000, 10_000, 30_000, 100_000)

    @model_validator(mode="after")
    def _grow(self) -> Self:
        if any(list(limits) != sorted(set(limits)) for limits in (self.recency, self.frequency, self.monetary)):
            raise ValueError("limits must grow")
        return self


def scored(tables: Tables, params: RfmParams) -> ir.Table:
    """Buyers of the window with their scores `r`, `f`, `m`."""
    found = buyers(tables, as_of=params.as_of, since=params.since)
    if params.by == "quintiles":
        return found.mutate(
            r=_quintile(found, -found.days_since), f=_quintile(found, found.purchases), m=_quintile(found, found.revenue_jpy)
        )
    return found.mutate(
        r=6 - _score(found.days_since - 1, params.recency),
        f=_score(found.purchases, params.frequency),
        m=_score(found.revenue_jpy, params.monetary),
    )


def _score(value: ir.IntegerColumn, limits: Sequence[int]) -> ir.IntegerColumn:
    """1, and one more for each limit that the value reaches."""
    reached = [(value >= limit).ifelse(1, 0) for limit in limits]
    return (1 + reached[0] + reached[1] + reached[2] + reached[3]).cast("int32")


def _quintile(found: ir.Table, value: ir.IntegerColumn) -> ir.IntegerColumn:
    worse = ibis.rank().over(order_by=value)  # from 0: how many have a strictly smaller value
    return (1 + (5 * worse) // found.count().over()).cast("int32")


def results(tables: Tables, params: RfmParams) -> Mapping[str, ir.Table]:
    """`cells`: customers and revenue of each combination of scores that occurs."""
    figures = scored(tables, params).group_by("r", "f", "m").agg(customers=_.count(), revenue_jpy=_.revenue_jpy.sum().cast("int64"))
    return {"cells": figures.order_by("r", "f", "m")}


RFM = of_customers(RfmParams, results)


def spread(tables: Tables, params: WindowParams) -> Mapping[str, ir.Table]:
    """`monetary`: the yen below which one, two, three and four fifths of the window's buyers lie: what limits are proposed from."""
    found = buyers(tables, as_of=params.as_of, since=params.since)
    fifths = {f"fifth_{part}": found.revenue_jpy.quantile(part / 5).cast("int64") for part in range(1, 5)}
    return {"monetary": found.aggregate(customers=found.count(), **fifths)}


SPREAD = of_customers(WindowParams, spread)


class CellParams(RfmParams):
    r: Annotated[int, Field(ge=1, le=5)]
    f: Annotated[int, Field(ge=1, le=5)]


def people(tables: Tables, params: CellParams) -> Mapping[str, ir.Table]:
    """`people`: of one recency and frequency, those who bought most."""
    found = scored(tables, params)
    return {"people": most_valuable(found.filter(found.r == params.r, found.f == params.f))}


PEOPLE = of_customers(CellParams, people)


class MovesParams(RfmParams):
    earlier: date


def moves(tables: Tables, params: MovesParams) -> Mapping[str, ir.Table]:
    """`moves`: customers by their recency and frequency on the earlier day and on the day, by the same limits; NULL where they had not
    bought in the window that ended with it."""
    now = scored(tables, params)
    before = scored(tables, params.model_copy(update={"as_of": params.earlier}))
    before = before.select(before_id=before.customer_id, before_r=before.r, before_f=before.f)
    found = before.outer_join(now.select("customer_id", "r", "f"), before.before_id == now.customer_id)
    figures = found.group_by("before_r", "before_f", "r", "f").agg(customers=_.count())
    return {"moves": figures.order_by("before_r", "before_f", "r", "f")}


MOVES = of_customers(MovesParams, moves)
