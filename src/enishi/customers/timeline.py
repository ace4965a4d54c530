"""One customer's timeline: everything that happened, of every app, newest first.

Each app offers `TimelineSource`s by the wire TIMELINE_SOURCES; this module merges them page by page. A source reads
one kind of thing by a keyset of (instant, id), so that any page costs one small index scan a source.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers.models import Customer
from enishi.platform import modules, policy, wiring
from enishi.platform.actor import Actor

BIGGEST_ID = 2**63 - 1
FROM_THE_TOP = (datetime(9000, 1, 1, tzinfo=UTC), BIGGEST_ID)

type Position = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on an entry, in its final words."""

    id: int
    text: str
    about: str  # who, when, whom it calls
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """What colleagues say about an entry, and whether it stands on top as well; `id` is the activity's."""

    id: int
    remarks: tuple[Remark, ...] = ()
    is_pinned: bool = False


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line as it is shown: words are final, masked for the viewer, and need no further look-up."""

    at: datetime
    id: int
    icon: str
    label: str  # what kind of thing: 注文, メール開封, メモ
    title: str = ""
    url: str = ""  # where the title leads
    detail: str = ""  # the second line
    amount: str = ""  # at the right: ¥18,360
    all_day: bool = False  # the clock time is not known and not shown
    thread: Thread | None = None  # of what may be commented on


type ReadEntries = Callable[[Actor, Sequence[int], Position, int], list[TimelineEntry]]
type RowsOfEntries = Callable[[Actor, Sequence[int]], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class TimelineSource:
    """What an app adds to the timeline.

    `read(actor, customer_ids, before, limit)` returns at most `limit` entries of these customers (one person: the own
    id and the merged ones) with (at, id) < before, newest first; ids are positive. `rows(actor, customer_ids)` are
    all of them, to be counted. `group` is a key of `GROUPS`. `needs` is the (object, action) a viewer must hold, or None.
    """

    key: str
    group: str
    read: ReadEntries
    rows: RowsOfEntries
    needs: tuple[str, str] | None = None


#: The parts that a reader can narrow the timeline to, in the order of the switch. Only those with a source are shown.
GROUPS: tuple[tuple[str, str | Promise], ...] = (
    ("order", _("注文")),
    ("message", _("配信")),
    ("contact", _("応対")),
    ("record", _("登録・同意")),
)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last entry shown: its instant, the place of its source, its id."""

    at: datetime
    source: int
    id: int

    def before(self, source: int) -> Position:
        """Where `source` goes on: entries of one instant stand in the order of the sources, then by falling id."""
        if source < self.source:
            return self.at, 0
        return self.at, self.id if source == self.source else BIGGEST_ID


@dataclass(frozen=True, slots=True)
class TimelinePage:
    entries: list[TimelineEntry]
    next: Cursor | None  # None on the last page


def sources_for(actor: Actor, group: str = "") -> list[tuple[int, TimelineSource]]:
    """The sources that the actor may read, each with its place; only those of a group where one is given."""
    sources: list[TimelineSource] = wiring.load("TIMELINE_SOURCES")
    apps, gone = wiring.apps("TIMELINE_SOURCES"), modules.apps_off()
    return [
        (place, source)
        for place, source in enumerate(sources)
        if apps[place] not in gone
        and (not group or source.group == group)
        and (source.needs is None or policy.allowed(actor, *source.needs))
    ]


def merged(actor: Actor, customer_ids: Sequence[int], *, group: str = "", after: Cursor | None = None, size: int = 30) -> TimelinePage:
    """The next `size` entries after a cursor. One query a source (some take two)."""
    streams = [
        [(entry, place) for entry in source.read(actor, customer_ids, after.before(place) if after else FROM_THE_TOP, size + 1)]
        for place, source in sources_for(actor, group)
    ]
    order = heapq.merge(*streams, key=lambda found: (-found[0].at.timestamp(), found[1], -found[0].id))
    page = [found for found, _ in zip(order, range(size + 1), strict=False)]
    if len(page) <= size:
        return TimelinePage([entry for entry, _ in page], None)
    last, place = page[size - 1]
    return TimelinePage([entry for entry, _ in page[:size]], Cursor(last.at, place, last.id))


def count(actor: Actor, customer_ids: Sequence[int]) -> dict[str, int]:
    """Entries per group of the customer whose id stands first. One query."""
    sources = [source for _place, source in sources_for(actor)]
    counted = [Subquery(_number(source.rows(actor, customer_ids))) for source in sources]
    numbers = Customer.rows.filter(pk=customer_ids[0]).values_list(*counted).first() if counted else None
    found: dict[str, int] = {}
    for source, number in zip(sources, numbers or (), strict=False):
        found[source.group] = found.get(source.group, 0) + number
    return found


def _number(rows: QuerySet[Any]) -> QuerySet[Any]:
    """How many they are, as the one value of a subquery."""
    return rows.order_by().values_list(Func(F("pk"), function="count", output_field=IntegerField()))
