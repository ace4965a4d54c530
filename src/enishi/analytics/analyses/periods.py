"""Days of an analysis: the window that ends with its day; and of whom, where not of everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from enishi.rules.days import range_of_window
from enishi.rules.operators import LastMonths
from enishi.segments.analyses import RuleParams, members
from enishi.warehouse.analysis import Analysis, Params
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir


class DayParams(Params):
    """Of a day, and with `among` of those alone who are in a rule."""

    as_of: date
    among: RuleParams | None = None


class WindowParams(DayParams):
    """Of the last so many months up to a day."""

    months: Annotated[int, Field(ge=1, le=120)] = 24

    @property
    def since(self) -> date:
        return window_start(self.as_of, self.months)

    @property
    def month_since(self) -> date:
        """The first day of the first month of the window, which is counted whole."""
        return self.since.replace(day=1)


class LapseParams(WindowParams):
    """`lapse`: after so many days without a purchase one is no longer active."""

    lapse: Annotated[int, Field(ge=32, le=1_095)] = 365


def month_of(day: ir.DateColumn) -> ir.IntegerColumn:
    """The calendar month of a day as one number: year × 12 + month − 1."""
    return (day.year() * 12 + day.month() - 1).cast("int32")


def window_start(as_of: date, months: int) -> date:
    """The first day of the last so many months up to `as_of`, the same for rules and analyses."""
    since = range_of_window(LastMonths(months=months), as_of).since
    if since is None:
        raise ValueError("a window of months begins somewhere")
    return since


def of_customers(params: type[DayParams], results: Callable[[Tables, Any], Mapping[str, ir.Table]]) -> Analysis:
    """The analysis of everybody in reach, or of those among them who are in the rule that it is asked with."""

    def narrowed(tables: Tables, asked: DayParams) -> Mapping[str, ir.Table]:
        return results(replace(tables, customers=members(tables, asked.among)) if asked.among else tables, asked)

    return Analysis(params, narrowed)
