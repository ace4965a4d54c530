"""The only place that knows what time it is.

Instants are aware and in UTC; calendar days are dates in the business time zone. In the demo and in tests the
clock can be moved; a real installation refuses to start with `ENISHI_TEST_CLOCK`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.cache import cache
from django.db import connection

_TOKYO = ZoneInfo("Asia/Tokyo")
_frozen: datetime | None = None


def now() -> datetime:
    """This instant, aware, in UTC. In the demo: moved by the days that were skipped."""
    if _frozen is not None:
        return _frozen
    return datetime.now(UTC) + clock_offset()


def wall_clock() -> datetime:
    """This instant on the clock on the wall, aware, in UTC: how long a session or a proof of who one is holds does not
    change when the demo skips days."""
    return _frozen if _frozen is not None else datetime.now(UTC)


def today(at: datetime | None = None) -> date:
    """The business day of an instant (of now, without one)."""
    return (at or now()).astimezone(business_zone()).date()


def business_zone() -> ZoneInfo:
    """The zone in which days begin and end. One organisation, one zone."""
    return _TOKYO


def start_of_day(day: date) -> datetime:
    """The first instant of a business day, aware."""
    return datetime(day.year, day.month, day.day, tzinfo=business_zone())


def local(at: datetime) -> datetime:
    """The same instant on the wall clock of the business zone."""
    return at.astimezone(business_zone())


def parsed(text: str) -> datetime | None:
    """The instant that an ISO text names; None for anything else, and for one without a zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def clock_offset() -> timedelta:
    """How far the demo's clock is ahead; zero where moving time is not allowed."""
    if not settings.TEST_CLOCK_ALLOWED:
        return timedelta(0)
    seconds = cache.get("platform.clock_offset")
    if seconds is None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_offset_seconds FROM platform_organisation LIMIT 1")
            row = cursor.fetchone()
        seconds = row[0] if row else 0
        cache.set("platform.clock_offset", seconds, 2)
    return timedelta(seconds=seconds)


def freeze(at: datetime | None) -> None:
    """Tests only: stop the clock of this process at an instant, or let it run again with None."""
    global _frozen  # noqa: PLW0603 — one clock per process is the point
    _frozen = at
