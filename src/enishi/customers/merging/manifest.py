"""Which rows a merge looks at: read from the wire PERSON_TABLES, so that a table that an app adds tomorrow is merged as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from enishi.platform import wiring

#: Of PERSON_TABLES: rows of these are written anew by a merge; of the others, each keeps the id it was born with.
MOVED, FIGURED = "repoint", "recompute"
CUSTOMERS = "customers_customer"
#: What rows of a table are called on the screens, where their event does not name them.
MOVED_LABELS: Mapping[str, Promise] = {
    "customers_customeralias": gettext_lazy("以前に統合した番号"),
    "customers_identity": gettext_lazy("連携ID"),
    "customers_contactpoint": gettext_lazy("ほかの連絡先"),
    "customers_relation": gettext_lazy("関係"),
    "customers_customertag": gettext_lazy("タグ"),
    "platform_share": gettext_lazy("共有"),
}


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
