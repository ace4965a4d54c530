"""What visitors of the large base's web shop did: fifty events a customer, straight to Parquet, a file for each month.

Every order of the shop has the visit that led to it, with the goods of its lines looked at and put into the cart; visits
without an order fill up to fifty a customer. Ids, times and kinds only: nothing here names a person. The same base gives
the same events. PostgreSQL hands over orders and lines as CSV, DuckDB makes the rest.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb
import psycopg

EVENTS_A_CUSTOMER = 50
ANONYMOUS_PERCENT = 30  # of the visits that led to nothing
_MEMORY = "2GB"
_FIRST_STRANGER = 4_000_000_000  # browsers of nobody known; a customer has two, their id × 2 and × 2 + 1

_HANDED_OVER = {
    "customer": "SELECT id, extract(epoch FROM created_at)::bigint FROM customers_customer",
    "bought": "SELECT id, customer_id, extract(epoch FROM ordered_at)::bigint FROM commerce_order"
    " WHERE channel = 'ec' AND customer_id IS NOT NULL",
    "line": "SELECT order_id, line_no, product_id FROM commerce_orderline WHERE quantity > 0",
    "product": "SELECT id FROM commerce_product",
}
_COLUMNS = {
    "customer": "{'id': 'BIGINT', 'sec': 'BIGINT'}",
    "bought": "{'id': 'BIGINT', 'customer_id': 'BIGINT', 'sec': 'BIGINT'}",
    "line": "{'order_id': 'BIGINT', 'line_no': 'INTEGER', 'product_id': 'BIGINT'}",
    "product": "{'id': 'BIGINT'}",
}
# The same numbers every time, as signed ones.
_DRAWING = """
CREATE MACRO drawn2(a, b) AS (hash(a, b) >> 1)::BIGINT;
CREATE MACRO drawn3(a, b, c) AS (hash(a, b, c) >> 1)::BIGINT;
"""
# A visit with an order: the first page, each of the goods looked at and put into the cart, checkout, purchase.
_ORDER_VISITS = """
CREATE TABLE order_visit AS
SELECT b.id AS order_id, b.customer_id, b.sec, l.products, drawn2(b.id, 'order') AS chance
  FROM bought b JOIN (SELECT order_id, list(product_id ORDER BY line_no) AS products FROM line GROUP BY order_id) l ON l.order_id = b.id
"""
# A visit without: one to seven pages. Known people come after they joined; most come in the evening.
_OTHER_VISITS = """
CREATE TABLE other_visit AS
WITH visit AS (SELECT range AS no, drawn2(range, 'visit') AS chance, 1 + range % 7 AS pages FROM range($visits)),
     guest AS (SELECT *, chance % 100 < $anonymous AS unknown, 1 + drawn2(no, 'who') % $customers AS who FROM visit)
SELECT g.no, g.chance, g.pages, CASE WHEN NOT unknown THEN c.id END AS customer_id,
       86400 * ((greatest(c.sec, $start) + drawn2(g.no, 'when') % greatest($until - greatest(c.sec, $start), 1)) // 86400)
       + 3600 * ([12, 13, 13, 11, 12, 10, 3, 4, 5, 0, 22, 23])[1 + drawn2(g.no, 'hour') % 12] + drawn2(g.no, 'second') % 3600 AS sec
  FROM guest g JOIN customer c ON c.id = g.who
"""
_MONTH = """
COPY (
WITH step AS (
  SELECT *, len(products) AS n, unnest(range(2 * len(products) + 3)) AS place FROM order_visit WHERE sec >= $from AND sec < $until
), page AS (
  SELECT *, unnest(range(pages)) AS place FROM other_visit WHERE sec >= $from AND sec < $until
), event AS (
  SELECT 2 * order_id AS visit_id, 2 * customer_id + chance % 2 AS browser_id, customer_id,
         CASE WHEN place = 0 THEN 'page_view' WHEN place = 2 * n + 1 THEN 'checkout' WHEN place = 2 * n + 2 THEN 'purchase'
              WHEN place % 2 = 1 THEN 'product_view' ELSE 'cart_add' END AS kind,
         sec - (2 * n + 2 - place) * (15 + chance % 45) AS sec,
         CASE WHEN place BETWEEN 1 AND 2 * n THEN products[(place + 1) // 2] END AS product_id,
         CASE WHEN place = 2 * n + 2 THEN order_id END AS order_id, chance
    FROM step
  UNION ALL
  SELECT 2 * no + 1, CASE WHEN customer_id IS NULL THEN $stranger + no ELSE 2 * customer_id + chance % 2 END, customer_id,
         CASE WHEN place = 0 OR drawn2(no, place) % 3 = 0 THEN 'page_view' ELSE 'product_view' END,
         sec + place * (20 + chance % 70),
         CASE WHEN place > 0 AND drawn2(no, place) % 3 > 0 THEN $goods[1 + drawn3(no, place, 'goods') % len($goods)] END,
         NULL, chance
    FROM page
)
SELECT visit_id::BIGINT AS visit_id, browser_id::BIGINT AS browser_id, customer_id, kind, to_timestamp(sec) AS "at", product_id, order_id,
       (['direct', 'search', 'mail', 'line', 'ad', 'sns'])[1 + chance % 6] AS source,
       CASE WHEN chance % 10 < 7 THEN 'phone' ELSE 'desktop' END AS device
  FROM event ORDER BY sec, visit_id, kind
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""


def write_events(database_url: str, folder: Path, *, as_of: date) -> dict[str, object]:
    """Fifty events for each customer into `folder`, whole or not at all: rows, files, bytes, seconds."""
    began = time.monotonic()
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work, duckdb.connect(str(Path(work) / "visits.duckdb")) as base:
        base.execute(f"SET memory_limit = '{_MEMORY}'; SET TimeZone = 'UTC'; SET temp_directory = '{work}'")
        base.execute(_DRAWING)
        _hand_over(database_url, Path(work), base)
        _invent_visits(base, as_of)
        rows = sum(_write_month(base, fresh, start, until) for start, until in _months(base))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    files = sorted(folder.iterdir())
    size = sum(file.stat().st_size for file in files)
    return {"rows": rows, "files": len(files), "bytes": size, "seconds": round(time.monotonic() - began, 1), "folder": str(folder)}


def _hand_over(database_url: str, work: Path, base: duckdb.DuckDBPyConnection) -> None:
    with psycopg.connect(database_url) as server, server.cursor() as cursor:
        for name, query in _HANDED_OVER.items():
            file = work / f"{name}.csv"
            with file.open("wb") as out, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
                for piece in copy:
                    out.write(piece)
            base.execute(f"CREATE TABLE {name} AS FROM read_csv('{file}', header = false, columns = {_COLUMNS[name]})")
            file.unlink()


def _invent_visits(base: duckdb.DuckDBPyConnection, as_of: date) -> None:
    base.execute(_ORDER_VISITS)
    customers, start = _one(base, "SELECT count(*), min(sec) FROM customer")
    (told,) = _one(base, "SELECT coalesce(sum(2 * len(products) + 3), 0) FROM order_visit")
    wanted = max(customers * EVENTS_A_CUSTOMER - told, 0)
    whole, rest = divmod(wanted, 28)  # seven visits have 1 + … + 7 pages
    visits = 7 * whole
    until = int(time.mktime((as_of.year, as_of.month, as_of.day, 0, 0, 0, 0, 0, 0)))
    numbers = {"visits": visits, "customers": customers, "anonymous": ANONYMOUS_PERCENT, "start": start, "until": until}
    base.execute(_OTHER_VISITS, numbers)
    if rest:
        base.execute("UPDATE other_visit SET pages = pages + $rest WHERE no = (SELECT max(no) FROM other_visit)", {"rest": rest})


def _months(base: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """The months in which visits began, as seconds: from, until."""
    found = base.execute(
        "SELECT epoch(m)::BIGINT, epoch(m + INTERVAL 1 MONTH)::BIGINT FROM (SELECT DISTINCT date_trunc('month', to_timestamp(sec)) AS m"
        " FROM (SELECT sec FROM order_visit UNION ALL SELECT sec FROM other_visit)) ORDER BY m"
    ).fetchall()
    return [(int(start), int(until)) for start, until in found]


def _write_month(base: duckdb.DuckDBPyConnection, folder: Path, start: int, until: int) -> int:
    path = folder / f"{time.strftime('%Y-%m', time.gmtime(start))}.parquet"
    goods = [number for (number,) in base.execute("SELECT id FROM product ORDER BY id").fetchall()]
    numbers = {"from": start, "until": until, "stranger": _FIRST_STRANGER, "goods": goods}
    base.execute(_MONTH.replace("{path}", str(path)), numbers)
    return int(_one(base, "SELECT count(*) FROM read_parquet($path)", {"path": str(path)})[0])


def _one(base: duckdb.DuckDBPyConnection, query: str, values: dict[str, str] | None = None) -> tuple[int, ...]:
    (row,) = base.execute(query, values).fetchall()
    return row


if __name__ == "__main__":
    target, day = sys.argv[1:]
    print(json.dumps(write_events(os.environ["ENISHI_DATABASE_URL_OWNER"], Path(target), as_of=date.fromisoformat(day))))
