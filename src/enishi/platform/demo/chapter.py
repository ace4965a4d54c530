"""How an app adds its part of the demo company: before the blocks, for each block, and at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db import connection

from enishi.platform import time
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


type Step = Callable[[Story], None]
type BlockStep = Callable[[Story, Block], None]


def _nothing(story: Story) -> None:
    """A chapter without a beginning or an end."""


def _no_block(story: Story, block: Block) -> None:
    """A chapter that writes nothing per customer."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """`begin` before the first block, `block` for each, `end` after the last; ids of customers equal their keys."""

    key: str
    begin: Step = _nothing
    block: BlockStep = _no_block
    end: Step = _nothing


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """COPY rows into an empty or growing table. `table` and `columns` are literals of the caller."""
    from psycopg import sql

    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def move_sequence(table: str) -> None:
    """Ids that were written by hand are taken: the next one comes after the largest."""
    from psycopg import sql

    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({0}, 'id'), coalesce(max(id), 0) + 1, false) FROM {1}").format(
                sql.Literal(table), sql.Identifier(table)
            )
        )
