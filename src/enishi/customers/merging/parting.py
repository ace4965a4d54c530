"""Of customers who were one: what each of them says again, and who gets what was changed in the meantime."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from enishi.customers.details import FIELDS, Details, value_of
from enishi.customers.merging.outcome import of_part, parts
from enishi.customers.models import MergeEntry


def details_of_row(row: Mapping[str, Any]) -> Details:
    """What a row of customers says, as the journal keeps it."""
    found = {name: row[name] for name in FIELDS if name in row}
    if found.get("birthday_on"):
        found["birthday_on"] = date.fromisoformat(found["birthday_on"])
    return Details(**found)


def changed_since(entry: MergeEntry, current: Details) -> list[str]:
    """The parts of who carries on that somebody changed after the merge. `entry`: their row in its journal."""
    then = details_of_row(entry.after or {})
    return [part for part, names in parts().items() if of_part(then, names) != of_part(current, names)]


def parted(kept: MergeEntry, current: Details, gone: Mapping[int, Details], later: Mapping[str, int]) -> dict[int, Details]:
    """Each of them as they were before the merge, but for what was changed since: that goes to whom `later` names for the part,
    else to who carried on."""
    sides = {kept.row_id: details_of_row(kept.before or {}), **gone}
    for part in changed_since(kept, current):
        whose = later.get(part, kept.row_id)
        sides[whose] = _with(sides[whose], current, parts()[part])
    return sides


def _with(details: Details, other: Details, names: tuple[str, ...]) -> Details:
    """The details with these of the other's."""
    plain: dict[str, Any] = {name: getattr(other, name) for name in names if not name.startswith("cf_")}
    custom = dict(details.custom)
    for name in names:
        if name.startswith("cf_"):
            if name in other.custom:
                custom[name] = value_of(other, name)
            else:
                custom.pop(name, None)
    return replace(details, **plain, custom=custom)
