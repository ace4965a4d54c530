"""Which column of the list stands for which details, and which of them somebody may write of a customer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.columns import PATHS
from enishi.customers.details import FIELDS, Details, value_of, written
from enishi.customers.details import may_write as may_write_detail
from enishi.customers.fields import catalogue, layout
from enishi.customers.fields.layout import BUILT_IN
from enishi.customers.fields.values import FILES
from enishi.customers.listing import ColumnSet, offered
from enishi.customers.models import Customer
from enishi.customers.queries.form_shape import FormShape
from enishi.platform import changes
from enishi.platform.actor import Actor
from enishi.platform.secrets import keyed_hash

NAME: Final = "name"  # the first column, which is there whatever is chosen
#: The kind is chosen once; a name is written in the first column, by its parts.
_APART: Final = ("kind", "name", "family_name", "given_name")
_DETAILS: Final[Mapping[str, str]] = {
    column: detail
    for column, path in PATHS.items()
    if (detail := f"{path.partition('__')[0]}_id" if "__" in path else path) in FIELDS and column not in _APART
}
_ELEMENTS: Final[Mapping[str, str]] = {name: element for element, (_words, names) in BUILT_IN.items() for name in names}


def details_of_column(column: str, kind: str) -> tuple[str, ...]:
    """The details that a cell holds, of a customer of this kind; none for a column that is derived or has a door of its own."""
    if column == NAME:
        return ("name",) if kind == Customer.Kind.COMPANY else ("family_name", "given_name")
    if column in _DETAILS:
        return (_DETAILS[column],)
    own = catalogue.all_fields().get(column)
    return () if own is None or own.retired or own.kind in FILES else (column,)


def labels(sets: list[ColumnSet]) -> dict[str, str]:
    """The words of every column that this viewer's list may show."""
    return {NAME: _("名前"), **{key: str(column.label) for key, column in offered(sets).items()}}


def writes(actor: Actor) -> bool:
    """Whether the form of a customer opens for them at all."""
    return access.may(actor, "update") and access.opens_form(actor)


def may_write(actor: Actor, name: str) -> bool:
    """Whether the detail is theirs to write, of some customer. No query of its own."""
    if not writes(actor) or (name in ("owner_id", "team_id") and not access.may(actor, "assign")):
        return False
    return may_write_detail(actor, name)


def may_open(actor: Actor, column: str) -> bool:
    """Whether cells of the column may open, as far as rights say: for the list, which asks nothing more."""
    names = details_of_column(column, Customer.Kind.PERSON)
    return bool(names) and all(may_write(actor, name) for name in names)


@dataclass(frozen=True)
class Pen:
    """What somebody may write into the cells of a customer: what their form of that customer would let them write."""

    actor: Actor
    shape: FormShape

    @cached_property
    def _placed(self) -> dict[str, layout.Item]:
        own = {field.key for field in self.shape.own}
        return {item.field: item for item in layout.items(self.shape.layout) if item.field in own or item.field in BUILT_IN}

    def objection(self, column: str, details: Details, lifecycle: str) -> str:
        """Why this customer's cell does not open; "" where it does."""
        names = details_of_column(column, details.kind)
        if not names:
            return _("この列は、一覧では変えられません。")
        if not all(may_write(self.actor, name) for name in names):
            return _("この項目を変える権限がありません。")
        said = written(details, lifecycle)
        for name in names:
            item = self._placed.get(_ELEMENTS.get(name, name))
            if item is None or not layout.stands(item, said):
                return _("この顧客のフォームにない項目です。")
        return ""


def seen_of(details: Details, names: tuple[str, ...]) -> str:
    """Equal while nobody changes these details; tells nothing of them. An open cell carries it to notice that somebody was faster."""
    said = json.dumps([changes.plain(value_of(details, name)) for name in names], sort_keys=True)
    return keyed_hash(said, purpose="fingerprint").hex()[:32]


def with_values(before: Details, values: Mapping[str, object]) -> Details:
    """The details with some of them replaced; custom fields by their keys."""
    own = {name: value for name, value in values.items() if name.startswith("cf_")}
    plain: dict[str, Any] = {name: value for name, value in values.items() if name not in own}
    return replace(before, **plain, custom={**before.custom, **own})
