"""The staging table as the engine reads it: chunks in the order of the file, rows that belong together never apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, QuerySet

from enishi.customers.imports.target import Naming, RawRow, RowResult
from enishi.customers.models import ImportResult, ImportRow, ImportRun
from enishi.platform.bulk import copy_lines, copy_value
from enishi.platform.sql.one_of import OneOf

#: Rows of one transaction: enough that its some forty statements weigh little, few enough to stop and to go on soon.
CHUNK = 2_500
_LONGEST_GROUP = 20_000

_SCATTERED = """
WITH keyed AS (
  SELECT btrim(cells ->> %(column)s) AS key, lag(btrim(cells ->> %(column)s)) OVER (ORDER BY position) AS previous
    FROM customers_importrow WHERE run_id = %(run)s
)
SELECT count(*) FILTER (WHERE key <> '' AND key IS DISTINCT FROM previous) > count(DISTINCT key) FILTER (WHERE key <> '') FROM keyed
"""
_GATHER = """
WITH taken AS (
  DELETE FROM customers_importrow WHERE run_id = %(run)s RETURNING row_no, position, cells, messages
), grouped AS (
  SELECT *, CASE WHEN btrim(cells ->> %(column)s) = '' THEN position
                 ELSE min(position) OVER (PARTITION BY btrim(cells ->> %(column)s)) END AS first FROM taken
)
INSERT INTO customers_importrow (run_id, row_no, position, cells, messages)
SELECT %(run)s, row_no, row_number() OVER (ORDER BY first, position) - 1, cells, messages FROM grouped
"""
# Row and the row that it names, where that one stands below it or, with `both`, anywhere. Cells are compared nearly as customers are
# found later, without signs and the commonest legal forms; what is not met here is told as a row that names nobody.
_NAMES = r"""
WITH cells AS (
  SELECT r.position, c.is_name,
         regexp_replace(lower(normalize(r.cells ->> c.place, NFKC)),
                        '[\s\u2010\u30fc\u30fb.,&''-]|(\u682a\u5f0f|\u6709\u9650|\u5408\u540c)\u4f1a\u793e|\([\u682a\u6709\u540c]\)', '', 'g')
           AS key
    FROM customers_importrow r,
         (SELECT unnest(%(known_by)s::int[]), false UNION ALL SELECT unnest(%(named_in)s::int[]), true) AS c(place, is_name)
   WHERE r.run_id = %(run)s AND r.cells ->> c.place <> ''
), known AS (
  SELECT key, min(position) AS position FROM cells WHERE NOT is_name AND key <> '' GROUP BY key
)
SELECT DISTINCT said.position, known.position FROM cells said JOIN known USING (key)
 WHERE said.is_name AND known.position <> said.position AND (%(both)s OR known.position > said.position) LIMIT %(limit)s
"""
_IN_STOREYS = """
WITH taken AS (
  DELETE FROM customers_importrow WHERE run_id = %(run)s RETURNING row_no, position, cells, messages
)
INSERT INTO customers_importrow (run_id, row_no, position, cells, messages)
SELECT %(run)s, row_no, row_number() OVER (ORDER BY coalesce(s.storey, 0), t.position) - 1, cells, messages
  FROM taken t LEFT JOIN unnest(%(positions)s::bigint[], %(storeys)s::int[]) AS s(position, storey) ON s.position = t.position
"""
_READ = """
SELECT count(*), '[' || string_agg(concat('[', row_no, ',', position, ',', cells, ',', messages, ']'), ',' ORDER BY position) || ']'
  FROM customers_importrow WHERE run_id = %(run)s AND position >= %(first)s AND position < %(until)s
"""
# Where the group ends to which the last row of a chunk belongs; nothing where it belongs to none.
_GROUP_ENDS = """
SELECT coalesce((SELECT next.position FROM customers_importrow next
                  WHERE next.run_id = last.run_id AND next.position BETWEEN %(until)s AND %(most)s
                    AND coalesce(btrim(next.cells ->> %(column)s), '') <> btrim(last.cells ->> %(column)s)
                  ORDER BY next.position LIMIT 1), %(most)s)
  FROM customers_importrow last
 WHERE last.run_id = %(run)s AND last.position = %(until)s - 1 AND btrim(last.cells ->> %(column)s) <> ''
"""
_HUSH = """
UPDATE customers_importrow SET messages = '[]'
 WHERE run_id = %(run)s AND position BETWEEN %(first)s AND %(last)s AND messages <> '[]'
"""
_TELL = """
UPDATE customers_importrow AS r SET messages = v.messages FROM jsonb_to_recordset(%(said)s) AS v(position bigint, messages jsonb)
 WHERE r.run_id = %(run)s AND r.position = v.position
"""


def gather(run: ImportRun, column: int) -> bool:
    """Put rows that share a value of `column` next to each other, where the file has them apart; whether it had.

    Line numbers stay; only the order of work changes. Two queries over the staged rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SCATTERED, {"run": run.pk, "column": column})
        if not cursor.fetchone()[0]:
            return False
        cursor.execute(_GATHER, {"run": run.pk, "column": column})
    return True


def named_first(run: ImportRun, naming: Naming) -> bool:
    """Put rows that name one below them behind it; whether there were any. Two rows that name each other stay as they are: they
    are met where they fall into one chunk. Line numbers stay. One query where nothing is to be done, else three."""
    given: dict[str, Any] = {"run": run.pk, "known_by": list(naming.known_by), "named_in": list(naming.named_in)}
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {**given, "both": False, "limit": 1})
        if cursor.fetchone() is None:
            return False
        cursor.execute(_NAMES, {**given, "both": True, "limit": None})
        storeys = _storeys(cursor.fetchall())
        cursor.execute(_IN_STOREYS, {"run": run.pk, "positions": list(storeys), "storeys": list(storeys.values())})
    return True


def _storeys(names: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Row → its storey: one above the highest below it in the file that it names, and not under any above it."""
    named: dict[int, list[int]] = {}
    for row, other in names:
        named.setdefault(row, []).append(other)
    found: dict[int, int] = {}
    for first in named:
        path = [first]
        while path:
            row = path[-1]
            if row in found:
                path.pop()
            elif (missing := next((other for other in named.get(row, ()) if other not in found and other not in path), None)) is not None:
                path.append(missing)
            else:
                found[path.pop()] = max((found.get(other, 0) + (other > row) for other in named.get(row, ())), default=0)
    return {row: storey for row, storey in found.items() if storey}


class StagedRows(NamedTuple):
    """Rows of the staging table from one place up to another, as they travel to the preparing process: as PostgreSQL put them
    into one text."""

    start: int
    until: int
    document: str

    def raw(self) -> list[RawRow]:
        return [RawRow(*row) for row in json.loads(self.document)]


def read_chunk(run: ImportRun, start: int, *, group_column: int | None, size: int = CHUNK) -> StagedRows | None:
    """Staged rows from `start` on: `size` of them, and the rest of the last group; None where there are no more. One query, two
    where rows are grouped."""
    until = start + size
    with connection.cursor() as cursor:
        if group_column is not None:
            most = start + max(size, _LONGEST_GROUP)
            cursor.execute(_GROUP_ENDS, {"run": run.pk, "until": until, "most": most, "column": group_column})
            until = (cursor.fetchone() or (until,))[0]
        cursor.execute(_READ, {"run": run.pk, "first": start, "until": until})
        count, document = cursor.fetchone()
    return StagedRows(start, start + count, document) if count else None


def settle(run: ImportRun, results: Sequence[RowResult]) -> None:
    """Write what became of each row of a chunk. Three queries at most."""
    if not results:
        return
    said = [{"position": row.position, "messages": [message.as_json() for message in row.messages]} for row in results if row.messages]
    lines = [f"{run.pk}\t{row.position}\t{row.outcome}\t{copy_value(row.object_id)}" for row in results]
    copy_lines(ImportResult, ("run_id", "position", "outcome", "object_id"), lines)
    places = [row.position for row in results]
    with connection.cursor() as cursor:
        cursor.execute(_HUSH, {"run": run.pk, "first": min(places), "last": max(places)})
        if said:
            cursor.execute(_TELL, {"run": run.pk, "said": json.dumps(said, ensure_ascii=False)})


def rejected_rows(run: ImportRun) -> QuerySet[ImportRow]:
    """The rows that a run could not take. One query now, for their places: joined, the planner takes two tables that have
    just grown for small ones, and reads one for every row of the other."""
    rejected = ImportResult.rows.filter(run=run, outcome=ImportResult.Outcome.REJECTED)
    return ImportRow.rows.filter(OneOf(F("position"), rejected.values_list("position", flat=True)), run=run)
