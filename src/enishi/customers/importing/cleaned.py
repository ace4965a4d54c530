"""What cleaning a cell gives, and how a cell is refused."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, NamedTuple

from enishi.platform.japanese.normalise import clean

type Value = str | int | bool | Decimal | date | datetime | time | tuple[str, ...] | None

#: What people and systems write into a cell that is empty.
EMPTY: Final = frozenset(("", "-", "--", "―", "ー", "－", "なし", "無し", "null", "NULL", "None", "NaN", "nan", "N/A", "n/a"))
FORMULA_ERRORS: Final = frozenset(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"))


class Cleaned(NamedTuple):
    """What became of a cell: its value (None for empty), what was changed on the way, or why it is refused."""

    value: Value = None
    notes: tuple[str, ...] = ()
    error: str | None = None


NOTHING: Final = Cleaned()


def refuse(message: str, text: str) -> Cleaned:
    """An error that quotes the cell: the message holds %(text)s."""
    shown = clean(text)
    return Cleaned(error=message % {"text": shown if len(shown) <= 40 else shown[:39] + "…"})
