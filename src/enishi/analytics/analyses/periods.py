"""Days of an analysis: the window that ends with its day."""

from __future__ import annotations

from datetime import date

from enishi.rules.days import range_of_window
from enishi.rules.operators import LastMonths


def window_start(as_of: date, months: int) -> date:
    """The first day of the last so many months up to `as_of`, the same for rules and analyses."""
    since = range_of_window(LastMonths(months=months), as_of).since
    if since is None:
        raise ValueError("a window of months begins somewhere")
    return since
