"""The rows that could not be imported, as a file to mend and to put back: same columns, same encoding, one column more."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import BinaryIO, Final

from enishi.customers.importing.sniff import FileShape
from enishi.customers.importing.vocabulary import ERROR_COLUMN

# What a spreadsheet would take for a formula, full-width signs too (Japanese Excel narrows them on some ways in).
_FORMULA: Final = re.compile("^[=+\\-@\t\r\n＝＋－＠|%]")
_NUMBER: Final = re.compile(r"-?[\d,]+(?:\.\d+)?")
_BUFFER: Final = 64 * 1024


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet runs: with a leading apostrophe where it would; the reader takes it off again."""
    if text and _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


class ErrorsFile:
    """Writes rejected rows. `unwritable` lists (row number, letters) that the encoding of the file does not have.

    A workbook's rows come back as UTF-8 with a mark, which Excel opens by a double click.
    """

    def __init__(self, target: BinaryIO, shape: FileShape, header: Sequence[str]) -> None:
        self._target = target
        self._codec = _write_codec(shape)
        self._mark = self._codec == "utf-16"
        self.unwritable: list[tuple[int, str]] = []
        self.count = 0
        self._text = io.StringIO(newline="")
        delimiter, quote = (shape.delimiter, shape.quote or '"') if shape.format == "csv" else (",", '"')
        self._writer = csv.writer(self._text, delimiter=delimiter, quotechar=quote, lineterminator="\r\n")
        names = [name or f"列{column + 1}" for column, name in enumerate(header)]
        self._writer.writerow([*map(safe_cell, names), ERROR_COLUMN])

    def add(self, row_number: int, cells: Sequence[str], messages: Iterable[str]) -> None:
        """One row with its messages, joined by 「／」."""
        self._writer.writerow([*map(safe_cell, cells), safe_cell("／".join(messages))])
        self.count += 1
        self._encode(row_number)

    def close(self) -> None:
        """Write what is left; the target stays open."""
        self._encode(0)
        self._target.flush()

    def _encode(self, row_number: int) -> None:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        codec = "utf-16-le" if self._codec == "utf-16" else self._codec
        if self._mark:
            text, self._mark = "\ufeff" + text, False
        try:
            data = text.encode(codec)
        except UnicodeEncodeError:
            missing = "".join(dict.fromkeys(letter for letter in text if not _has(letter, codec)))
            self.unwritable.append((row_number, missing))
            data = text.encode(codec, errors="replace")
        if self._codec == "utf-8-sig" and self._target.tell():
            data = data.removeprefix(b"\xef\xbb\xbf")
        self._target.write(data)


def _write_codec(shape: FileShape) -> str:
    if shape.format == "xlsx":
        return "utf-8-sig"
    return {"utf-32": "utf-8-sig"}.get(shape.encoding, shape.encoding)


def _has(letter: str, codec: str) -> bool:
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
