"""The mirror's folder: Parquet files that are written once, and one manifest that names those that count.

A reader, or a process that comes up after a crash, sees what the manifest says; a file that it does not name is nobody's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from enishi.platform.mirrored import MirrorTable

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
GONE, SEQ = "_gone", "_seq"  # in files of changes: the row was deleted; by which version of the mirror
_PIECE = 250_000  # rows of a group: what one thread reads at once
_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Files:
    """One table: its rows as they once were, and the files of changes since, the oldest first."""

    base: str
    rows: int
    changes: tuple[str, ...] = ()
    changed: int = 0  # rows in all files of changes


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the mirror holds. `version` grows with every change of it: whatever was computed is of one version."""

    origin: str
    shape: str
    snapshot: str  # which transactions it has read
    at_us: int
    version: int
    tables: Mapping[str, Files] = field(default_factory=dict)
    format: int = FORMAT


def shape_of(tables: Sequence[MirrorTable]) -> str:
    """What the tables look like, as one word: a mirror of another shape is made anew."""
    told = [(table.name, table.model, table.key, table.whole, [(n, asdict(c)) for n, c in table.columns.items()]) for table in tables]
    return sha256(json.dumps(told).encode()).hexdigest()[:16]


class Store:
    """A folder of one mirror. One process writes it (`locked`), any number read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self) -> Manifest | None:
        """What stands there now; None where there is nothing, or nothing that this code can read."""
        try:
            told = json.loads((self.folder / _MANIFEST).read_text())
            if told.get("format") != FORMAT:
                return None
            tables = {name: Files(**{**files, "changes": tuple(files["changes"])}) for name, files in told.pop("tables").items()}
            return Manifest(**told, tables=tables)
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def path(self, name: str) -> Path:
        return self.folder / name

    def write(self, name: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> int:
        """A new file of these rows, on the disk when this returns; how many they are."""
        import pyarrow.parquet as pq

        rows = 0
        with pq.ParquetWriter(self.path(name), schema, compression="zstd", compression_level=1) as writer:
            for piece in _pieces(batches, schema):
                writer.write_table(piece, row_group_size=_PIECE)
                rows += piece.num_rows
        _to_disk(self.path(name))
        return rows

    def settle(self, name: str) -> None:
        """A file that somebody else wrote here is on the disk when this returns."""
        _to_disk(self.path(name))

    def publish(self, manifest: Manifest, *, before: Manifest | None) -> None:
        """From here on this is the mirror. Files that neither it nor the one before it names are removed: a reader of that one may
        still have them open."""
        fresh = self.path(f".{_MANIFEST}")
        fresh.write_text(json.dumps(asdict(manifest)))
        _to_disk(fresh)
        fresh.replace(self.path(_MANIFEST))
        _to_disk(self.folder)
        named = {name for told in (manifest, before) if told for files in told.tables.values() for name in (files.base, *files.changes)}
        for path in self.folder.glob("*.parquet"):
            if path.name not in named:
                with suppress(OSError):
                    path.unlink()


def with_changes(files: Files, name: str, rows: int) -> Files:
    return replace(files, changes=(*files.changes, name), changed=files.changed + rows)


def _pieces(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows as tables of about one group each, however small the batches come."""
    import pyarrow as pa

    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(one.num_rows for one in held) >= _PIECE:
            yield pa.Table.from_batches(held, schema)
            held = []
    yield pa.Table.from_batches(held, schema)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Whether this process alone may write the folder, until the block ends; the kernel frees the lock of a dead process."""
    import fcntl

    with (folder / "writer.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
