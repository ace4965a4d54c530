"""What goes into the cells of a file, and what no spreadsheet may run."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

type CellValue = str | int | Decimal | date | None

# What a spreadsheet would take for a formula, full-width signs too (Japanese Excel narrows them on some ways in); and the
# apostrophe itself, because a reader takes one off.
_FORMULA: Final = re.compile("^[=+\\-@\t\r\n＝＋－＠|%']")

#: Letters that Shift_JIS as Windows knows it has in another form only.
LOOK_ALIKES: Final = str.maketrans({"〜": "～", "−": "－", "‖": "∥", "—": "―", "¢": "￠", "£": "￡", "¬": "￢", "¥": "￥"})
#: Stands where a letter could not be written: the mark that printers used.
MISSING: Final = "〓"


class Lost(NamedTuple):
    """A cell that an encoding could not hold as it is. `row` counts as a spreadsheet does, the heads are row 1."""

    row: int
    column: int
    text: str
    written: str


class Piece(NamedTuple):
    """The next bytes of a file, and what of the rows in them could not be written."""

    data: bytes
    lost: list[Lost]


def safe_text(text: str) -> str:
    """A cell of a CSV file that no spreadsheet runs: with a leading apostrophe where it would; an import takes it off again."""
    return f"'{text}" if text and _FORMULA.match(text) else text


def day_text(day: date) -> str:
    """2026/11/22"""
    return f"{day.year:04}/{day.month:02}/{day.day:02}"


def in_cp932(text: str) -> str:
    """The text with the letters that CP932 does not have replaced: by those that look alike, else by 〓."""
    if _survives(text):
        return text
    return "".join([letter if _survives(letter) else _instead(letter) for letter in text])


def _survives(text: str) -> bool:
    try:
        return text.encode("cp932").decode("cp932") == text
    except UnicodeEncodeError:
        return False


def _instead(letter: str) -> str:
    found = letter.translate(LOOK_ALIKES)
    return found if found != letter else MISSING
