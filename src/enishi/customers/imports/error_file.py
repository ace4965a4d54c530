"""The rejected rows of a run as a file: the same columns and encoding, with what is wrong beside each row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import BinaryIO, cast

from django.utils.translation import gettext as _

from enishi.customers.importing.errors_file import ErrorsFile
from enishi.customers.importing.sniff import FileShape
from enishi.customers.imports import staged
from enishi.customers.models import ImportRun
from enishi.platform import files
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.models import StoredFile
from enishi.platform.time import now

_ROWS = 2_000


class _Outlet:
    """A file that is only written to; what was written is taken away in pieces."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(data)
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        piece = b"".join(self._pieces)
        self._pieces.clear()
        return piece


@action
def make_error_file(*, run_id: int, actor: Actor) -> StoredFile | None:
    """Write the rejected rows of a run into a file of its owner's; None where nothing was rejected. Raises DiskFull."""
    run = ImportRun.rows.select_related("file", "error_file").get(pk=run_id)
    if not run.rejected_count:
        return None
    if run.error_file is not None:
        return run.error_file
    found = files.store(name=error_file_name(run), chunks=_pieces(run), actor=actor, at=now())
    ImportRun.rows.filter(pk=run_id).update(error_file=found)
    return found


def error_file_name(run: ImportRun) -> str:
    name = PurePath(run.file.name)
    return _("%(name)s_エラー%(suffix)s") % {
        "name": name.stem[:200],
        "suffix": ".csv" if name.suffix.lower() == ".xlsx" else name.suffix[:10],
    }


def _pieces(run: ImportRun) -> Iterator[bytes]:
    outlet = _Outlet()
    file = ErrorsFile(cast("BinaryIO", outlet), FileShape.from_json(run.shape), [str(column["name"]) for column in run.columns])
    rows = staged.rejected_rows(run).order_by("row_no")
    for count, (row_no, cells, messages) in enumerate(rows.values_list("row_no", "cells", "messages").iterator(chunk_size=_ROWS), start=1):
        file.add(row_no, cells, spoken(run, messages))
        if count % _ROWS == 0:
            yield outlet.taken()
    file.close()
    yield outlet.taken()


def spoken(run: ImportRun, messages: list[dict[str, str]]) -> list[str]:
    """Messages with the heading of their column before them, as the person knows it from the file."""
    headings = {key: str(run.columns[int(column)]["name"]) for column, key in run.mapping.items() if key and int(column) < len(run.columns)}
    found = []
    for message in messages:
        heading = headings.get(message.get("column", ""), "")
        text = message.get("text", "")
        found.append(f"{heading}: {text}" if heading and heading not in text else text)
    return found
