"""Paging through long lists: by key, never by offset, with counts that stop at a cap.

An address carries only the id of the row to go on from (`?after=4182&n=51`), never a sort value, so that no name or
date of a customer stands in a browser's history.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleGreaterThanOrEqual, TupleLessThan, TupleLessThanOrEqual

PAGE_SIZE = 50
COUNT_CAP = 10_000
STRETCH = 5_000  # rows of an order that are looked at before rows are sorted: some 10 ms


class Conditions(Enum):
    """What narrows the rows of an estimate, with how many times the truth the planner may say.

    One common condition is known from the samples of ANALYZE, some hundredths off, a third for a team's; where several
    go together, as stage and team do, it is up to a half off.
    """

    ONE = 1.5
    SEVERAL = 2.0

    @property
    def margin(self) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted: from the top, after a row, or before one."""

    after: int | None = None
    before: int | None = None
    first: int = 1  # place in the list of the first row shown
    size: int = PAGE_SIZE

    def sized(self, size: int) -> Window:
        """The same place of the list, with another number of rows a page."""
        if self.before is None:
            return replace(self, size=size)
        first = self.first + self.size - size
        return replace(self, first=first, size=size) if first > 0 else Window(size=size)


FROM_THE_TOP = Window()


def window_of(params: Mapping[str, str]) -> Window:
    """The window that an address asks for; what is no number is the top of the list."""
    after, before, first = (_whole(params.get(name, "")) for name in ("after", "before", "n"))
    if before is not None and first is not None and first > PAGE_SIZE:
        return Window(before=before, first=first - PAGE_SIZE)
    if after is not None:
        return Window(after=after, first=(first or 1))
    return FROM_THE_TOP


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@dataclass(frozen=True, slots=True)
class Slice:
    """The ids of one page, in the order of the list."""

    ids: list[int]
    first: int
    more: bool  # whether another page follows

    @property
    def next(self) -> str:
        """Query string of the page after this one; empty on the last page."""
        return f"after={self.ids[-1]}&n={self.first + len(self.ids)}" if self.more and self.ids else ""

    @property
    def previous(self) -> str:
        """Query string of the page before this one; empty on the first page."""
        return f"before={self.ids[0]}&n={self.first}" if self.first > 1 and self.ids else ""

    @property
    def range_words(self) -> str:
        """51–100; empty where there is nothing."""
        return f"{self.first:,}–{self.first + len(self.ids) - 1:,}" if self.ids else ""


def page_of_ids(
    rows: QuerySet[Any],
    keys: Sequence[str],
    window: Window,
    *,
    descending: bool,
    anchors: QuerySet[Any] | None = None,
    along: QuerySet[Any] | None = None,
    few: bool = False,
) -> Slice:
    """The ids of one page of `rows`, ordered by `keys` and then by id, all in one direction.

    `keys` are literals of the caller, not null, with an index on (keys…, pk). The row that a window goes on from is
    looked up in `anchors` (else in `rows`); where it is not found the list starts at its top. Three queries at most.
    `along`, `few`: see `ordered_ids`.
    """
    backwards = window.before is not None
    anchor = anchor_of(anchors if anchors is not None else rows, keys, window.before if backwards else window.after)
    if anchor is None:
        ids = ordered_ids(rows, keys, None, descending=descending, limit=window.size + 1, along=along, few=few)
        return Slice(ids[: window.size], 1, len(ids) > window.size)
    ids = ordered_ids(rows, keys, anchor, descending=descending != backwards, limit=window.size + 1, along=along, few=few)
    return slice_of(ids, window)


def slice_of(ids: list[int], window: Window) -> Slice:
    """A page out of one id more than it holds, read in the direction of the window."""
    if window.before is None:
        return Slice(ids[: window.size], window.first, len(ids) > window.size)
    first = window.first if len(ids) > window.size else 1
    return Slice(ids[: window.size][::-1], first, True)


def anchor_of(rows: QuerySet[Any], keys: Sequence[str], pk: int | None) -> tuple[Any, ...] | None:
    """The sort key of one row, its id at the end. None where it is not among the rows. One query."""
    return None if pk is None else rows.filter(pk=pk).order_by().values_list(*keys, "pk").first()


def ordered_ids(
    rows: QuerySet[Any],
    keys: Sequence[str],
    anchor: tuple[Any, ...] | None,
    *,
    descending: bool,
    limit: int,
    along: QuerySet[Any] | None = None,
    few: bool = False,
) -> list[int]:
    """Ids by (keys…, pk) behind an anchor, in one direction. One query, three at most with `along`.

    Going along the index of the order is best where every hundredth row there is wanted, and reads the whole base where
    they are rare or stand together (all people called タナカ do). Nobody knows before. So with `along`, the rows that
    the index holds, only the next stretch of it is looked at; where that does not fill the page, the rows are found
    first and sorted then, as they always are where they are `few`. Without either the database goes along the index.
    """
    if anchor is not None:
        columns = [F(name) for name in (*keys, "pk")]
        beyond = (TupleLessThan if descending else TupleGreaterThan)(Tuple(*columns), anchor)
        rows, along = rows.filter(beyond), None if along is None else along.filter(beyond)
    if few or along is None:
        return _ids(in_order(rows, keys, descending=descending, few=few), limit)
    end = list(in_order(along, keys, descending=descending).values_list(*keys, "pk")[STRETCH - 1 : STRETCH])
    within = TupleGreaterThanOrEqual if descending else TupleLessThanOrEqual
    stretch = rows.filter(within(Tuple(*(F(name) for name in (*keys, "pk"))), end[0])) if end else rows
    ids = _ids(in_order(stretch, keys, descending=descending), limit)
    return ids if len(ids) == limit or not end else _ids(in_order(rows, keys, descending=descending, few=True), limit)


def in_order(rows: QuerySet[Any], keys: Sequence[str], *, descending: bool, few: bool = False) -> QuerySet[Any]:
    """Rows by (keys…, pk), all in one direction: along an index, or, where they are `few`, found first and sorted then."""
    columns = [F(name) for name in (*keys, "pk")]
    if not few:
        return rows.order_by(*(column.desc() if descending else column.asc() for column in columns))
    # A row value sorts like its columns, and no index serves it.
    as_row: Any = Func(*columns, function="ROW", output_field=BooleanField())
    return rows.order_by(as_row.desc() if descending else as_row.asc())


def _ids(rows: QuerySet[Any], limit: int) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:limit])


def capped_count(rows: QuerySet[Any], cap: int = COUNT_CAP) -> int:
    """How many rows there are, but never more than one above the cap. One query, bounded work."""
    return int(rows.order_by().values("pk")[: cap + 1].count())


def estimated_count(rows: QuerySet[Any]) -> int:
    """How many rows the planner expects, from its samples: good for one common condition, not for several. One query of a
    millisecond, whatever there is."""
    told = rows.order_by().values("pk").explain(format="json")
    if not told:  # nothing can be among them, and the base was not asked
        return 0
    plan = json.loads(told)
    return int(plan[0]["Plan"]["Plan Rows"])


def surely_above(rows: QuerySet[Any], cap: int, *, conditions: Conditions) -> bool:
    """Whether there are more rows than the cap, as far as the planner's samples leave no doubt; then nobody needs to count.
    One query of a millisecond."""
    return estimated_count(rows) > conditions.margin * cap


def count_words(count: int, cap: int = COUNT_CAP) -> str:
    """12,430, or 10,000+ where counting stopped at the cap."""
    return f"{cap:,}+" if count > cap else f"{count:,}"
