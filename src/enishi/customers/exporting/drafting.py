"""A file in the making: its drafts on the disk, piece by piece, and the file they become."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from enishi.customers.exporting.columns import FileColumns
from enishi.customers.models import ExportRun
from enishi.platform import drafts
from enishi.platform.files import DiskFull
from enishi.platform.sheets.cells import CellValue, Lost, safe_text
from enishi.platform.sheets.delimited import Delimited
from enishi.platform.sheets.workbook import SHEET_ROWS, Sheet, SheetRows, write_workbook

Format = ExportRun.Format


def draft_name(run_id: int, part: str | int) -> str:
    return f"export-{run_id}-{part}"


def _maker(run: ExportRun, columns: FileColumns) -> Delimited | SheetRows:
    if run.format == Format.XLSX:
        return SheetRows(len(columns.columns))
    return Delimited("cp932" if run.format == Format.CP932 else "utf-8")


def add_rows(run: ExportRun, columns: FileColumns, rows: Sequence[Sequence[CellValue]]) -> None:
    """Put rows behind those that are there, and say on the run how far its drafts are. Raises DraftLost, DiskFull."""
    maker = _maker(run, columns)
    for part, first, some in _parts(run, rows):
        begins = first == 0
        data = maker.head(columns.heads).data if begins else b""
        piece = maker.rows(some, first + 2) if some else None
        at = 0 if begins else run.draft_bytes
        run.draft_bytes = drafts.append(draft_name(run.pk, part), at, data + (piece.data if piece else b""))
        run.written_count += len(some)
        if piece and piece.lost:
            _tell_lost(run, columns, some, piece.lost, first + 2)


def _parts(run: ExportRun, rows: Sequence[Sequence[CellValue]]) -> Iterator[tuple[int, int, Sequence[Sequence[CellValue]]]]:
    """(part, its rows so far, the next rows of it): a sheet holds no more than so many."""
    if run.format != Format.XLSX:
        yield 0, run.written_count, rows
        return
    while True:
        part, within = divmod(run.written_count, SHEET_ROWS)
        some, rows = rows[: SHEET_ROWS - within], rows[SHEET_ROWS - within :]
        yield part, within, some
        if not rows:
            return


def _tell_lost(run: ExportRun, columns: FileColumns, rows: Sequence[Sequence[CellValue]], lost: Sequence[Lost], first: int) -> None:
    """Note the cells that the encoding could not hold, in a file of their own."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    if not run.lost_count:
        writer.writerow(map(safe_text, [_("行"), _("顧客番号"), _("列"), _("もとの値"), _("書き出した値")]))
    for one in lost:
        number = str(rows[one.row - first][0])
        heading = columns.columns[one.column].heading
        writer.writerow([one.row, *map(safe_text, [number, heading, one.text, one.written])])
    mark = "" if run.lost_count else "\ufeff"
    run.lost_bytes = drafts.append(draft_name(run.pk, "lost"), run.lost_bytes, (mark + text.getvalue()).encode())
    run.lost_count += len(lost)


def make_workbook(run: ExportRun, columns: FileColumns) -> Iterator[None]:
    """Make the workbook of the packed rows; yields now and then. Raises DiskFull."""
    count = max(1, -(-run.written_count // SHEET_ROWS))
    widths = [column.width for column in columns.columns]
    sheets = []
    for part in range(count):
        rows = min(run.written_count - part * SHEET_ROWS, SHEET_ROWS) + 1
        name = _("顧客") if part == 0 else _("顧客 (%(n)d)") % {"n": part + 1}
        sheets.append(Sheet(name, widths, drafts.path_of(draft_name(run.pk, part)), rows))
    try:
        yield from write_workbook(workbook_path(run.pk), sheets)
    except FileNotFoundError as error:
        raise drafts.DraftLost from error
    except OSError as error:
        raise DiskFull from error


def workbook_path(run_id: int) -> Path:
    return drafts.path_of(draft_name(run_id, "book"))


def result(run: ExportRun) -> Iterator[bytes]:
    """The bytes of the file that is done."""
    return drafts.pieces(draft_name(run.pk, "book" if run.format in (Format.XLSX, Format.LABELS) else 0))


def lost(run: ExportRun) -> Iterator[bytes]:
    """The list of cells that the encoding could not hold."""
    return drafts.pieces(draft_name(run.pk, "lost"))


def forget_later(run: ExportRun) -> None:
    """Remove the drafts once the present transaction is through."""
    for part in (*range(2 + run.written_count // SHEET_ROWS), "lost", "book"):
        transaction.on_commit(partial(drafts.forget, draft_name(run.pk, part)))
