"""Analyses at 1,000,000 customers and 10,000,000 orders on the engine, and the same figures by PostgreSQL, pandas and polars in the same run."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bench import large

GOAL_TODAY, GOAL_PAST, GOAL_RATIO = 1.0, 3.0, 5.0
TODAY = ("rfm", "decile", "cpm")
ANY_DAY = ("rfm", "decile", "cpm", "repeat", "rfm_spread")


def run(*, quick: bool) -> dict[str, Any]:
    seeded = large.open_base(quick=quick)
    from enishi.warehouse.engine.server import Engine

    as_of = date.fromisoformat(str(seeded["as_of"]))
    past = as_of - timedelta(days=500)
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder), memory_mb=4_000, threads=2)
        engine.refresh()
        today = {name: _median(lambda name=name: _ask(engine, name, as_of)) for name in TODAY}
        earlier = {name: _median(lambda name=name: _ask(engine, name, past)) for name in ANY_DAY}
        rows = _ask(engine, "rfm", as_of)["cells"]["rows"]
        files = json.loads((Path(folder) / "manifest.json").read_text())["tables"]
        parquet = {name: str(Path(folder) / told["base"]) for name, told in files.items()}
        ours = today["rfm"]
        others = {
            name: _side(ask, parquet, as_of, rows) for name, ask in (("postgresql", _postgresql), ("pandas", _pandas), ("polars", _polars))
        }
        figures = {
            "customers": seeded["counts"]["customers_customer"],
            "orders": seeded["counts"]["commerce_order"],
            "today_seconds": {name: round(seconds, 2) for name, seconds in today.items()},
            "past_day_seconds": {name: round(seconds, 2) for name, seconds in earlier.items()},
            "rfm_by_others_seconds": {name: round(seconds, 2) for name, (seconds, _same) in others.items()},
            "times_faster": {name: round(seconds / ours, 1) for name, (seconds, _same) in others.items()},
            "same_figures": all(same for _seconds, same in others.values()),
        }
        engine.service.close()
    return {
        "figures": figures,
        "goal": f"today < {GOAL_TODAY:.0f} s, any past day < {GOAL_PAST:.0f} s; RFM {GOAL_RATIO:.0f} times as fast as PostgreSQL, faster than pandas and polars",
        "holds": max(today.values()) < GOAL_TODAY
        and max(earlier.values()) < GOAL_PAST
        and figures["same_figures"]
        and figures["times_faster"]["postgresql"] >= GOAL_RATIO
        and min(figures["times_faster"].values()) > 1,
    }


def _median(ask: Callable[[], Any]) -> float:
    times = []
    for _ in range(3):
        began = time.monotonic()
        ask()
        times.append(time.monotonic() - began)
    return statistics.median(times)


def _ask(engine: Any, name: str, as_of: date) -> Any:
    """One question whose answer is not kept from before."""
    engine.service.forget()
    question = {"analysis": name, "params": {"as_of": as_of.isoformat()}, "reach": {"everybody": True}, "wait_ms": 600_000}
    answer = engine.service.answer(json.dumps(question).encode())
    if answer.state != "done":
        raise RuntimeError(answer.error)
    return answer.tables


def _side(ask: Callable[..., list[list[int]]], parquet: dict[str, str], as_of: date, rows: list[list[int]]) -> tuple[float, bool]:
    """Seconds of RFM by others, reading included, and whether the cells are ours."""
    began = time.monotonic()
    found = ask(parquet, as_of)
    return time.monotonic() - began, sorted(map(list, found)) == sorted(rows)


def _since(as_of: date) -> date:
    from enishi.analytics.analyses.periods import window_start

    return window_start(as_of, 24)


_SQL = """
SELECT 1 + (days <= 365)::int + (days <= 180)::int + (days <= 90)::int + (days <= 30)::int AS r,
       1 + (n >= 2)::int + (n >= 3)::int + (n >= 5)::int + (n >= 10)::int AS f,
       1 + (yen >= 5000)::int + (yen >= 10000)::int + (yen >= 30000)::int + (yen >= 100000)::int AS m,
       count(*), sum(yen)::bigint
  FROM (SELECT o.customer_id, count(DISTINCT o.ordered_on) FILTER (WHERE o.counts) AS n, sum(o.goods_jpy) AS yen,
               %(as_of)s::date - max(o.ordered_on) FILTER (WHERE o.counts) AS days
          FROM commerce_order o JOIN customers_customer c ON c.id = o.customer_id AND c.archived_at IS NULL
         WHERE o.archived_at IS NULL AND o.ordered_on BETWEEN %(since)s AND %(as_of)s GROUP BY 1) AS buyers
 WHERE n > 0 GROUP BY 1, 2, 3
"""


def _postgresql(_parquet: dict[str, str], as_of: date) -> list[list[int]]:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '512MB'; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 2")
        cursor.execute(_SQL, {"as_of": as_of, "since": _since(as_of)})
        return [list(map(int, row)) for row in cursor.fetchall()]


def _pandas(parquet: dict[str, str], as_of: date) -> list[list[int]]:
    import pandas as pd

    orders = pd.read_parquet(parquet["orders"], columns=["customer_id", "ordered_on", "goods_jpy", "counts", "archived"])
    customers = pd.read_parquet(parquet["customers"], columns=["id", "archived"])
    orders["ordered_on"] = pd.to_datetime(orders["ordered_on"])
    first, last = pd.Timestamp(_since(as_of)), pd.Timestamp(as_of)
    orders = orders[~orders["archived"] & orders["customer_id"].notna() & orders["ordered_on"].between(first, last)]
    orders = orders[orders["customer_id"].isin(customers.loc[~customers["archived"], "id"])]
    bought = (
        orders[orders["counts"]].drop_duplicates(["customer_id", "ordered_on"]).groupby("customer_id")["ordered_on"].agg(["size", "max"])
    )
    bought["yen"] = orders.groupby("customer_id")["goods_jpy"].sum()
    days = (last - bought["max"]).dt.days
    cells = pd.DataFrame(
        {
            "r": 1 + sum((days <= limit).astype(int) for limit in (30, 90, 180, 365)),
            "f": 1 + sum((bought["size"] >= limit).astype(int) for limit in (2, 3, 5, 10)),
            "m": 1 + sum((bought["yen"] >= limit).astype(int) for limit in (5_000, 10_000, 30_000, 100_000)),
            "yen": bought["yen"],
        }
    )
    found = cells.groupby(["r", "f", "m"])["yen"].agg(["size", "sum"]).reset_index()
    return [[int(value) for value in row] for row in found.itertuples(index=False)]


def _polars(parquet: dict[str, str], as_of: date) -> list[list[int]]:
    import polars as pl

    customers = pl.scan_parquet(parquet["customers"]).filter(~pl.col("archived")).select(customer_id=pl.col("id"))
    orders = pl.scan_parquet(parquet["orders"]).filter(~pl.col("archived") & pl.col("ordered_on").is_between(_since(as_of), as_of))
    orders = orders.join(customers, on="customer_id", how="semi")
    counting = pl.col("ordered_on").filter(pl.col("counts"))
    buyers = (
        orders.group_by("customer_id")
        .agg(n=counting.n_unique(), last=counting.max(), yen=pl.col("goods_jpy").sum())
        .filter(pl.col("n") > 0)
    )
    days = (pl.lit(as_of) - pl.col("last")).dt.total_days()
    cells = buyers.select(
        r=1 + sum((days <= limit).cast(pl.Int64) for limit in (30, 90, 180, 365)),
        f=1 + sum((pl.col("n") >= limit).cast(pl.Int64) for limit in (2, 3, 5, 10)),
        m=1 + sum((pl.col("yen") >= limit).cast(pl.Int64) for limit in (5_000, 10_000, 30_000, 100_000)),
        yen=pl.col("yen"),
    )
    found = cells.group_by("r", "f", "m").agg(size=pl.len(), total=pl.col("yen").sum()).collect()
    return [[int(value) for value in row] for row in found.rows()]
