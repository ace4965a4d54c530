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

    UTF-8 gets the mark that Excel needs to open it by a double click. A workbook's rows come back so too, and those of a
    file whose encoding has no Japanese for the messages.
    """

    def __init__(self, target: BinaryIO, shape: FileShape, header: Sequence[str]) -> None:
        self._target = target
        self._codec = _write_codec(shape)
        self._mark = "\ufeff" if self._codec.startswith("utf") else ""
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
        text, self._mark = self._mark + text, ""
        try:
            data = text.encode(self._codec)
        except UnicodeEncodeError:
            missing = "".join(dict.fromkeys(letter for letter in text if not _has(letter, self._codec)))
            self.unwritable.append((row_number, missing))
            data = text.encode(self._codec, errors="replace")
        self._target.write(data)


def _write_codec(shape: FileShape) -> str:
    """The encoding of the file itself; marks are written by hand, once."""
    if shape.format == "xlsx" or shape.encoding in ("utf-8-sig", "utf-32", "cp1252"):
        return "utf-8"
    return "utf-16-le" if shape.encoding == "utf-16" else shape.encoding


def _has(letter: str, codec: str) -> bool:
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
