"""The mirror as the engine works on it: views over its files, and in memory what nearly every analysis reads.

One thread keeps it up to date (`follow`); queries run on cursors of their own and see it as it was when they began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from enishi.platform.mirrored import MirrorTable
from enishi.warehouse import mirror
from enishi.warehouse.mirror import Refreshed
from enishi.warehouse.store import GONE, Files, Store
from enishi.warehouse.tables import PURCHASE_DAYS, Tables, current_rows, purchase_days, unbound

if TYPE_CHECKING:
    import ibis.expr.types as ir

# Every name in these is of a table or a file of ours.
_REMADE = "CREATE OR REPLACE TABLE {name} AS SELECT * FROM ({rows}) ORDER BY {order}"
_VIEW = "CREATE OR REPLACE VIEW {name} AS {rows}"
_BASE = "SELECT * FROM '{file}'"
_CHANGES = "SELECT * FROM read_parquet([{files}])"
_INSERT = "INSERT INTO {name} ({columns}) {rows}"
_ALIVE = "SELECT {columns} FROM '{file}' WHERE NOT {gone}"
_DELETE = "DELETE FROM {name} WHERE {key} IN (SELECT {key} FROM {of})"
_COUNT = "SELECT count(*) FROM '{file}'"
_COPY = "COPY (SELECT * FROM {name} ORDER BY {key}) TO '{file}' (COMPRESSION zstd)"
#: Whose an order was as well as whose it is: it may have gone from one to the other, or away.
_TOUCH = (
    "CREATE OR REPLACE TEMP TABLE touched_customers AS SELECT customer_id FROM '{file}' WHERE customer_id IS NOT NULL"
    " UNION SELECT customer_id FROM orders WHERE id IN (SELECT id FROM '{file}') AND customer_id IS NOT NULL"
)
_UNTOUCH = "DROP TABLE touched_customers"

IN_MEMORY = ("customers", "products", "stores")  # small, and joined to everything


class WorkingSet:
    """DuckDB over one mirror. `memory_mb` bounds what it takes; what does not fit goes to files under `spill`."""

    def __init__(self, store: Store, tables: Sequence[MirrorTable], *, memory_mb: int, threads: int, spill: Path) -> None:
        spill.mkdir(parents=True, exist_ok=True)
        config: dict[str, Any] = {
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
        self._store, self._tables = store, {table.name: table for table in tables}
        self._db = duckdb.connect(":memory:", config=config)
        self.version, self.at_us = 0, 0

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the same tables, for one query at a time."""
        return self._db.cursor()

    def names(self) -> Tables:
        """The tables as expressions name them; before `follow` has run there are none behind the names."""
        mirrored = {name: unbound(table) for name, table in self._tables.items() if name in Tables.__dataclass_fields__}
        return Tables(**mirrored, purchase_days=ibis.table(purchase_days(mirrored["orders"]).schema(), name=PURCHASE_DAYS))

    def follow(self, refreshed: Refreshed) -> None:
        """Become what the mirror is now, in one transaction: all of it, or what has changed since the last time."""
        manifest = refreshed.manifest
        if manifest.version != self.version:
            with self._db.cursor() as db:
                db.execute("BEGIN")
                if refreshed.whole or not self.version or self.version != manifest.version - 1:
                    self._load(db, manifest.tables)
                else:
                    self._apply(db, manifest.tables, refreshed.changes)
                db.execute("COMMIT")
        self.version, self.at_us = manifest.version, manifest.at_us

    def compact(self, refreshed: Refreshed) -> Refreshed:
        """Work the changes of tables that have many of them into their bases; the same rows, in fewer files."""
        found = dict(refreshed.manifest.tables)
        for name, files in refreshed.manifest.tables.items():
            if not self._tables[name].whole and mirror.wants_compaction(files):
                found[name] = self._rebased(self._tables[name], files, refreshed.manifest.version)
        done = mirror.republished(self._store, refreshed, found)
        with self._db.cursor() as db:
            db.execute("BEGIN")
            for name, files in found.items():
                if files != refreshed.manifest.tables[name]:
                    self._view(db, name, files)
            db.execute("COMMIT")
        return done

    def _rebased(self, table: MirrorTable, files: Files, version: int) -> Files:
        name = f"{table.name}-{version:08d}-base.parquet"
        with self._db.cursor() as db:
            db.execute(_COPY.format(name=self._mirrored(table), key=table.key, file=self._file(name)))
            [(rows,)] = db.execute(_COUNT.format(file=self._file(name))).fetchall()
        self._store.settle(name)
        return Files(name, rows)

    # ---- from files to tables ---------------------------------------------------------------------------------

    def _load(self, db: duckdb.DuckDBPyConnection, tables: Mapping[str, Files]) -> None:
        for name, files in tables.items():
            self._view(db, name, files)
            if name in IN_MEMORY:
                self._remake(db, name)
        days = _sql(purchase_days(unbound(self._tables["orders"])))
        db.execute(_REMADE.format(name=PURCHASE_DAYS, rows=days, order="customer_id, ordered_on"))

    def _apply(self, db: duckdb.DuckDBPyConnection, tables: Mapping[str, Files], changes: Mapping[str, str]) -> None:
        if "orders" in changes:
            db.execute(_TOUCH.format(file=self._file(changes["orders"])))
        for name, change in changes.items():
            self._view(db, name, tables[name])
            if name in IN_MEMORY and self._tables[name].whole:
                self._remake(db, name)
            elif name in IN_MEMORY:
                columns, file = ", ".join(self._tables[name].columns), self._file(change)
                db.execute(_DELETE.format(name=name, key="id", of=f"'{file}'"))
                db.execute(_INSERT.format(name=name, columns=columns, rows=_ALIVE.format(columns=columns, file=file, gone=GONE)))
        if "orders" in changes:
            touched = ibis.table({"customer_id": "int64"}, name="touched_customers")
            days = purchase_days(unbound(self._tables["orders"]).semi_join(touched, "customer_id"))
            db.execute(_DELETE.format(name=PURCHASE_DAYS, key="customer_id", of="touched_customers"))
            db.execute(_INSERT.format(name=PURCHASE_DAYS, columns=", ".join(days.columns), rows=_sql(days)))
            db.execute(_UNTOUCH)

    def _remake(self, db: duckdb.DuckDBPyConnection, name: str) -> None:
        """A table in memory as its files tell it."""
        rows = ibis.table(unbound(self._tables[name]).schema(), name=self._mirrored(self._tables[name]))
        db.execute(_REMADE.format(name=name, rows=_sql(rows), order="id"))

    def _view(self, db: duckdb.DuckDBPyConnection, name: str, files: Files) -> None:
        """The table as its files tell it; those in memory stand beside it under the plain name."""
        table = self._tables[name]
        db.execute(_VIEW.format(name=f"{name}__base", rows=_BASE.format(file=self._file(files.base))))
        rows = ibis.table(unbound(table).schema(), name=f"{name}__base")
        if files.changes:
            listed = ", ".join(f"'{self._file(change)}'" for change in files.changes)
            db.execute(_VIEW.format(name=f"{name}__changes", rows=_CHANGES.format(files=listed)))
            rows = current_rows(rows, ibis.table(mirror.ibis_changes(table), name=f"{name}__changes"), table.key)
        db.execute(_VIEW.format(name=self._mirrored(table), rows=_sql(rows)))

    def _mirrored(self, table: MirrorTable) -> str:
        return f"{table.name}__mirrored" if table.name in IN_MEMORY else table.name

    def _file(self, name: str) -> str:
        return str(self._store.path(name)).replace("'", "''")


def _sql(rows: ir.Table) -> str:
    return str(ibis.to_sql(rows, dialect="duckdb"))
