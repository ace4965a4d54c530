"""Brings the mirror up to date: whole the first time and when the database is another one, else by what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from enishi.platform.mirrored import MirrorTable, MirrorType
from enishi.warehouse import source
from enishi.warehouse.store import GONE, SEQ, Files, Manifest, Store, shape_of, with_changes

if TYPE_CHECKING:
    import pyarrow as pa

MOST_FILES = 60  # of changes of one table, before they are worked into its base
MOST_CHANGED = 0.05  # share of the base's rows


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What the mirror is now, and whether the tables were read whole; `changes`: the new files of changes by table."""

    manifest: Manifest
    whole: bool
    changes: Mapping[str, str]


def refresh(store: Store, tables: Sequence[MirrorTable]) -> Refreshed:
    """Read what is new by one snapshot and publish it. Safe to be killed at any moment: what was published before stays.

    Nothing that a slow transaction writes is missed, and nothing is read twice: each reading asks for what the one before, by its
    snapshot, could not see.
    """
    known, shape = store.read(), shape_of(tables)
    with source.reading() as now:
        if known is None or not _goes_on(known, now, shape):
            manifest = _read_whole(store, tables, now, version=known.version + 1 if known else 1, shape=shape)
            store.publish(manifest, before=known)
            return Refreshed(manifest, whole=True, changes={})
        manifest, changes = _read_changes(store, tables, now, known)
    store.publish(manifest, before=known)
    return Refreshed(manifest, whole=False, changes=changes)


def _goes_on(known: Manifest, now: source.Reading, shape: str) -> bool:
    """Whether what is known is an earlier look at the same database, with the same columns."""
    try:
        earlier = source.oldest_open(known.snapshot) <= source.oldest_open(now.snapshot)
    except ValueError:
        return False
    return earlier and known.shape == shape and known.origin == now.origin


def republished(store: Store, refreshed: Refreshed, tables: Mapping[str, Files]) -> Refreshed:
    """The same rows in other files, published."""
    if tables == refreshed.manifest.tables:
        return refreshed
    manifest = replace(refreshed.manifest, tables=dict(tables))
    store.publish(manifest, before=refreshed.manifest)
    return replace(refreshed, manifest=manifest)


def _read_whole(store: Store, tables: Sequence[MirrorTable], now: source.Reading, *, version: int, shape: str) -> Manifest:
    found = {}
    for table in tables:
        name = f"{table.name}-{version:08d}-base.parquet"
        schema = schema_of(table)
        found[table.name] = Files(name, store.write(name, _cast(now.rows(table), schema), schema))
    return Manifest(now.origin, shape, now.snapshot, now.at_us, version, found)


def _read_changes(store: Store, tables: Sequence[MirrorTable], now: source.Reading, known: Manifest) -> tuple[Manifest, dict[str, str]]:
    """The manifest with what is new; of the same version where nothing is."""
    gone = now.gone([table for table in tables if not table.whole], since=known.snapshot)
    version, changes, found = known.version + 1, {}, dict(known.tables)
    for table in tables:
        name, files = f"{table.name}-{version:08d}.parquet", known.tables[table.name]
        if table.whole:
            schema = schema_of(table)
            rows = store.write(name, _cast(now.rows(table), schema), schema)
            if store.path(name).read_bytes() == store.path(files.base).read_bytes():
                store.path(name).unlink()
                continue
            found[table.name] = Files(name, rows)
        else:
            rows = store.write(name, _changed(table, now, gone[table.name], known), changes_of(table))
            if not rows:
                store.path(name).unlink()
                continue
            found[table.name] = with_changes(files, name, rows)
        changes[table.name] = name
    manifest = replace(known, snapshot=now.snapshot, at_us=now.at_us, version=version if changes else known.version, tables=found)
    return manifest, changes


def _changed(table: MirrorTable, now: source.Reading, gone: set[int], known: Manifest) -> Iterator[pa.RecordBatch]:
    """The rows that were written, and after them the keys of those deleted; a row that came back under its key is alive."""
    import pyarrow as pa

    schema = changes_of(table)
    alive: set[int] = set()

    def of_changes(columns: Sequence[pa.Array], *, gone: bool) -> pa.RecordBatch:
        count = len(columns[0])
        told = [pa.array([gone] * count, pa.bool_()), pa.array([known.version + 1] * count, pa.int64())]
        return pa.RecordBatch.from_arrays([*columns, *told], schema=schema)

    for batch in _cast(now.rows(table, since=known.snapshot), schema_of(table)):
        alive.update(gone.intersection(batch.column(table.key).to_pylist()) if gone else ())
        yield of_changes(batch.columns, gone=False)
    if left := sorted(gone - alive):
        yield of_changes(
            [pa.array(left, pa.int64()) if name == table.key else pa.nulls(len(left), schema.field(name).type) for name in table.columns],
            gone=True,
        )


def wants_compaction(files: Files) -> bool:
    """Whether so much has changed that reading the base and the changes apart costs more than writing the base anew."""
    return len(files.changes) > MOST_FILES or files.changed > max(200_000, MOST_CHANGED * files.rows)


def schema_of(table: MirrorTable) -> pa.Schema:
    import pyarrow as pa

    types: dict[MirrorType, pa.DataType] = {
        "int64": pa.int64(),
        "int32": pa.int32(),
        "bool": pa.bool_(),
        "date": pa.date32(),
        "string": pa.string(),
    }
    return pa.schema([pa.field(name, types[column.type]) for name, column in table.columns.items()])


def ibis_changes(table: MirrorTable) -> Mapping[str, str]:
    """The columns of files of changes, as Ibis calls their types."""
    return {name: column.type for name, column in table.columns.items()} | {GONE: "bool", SEQ: "int64"}


def changes_of(table: MirrorTable) -> pa.Schema:
    import pyarrow as pa

    return schema_of(table).append(pa.field(GONE, pa.bool_())).append(pa.field(SEQ, pa.int64()))


def _cast(batches: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """PostgreSQL's types as the mirror's."""
    for batch in batches:
        yield batch.cast(schema) if batch.schema != schema else batch
