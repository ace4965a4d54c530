"""Reads what is mirrored out of PostgreSQL as Arrow: all of it, or what was written since an earlier look, by one snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import adbc_driver_postgresql.dbapi as adbc
from django.apps import apps
from django.db import connection

from enishi.platform.mirrored import MirrorTable

if TYPE_CHECKING:
    import pyarrow as pa

#: Which life of which database this is: a restored, promoted or new one may give the same transaction numbers to other rows.
_ORIGIN = (
    "SELECT system_identifier::text || '/' || timeline_id || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())"
    " FROM pg_control_system(), pg_control_checkpoint()"
)
_NOW = "SELECT pg_current_snapshot()::text, (extract(epoch FROM now()) * 1000000)::bigint"
#: What was written by transactions that an earlier look did not see the end of: by the index of `row_xid`, then one by one.
_SINCE = "row_xid >= pg_snapshot_xmin('{0}') AND NOT pg_visible_in_snapshot(row_xid, '{0}')"
_GONE = "SELECT table_name, row_id FROM platform_tombstone WHERE {since}"
_SNAPSHOT = re.compile(r"(\d+):\d+:[\d,]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the database: nothing that is written meanwhile is seen."""

    origin: str
    snapshot: str  # which transactions it sees, as PostgreSQL writes that
    at_us: int  # of the database's clock, in microseconds since 1970
    _cursor: Any

    def rows(self, table: MirrorTable, *, since: str = "") -> pa.RecordBatchReader:
        """The rows of a table, those alone that the look with the snapshot `since` did not see as they are; read it to its end before
        the next."""
        self._cursor.execute(select(table, since=since))
        return self._cursor.fetch_record_batch()

    def gone(self, tables: Sequence[MirrorTable], *, since: str) -> Mapping[str, set[int]]:
        """By the mirror's table, the keys of rows that were deleted since the look with that snapshot."""
        found: dict[str, set[int]] = {table.name: set() for table in tables}
        names = {_table_of(table): table.name for table in tables}
        self._cursor.execute(_GONE.format(since=_SINCE.format(_checked(since))))
        for table_name, row_id in self._cursor.fetchall():
            if table_name in names:
                found[names[table_name]].add(row_id)
        return found


@contextmanager
def reading() -> Iterator[Reading]:
    """A look at this process's database, over a connection of its own."""
    with adbc.connect(_uri()) as db, db.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(_NOW)
        snapshot, at_us = cursor.fetchall()[0]
        cursor.execute(_ORIGIN)
        yield Reading(cursor.fetchall()[0][0], snapshot, at_us, cursor)


def oldest_open(snapshot: str) -> int:
    """The oldest transaction whose end the snapshot does not see. Raises ValueError for what is no snapshot."""
    found = _SNAPSHOT.fullmatch(snapshot)
    if found is None:
        raise ValueError(f"{snapshot!r} is no snapshot")
    return int(found[1])


def select(table: MirrorTable, *, since: str = "") -> str:
    """The query of all rows, or of those since a snapshot; every name in it is written down in some app's `mirrored.py`."""
    columns = ", ".join(f"{column.sql or column.source} AS {name}" for name, column in table.columns.items())
    narrowed = f" WHERE {_SINCE.format(_checked(since))}" if since else ""
    return f"SELECT {columns} FROM {_table_of(table)}{narrowed}"  # noqa: S608 — names of ours, and a snapshot that is one


def _checked(snapshot: str) -> str:
    """Raises ValueError for what is no snapshot."""
    oldest_open(snapshot)
    return snapshot


def _table_of(table: MirrorTable) -> str:
    return str(apps.get_model(table.model)._meta.db_table)


def _uri() -> str:
    """The address of Django's own connection, as libpq writes it."""
    told = connection.settings_dict
    user, password = quote(told["USER"], safe=""), quote(told["PASSWORD"], safe="")
    options = {key: str(value) for key, value in told["OPTIONS"].items() if isinstance(value, str | int)}
    asked = urlencode({"host": told["HOST"], "port": told["PORT"]} | options)
    return f"postgresql://{user}:{password}@/{quote(told['NAME'], safe='')}?{asked}"
