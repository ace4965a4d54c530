"""How an app adds its part of the demo company: before the blocks, for each block, and at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from django.db import connection, models

from enishi.platform import time
from enishi.platform.bulk import Columns, Plain
from enishi.platform.demo.world.chance import Ints
from enishi.platform.demo.world.world import Block, World


@dataclass
class Story:
    """What the chapters share while a demo company is written down."""

    world: World
    now: datetime
    user_ids: dict[str, int] = field(default_factory=dict)  # login → id
    team_ids: dict[str, int] = field(default_factory=dict)  # name → id
    shelf: dict[str, object] = field(default_factory=dict)  # what one chapter leaves for the next

    def at(self, seconds: int) -> datetime:
        """The instant so many seconds after the history began, never later than now."""
        return min(time.start_of_day(self.world.history.start).astimezone(UTC) + timedelta(seconds=int(seconds)), self.now)

    def moment(self, day: int, second: int) -> datetime:
        return self.at(int(day) * 86_400 + int(second))

    def moments(self, days: Ints, seconds: Ints) -> Plain:
        """`moment` of whole columns, as COPY reads them; to the second."""
        start = int(time.start_of_day(self.world.history.start).timestamp())
        at = np.minimum(start + days * 86_400 + seconds, int(self.now.timestamp()))
        return Plain(f"{word}Z" for word in np.datetime_as_string(at.astype("datetime64[s]")).tolist())

    def dates(self, days: Ints) -> list[str | None]:
        """The dates of days since the history began, as COPY reads them; before it there is none."""
        return [self._dates[day] if day >= 0 else None for day in days.tolist()]

    @cached_property
    def _dates(self) -> list[str]:
        return [self.world.history.day(day).isoformat() for day in range(self.world.history.length + 1)]


def numbers(values: Ints | range) -> Plain:
    """A column of whole numbers, as COPY reads them."""
    return Plain(map(str, values if isinstance(values, range) else values.tolist()))


def chosen[T](words: Sequence[T], places: Ints) -> list[T]:
    """For each place the word that stands there; plain where the words are."""
    found = [words[place] for place in places.tolist()]
    return Plain(found) if isinstance(words, Plain) else found  # type: ignore[return-value]  # then T is str


type Step = Callable[[Story], None]
type Rows = tuple[type[models.Model], Columns]
type BlockStep = Callable[[Story, Block], Iterable[Rows]]


def _nothing(story: Story) -> None:
    """A chapter without a beginning or an end."""


def _no_block(story: Story, block: Block) -> Iterable[Rows]:
    """A chapter that writes nothing per customer."""
    return ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """`begin` before the first block, `block` for each, `end` after the last; ids of customers equal their keys.

    A block's rows are written by the caller, in this order. `tables`: those that grow with every block; when they are
    poured in bulk, `block` must not ask the database, which is busy with the rows before.
    """

    key: str
    begin: Step = _nothing
    block: BlockStep = _no_block
    end: Step = _nothing
    tables: tuple[type[models.Model], ...] = ()


def move_sequence(table: str) -> None:
    """Ids that were written by hand are taken: the next one comes after the largest."""
    from psycopg import sql

    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({0}, 'id'), coalesce(max(id), 0) + 1, false) FROM {1}").format(
                sql.Literal(table), sql.Identifier(table)
            )
        )
