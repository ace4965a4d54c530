"""Tables without indexes and constraints while millions of rows are poured in; everything is built again at the end.

One sort of a full table costs a tenth of so many single insertions, and a foreign key is checked by one join.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, models
from psycopg import sql

_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype IN ('p', 'u', 'f') AND (conrelid = ANY(%s::regclass[]) OR (contype = 'f' AND confrelid = ANY(%s::regclass[])))
ORDER BY contype <> 'f', conrelid, conname
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY 1
"""


@contextmanager
def bare(tables: Sequence[type[models.Model]], *, memory: str = "1GB") -> Iterator[None]:
    """Drop keys, constraints and indexes of the tables, with the foreign keys that point to them, and build them again.

    In the caller's transaction, as the owner; nobody else can use the tables meanwhile. `memory`: for sorting.
    """
    names = [table._meta.db_table for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(_CONSTRAINTS, [names, names])
        constraints = cursor.fetchall()
        cursor.execute(_INDEXES, [names])
        indexes = cursor.fetchall()
        for table, name, _, _ in constraints:
            cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name)))
        for name, _ in indexes:
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
        cursor.execute("SELECT set_config('maintenance_work_mem', %s, true)", [memory])
        keys = [row for row in constraints if row[2] != "f"]
        for table, name, _, definition in keys:
            _add(cursor, table, name, definition)
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, kind, definition in constraints:
            if kind == "f":
                _add(cursor, table, name, definition)


def _add(cursor: object, table: str, name: str, definition: str) -> None:
    statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
    cursor.execute(statement.format(sql.Identifier(table), sql.Identifier(name), sql.SQL(definition)))  # type: ignore[attr-defined]
