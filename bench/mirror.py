"""The mirror at 1,000,000 customers and 10,000,000 orders: read whole, and what 10,000 changed rows take until they are counted."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from bench import large

GOAL_ROWS, GOAL_SECONDS = 500_000, 5.0
CHANGED = 10_000


def run(*, quick: bool) -> dict[str, Any]:
    large.open_base(quick=quick)
    from enishi.warehouse import mirror
    from enishi.warehouse.store import Store
    from enishi.warehouse.tables import mirror_tables
    from enishi.warehouse.working import WorkingSet

    with tempfile.TemporaryDirectory() as folder:
        store, tables = Store(Path(folder)), mirror_tables()
        began = time.monotonic()
        refreshed = mirror.refresh(store, tables)
        whole = time.monotonic() - began
        rows = sum(files.rows for files in refreshed.manifest.tables.values())
        working = WorkingSet(store, tables, memory_mb=4_000, threads=2, spill=Path(folder) / "spill")
        began = time.monotonic()
        working.follow(refreshed)
        loaded = time.monotonic() - began
        changes = [_increment(store, tables, working) for _ in range(3)]
        idle = _timed(lambda: mirror.refresh(store, tables))
        same = _sums(working) == _truth()
        found = {
            "rows": rows,
            "rows_a_second": round(rows / whole),
            "whole_seconds": round(whole, 1),
            "load_seconds": round(loaded, 1),
            "changed_rows": CHANGED,
            "increment_seconds": [round(seconds, 2) for seconds in changes],
            "nothing_new_seconds": round(idle, 2),
            "megabytes": round(sum(path.stat().st_size for path in Path(folder).glob("*.parquet")) / 1e6),
            "same_yen_as_postgresql": same,
            "slow_transaction_is_not_lost": _slow_transaction(store, tables, working),
        }
    return {
        "figures": found,
        "goal": f"whole >= {GOAL_ROWS:,} rows/s; {CHANGED:,} changed rows counted within {GOAL_SECONDS:.0f} s; nothing lost, not a yen",
        "holds": found["rows_a_second"] >= GOAL_ROWS
        and max(changes) < GOAL_SECONDS
        and same
        and bool(found["slow_transaction_is_not_lost"]),
    }


def _timed(work: Any) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _increment(store: Any, tables: Any, working: Any) -> float:
    """Seconds from the commit of 10,000 changed orders, all over the table, until they are counted."""
    from enishi.commerce.models import Order
    from enishi.warehouse import mirror

    step = max(1, Order.rows.count() // CHANGED)
    ids = list(Order.rows.order_by("pk").values_list("pk", flat=True)[::step][:CHANGED]) if step < 50 else _spread(step)
    Order.rows.filter(pk__in=ids).update(tax_jpy=0, goods_jpy=_plus_one())
    return _timed(lambda: working.follow(mirror.refresh(store, tables)))


def _spread(step: int) -> list[int]:
    from enishi.commerce.models import Order

    first, last = (Order.rows.order_by(order).values_list("pk", flat=True)[0] for order in ("pk", "-pk"))
    return list(range(first, last, step))[:CHANGED]


def _plus_one() -> Any:
    from django.db.models import F

    return F("goods_jpy") + 1


def _sums(working: Any) -> tuple[int, int, int]:
    with working.cursor() as cursor:
        [row] = cursor.execute("SELECT count(*), sum(revenue_jpy)::BIGINT, sum(bought::INT)::BIGINT FROM purchase_days").fetchall()
    return row  # type: ignore[no-any-return]


def _truth() -> tuple[int, int, int]:
    """The same of PostgreSQL's own orders: days of customers, yen, days with a purchase."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), sum(goods)::bigint, count(*) FILTER (WHERE bought) FROM (SELECT sum(goods_jpy) AS goods, bool_or(counts) AS bought"
            " FROM commerce_order WHERE customer_id IS NOT NULL AND archived_at IS NULL GROUP BY customer_id, ordered_on) AS days"
        )
        row: tuple[int, int, int] = tuple(map(int, cursor.fetchone()))  # type: ignore[assignment]
    return row


def _slow_transaction(store: Any, tables: Any, working: Any) -> bool:
    """Whether what a transaction wrote before, and committed after, a younger one's rows were read, arrives."""
    from django.db import connection, transaction

    from enishi.commerce.models import Order
    from enishi.warehouse import mirror

    ids = list(Order.rows.order_by("pk").values_list("pk", flat=True)[:2])
    written, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            Order.rows.filter(pk=ids[0]).update(goods_jpy=111_111)
            written.set()
            may_end.wait(60)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(60)
    Order.rows.filter(pk=ids[1]).update(goods_jpy=222_222)
    working.follow(mirror.refresh(store, tables))
    early = _goods(working, ids)
    may_end.set()
    thread.join()
    working.follow(mirror.refresh(store, tables))
    return early[1] == 222_222 and _goods(working, ids) == [111_111, 222_222]


def _goods(working: Any, ids: list[int]) -> list[int]:
    with working.cursor() as cursor:
        rows = cursor.execute("SELECT goods_jpy FROM orders WHERE id IN (?, ?) ORDER BY id", ids).fetchall()
    return [row[0] for row in rows]
