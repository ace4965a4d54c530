"""Excel workbooks (.xlsx), with types: days as days, numbers as numbers, everything else as text that no spreadsheet runs.

openpyxl writes a workbook in one go, at some 100,000 cells a second, and cannot go on after a crash. Here the rows of a sheet
are made as text, each piece packed on its own (gzip members, which read as one stream), and put into the zip at the end.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from enishi.platform.sheets.cells import CellValue, Piece, day_text

#: Rows of one sheet, its heads apart; Excel has 1,048,576.
SHEET_ROWS: Final = 1_048_000
_PIECE: Final = 1 << 20
_WIDE_FROM: Final = 2_000_000_000
_FIRST_DAY: Final = date(1900, 3, 1)  # before it Excel counts a day that never was
_ZERO: Final = date(1899, 12, 30)
# Letters that XML cannot hold, and a text that reads like the escape of one.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0d-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_HEAD, _DAY, _NUMBER, _TEXT = 1, 2, 3, 4  # places in the list of styles


def _safe(text: str) -> str:
    return escape(_UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text))


def column_name(place: int) -> str:
    """0 → A, 26 → AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


class SheetRows:
    """Makes packed pieces of one sheet's rows."""

    def __init__(self, width: int) -> None:
        self._names = [column_name(place) for place in range(width)]

    def head(self, heads: Sequence[str]) -> Piece:
        cells = "".join([_text_cell(f"{name}1", _HEAD, head) for name, head in zip(self._names, heads, strict=True)])
        return _packed(f'<row r="1">{cells}</row>')

    def rows(self, rows: Sequence[Sequence[CellValue]], first: int) -> Piece:
        """Rows, of which the first is the spreadsheet's row `first`."""
        lines = []
        for number, row in enumerate(rows, start=first):
            cells = [_cell(f"{name}{number}", value) for name, value in zip(self._names, row, strict=True) if value is not None]
            lines.append(f'<row r="{number}">{"".join(cells)}</row>')
        return _packed("".join(lines))


def _packed(text: str) -> Piece:
    return Piece(gzip.compress(text.encode(), compresslevel=2, mtime=0), [])


def _cell(place: str, value: CellValue) -> str:
    if isinstance(value, str):  # of two apostrophes a reader of ours takes one off
        return _text_cell(place, _TEXT, f"'{value}" if value[:1] == "'" else value)
    if isinstance(value, date):
        if value < _FIRST_DAY:
            return _text_cell(place, _TEXT, day_text(value))
        return f'<c r="{place}" s="{_DAY}"><v>{(value - _ZERO).days}</v></c>'
    return f'<c r="{place}" s="{_NUMBER}"><v>{value}</v></c>'


def _text_cell(place: str, style: int, text: str) -> str:
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{_safe(text)}</t></is></c>'


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, how wide its columns are in letters, the file of its packed rows, and how many they are."""

    name: str
    widths: Sequence[int]
    packed: Path
    rows: int  # the heads among them


def write_workbook(target: Path, sheets: Sequence[Sheet]) -> Iterator[None]:
    """Write a workbook; yields after every megabyte, so that the caller may look up from the work. Raises OSError."""
    with ZipFile(target, "w", ZIP_DEFLATED, compresslevel=4) as archive:
        for name, text in _frame(sheets).items():
            archive.writestr(name, text)
        for place, sheet in enumerate(sheets, start=1):
            size = 0
            for piece in _unpacked(sheet.packed):
                size += len(piece)
                yield
            # Only beyond 2 GB are the wider fields of zip64 used, which not every reader knows.
            with archive.open(f"xl/worksheets/sheet{place}.xml", "w", force_zip64=size > _WIDE_FROM) as entry:
                entry.write(_sheet_begin(sheet).encode())
                for piece in _unpacked(sheet.packed):
                    entry.write(piece)
                    yield
                entry.write(_sheet_end(sheet).encode())


def _unpacked(packed: Path) -> Iterator[bytes]:
    with gzip.open(packed, "rb") as rows:
        while piece := rows.read(_PIECE):
            yield piece


_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _sheet_begin(sheet: Sheet) -> str:
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>' for place, width in enumerate(sheet.widths, start=1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    return f'{_XML}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews><cols>{columns}</cols><sheetData>'


def _sheet_end(sheet: Sheet) -> str:
    return f'</sheetData><autoFilter ref="A1:{column_name(len(sheet.widths) - 1)}{max(sheet.rows, 1)}"/></worksheet>'


def _frame(sheets: Sequence[Sheet]) -> dict[str, str]:
    places = range(1, len(sheets) + 1)
    overrides = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in places)
    named = "".join(f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" r:id="rId{n}"/>' for n, sheet in zip(places, sheets, strict=True))
    links = "".join(f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in places)
    styles = f'<Relationship Id="rId{len(sheets) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{overrides}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f"{_XML}<workbook {_MAIN} {_RELATIONS}><sheets>{named}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}{styles}</Relationships>',
        "xl/styles.xml": _STYLES,
    }


# Styles in the order of _HEAD, _DAY, _NUMBER, _TEXT behind the usual one. Text cells are formatted as text (49, "@"), so that
# what somebody types over a phone number keeps its zero, and what looks like a formula stays what it is when it is edited.
_STYLES: Final = (
    f"{_XML}<styleSheet {_MAIN}>"
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy/mm/dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Yu Gothic"/></font><font><b/><sz val="11"/><name val="Yu Gothic"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
