"""The timeline of the record page: one page of it, by day, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext as _

from enishi.customers import access, timeline
from enishi.customers.models import Customer
from enishi.customers.queries.bookmarks import last_look
from enishi.customers.queries.timeline import Pin, pins
from enishi.customers.resolve import all_ids
from enishi.customers.timeline import Cursor, TimelineEntry
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.policy import watched
from enishi.platform.privacy import Privacy

PAGE = 30


@dataclass(frozen=True, slots=True)
class StoryLine:
    time: str
    iso: str
    entry: TimelineEntry
    looked: str = ""  # when the reader last looked, on the first line that stood there then, below those that did not


@dataclass(frozen=True, slots=True)
class StoryDay:
    name: str  # 今日, 一昨日, 先週; the date itself for older days
    date: str
    lines: list[StoryLine]


@dataclass(frozen=True, slots=True)
class StoryGroup:
    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Story:
    days: list[StoryDay]
    next: str  # what `before` carries for the next page; empty on the last
    group: str
    groups: list[StoryGroup]  # empty on a further page
    count: int
    can_comment: bool
    pins: list[Pin]  # empty on a further page, and where the timeline is narrowed


def story(actor: Actor, customer_id: int, *, group: str = "", before: str = "", now: datetime, log: bool = True) -> Story:
    """`log`: whether nobody else has written down yet that the actor looks. Raises NotFound. Four queries, one to three a source, on
    the first page one that counts, one where rights depend on the row, and a view-log row.

    `before` is the `next` of the page above; a spoilt one begins at the top.
    """
    found = access.readable_customers(actor).filter(pk=customer_id).values_list("archived_at").first()
    if found is None:
        raise NotFound
    if log and actor.reads(Privacy.PERSONAL):
        actor = watched(actor, Customer, [customer_id], columns=("timeline",))
    writes = found[0] is None and access.may_record(actor, customer_id)
    ids = all_ids(customer_id)
    known = dict(timeline.GROUPS)
    group = group if group in known else ""
    above = _cursor(before)
    page = timeline.merged(actor, ids, group=group, after=above, size=PAGE)
    counts = {} if before else timeline.count(actor, ids)
    groups = [StoryGroup(key, str(label), counts[key]) for key, label in timeline.GROUPS if counts.get(key)]
    total = counts.get(group, 0) if group else sum(counts.values())
    seen = _known(page.entries, above, looked := last_look(actor, ids, now=now))
    days = _days(page.entries, seen, _moment(looked, now) if looked else "", time.today(now))
    return Story(days, _token(page.next), group, groups, total, writes, [] if before or group else pins(actor, ids))


def _known(entries: Sequence[TimelineEntry], above: Cursor | None, looked: datetime | None) -> TimelineEntry | None:
    """The newest entry that the reader has seen, where newer ones stand above it."""
    found = next((entry for entry in entries if looked and entry.at <= looked), None)
    has_newer = found is not None and (found is not entries[0] or bool(above and looked and above.at > looked))
    return found if has_newer else None


def _days(entries: Sequence[TimelineEntry], known: TimelineEntry | None, looked: str, today: date) -> list[StoryDay]:
    lines = [(time.local(entry.at), entry) for entry in entries]
    return [
        StoryDay(*_day_words(day, today), [_line(at, entry, looked if entry is known else "") for at, entry in found])
        for day, found in groupby(lines, key=lambda line: line[0].date())
    ]


def _line(at: datetime, entry: TimelineEntry, looked: str) -> StoryLine:
    return StoryLine("" if entry.all_day else f"{at:%H:%M}", at.isoformat(), entry, looked)


def _moment(at: datetime, now: datetime) -> str:
    """今日 14:10; 2026/11/28(土) 14:10."""
    local = time.local(at)
    return f"{_('今日') if local.date() == time.today(now) else format_date(local.date())} {local:%H:%M}"


def _day_words(day: date, today: date) -> tuple[str, str]:
    shown, monday = format_date(day), today - timedelta(days=today.weekday())
    days = (today - day).days
    if 0 <= days < 3:
        return (_("今日"), _("昨日"), _("一昨日"))[days], shown
    if monday <= day < today:
        return _("今週"), shown
    if monday - timedelta(days=7) <= day < monday:
        return _("先週"), shown
    return shown, ""


# ---- where a page goes on -----------------------------------------------------------------------------------------


def _token(cursor: Cursor | None) -> str:
    if cursor is None:
        return ""
    micros = round((cursor.at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    return f"{micros}.{cursor.source}.{cursor.id}"


def _cursor(token: str) -> Cursor | None:
    parts = token.split(".")
    if len(parts) != 3 or not all(part.lstrip("-").isdecimal() and part.isascii() and len(part) < 20 for part in parts):
        return None
    micros, source, pk = map(int, parts)
    try:
        return Cursor(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros), source, pk)
    except OverflowError:
        return None
