"""Custom fields as columns of the list and of files. Each value by its own class; a file holds what an import reads again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.fields import catalogue, values
from enishi.customers.fields.field import Field, Json
from enishi.customers.listing import Cell, ColumnSet, Kind, ListColumn, Value
from enishi.customers.queries.presented import MASK
from enishi.platform.actor import Actor
from enishi.platform.policy import Keyed, by_key, present_many
from enishi.platform.sql.one_of import OneOf

_KINDS: Mapping[str, Kind] = {
    "money": Kind.MONEY,
    "number": Kind.NUMBER,
    "rating": Kind.NUMBER,
    "date": Kind.DAY,
    "phone": Kind.CODE,
    "corporate_no": Kind.CODE,
}
_WIDTHS: Mapping[str, str] = {
    "date": "day",
    "long_text": "wide",
    "choices": "wide",
    "checklist": "wide",
    "email": "wide",
    "url": "wide",
    "file": "wide",
    "image": "wide",
}


def own_columns(actor: Actor) -> list[ColumnSet]:
    """The fields in use, as columns. One query, once a request."""
    fields = catalogue.fields_in_use()
    if not fields:
        return []
    return [ColumnSet(object="customer", columns=tuple(map(_column, fields.values())), values=_values)]


def _column(field: Field) -> ListColumn:
    return ListColumn(
        key=field.key,
        label=field.label,
        kind=_KINDS.get(field.kind, Kind.TEXT),
        width=_WIDTHS.get(field.kind, "medium"),
        privacy=field.privacy,
        right=access.field_right(field.key),
        phone_label=field.label,
        shown=_shower(field),
    )


def _shower(field: Field) -> Callable[[Value, date], Cell]:
    """In words where the value is a figure or a day; texts say themselves."""

    def shown(value: Value, today: date) -> Cell:
        if isinstance(value, tuple):
            more = len(value) - 1
            return Cell(value[0], _("ほか%(n)d件") % {"n": more} if more else "")
        if isinstance(value, date):
            return Cell(values.words(field, value.isoformat()))
        return Cell(values.words(field, value) if isinstance(value, int) and not isinstance(value, bool) else str(value))

    return shown


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    custom: Keyed = by_key("custom", catalogue.classes)


def _values(actor: Actor, customer_ids: Sequence[int], keys: Sequence[str]) -> Mapping[int, Sequence[Value]]:
    """Two queries, and one view-log row where personal data are shown."""
    fields = catalogue.all_fields()
    rows = present_many(_Row, actor, access.readable_customers(actor).filter(OneOf(F("pk"), customer_ids)).order_by())
    return {row.id: [MASK if key in row.custom.masked else _value(fields[key], row.custom.clear.get(key)) for key in keys] for row in rows}


def _value(field: Field, value: Json) -> Value:
    if value is None:
        return None
    if field.kind == "date":
        return date.fromisoformat(str(value))
    if field.kind in values.FILES:
        return values.names_of(value)
    if field.kind in ("money", "number", "rating") and isinstance(value, int):
        return value
    return values.text(field, value)
