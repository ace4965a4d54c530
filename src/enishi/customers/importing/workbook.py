"""Excel workbooks (.xlsx), read as rows of text, in constant memory and without opening a bomb."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, Final
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _

from enishi.customers.importing.errors import BinaryFile, CompressedFile, NoSheet, ProtectedFile, UnsafeArchive
from enishi.customers.importing.records import Row

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

_ENTRIES: Final = 5_000
_TOTAL_BYTES: Final = 800_000_000
_STRINGS_BYTES: Final = 100_000_000  # the table of shared strings is held in memory
_RATIO: Final = 250
_RATIO_FROM: Final = 20_000_000
_PEEK: Final = 4_096
#: Formatted, empty rows at the end of a sheet: reading stops after so many.
_EMPTY_ROWS: Final = 100_000
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_BROKEN: Final = (zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError, AttributeError, EOFError, OSError)


def check_workbook(source: BinaryIO) -> None:
    """Look into a zip file without unpacking it. Raises unless it is a workbook of a size that can be read safely."""
    try:
        with zipfile.ZipFile(source) as archive:
            _check_kind(archive)
            _check_sizes(archive)
            _check_markup(archive)
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
        raise UnsafeArchive from error


def _check_kind(archive: zipfile.ZipFile) -> None:
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return
    if "xl/workbook.bin" in names:
        raise BinaryFile(kind=_("Excel バイナリ形式 .xlsb"))
    if "mimetype" in names or "content.xml" in names:
        raise BinaryFile(kind=_("OpenDocument 形式"))
    if names & {"word/document.xml", "ppt/presentation.xml"}:
        raise BinaryFile(kind=_("Word か PowerPoint の文書"))
    raise CompressedFile(kind="zip")


def _check_sizes(archive: zipfile.ZipFile) -> None:
    """Declared sizes hold: zipfile never hands out more bytes of an entry than its directory declares."""
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise ProtectedFile
    too_many = len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _TOTAL_BYTES
    bomb = any(entry.file_size > _RATIO_FROM and entry.file_size > _RATIO * max(entry.compress_size, 1) for entry in entries)
    strings = any(entry.filename == "xl/sharedStrings.xml" and entry.file_size > _STRINGS_BYTES for entry in entries)
    if too_many or bomb or strings:
        raise UnsafeArchive


def _check_markup(archive: zipfile.ZipFile) -> None:
    """No document type, hence no entities: Excel writes none, attacks do."""
    for entry in archive.infolist():
        if entry.filename.endswith((".xml", ".rels")):
            with archive.open(entry) as part:
                if b"<!DOCTYPE" in part.read(_PEEK).upper():
                    raise UnsafeArchive


def _open(source: BinaryIO) -> Workbook:
    from openpyxl import load_workbook  # takes half a second to load, and most files are no workbooks

    source.seek(0)
    try:
        return load_workbook(source, read_only=True, data_only=True, keep_links=False)
    except _BROKEN as error:
        raise UnsafeArchive from error


def first_table(source: BinaryIO, count: int) -> tuple[tuple[str, ...], str, list[Row]]:
    """The names of the visible sheets, the first of them that is not empty, and its first rows.

    Opens the workbook once: opening reads its table of strings. Raises UnsafeArchive, NoSheet.
    """
    with closing(_open(source)) as book:
        names = tuple(sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible")
        if not names:
            raise NoSheet
        for name in names:
            rows = list(islice(_rows(book, name), count))
            if any(row.cells for row in rows):
                return names, name, rows
    return names, names[0], []


def sheet_rows(source: BinaryIO, sheet: str) -> Iterator[Row]:
    """Every row of a sheet as text, blank ones too, numbered as Excel does. Raises UnsafeArchive, NoSheet."""
    with closing(_open(source)) as book:
        if sheet not in book.sheetnames:
            raise NoSheet
        yield from _rows(book, sheet)


def _rows(book: Workbook, sheet: str) -> Iterator[Row]:
    table = book[sheet]
    table.reset_dimensions()  # what the file claims is often the whole grid
    empty = 0
    try:
        for number, values in enumerate(table.iter_rows(values_only=True), start=1):
            cells = [cell_text(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            empty = 0 if cells else empty + 1
            if empty > _EMPTY_ROWS:
                return
            yield Row(number, cells)
    except _BROKEN as error:
        raise UnsafeArchive from error


def cell_text(value: object) -> str:
    """A cell's value as a person would have typed it: whole numbers without ".0", days as 2026/11/22."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _ESCAPE.sub(_unescape, value) if "_x" in value else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 10**15 else f"{value:.15g}"
    if isinstance(value, datetime):
        return f"{value:%Y/%m/%d}" if value.time() == time() else f"{value:%Y/%m/%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y/%m/%d}"
    if isinstance(value, timedelta):
        hours, rest = divmod(int(value.total_seconds()), 3600)
        return f"{hours}:{rest // 60:02}:{rest % 60:02}"
    return str(value)


def _unescape(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return "" if letter == "\r" else letter
