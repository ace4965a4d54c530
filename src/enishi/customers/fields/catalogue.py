"""All custom fields there are. One query, once a request or a chunk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from enishi.customers.fields.field import Choice, Field
from enishi.customers.models import CustomField
from enishi.platform import once
from enishi.platform.actor import Actor
from enishi.platform.privacy import Level, Privacy

MOST_FIELDS = 200
MOST_CHOICES = 200
_QUESTION = "custom fields"


def all_fields() -> Mapping[str, Field]:
    """Every field by key, in the order of the screens, the retired ones too."""
    return once.once(_QUESTION, _ask)


def fields_in_use() -> dict[str, Field]:
    return {key: field for key, field in all_fields().items() if not field.retired}


def forget() -> None:
    """Somebody has just defined or changed one."""
    once.forget(_QUESTION)


def _ask() -> Mapping[str, Field]:
    rows = CustomField.rows.order_by("position", "pk")
    return {row.key: field_of(row) for row in rows}


def field_of(row: CustomField) -> Field:
    return Field(
        id=row.pk,
        kind=row.kind,
        label=row.label,
        for_kind=row.for_kind,
        privacy=Privacy(row.privacy_class),
        options=row.options,
        choices=tuple(choice_of(choice) for choice in row.choices),
        depends_on=f"cf_{row.depends_on_id:d}" if row.depends_on_id else "",
        is_unique=row.is_unique,
        help_text=row.help_text,
        meaning=row.meaning,
        example=row.example,
        purpose=row.purpose,
        position=row.position,
        retired=row.retired_at is not None,
    )


def choice_of(stored: Mapping[str, Any]) -> Choice:
    return Choice(str(stored["key"]), str(stored["label"]), bool(stored.get("retired")), tuple(map(str, stored.get("parents") or ())))


def classes() -> dict[str, Privacy]:
    """The privacy class of every field, by key."""
    return {key: field.privacy for key, field in all_fields().items()}


def readable(actor: Actor, field: Field) -> bool:
    """Whether the actor reads its values in clear: filters, sorts, exports by it."""
    return actor.reads(field.privacy, f"customer.{field.key}")


def writable(actor: Actor, field: Field) -> bool:
    right = f"customer.{field.key}"
    usual = field.privacy is Privacy.INTERNAL and right not in actor.fields and actor.opens(right)
    return usual or actor.level(field.privacy, right) >= Level.WRITE
