"""Many pairs of texts looked up in one table by an index over both, whatever the planner knows of the table.

Joined with a list of pairs, a table that grows faster than its statistics, as in an import, is rather read whole: 90 µs a
pair at 160,000 rows. Value by value in the index it is 3.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from psycopg import sql

from enishi.platform.bulk import array_text

type Pair = tuple[str, str]


def found_by_pairs(table: str, columns: tuple[str, str, str], pairs: Iterable[Pair]) -> dict[Pair, int]:
    """Pair → number, of those that are there. `columns`: the two of the pair and the one asked for. Names come from code,
    never from input. One query; none without pairs."""
    values = _by_first(pairs)
    if not values:
        return {}
    first, second, wanted = map(sql.Identifier, columns)
    one = sql.SQL("SELECT {0}, {1}, {2} FROM {3} WHERE {0} = %s AND {1} = ANY(%s::text[])")
    query = sql.SQL(" UNION ALL ").join([one.format(first, second, wanted, sql.Identifier(table))] * len(values))
    with connection.cursor() as cursor:
        cursor.execute(query, _parameters(values))
        return {(one, other): number for one, other, number in cursor.fetchall()}


def delete_pairs(table: str, columns: tuple[str, str], pairs: Iterable[Pair]) -> None:
    """Remove the rows of these pairs. A query for each different first text."""
    first, second = map(sql.Identifier, columns)
    query = sql.SQL("DELETE FROM {2} WHERE {0} = %s AND {1} = ANY(%s::text[])").format(first, second, sql.Identifier(table))
    with connection.cursor() as cursor:
        for one, others in _by_first(pairs).items():
            cursor.execute(query, [one, array_text(others)])


def _by_first(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for one, other in pairs:
        values.setdefault(one, []).append(other)
    return values


def _parameters(values: dict[str, list[str]]) -> list[str]:
    return [parameter for one, others in values.items() for parameter in (one, array_text(others))]
