"""What an app may add to the list of customers, by the wire LIST_COLUMNS: columns, ways to sort, views."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise

from enishi.customers.models import Customer
from enishi.platform import modules
from enishi.platform.actor import SCOPE_RANK, Actor

type Words = str | Promise


@dataclass(frozen=True, slots=True)
class Cell:
    """One formatted value of a row: `text` in ink (― where empty), `note` soft behind it."""

    text: str = ""
    note: str = ""


def _as_they_are(rows: QuerySet[Any], today: date) -> QuerySet[Any]:
    return rows


@dataclass(frozen=True, slots=True)
class Side:
    """A table with one row for some customers, keyed by `customer_id`. `narrow` chooses among its rows, for a view."""

    rows: Callable[[], QuerySet[Any]]
    narrow: Callable[[QuerySet[Any], date], QuerySet[Any]] = _as_they_are


@dataclass(frozen=True, slots=True)
class Sort:
    """A way to order the list. `fields` are columns of `side` (else of Customer), never null, with an index
    (fields…, key). Customers without a row in `side` stand at the end, newest first, whatever the direction."""

    key: str  # in the address
    label: Words  # in the menu: 最終購入が新しい順
    fields: tuple[str, ...]
    descending: bool = True  # the direction that the menu names
    side: Side | None = None
    personal: bool = False  # only for viewers who read names in clear
    reversed_label: Words = ""


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of the list. `width` is a `data-col` of the design system."""

    key: str
    label: Words
    width: str
    number: bool = False
    sort: str = ""  # key of the Sort that its head offers
    phone_label: Words = ""  # said before the figure on a phone


@dataclass(frozen=True, slots=True)
class ListView:
    """A built-in tab: a narrower list with its own first order, and a sentence that says what it holds.

    It narrows the customers themselves, or stands on the rows of a `side` table.
    """

    key: str
    label: Words
    about: Words
    narrow: Callable[[QuerySet[Customer], Actor, date], QuerySet[Customer]] | None = None
    side: Side | None = None
    sort: str = ""


@dataclass(frozen=True, slots=True)
class ColumnSet:
    """What one app adds. `values(customer_ids, today)` gives each customer's cells in the order of `columns`, in one
    query; customers without any are left out. Shown only to viewers who may read `object` (order …) at least as
    widely as they may read customers, so that no figure of an unseen record leaks."""

    object: str
    columns: tuple[ListColumn, ...]
    values: Callable[[Sequence[int], date], Mapping[int, Sequence[Cell]]]
    sorts: tuple[Sort, ...] = ()
    views: tuple[ListView, ...] = ()
    footnote: Words = ""

    def is_open_to(self, actor: Actor) -> bool:
        return 0 < SCOPE_RANK[actor.scope_for("customer", "read")] <= SCOPE_RANK[actor.scope_for(self.object, "read")]


def column_sets(actor: Actor) -> list[ColumnSet]:
    """What the apps above add for this viewer."""
    wired: list[ColumnSet] = modules.wired("LIST_COLUMNS")
    return [found for found in wired if found.is_open_to(actor)]
