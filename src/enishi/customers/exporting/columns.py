"""Which columns a file has, and how their values are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from enishi.customers import listing
from enishi.customers.listing import Kind, ListColumn, Reading, Value
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.policy import PERSONAL
from enishi.platform.sheets.cells import CellValue

#: Always there: by the number a file finds its customers again; names and readings are shown in every row of the list.
FIRST = ("number", "name", "kana")
_WIDTHS = {Kind.TEXT: 18, Kind.CODE: 16, Kind.NUMBER: 10, Kind.MONEY: 14, Kind.DAY: 13, Kind.MOMENT: 13, Kind.TAGS: 24}


def keys_of_view(columns: Sequence[ListColumn]) -> list[str]:
    """The columns of a file of what a list shows."""
    return list(dict.fromkeys([*FIRST, *(column.key for column in columns)]))


def all_keys(actor: Actor) -> list[str]:
    """Every column of which the actor may know anything."""
    return list(dict.fromkeys(["number", *_known(actor)]))


def _known(actor: Actor) -> dict[str, ListColumn]:
    return {column.key: column for found in listing.column_sets(actor) for column in found.columns}


@dataclass(frozen=True, slots=True)
class FileColumn:
    key: str
    heading: str
    width: int  # letters
    write: Callable[[Value], CellValue]


@dataclass(frozen=True, slots=True)
class FileColumns:
    """The columns of one file for one actor, and how to read them."""

    columns: tuple[FileColumn, ...]
    reading: Reading
    personal: frozenset[str]  # keys of those that say something of a person and are shown to the actor in clear

    @property
    def heads(self) -> list[str]:
        return [column.heading for column in self.columns]


def file_columns(actor: Actor, keys: Sequence[str]) -> FileColumns:
    """The columns by key. Raises NotAllowed where one is not the actor's to see any more."""
    known = _known(actor)
    if any(key not in known for key in keys):
        raise NotAllowed
    chosen = [known[key] for key in keys]
    return FileColumns(
        tuple(FileColumn(c.key, str(c.heading or c.label), _WIDTHS.get(c.kind, 14), c.writer()) for c in chosen),
        listing.reading(listing.column_sets(actor), keys),
        frozenset(column.key for column in chosen if column.privacy in PERSONAL and actor.reads(column.privacy, column.right)),
    )
