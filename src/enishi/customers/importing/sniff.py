"""What kind of file this is, judged by its content, never by its name: encoding, separator, quotes, where the headings are.

Everything comes with its reasons in words, so that the person at the screen can agree or correct it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from math import log2
from typing import BinaryIO, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from enishi.customers.importing import encodings, headings, workbook
from enishi.customers.importing.errors import BinaryFile, CompressedFile, HtmlFile, NoDataRows, OldExcelFile, ProtectedFile, TooManyColumns
from enishi.customers.importing.records import Lines, Row, records

COLUMN_LIMIT: Final = 500
_ROWS_LOOKED_AT: Final = 40
_DELIMITERS: Final = {
    ",": gettext_noop("カンマ"),
    "\t": gettext_noop("タブ"),
    ";": gettext_noop("セミコロン"),
    "|": gettext_noop("縦棒"),
}
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_COMPRESSED: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!", "RAR"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_BINARIES: Final = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"),
    (b"SQLite format 3", "SQLite"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
)


@dataclass(frozen=True, slots=True)
class FileShape:
    """How to read one file. Plain values: it is kept beside the import and may be corrected by the user."""

    format: Literal["csv", "xlsx"]
    encoding: str = ""  # codec; "" for a workbook
    delimiter: str = ","
    quote: str = '"'
    newline: Literal["\n", "\r"] = "\n"
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    header_row: int = 1  # line of the lowest row of headings; 0 where the file has none
    header_rows: int = 1  # 2 where headings stand in two rows
    header: tuple[str, ...] = ()
    skipped_rows: int = 0  # title rows above the headings
    confidence: float = 1.0
    reasons: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, object]) -> FileShape:
        """The shape that `as_json` wrote, lists as tuples again."""
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return cls(**values)  # type: ignore[arg-type]


def sniff(source: BinaryIO) -> FileShape:
    """Recognise a file and find its headings. Reads a text file once, a workbook's first rows.

    Raises a child of UnreadableFile for what cannot be imported.
    """
    source.seek(0)
    magic = source.read(16)
    if magic.startswith(b"PK\x03\x04"):
        return _sniff_workbook(source)
    _refuse_foreign(source, magic)
    scanned = encodings.scan(source)
    if encodings.looks_like_html(scanned.head):
        raise HtmlFile
    encoding = encodings.detect(scanned)
    shape = FileShape(
        format="csv",
        encoding=encoding.codec,
        newline="\r" if scanned.newline == b"\r" else "\n",
        confidence=encoding.confidence,
        reasons=(_("文字コード: %(name)s。%(reason)s") % {"name": encoding.label, "reason": encoding.reason},),
    )
    return with_headings(source, _with_separator(source, shape))


def resniff(source: BinaryIO, shape: FileShape, **corrections: str | int) -> FileShape:
    """The shape again after the user corrected the encoding, separator, quote or sheet; headings are found anew."""
    corrected = replace(shape, reasons=(), confidence=1.0, **corrections)  # type: ignore[arg-type]
    if corrected.format == "csv" and "encoding" in corrections and "delimiter" not in corrections:
        corrected = _with_separator(source, corrected)
    return with_headings(source, corrected)


def _refuse_foreign(source: BinaryIO, magic: bytes) -> None:
    if magic.startswith(_OLE):
        source.seek(0)
        # A workbook with a password is an old container around a new file; the stream's name stands in its directory.
        raise ProtectedFile if "EncryptedPackage".encode("utf-16-le") in source.read(1_000_000) else OldExcelFile
    for mark, kind in _COMPRESSED:
        if magic.startswith(mark):
            raise CompressedFile(kind=kind)
    for mark, kind in _BINARIES:
        if magic.startswith(mark):
            raise BinaryFile(kind=kind)


def _sniff_workbook(source: BinaryIO) -> FileShape:
    workbook.check_workbook(source)
    names, filled, rows = workbook.first_table(source, _ROWS_LOOKED_AT)
    reasons = [_("Excel ブック（.xlsx）です。")]
    if len(names) > 1:
        reasons.append(_("シートが%(count)d枚あります。「%(name)s」を読みます。") % {"count": len(names), "name": filled})
    return _with_headings(rows, FileShape(format="xlsx", sheet=filled, sheets=names, reasons=tuple(reasons)))


def first_rows(source: BinaryIO, shape: FileShape, count: int = _ROWS_LOOKED_AT) -> list[Row]:
    """The first rows as they stand in the file, titles and headings among them."""
    if shape.format == "xlsx":
        return list(islice(workbook.sheet_rows(source, shape.sheet), count))
    lines = Lines(source, codec=shape.encoding, newline=shape.newline.encode())
    return list(islice(records(lines, delimiter=shape.delimiter, quote=shape.quote), count))


def with_headings(source: BinaryIO, shape: FileShape) -> FileShape:
    """The shape with its headings found. Raises TooManyColumns, NoDataRows."""
    return _with_headings(first_rows(source, shape), shape)


def _with_headings(rows: Sequence[Row], shape: FileShape) -> FileShape:
    widest = max((len(row.cells) for row in rows), default=0)
    if widest > COLUMN_LIMIT:
        raise TooManyColumns(count=widest, limit=COLUMN_LIMIT)
    found = headings.find_headings(rows)
    if not any(any(row.cells) for row in rows if row.number > found.row) and len(rows) < _ROWS_LOOKED_AT:
        raise NoDataRows
    return replace(
        shape,
        header_row=found.row,
        header_rows=found.rows,
        header=found.names,
        skipped_rows=found.skipped,
        confidence=round(min(shape.confidence, found.confidence), 2),
        reasons=(*shape.reasons, *found.reasons),
    )


def _with_separator(source: BinaryIO, shape: FileShape) -> FileShape:
    """The shape with the separator and quote that make the most regular table of the first rows."""
    best, best_score = shape, 0.0
    for delimiter in _DELIMITERS:
        for quote in ('"', "'"):
            candidate = replace(shape, delimiter=delimiter, quote=quote)
            score = _regularity(first_rows(source, candidate), delimiter, quote)
            if score > best_score + 1e-9:
                best, best_score = candidate, score
    if best_score == 0.0:
        return replace(shape, delimiter=",", reasons=(*shape.reasons, _("1列だけの表です。")))
    reason = _("区切り: %(name)s。") % {"name": _(_DELIMITERS[best.delimiter])}
    return replace(best, reasons=(*shape.reasons, reason))


def _regularity(rows: Sequence[Row], delimiter: str, quote: str) -> float:
    """How table-like a reading is: the share of rows with the usual number of cells, more for more columns."""
    filled = [row for row in rows if any(row.cells)]
    widths = Counter(len(row.cells) for row in filled if len(row.cells) > 1)
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda entry: (entry[1], entry[0]))
    score = count / len(filled) * (1 + log2(width) / 8) - 0.2 * sum(bool(row.problems) for row in filled) / len(filled)
    if quote == "'" and not _is_quoted(filled, delimiter):
        return score - 0.5
    return score


def _is_quoted(rows: Sequence[Row], delimiter: str) -> bool:
    """Whether reading with single quotes explains cells that hold the separator; else ' is a letter like any other."""
    return any(delimiter in cell for row in rows for cell in row.cells)
