"""The 37 months of history: its days, its seasons, and when in a day people buy."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from enishi.platform.demo.world import truth
from enishi.platform.demo.world.chance import TABLE_SIZE, Floats, Ints, lookup_table

_EPOCH = date(1970, 1, 1)


def months_before(day: date, months: int) -> date:
    """The same day of the month some months earlier; the last day of the month where there is none."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class History:
    """Days are counted from `start` (0) to `length` − 1, which is yesterday: today's orders are still to come."""

    today: date
    start: date
    length: int
    month_of_day: Ints  # 0 … 37: months since the first one
    calendar_month_of_day: Ints  # 1 … 12
    day_of_operation: Floats  # seasonal clock at the start of each day; 1.0 per day on average

    def day(self, index: int) -> date:
        return self.start + timedelta(days=index)

    def index(self, day: date) -> int:
        return (day - self.start).days

    @property
    def epoch_day(self) -> int:
        """Days from 1970-01-01 to `start`."""
        return (self.start - _EPOCH).days

    def to_operation(self, days: Floats) -> Floats:
        """Calendar days → the seasonal clock, which runs fast in December and slowly in August."""
        return np.interp(days, np.arange(self.length + 1, dtype=np.float64), self.day_of_operation)

    def from_operation(self, clock: Floats) -> Floats:
        """The seasonal clock → calendar days; what lies beyond the end stays beyond it."""
        days = np.interp(clock, self.day_of_operation, np.arange(self.length + 1, dtype=np.float64))
        late = clock >= self.day_of_operation[-1]
        return np.where(late, self.length + (clock - self.day_of_operation[-1]), days)

    def latest(self, month: int, day: int, *, before: int) -> int:
        """Index of the latest such date that lies at least `before` days back from today."""
        candidate = date(self.today.year, month, day)
        while (self.today - candidate).days < before:
            candidate = date(candidate.year - 1, month, day)
        return self.index(candidate)


def history(today: date) -> History:
    """The months that end today."""
    start = months_before(today, truth.MONTHS)
    length = (today - start).days
    days = [start + timedelta(days=i) for i in range(length)]
    first_month = start.year * 12 + start.month
    weights = np.array([truth.SEASON[d.month - 1] * (truth.WEEKEND if d.weekday() >= 5 else 1.0) for d in days])
    return History(
        today=today,
        start=start,
        length=length,
        month_of_day=np.array([d.year * 12 + d.month - first_month for d in days], dtype=np.int64),
        calendar_month_of_day=np.array([d.month for d in days], dtype=np.int64),
        day_of_operation=np.concatenate([[0.0], np.cumsum(weights / weights.mean())]),
    )


def _hours(weights: dict[int, int]) -> Ints:
    return lookup_table(np.array([float(weights.get(hour, 0)) for hour in range(24)])).astype(np.int64)


EVENING = _hours(
    {0: 2, 1: 1, 6: 1, 7: 3, 8: 4, 9: 4, 10: 5, 11: 5, 12: 9, 13: 5, 14: 4, 15: 4, 16: 4}
    | {17: 4, 18: 5, 19: 6, 20: 8, 21: 11, 22: 9, 23: 5}
)
OPENING = _hours({10: 8, 11: 12, 12: 12, 13: 13, 14: 15, 15: 15, 16: 13, 17: 8})
OFFICE = _hours({9: 14, 10: 16, 11: 12, 13: 14, 14: 14, 15: 12, 16: 10, 17: 6})


def seconds_of_day(table: Ints, unit: Floats) -> Ints:
    """Seconds since midnight: the hour from one of the tables above, the minute within it even."""
    place = unit * TABLE_SIZE
    result: Ints = table[place.astype(np.int64)] * 3600 + ((place % 1.0) * 3600).astype(np.int64)
    return result
