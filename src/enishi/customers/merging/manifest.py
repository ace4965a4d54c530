"""Which rows a merge looks at: read from the wire PERSON_TABLES, so that a table that an app adds tomorrow is merged as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps

from enishi.platform import wiring

#: Of PERSON_TABLES: rows of these are written anew by a merge; of the others, each keeps the id it was born with.
MOVED, FIGURED = "repoint", "recompute"
CUSTOMERS = "customers_customer"


@dataclass(frozen=True, slots=True)
class Pointing:
    """A column that holds a customer's id."""

    table: str
    key: str
    rule: str
    pk: str
    only: tuple[str, str] | None = None  # a column and what it must say, where the key may be of something else as well


def pointing(*rules: str) -> list[Pointing]:
    """The columns of these rules, in the order of the manifest."""
    keys = primary_keys()
    entries: Sequence[Mapping[str, Any]] = wiring.load("PERSON_TABLES")
    return [Pointing(e["table"], e["key"], e["merge"], keys[e["table"]], e["only"]) for e in entries if e["merge"] in rules]


def primary_keys() -> dict[str, str]:
    """Table → the column of its primary key, of every table of ours."""
    return {model._meta.db_table: model._meta.pk.column for model in apps.get_models() if model._meta.pk.column}
