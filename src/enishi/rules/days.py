"""Days in the business time zone: what a date test or a window means on a given day."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from enishi.platform import time
from enishi.platform.organisation import fiscal_year_start_month
from enishi.rules.operators import Between, DateOp, DateTest, DaysAgo, LastDays, LastMonths, Window


@dataclass(frozen=True, slots=True)
class DayRange:
    """Half-open: `since` ≤ day < `until`; None is without end on that side."""

    since: date | None
    until: date | None

    def __contains__(self, day: date) -> bool:
        return (self.since is None or day >= self.since) and (self.until is None or day < self.until)

    @property
    def since_at(self) -> datetime | None:
        """The first instant of the range."""
        return None if self.since is None else time.start_of_day(self.since)

    @property
    def until_at(self) -> datetime | None:
        """The first instant after it."""
        return None if self.until is None else time.start_of_day(self.until)


_DAY = timedelta(days=1)


def ago(today: date, nearest: int, farthest: int) -> DayRange:
    """`nearest` … `farthest` days ago, both included."""
    return DayRange(today - timedelta(days=farthest), today - timedelta(days=nearest) + _DAY)


def fiscal_year(today: date, years_ago: int) -> DayRange:
    """年度: the organisation's year in which `today` lies, or one before. One query."""
    first = fiscal_year_start_month()
    year = today.year - (today.month < first) - years_ago
    return DayRange(date(year, first, 1), date(year + 1, first, 1))


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the last day of a month that has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def range_of_test(test: DateTest, today: date) -> DayRange | None:
    """The days for which a test is true; None where it is no range of days (months, empty, filled)."""
    match test.op:
        case DateOp.WITHIN_LAST_DAYS:
            return ago(today, 0, test.counts[0])
        case DateOp.DAYS_AGO_BETWEEN:
            return ago(today, test.counts[0], test.counts[1])
        case DateOp.MORE_THAN_DAYS_AGO:
            return DayRange(None, today - timedelta(days=test.counts[0]))
        case DateOp.FISCAL_YEARS_AGO:
            return fiscal_year(today, test.counts[0])
        case DateOp.ON_OR_AFTER:
            return DayRange(test.days[0], None)
        case DateOp.BEFORE:
            return DayRange(None, test.days[0])
        case DateOp.ON:
            return DayRange(test.days[0], test.days[0] + _DAY)
        case DateOp.BETWEEN:
            return DayRange(test.days[0], test.days[1] + _DAY)
        case DateOp.MONTH_IS | DateOp.MONTH_FROM_NOW | DateOp.IS_EMPTY | DateOp.IS_FILLED:
            return None


def months_of_test(test: DateTest, today: date) -> tuple[int, ...]:
    """The months (1–12) that a month test asks for."""
    if test.op is DateOp.MONTH_FROM_NOW:
        return ((today.month - 1 + test.counts[0]) % 12 + 1,)
    return test.counts


def range_of_window(window: Window, today: date) -> DayRange:
    match window:
        case LastDays():
            return ago(today, 0, window.days)
        case LastMonths():
            return DayRange(months_before(today, window.months), today + _DAY)
        case DaysAgo():
            return ago(today, window.nearest, window.farthest)
        case Between():
            return DayRange(window.since, window.until + _DAY)
