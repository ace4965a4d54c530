from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.platform.japanese.dates import DateProblem, format_date, format_wareki, parse_date, parse_moment, read_date
from enishi.platform.japanese.holidays import (
    add_business_days,
    business_days_between,
    holiday_name,
    is_business_day,
    next_business_day,
    previous_business_day,
)


@pytest.mark.parametrize(
    "typed",
    [
        "1985/4/1",
        "1985-04-01",
        "1985.4.1",
        "1985年4月1日",
        "１９８５／４／１",
        "19850401",
        "S60.4.1",
        "s60/4/1",
        "S600401",
        "昭和60年4月1日",
        "昭60.4.1",
        "昭和六十年四月一日",
        "㍼60年4月1日",
        "31138",
        "1985/4/1 12:34",
        "1985/04/01(月)",
        "1985年4月1日（月曜日）",
        "一九八五年四月一日",
    ],
)
def test_one_day_in_many_writings(typed):
    assert parse_date(typed) == date(1985, 4, 1)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("2026/2/30", DateProblem.NO_SUCH_DAY),
        ("平成3年2月29日", DateProblem.NO_SUCH_DAY),
        ("20261301", DateProblem.NO_SUCH_DAY),
        ("昭和70年1月1日", DateProblem.OUTSIDE_ERA),
        ("85/4/1", DateProblem.SHORT_YEAR),
        ("1985年4月", DateProblem.NO_DAY),
        ("1985/4", DateProblem.NO_DAY),
        ("昭和60年", DateProblem.NO_DAY),
        ("", DateProblem.NOT_A_DATE),
        ("きのう", DateProblem.NOT_A_DATE),
        ("42", DateProblem.NOT_A_DATE),
        ("2026/11/22 25:99", DateProblem.NOT_A_DATE),
    ],
)
def test_why_a_text_is_not_a_day(typed, problem):
    assert read_date(typed) is problem


def test_the_year_in_which_an_era_ends_belongs_to_both():
    assert parse_date("平成31年5月1日") == parse_date("令和元年5月1日") == date(2019, 5, 1)
    assert parse_date("R1.5.1") == date(2019, 5, 1)


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        ("2026-11-22 09:05:06", datetime(2026, 11, 22, 0, 5, 6, tzinfo=UTC)),
        ("2026/11/22 9:05", datetime(2026, 11, 22, 0, 5, tzinfo=UTC)),
        ("2026年11月22日 午後9時5分", datetime(2026, 11, 22, 12, 5, tzinfo=UTC)),
        ("2026-11-21T15:05:00Z", datetime(2026, 11, 21, 15, 5, tzinfo=UTC)),
        ("2026-11-22T00:05:00.123+09:00", datetime(2026, 11, 21, 15, 5, tzinfo=UTC)),
        ("2026/11/22(日) 10:00", datetime(2026, 11, 22, 1, 0, tzinfo=UTC)),
        ("46348.5", datetime(2026, 11, 22, 3, 0, tzinfo=UTC)),
        ("2026/11/22 25:30", datetime(2026, 11, 22, 16, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_the_business_zone(typed, utc):
    assert parse_moment(typed) == utc


def test_an_instant_abroad_falls_on_the_day_it_is_here():
    assert parse_date("2026-11-21T15:05:00Z") == date(2026, 11, 22)
    assert parse_moment("2026/11/22") is None


@given(st.dates(date(1868, 10, 23), date(2100, 12, 31)))
def test_what_is_written_is_read_back(day):
    assert parse_date(format_date(day)) == day
    assert parse_date(format_date(day, weekday=False)) == day
    assert parse_date(format_wareki(day)) == day
    if day.year >= 1920:
        assert parse_date(str((day - date(1899, 12, 30)).days)) == day


@given(st.text())
def test_no_text_breaks_the_date_parser(text):
    assert isinstance(read_date(text), (date, DateProblem))
    parse_moment(text)


def test_dates_are_shown_as_japan_writes_them():
    assert format_date(date(2026, 11, 22)) == "2026/11/22(日)"
    assert format_wareki(date(2026, 11, 22)) == "令和8年11月22日"
    assert format_wareki(date(2019, 5, 1)) == "令和元年5月1日"


def test_business_days_leave_out_weekends_holidays_and_closed_days():
    assert holiday_name(date(2026, 11, 23)) == "勤労感謝の日"
    assert not is_business_day(date(2026, 11, 22))
    assert next_business_day(date(2026, 11, 21)) == date(2026, 11, 24)
    assert previous_business_day(date(2026, 11, 23)) == date(2026, 11, 20)
    assert add_business_days(date(2026, 11, 20), 1) == date(2026, 11, 24)
    assert add_business_days(date(2026, 11, 24), -1) == date(2026, 11, 20)
    assert next_business_day(date(2026, 8, 13), closed={date(2026, 8, 13), date(2026, 8, 14)}) == date(2026, 8, 17)


@given(st.dates(date(2020, 1, 1), date(2027, 1, 1)), st.integers(0, 60))
def test_business_days_add_up(day, count):
    reached = add_business_days(day, count)
    assert business_days_between(day + timedelta(days=1), reached + timedelta(days=1)) == count
