"""What addresses of analyses say; whatever cannot be read is as if it were left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

MONTHS = ("6", "12", "24", "36")
FIRST_DAY = date(1990, 1, 1)


def as_of_in(told: Mapping[str, str], today: date) -> date:
    """The day up to which is counted: none after today, since nobody knows what will be bought."""
    try:
        found = date.fromisoformat(told.get("as_of", ""))
    except ValueError:
        return today
    return min(max(found, FIRST_DAY), today)


def choice_in(told: Mapping[str, str], name: str, choices: Sequence[str], default: str) -> str:
    value = told.get(name, "")
    return value if value in choices else default
