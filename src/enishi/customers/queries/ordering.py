"""Which customers stand on a page of the list: a view and a search, in one order, at a million customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, QuerySet, Subquery, When
from django.db.models import Window as Over
from django.db.models.functions import RowNumber
from django.db.models.lookups import IsNull

from enishi.customers.listing import ListView, Side, Sort
from enishi.customers.models import Customer
from enishi.customers.search import Narrowed
from enishi.platform import listing as paging
from enishi.platform.actor import Actor
from enishi.platform.listing import Conditions, Slice, Window
from enishi.platform.sql.one_of import OneOf

type Key = tuple[Any, ...] | None  # the sort key of the row to go on from


@dataclass(frozen=True, slots=True)
class Base:
    """The customers that a viewer may see, and the view that narrows them."""

    actor: Actor
    visible: QuerySet[Customer]
    view: ListView
    today: date

    def customers(self) -> QuerySet[Customer]:
        rows = self.view.narrow(self.visible, self.actor, self.today) if self.view.narrow else self.visible
        return rows.filter(Exists(self.side().filter(customer_id=OuterRef("pk")))) if self.view.side else rows

    def side(self) -> QuerySet[Any]:
        """The rows of another table on which the view stands; only for a view that has one."""
        return self.view.side.narrow(self.view.side.rows(), self.today)  # type: ignore[union-attr]

    def count(self, found: Narrowed, *, exact: bool) -> int:
        """How many, at most one above the cap unless counted exactly. No query where the search has counted them, else two."""
        if found.ids is not None:
            return len(found.ids) if exact else min(len(found.ids), paging.COUNT_CAP + 1)
        if found.is_search and not exact:
            return paging.COUNT_CAP + 1
        rows = found.rows
        if self.view.side and not found.is_search:
            rows = self.side().filter(customer_id__in=self.visible.values("pk"))
        if exact:
            return rows.order_by().count()
        is_long = paging.surely_above(rows, paging.COUNT_CAP, conditions=Conditions.SEVERAL)
        return paging.COUNT_CAP + 1 if is_long else paging.capped_count(rows)


@dataclass(frozen=True, slots=True)
class Order:
    """The found customers in one order.

    By another table: first its rows along its own index, each looked up among the customers; then the customers who
    have no row there, newest first. A left join would sort the whole base for every page. `few`: sort what was found.
    """

    base: Base
    found: Narrowed
    sort: Sort
    descending: bool
    few: bool

    def page(self, window: Window) -> Slice:
        if self.sort.side is None:
            return paging.page_of_ids(
                self._customers(),
                self.sort.fields,
                window,
                descending=self.descending,
                anchors=self.base.visible,
                along=self._along(_everybody()),
                few=self.few,
            )
        pk, size = window.before if window.before is not None else window.after, window.size + 1
        if pk is None:
            return _cut(self._down(None, None, size), window)
        anchor = paging.anchor_of(self.sort.side.rows().filter(customer_id__in=self.base.visible.values("pk")), self.sort.fields, pk)
        tail = None if anchor else paging.anchor_of(self.base.visible, (), pk)
        if anchor is None and tail is None:
            return self.page(Window(size=window.size))
        if window.before is not None:
            return paging.slice_of(self._up(anchor, tail, size), window)
        return _cut(self._down(anchor, tail, size), window)

    def _along(self, rows: QuerySet[Any]) -> QuerySet[Any] | None:
        """By name the many hits of a search stand together, perhaps far down; by anything else they are met soon."""
        return rows if self.found.is_search and self.sort.personal else None

    def _customers(self) -> QuerySet[Customer]:
        ids = self.found.ids
        return self.found.rows if ids is None else self.base.visible.filter(OneOf(F("pk"), ids))

    def _down(self, anchor: Key, tail: Key, limit: int) -> list[int]:
        ids = [] if tail else self._ranked(anchor, self.descending, limit)
        return ids + self._unranked(tail, True, limit - len(ids)) if len(ids) < limit else ids

    def _up(self, anchor: Key, tail: Key, limit: int) -> list[int]:
        ids = self._unranked(tail, False, limit) if tail else []
        return ids + self._ranked(anchor, not self.descending, limit - len(ids)) if len(ids) < limit else ids

    def _ranked(self, anchor: Key, descending: bool, limit: int) -> list[int]:
        side = self.sort.side
        if side is None:
            return []
        if self.found.ids is not None:
            ranked = side.rows().filter(OneOf(F("customer_id"), self.found.ids))
        elif self._is_base_of_view(side) and not self.found.is_search:
            ranked = self.base.side().filter(customer_id__in=self.base.visible.values("pk"))
        else:
            ranked = side.rows().filter(customer_id__in=self.found.rows.order_by().values("pk"))
        return paging.ordered_ids(ranked, self.sort.fields, anchor, descending=descending, limit=limit, few=self.few)

    def _is_base_of_view(self, side: Side) -> bool:
        """Whether the order and the view stand on one table: then its rows are chosen and ordered in one go."""
        return self.base.view.side is not None and self.base.view.side.rows is side.rows

    def _unranked(self, anchor: Key, descending: bool, limit: int) -> list[int]:
        side = self.sort.side
        if side is None or self._is_base_of_view(side):
            return []
        missing = self._customers().filter(~Exists(side.rows().filter(customer_id=OuterRef("pk"))))
        return paging.ordered_ids(missing, (), anchor, descending=descending, limit=limit, few=self.few)


def _everybody() -> QuerySet[Customer]:
    """The rows that the indexes of the list hold; only to go along them."""
    return Customer.rows.filter(archived_at__isnull=True)


def _cut(ids: list[int], window: Window) -> Slice:
    return Slice(ids[: window.size], window.first, len(ids) > window.size)


def placed(rows: QuerySet[Customer], sort: Sort, descending: bool) -> QuerySet[Customer, Any]:
    """(id, place from 1) of all the rows, in the order in which the list shows them. A query over the whole of them."""
    columns: list[Any] = [F(name) for name in sort.fields]
    if sort.side is not None:
        ranked = sort.side.rows().filter(customer_id=OuterRef("pk"))
        columns = [Subquery(ranked.values(name)[:1]) for name in sort.fields]
    keys = [column.desc(nulls_last=True) if descending else column.asc(nulls_last=True) for column in columns]
    newest_first = -F("pk")
    within = newest_first if descending else F("pk")
    last = within if sort.side is None else Case(When(IsNull(columns[0], True), then=newest_first), default=within)
    return rows.order_by().annotate(place=Over(RowNumber(), order_by=[*keys, last.asc()])).values_list("pk", "place")
