"""Dates as people in Japan write them: 1985/4/1, S60.4.1, 昭和六十年四月一日, 19850401, and Excel's serial numbers.

One parser, one formatter. Every failure has a name, because "no such day" and "not a date" need different help.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import get_language

from enishi.platform.japanese.normalise import narrow

_TOKYO: Final = ZoneInfo("Asia/Tokyo")
_LONGEST: Final = 60  # 2026年11月22日（日曜日） 午後9時5分30秒 has 25
_WEEKDAYS: Final = "月火水木金土日"
_ENGLISH_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EXCEL_ZERO: Final = date(1899, 12, 30)
#: Serial numbers that are taken for days: 1920-01-01 to 2119-12-31. Smaller ones are more often ages or quantities.
SERIAL_FIRST: Final = 7306
SERIAL_LAST: Final = 80354


class DateProblem(StrEnum):
    """Why a text is not a day."""

    NOT_A_DATE = "not_a_date"
    NO_SUCH_DAY = "no_such_day"  # 2026/2/30
    OUTSIDE_ERA = "outside_era"  # 昭和70年
    SHORT_YEAR = "short_year"  # 85/4/1: 1985, 平成, or 2085?
    NO_DAY = "no_day"  # 1985年4月


class Era(NamedTuple):
    letter: str
    name: str
    first: date
    last: date


ERAS: Final = (
    Era("R", "令和", date(2019, 5, 1), date.max),
    Era("H", "平成", date(1989, 1, 8), date(2019, 4, 30)),
    Era("S", "昭和", date(1926, 12, 25), date(1989, 1, 7)),
    Era("T", "大正", date(1912, 7, 30), date(1926, 12, 24)),
    Era("M", "明治", date(1868, 1, 25), date(1912, 7, 29)),
)
_ERA_OF: Final = {key: era for era in ERAS for key in (era.letter, era.letter.lower(), era.name, era.name[0])}

_SLASHED: Final = re.compile(r"([12]\d{3})([/.\-])(\d{1,2})\2(\d{1,2})")
_WRITTEN: Final = re.compile(
    r"(?P<year>\d{4})\s*(?:年|[/.\-])\s*(?P<month>\d{1,2})\s*(?:月|[/.\-])\s*(?P<day>\d{1,2})\s*日?"
    r"|(?P<era>明治|大正|昭和|平成|令和|[MTSHRmtshr明大昭平令])\s*[.\-]?\s*(?P<era_year>\d{1,2}|元)\s*(?:年|[/.\-])"
    r"\s*(?P<era_month>\d{1,2})\s*(?:月|[/.\-])\s*(?P<era_day>\d{1,2})\s*日?"
)
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)")
_COMPACT_ERA: Final = re.compile(r"([MTSHRmtshr])(\d\d)(\d\d)(\d\d)")
_SHORT_YEAR: Final = re.compile(r"['’]?\d{2}[/.\-年]\d{1,2}[/.\-月]\d{1,2}日?")
_NO_DAY: Final = re.compile(
    r"(?:\d{4}|(?:明治|大正|昭和|平成|令和|[MTSHR明大昭平令])\s*(?:\d{1,2}|元))"
    r"\s*(?:年(?:\s*\d{1,2}\s*月)?|[/.\-]\d{1,2})"
)
_SERIAL: Final = re.compile(r"(\d{4,5})(?:\.(\d+))?")
_WEEKDAY: Final = re.compile(rf"\s*[(\[]?(?:[{_WEEKDAYS}](?:曜日?)?|Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[)\]]|曜日?|$)", re.IGNORECASE)
_CLOCK: Final = re.compile(
    r"(?:T|\s*)(?P<noon>午前|午後|AM|PM)?\s*(?P<hour>\d{1,2})\s*(?::|時)\s*(?P<minute>\d{1,2})"
    r"\s*(?:(?::|分)\s*(?P<second>\d{1,2})?(?:\.(?P<part>\d{1,9}))?\s*秒?|分)?"
    r"\s*(?P<noon_after>AM|PM)?\s*(?P<zone>Z|UTC|JST|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_KANJI_DIGITS: Final = {letter: value for value, letter in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_KANJI_NUMBER: Final = re.compile("[〇零○一二三四五六七八九十]+(?=[年月日])")


def parse_date(text: str) -> date | None:
    """The day that a text names, or None. See `read_date` for why not."""
    found = read_date(text)
    return found if isinstance(found, date) else None


def read_date(text: str) -> date | DateProblem:
    """The day that a text names, or what is wrong with it. A time behind it is read and left out."""
    return _read_day(text) if len(text) <= _LONGEST else DateProblem.NOT_A_DATE


@lru_cache(maxsize=32_768)
def _read_day(text: str) -> date | DateProblem:
    """Cached: a file of birthdays or orders holds few different days."""
    if found := _SLASHED.fullmatch(text):
        return _day(int(found[1]), int(found[3]), int(found[4]))
    moment = _read(text)
    return moment[0] if isinstance(moment, tuple) else moment


def parse_moment(text: str, *, zone: ZoneInfo = _TOKYO) -> datetime | None:
    """The instant that a text names, aware, in the business zone; None for anything else, also for a bare day.

    2026-11-22 09:05, 2026/11/22 21:05:06, 2026年11月22日 午後9時5分, 2026-11-22T00:05:00Z, Excel serial 46348.5.
    """
    found = _read(text, zone=zone) if len(text) <= _LONGEST else DateProblem.NOT_A_DATE
    if isinstance(found, DateProblem) or found[1] is None:
        return None
    return found[1]


def _read(text: str, *, zone: ZoneInfo = _TOKYO) -> tuple[date, datetime | None] | DateProblem:
    plain = _digits_for_kanji(narrow(text))
    if found := _WRITTEN.match(plain):
        day = _written_day(found)
        rest = _WEEKDAY.sub("", plain[found.end() :], count=1).strip()
        if isinstance(day, DateProblem) or not rest:
            return day if isinstance(day, DateProblem) else (day, None)
        return _with_clock(day, rest, zone)
    if found := _COMPACT.fullmatch(plain):
        day = _day(*map(int, found.groups()))
        return day if isinstance(day, DateProblem) else (day, None)
    if found := _COMPACT_ERA.fullmatch(plain):
        day = _era_day(found[1], int(found[2]), int(found[3]), int(found[4]))
        return day if isinstance(day, DateProblem) else (day, None)
    if found := _SERIAL.fullmatch(plain):
        return _serial(found, zone)
    if _NO_DAY.fullmatch(plain):
        return DateProblem.NO_DAY
    return DateProblem.SHORT_YEAR if _SHORT_YEAR.match(plain) else DateProblem.NOT_A_DATE


def _written_day(found: re.Match[str]) -> date | DateProblem:
    if found["year"]:
        return _day(int(found["year"]), int(found["month"]), int(found["day"]))
    year = 1 if found["era_year"] == "元" else int(found["era_year"])
    return _era_day(found["era"], year, int(found["era_month"]), int(found["era_day"]))


def _day(year: int, month: int, day: int) -> date | DateProblem:
    """Years before 1800 are typing errors."""
    if not 1800 <= year <= 2200:
        return DateProblem.NOT_A_DATE
    try:
        return date(year, month, day)
    except ValueError:
        return DateProblem.NO_SUCH_DAY


def _era_day(key: str, year: int, month: int, day: int) -> date | DateProblem:
    """A day in an era. The whole first and last calendar year of an era are taken (平成31年5月1日 stands on many papers)."""
    era = _ERA_OF[key]
    western = era.first.year + year - 1
    if year < 1 or western > min(era.last.year, 2200):
        return DateProblem.OUTSIDE_ERA
    return _day(western, month, day)


def _serial(found: re.Match[str], zone: ZoneInfo) -> tuple[date, datetime | None] | DateProblem:
    number = int(found[1])
    if not SERIAL_FIRST <= number <= SERIAL_LAST:
        return DateProblem.NOT_A_DATE
    day = _EXCEL_ZERO + timedelta(days=number)
    if not found[2]:
        return day, None
    seconds = round(float(f"0.{found[2]}") * 86_400)
    return day, datetime.combine(day, time(), tzinfo=zone) + timedelta(seconds=seconds)


def _with_clock(day: date, rest: str, zone: ZoneInfo) -> tuple[date, datetime | None] | DateProblem:
    found = _CLOCK.fullmatch(rest)
    if not found:
        return DateProblem.NOT_A_DATE
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    noon = (found["noon"] or found["noon_after"] or "").upper()
    if noon in ("午後", "PM") and hour < 12:
        hour += 12
    elif noon in ("午前", "AM") and hour == 12:
        hour = 0
    if minute > 59 or second > 60 or hour > 29:
        return DateProblem.NOT_A_DATE
    # 25時 is one o'clock of the next day; it is counted to the day that is written.
    past_midnight = timedelta(hours=hour, minutes=minute, seconds=min(second, 59))
    moment = datetime.combine(day, time(), tzinfo=_zone(found["zone"], zone)) + past_midnight
    local = moment.astimezone(zone)
    return (day if hour > 23 else local.date()), local


def _zone(text: str | None, default: ZoneInfo) -> ZoneInfo | timezone:
    if not text:
        return default
    if text.upper() == "JST":
        return _TOKYO
    if text.upper() in ("Z", "UTC"):
        return ZoneInfo("UTC")
    sign = -1 if text[0] == "-" else 1
    hours, minutes = min(int(text[1:3]), 23), min(int(text[-2:]), 59)
    return timezone(sign * timedelta(hours=hours, minutes=minutes))


def _digits_for_kanji(text: str) -> str:
    return text if text.isascii() else _KANJI_NUMBER.sub(lambda found: str(_kanji_number(found[0])), text)


def _kanji_number(text: str) -> int:
    """二十三 → 23, 六十 → 60, 一九八五 → 1985."""
    if "十" not in text:
        return int("".join(str(_KANJI_DIGITS[letter]) for letter in text))
    tens, _, ones = text.partition("十")
    number = _KANJI_DIGITS.get(tens[-1:], 1) * 10 if tens else 10
    return number + (_KANJI_DIGITS.get(ones[:1], 0) if ones else 0)


def format_date(day: date, *, weekday: bool = True) -> str:
    """2026/11/22(日), or 2026/11/22; where the reader's language is English, 2026/11/22 (Sun)."""
    shown = f"{day.year}/{day.month:02}/{day.day:02}"
    if not weekday:
        return shown
    return f"{shown} ({_ENGLISH_WEEKDAYS[day.weekday()]})" if get_language() == "en" else f"{shown}({_WEEKDAYS[day.weekday()]})"


def format_era_year(day: date) -> str:
    """昭和60, 令和元; the western year before 明治."""
    return format_wareki(day).partition("年")[0]


def format_wareki(day: date) -> str:
    """令和8年11月22日, 令和元年5月1日; western before 明治."""
    era = next((era for era in ERAS if era.first <= day), None)
    if era is None:
        return f"{day.year}年{day.month}月{day.day}日"
    year = day.year - era.first.year + 1
    return f"{era.name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
