"""What can be asked of the mirror: named analyses with typed parameters, and for whom they count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from enishi.platform import wiring
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa


class Params(BaseModel):
    """What an analysis is asked with: typed, and nothing else than that."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Rows:
    """One table of an answer."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


def rows(columns: Sequence[str], found: Sequence[Sequence[Any]]) -> Rows:
    """A table of figures that were worked out; what is no number is none."""
    return Rows(columns, [[None if isinstance(value, float) and not isfinite(value) else value for value in row] for row in found])


@dataclass(frozen=True, slots=True)
class Analysis:
    """`results` makes, of the tables that the asker may count and of the parameters, expressions for tables of figures; `params` is a
    class of `Params`. `finish`, for what no expression says, makes the figures of these tables (as Arrow) and of the parameters."""

    params: type[Params]
    results: Callable[[Tables, Any], Mapping[str, ir.Table]]
    finish: Callable[[Mapping[str, pa.Table], Any], Mapping[str, Rows]] | None = None


class Reach(Params):
    """Whose customers are counted: everybody's, or those of an owner, of teams, and single ones that are shared."""

    everybody: bool = False
    owner_id: int | None = None
    team_ids: tuple[int, ...] = ()
    ids: tuple[int, ...] = ()


def analyses() -> Mapping[str, Analysis]:
    found: Mapping[str, Analysis] = wiring.load("ANALYSES")
    return found


def within(tables: Tables, reach: Reach) -> Tables:
    """The tables of the customers of this reach, the recycle bin left out; orders and days are met with them by whoever counts."""
    customers = tables.customers.filter(~tables.customers.archived)
    if not reach.everybody:
        mine = customers.owner_id == (reach.owner_id if reach.owner_id is not None else -1)
        if reach.team_ids:
            mine |= customers.team_id.isin(reach.team_ids)
        if reach.ids:
            mine |= customers.id.isin(reach.ids)
        customers = customers.filter(mine)
    return replace(tables, customers=customers)
