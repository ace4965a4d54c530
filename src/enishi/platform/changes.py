"""What changed, from what to what: the one record that undo, history, import undo and audit read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import models

from enishi.platform.actor import Actor
from enishi.platform.models import ChangeSet, FieldChange
from enishi.platform.privacy import Privacy

type Change = tuple[object, object]  # before, after


def open_change_set(*, actor: Actor, door: str, at: datetime, reason: str = "") -> ChangeSet:
    """One deed. One query."""
    return ChangeSet.rows.create(actor_kind=actor.kind, actor_id=actor.user_id, door=door, reason=reason, at=at)


def record_changes(
    change_set: ChangeSet,
    model: type[models.Model],
    changes: Sequence[tuple[int, Mapping[str, Change]]],
    *,
    classes: Mapping[str, Privacy] | None = None,
) -> None:
    """`changes`: for each object id, field → (before, after). Fields that did not change are left out. One query.

    `classes`: privacy classes of fields that are no columns of the model.
    """
    privacy = {**model.privacy, **(classes or {})}  # type: ignore[attr-defined]
    FieldChange.rows.bulk_create(
        [
            FieldChange(
                change_set=change_set,
                object=model._meta.label_lower,
                object_id=object_id,
                field=name,
                before=plain(before),
                after=plain(after),
                privacy_class=privacy[name],
            )
            for object_id, fields in changes
            for name, (before, after) in fields.items()
            if before != after
        ],
        batch_size=2_000,
    )


def plain(value: object) -> object:
    """A value as the record of changes keeps it."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, models.Model):
        return value.pk
    return value
