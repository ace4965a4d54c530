"""What the list of customers, and a file of them, may hold: columns, ways to sort, views. Apps add theirs by the wire
LIST_COLUMNS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from enishi.customers.models import Customer
from enishi.platform import modules, time
from enishi.platform.actor import SCOPE_RANK, Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.money import yen
from enishi.platform.privacy import Level, Privacy
from enishi.platform.sheets.cells import CellValue

type Words = str | Promise
type Value = str | int | bool | date | datetime | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One formatted value of a row: `text` in ink (― where empty), `note` soft behind it; `stage` is the phase that the
    design system draws before it, `tags` stand instead of it."""

    text: str = ""
    note: str = ""
    stage: str = ""
    tags: tuple[str, ...] = ()


EMPTY = Cell()


class Kind(StrEnum):
    """What the values of a column are: how a list shows them, and what they become in a file."""

    TEXT = "text"
    CODE = "code"  # figures that are no number: phone numbers, postal codes
    NUMBER = "number"
    MONEY = "money"  # whole yen
    DAY = "day"
    MOMENT = "moment"  # shown as its day
    CHOICE = "choice"  # a key among `choices`
    FLAG = "flag"
    TAGS = "tags"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumn:
    """A column of the list, and of a file. `width` is a `data-col` of the design system."""

    key: str
    label: Words
    kind: Kind = Kind.TEXT
    width: str = "word"
    privacy: Privacy = Privacy.INTERNAL  # hidden from a viewer, it is not offered; masked, its values are
    right: str = ""  # under which key roles speak of it, where they may say something else than of its class
    usual: int = 0  # its place among the columns of somebody who chose none; 0: not among them
    sort: str = ""  # key of the Sort that its head offers
    phone_label: Words = ""  # said before the value on a phone; without one it is left out there
    heading: Words = ""  # in a file, where that is not the label
    summed: Words = ""  # what the sum of its values is called on a board; the first such column of the list is
    in_list: bool = True  # False: for files alone
    choices: Callable[[], Mapping[str, str]] | None = None  # key → words
    shown: Callable[[Any, date], Cell] | None = None  # value, today → cell, where the kind does not say how

    @property
    def number(self) -> bool:
        return self.kind in (Kind.NUMBER, Kind.MONEY)

    def shower(self, today: date) -> Callable[[Value], Cell]:
        """Value → cell, for many rows."""
        shown = self.shown
        if shown is not None:
            return lambda value: EMPTY if value is None or value == "" else shown(value, today)
        words = self._words()
        return lambda value: (
            EMPTY if value is None or value == "" else Cell(value) if type(value) is str and not words else _cell(value, words)
        )

    def writer(self) -> Callable[[Value], CellValue]:
        """Value → what a file holds: text, number, day, instant in the business time zone, or nothing."""
        words = self._words()

        def write(value: Value) -> CellValue:
            if value is None or value == "" or value == ():
                return None
            if words:
                return words.get(str(value), str(value))
            if isinstance(value, tuple):
                return joined(value)
            return time.local(value).date() if isinstance(value, datetime) else value

        return write

    def _words(self) -> Mapping[str, str]:
        if self.kind == Kind.FLAG:
            return {"True": _("はい"), "False": ""}
        return self.choices() if self.choices else {}


def _cell(value: Value, words: Mapping[str, str]) -> Cell:
    if words:
        return Cell(words.get(str(value), str(value)))
    if isinstance(value, tuple):
        return Cell(tags=value)
    if isinstance(value, datetime):
        return Cell(format_date(time.local(value).date()))
    if isinstance(value, date):
        return Cell(format_date(value))
    return Cell(f"{value:,}" if isinstance(value, int) else str(value))


def money(value: int, today: date) -> Cell:
    return Cell(yen(value))


_SPLITTING = ',;、，；/／|｜\n"'


def joined(labels: Sequence[str]) -> str:
    """Labels as one cell, in quotes where a reader would split one of them: 常連、"A/B"."""
    return "、".join(
        '"{}"'.format(label.replace('"', '""')) if any(letter in _SPLITTING for letter in label) else label for label in labels
    )


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


type Values = Callable[[Actor, Sequence[int], Sequence[str]], Mapping[int, Sequence[Value]]]


@dataclass(frozen=True, slots=True)
class ColumnSet:
    """What one app adds. `values(actor, customer_ids, keys)` gives each customer's values of the columns `keys`, in their
    order, in a fixed number of queries, masked for the actor; customers without any are left out. Shown only to viewers who
    may read `object` (order …) at least as widely as they may read customers, so that no figure of an unseen record leaks."""

    object: str
    columns: tuple[ListColumn, ...]
    values: Values
    sorts: tuple[Sort, ...] = ()
    views: tuple[ListView, ...] = ()
    footnote: Words = ""

    def is_open_to(self, actor: Actor) -> bool:
        return 0 < SCOPE_RANK[actor.scope_for("customer", "read")] <= SCOPE_RANK[actor.scope_for(self.object, "read")]

    def as_seen_by(self, actor: Actor) -> ColumnSet:
        """Without the columns of which the actor may not know anything."""
        open_columns = tuple(column for column in self.columns if actor.level(column.privacy, column.right) > Level.HIDDEN)
        return self if len(open_columns) == len(self.columns) else replace(self, columns=open_columns)


def column_sets(actor: Actor) -> list[ColumnSet]:
    """What the apps offer this viewer. An entry of the wire is a set, or a function that makes sets for an actor (columns
    that a company defines itself)."""
    return [found.as_seen_by(actor) for found in _wired(actor) if found.is_open_to(actor)]


def _wired(actor: Actor) -> Iterator[ColumnSet]:
    entry: ColumnSet | Callable[[Actor], Sequence[ColumnSet]]
    for entry in modules.wired("LIST_COLUMNS"):
        if isinstance(entry, ColumnSet):
            yield entry
        else:
            yield from entry(actor)


def offered(sets: Sequence[ColumnSet]) -> dict[str, ListColumn]:
    """The columns that a list may show, by key."""
    return {column.key: column for found in sets for column in found.columns if column.in_list}


def chosen_columns(sets: Sequence[ColumnSet], *wishes: Sequence[str]) -> list[ListColumn]:
    """The columns of the first wish of which anything is on offer, in its order; else the usual ones."""
    known = offered(sets)
    for keys in wishes:
        if found := [known[key] for key in dict.fromkeys(keys) if key in known]:
            return found
    return sorted((column for column in known.values() if column.usual), key=lambda column: column.usual)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of some columns are read: which set gives which of them."""

    keys: tuple[str, ...]
    sets: tuple[tuple[ColumnSet, tuple[str, ...]], ...]

    def rows(self, actor: Actor, ids: Sequence[int]) -> dict[int, dict[str, Value]]:
        """Customer → key → value. The queries of each set."""
        found: dict[int, dict[str, Value]] = {pk: {} for pk in ids}
        for one, keys in self.sets:
            for pk, values in one.values(actor, ids, keys).items():
                found[pk].update(zip(keys, values, strict=True))
        return found


def reading(sets: Sequence[ColumnSet], keys: Sequence[str]) -> Reading:
    """For columns that the sets offer, each once."""
    wanted = set(keys)
    parts = ((found, tuple(column.key for column in found.columns if column.key in wanted)) for found in sets)
    return Reading(tuple(keys), tuple((found, own) for found, own in parts if own))
