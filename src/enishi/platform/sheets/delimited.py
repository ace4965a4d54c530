"""CSV files: UTF-8 with the mark by which Excel knows it, or Shift_JIS as Windows writes it (CP932)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Literal

from enishi.platform.sheets.cells import CellValue, Lost, Piece, day_text, in_cp932, safe_text

_BUFFERED = 1 << 16


class Delimited:
    """Makes pieces of one CSV file."""

    def __init__(self, encoding: Literal["utf-8", "cp932"]) -> None:
        self._encoding = encoding

    def head(self, heads: Sequence[str]) -> Piece:
        """The heads. What of them CP932 does not have is replaced and not told: they are ours."""
        mark = "\ufeff" if self._encoding == "utf-8" else ""
        return Piece((mark + _lines([[safe_text(self._written(head)) for head in heads]])).encode(self._encoding), [])

    def rows(self, rows: Sequence[Sequence[CellValue]], first: int) -> Piece:
        """Rows, of which the first is the spreadsheet's row `first`."""
        texts = [[_text(value) for value in row] for row in rows]
        lost: list[Lost] = []
        if self._encoding == "cp932":
            for place, row in enumerate(texts):
                for column, text in enumerate(row):
                    if text and not text.isascii() and (written := in_cp932(text)) != text:
                        lost.append(Lost(first + place, column, text, written))
                        row[column] = written
        return Piece(
            _lines(
                [[_plain(value, text) for value, text in zip(row, said, strict=True)] for row, said in zip(rows, texts, strict=True)]
            ).encode(self._encoding),
            lost,
        )

    def _written(self, text: str) -> str:
        return in_cp932(text) if self._encoding == "cp932" else text


def _text(value: CellValue) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else day_text(value) if isinstance(value, date) else str(value)


def _plain(value: CellValue, text: str) -> str:
    """Numbers and days stay what they are; a text is made safe."""
    return safe_text(text) if isinstance(value, str) else text


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
