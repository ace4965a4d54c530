"""What came after an import, of which undoing it takes care: changes by others, and rows that point to what it made."""

from __future__ import annotations

from collections.abc import Collection

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.reverse_related import ManyToOneRel

from enishi.customers.imports.target import UndoContext
from enishi.customers.models import ImportUndo
from enishi.platform.models import FieldChange
from enishi.platform.sql.one_of import OneOf


def changed_since(context: UndoContext, model: type[models.Model], made: Collection[int], *, but_by: str = "") -> set[int]:
    """Rows that somebody else changed. What was itself taken back is no change, nor what came by the door `but_by`. Two queries."""
    if not made:
        return set()
    undone = ImportUndo.rows.filter(state=ImportUndo.State.DONE).values_list("change_set_id", "run__report__change_set")
    ours = {context.written_under, *(int(pk) for pair in undone for pk in pair if pk is not None)}
    rows = FieldChange.rows.filter(OneOf(F("object_id"), made), object=model._meta.label_lower)
    rows = rows.exclude(Q(change_set_id__in=ours) | (Q(change_set__door=but_by) if but_by else Q(pk=None)))
    return set(rows.values_list("object_id", flat=True))


def pointed_to(model: type[models.Model], made: Collection[int], *, but_from: type[models.Model] | None = None) -> set[int]:
    """Those to which a row points that does not go with them, and is not of the table `but_from`. One query a table that can."""
    found: set[int] = set()
    for relation in model._meta.get_fields(include_hidden=True):
        if made and isinstance(relation, ManyToOneRel) and relation.related_model is not but_from:
            name = relation.field.attname
            rows = relation.related_model.rows.filter(OneOf(F(name), made))  # type: ignore[attr-defined]
            if relation.related_model is model:
                rows = rows.exclude(pk__in=made)
            found |= set(rows.values_list(name, flat=True))
    return found
