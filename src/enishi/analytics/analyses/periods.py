"""Days of an analysis: the window that ends with its day."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from enishi.rules.days import range_of_window
from enishi.rules.operators import LastMonths
from enishi.warehouse.analysis import Params


class WindowParams(Params):
    """Of the last so many months up to a day."""

    as_of: date
    months: Annotated[int, Field(ge=1, le=120)] = 24

    @property
    def since(self) -> date:
        return window_start(self.as_of, self.months)


def window_start(as_of: date, months: int) -> date:
    """The first day of the last so many months up to `as_of`, the same for rules and analyses."""
    since = range_of_window(LastMonths(months=months), as_of).since
    if since is None:
        raise ValueError("a window of months begins somewhere")
    return since
