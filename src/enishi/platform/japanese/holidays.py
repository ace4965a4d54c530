"""Public holidays and business days, from jpholiday; an organisation adds the days on which it is closed itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import jpholiday

_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=16_384)
def holiday_name(day: date) -> str | None:
    """The name of a public holiday (建国記念の日, 振替休日), or None."""
    name = jpholiday.is_holiday_name(day)
    return str(name) if name else None


def is_holiday(day: date) -> bool:
    return holiday_name(day) is not None


def is_business_day(day: date, *, closed: Collection[date] = ()) -> bool:
    """Monday to Friday, no public holiday, not among the `closed` days (夏季休業, 年末年始)."""
    return day.weekday() < _SATURDAY and not is_holiday(day) and day not in closed


def next_business_day(day: date, *, closed: Collection[date] = ()) -> date:
    """The day itself if it is a business day, else the first one after it."""
    while not is_business_day(day, closed=closed):
        day += _ONE_DAY
    return day


def previous_business_day(day: date, *, closed: Collection[date] = ()) -> date:
    """The day itself if it is a business day, else the last one before it (月末払いの前営業日)."""
    while not is_business_day(day, closed=closed):
        day -= _ONE_DAY
    return day


def add_business_days(day: date, count: int, *, closed: Collection[date] = ()) -> date:
    """The `count`-th business day after a day, which is itself not counted; before it for a negative count."""
    step = _ONE_DAY if count >= 0 else -_ONE_DAY
    for _ in range(abs(count)):
        day += step
        while not is_business_day(day, closed=closed):
            day += step
    return day


def business_days_between(first: date, until: date, *, closed: Collection[date] = ()) -> int:
    """How many business days lie in the half-open period [first, until)."""
    days = (first + timedelta(days=offset) for offset in range((until - first).days))
    return sum(is_business_day(day, closed=closed) for day in days)
