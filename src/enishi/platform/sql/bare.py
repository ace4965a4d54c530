"""Empty tables without indexes while millions of rows are poured in; they are built again at the end.

One sort of a full table costs a tenth of so many single insertions. Primary keys stay: ids come in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, models
from psycopg import sql

# Unique constraints to which no foreign key points, and indexes that belong to no constraint.
_CONSTRAINTS = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.contype = 'u' AND c.conrelid = ANY(%s::regclass[])
AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = c.conindid)
ORDER BY 1, 2
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[]) AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY 1
"""


@contextmanager
def bare(tables: Sequence[type[models.Model]], *, memory: str = "1GB") -> Iterator[None]:
    """Empty the tables, drop their indexes but the keys, and build them again. In the caller's transaction, as the owner.

    Rows are poured in (`bulk.pour`); a server that keeps a minimal log writes none of them there. Nobody else can use the
    tables meanwhile. Foreign keys are looked up row by row, unless the server lets the owner leave that out; what is
    written then must be known to be whole. `memory`: for sorting.
    """
    names = [table._meta.db_table for table in tables]
    with connection.cursor() as cursor:
        cursor.execute(_CONSTRAINTS, [names])
        constraints = cursor.fetchall()
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(map(sql.Identifier, names))))
        cursor.execute(_INDEXES, [names])
        indexes = cursor.fetchall()
        for table, name, _ in constraints:
            cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(table), sql.Identifier(name)))
        for name, _ in indexes:
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    _look_up_foreign_keys("replica")
    yield
    _look_up_foreign_keys("origin")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks to come cannot be altered
        cursor.execute("SELECT set_config('maintenance_work_mem', %s, true)", [memory])
        for table, name, definition in constraints:
            statement = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
            cursor.execute(statement.format(sql.Identifier(table), sql.Identifier(name), sql.SQL(definition)))
        for _, definition in indexes:
            cursor.execute(definition)


def _look_up_foreign_keys(role: str) -> None:
    """As a replica the server fires no triggers, and foreign keys are triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        if cursor.fetchone()[0]:
            cursor.execute("SELECT set_config('session_replication_role', %s, true)", [role])
