"""What addresses of analyses say; whatever cannot be read is as if it were left out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from enishi.analytics.queries.asked import ATTRIBUTES, FIRST_DAY, LAPSES, LEVELS, MONTHS, NTH, Asked

LONGEST_CELL = 40


def asked_in(told: Mapping[str, str], today: date, takes: Collection[str]) -> Asked:
    """What a page was asked for, as far as its analysis takes it."""
    as_of = as_of_in(told, today)
    versus, segment = day_in(told, "versus"), told.get("segment", "")
    return Asked(
        as_of=as_of,
        today=today,
        versus=versus if versus is not None and FIRST_DAY <= versus < as_of else None,
        segment=int(segment) if segment.isdecimal() and len(segment) < 19 else None,
        months=_number_in(told, "months", MONTHS, 24) if "months" in takes else 24,
        nth=_number_in(told, "nth", NTH, 2) if "nth" in takes else 2,
        lapse=_number_in(told, "lapse", LAPSES, 365) if "lapse" in takes else 365,
        attribute=choice_in(told, "attribute", ATTRIBUTES, "channel") if "attribute" in takes else "channel",
        level=choice_in(told, "level", LEVELS, "product") if "level" in takes else "product",
        by=choice_in(told, "by", ("limits", "quintiles"), "limits") if "by" in takes else "limits",
        figure=choice_in(told, "show", ("people", "revenue"), "people"),
        cell=told.get("cell", "")[:LONGEST_CELL],
    )


def day_in(told: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(told.get(name, ""))
    except ValueError:
        return None


def as_of_in(told: Mapping[str, str], today: date) -> date:
    """The day up to which is counted: none after today, since nobody knows what will be bought."""
    found = day_in(told, "as_of")
    return today if found is None else min(max(found, FIRST_DAY), today)


def choice_in(told: Mapping[str, str], name: str, choices: Sequence[str], default: str) -> str:
    value = told.get(name, "")
    return value if value in choices else default


def _number_in(told: Mapping[str, str], name: str, choices: Sequence[int], default: int) -> int:
    return int(choice_in(told, name, [str(choice) for choice in choices], str(default)))
