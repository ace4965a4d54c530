"""A mirror of made-up rows, without a database: what analyses are tried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import connection

from enishi.warehouse import mirror, source
from enishi.warehouse.mirror import Refreshed
from enishi.warehouse.store import Files, Manifest, Store
from enishi.warehouse.tables import mirror_tables
from enishi.warehouse.working import WorkingSet

type Rows = Sequence[Mapping[str, Any]]

_ORDER = {
    "counts": True,
    "archived": False,
    "subscription": False,
    "channel": "ec",
    "state": "done",
    "payment_method": "",
    **dict.fromkeys(("shipping_jpy", "fee_jpy", "discount_jpy", "coupon_jpy", "points_jpy"), 0),
    "coupon_code": "",
}
_CUSTOMER = {"kind": "person", "gender": "", "prefecture": "", "acquisition_source": "", "lifecycle": "prospect", "archived": False}


def order(pk: int, customer_id: int | None, on: Any, goods_jpy: int = 1_000, **more: Any) -> dict[str, Any]:
    return _ORDER | {"id": pk, "customer_id": customer_id, "ordered_on": on, "goods_jpy": goods_jpy} | more


def customer(pk: int, **more: Any) -> dict[str, Any]:
    return _CUSTOMER | {"id": pk} | more


def line(pk: int, order_id: int, product_id: int | None, amount_jpy: int = 1_000, pieces: int = 1, **more: Any) -> dict[str, Any]:
    return {"id": pk, "order_id": order_id, "product_id": product_id, "amount_jpy": amount_jpy, "quantity_milli": pieces * 1_000} | more


def working_set(folder: Path, *, customers: Rows, orders: Rows, lines: Rows = (), products: Rows = ()) -> WorkingSet:
    """A working set over these rows; columns that are left out are empty."""
    return _over(folder, {"customers": customers, "orders": orders, "order_lines": lines, "products": products})


def as_the_base_is(folder: Path) -> WorkingSet:
    """A working set over the database as this test's own transaction sees it."""
    found = {}
    with connection.cursor() as cursor:
        for table in mirror_tables():
            cursor.execute(source.select(table))
            found[table.name] = [dict(zip(table.columns, row, strict=True)) for row in cursor.fetchall()]
    return _over(folder, found)


def _over(folder: Path, told: Mapping[str, Rows]) -> WorkingSet:
    store, files = Store(folder), {}
    for table in mirror_tables():
        schema, name = mirror.schema_of(table), f"{table.name}-base.parquet"
        rows = told.get(table.name, ())
        batch = pa.RecordBatch.from_pylist([{column: row.get(column) for column in table.columns} for row in rows], schema=schema)
        files[table.name] = Files(name, store.write(name, [batch], schema))
    manifest = Manifest("made up", "", "1:1:", 1, 1, files)
    working = WorkingSet(store, mirror_tables(), memory_mb=500, threads=1, spill=folder / "spill")
    working.follow(Refreshed(manifest, whole=True, changes={}))
    return working
