"""Numbers that people see (C-000042) and blocks of ids for bulk writing."""

from __future__ import annotations

from django.db import connection, models


def take_numbers(prefix: str, count: int = 1) -> list[str]:
    """The next `count` numbers of a prefix. Locks the counter until the transaction ends; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_counter (prefix, last) VALUES (%s, %s)"
            " ON CONFLICT (prefix) DO UPDATE SET last = platform_counter.last + EXCLUDED.last RETURNING last",
            [prefix, count],
        )
        last = int(cursor.fetchone()[0])
    return [f"{prefix}-{number:06d}" for number in range(last - count + 1, last + 1)]


def reserve_ids(model: type[models.Model], count: int) -> list[int]:
    """`count` primary keys from the table's own sequence, for COPY and bulk inserts. One query."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        # The sequence is looked up once, not once a row.
        cursor.execute(
            "WITH s AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence)"
            " SELECT array_agg(nextval(sequence)) FROM s, generate_series(1, %s)",  # one value: rows cost ten times as much to read
            [table, count],
        )
        return list(cursor.fetchone()[0] or ())
