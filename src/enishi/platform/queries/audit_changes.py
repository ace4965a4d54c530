"""What stood in a field before and after, in words: nothing that the reader could not read on the record's own page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _

from enishi.platform import audit_objects, policy, time
from enishi.platform.actor import Actor
from enishi.platform.audit_objects import Named
from enishi.platform.japanese.dates import format_date
from enishi.platform.masking import mask
from enishi.platform.models import FieldChange
from enishi.platform.privacy import Level, Privacy
from enishi.platform.sql.first_changes import first_changes

#: Changes of one deed that are read. A change of many has a million.
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class ChangeWords:
    field: str
    before: str
    after: str


def changes_of(change_sets: Sequence[int]) -> dict[int, list[FieldChange]]:
    """The first changes of each. Two queries."""
    found: dict[int, list[FieldChange]] = {}
    if change_sets:
        for row in FieldChange.rows.filter(pk__in=first_changes(change_sets, MOST_CHANGES)).order_by("pk"):
            found.setdefault(row.change_set_id, []).append(row)
    return found


def rows_in(rows: Iterable[FieldChange]) -> dict[str, set[int]]:
    """Table → ids of what stood, or stands, in the fields, where a name says more than an id."""
    found: dict[str, set[int]] = {}
    for row in rows:
        if table := audit_objects.table_of(row.object, row.field):
            found.setdefault(table, set()).update(_ids(row.before), _ids(row.after))
    return found


def _ids(value: object) -> list[int]:
    return [pk for pk in (value if isinstance(value, list) else [value]) if isinstance(pk, int)]


@dataclass(frozen=True, slots=True)
class ChangesInWords:
    """`reached`: whose personal columns the actor may read at all; `names`: of the rows that stand in fields."""

    actor: Actor
    names: Mapping[tuple[str, int], Named]
    reached: set[tuple[str, int]]

    @classmethod
    def of(cls, actor: Actor, rows: Sequence[FieldChange], names: Mapping[tuple[str, int], Named]) -> ChangesInWords:
        """For these rows alone. A query a table, and a row in the view log for each whose personal columns are read."""
        return cls(_looking(actor, rows), names, _reached(actor, rows))

    def __call__(self, row: FieldChange) -> ChangeWords:
        before, after = self._pair(row) or (self._words(row, row.before), self._words(row, row.after))
        return ChangeWords(audit_objects.field_label(row.object, row.field), before, after)

    def _pair(self, row: FieldChange) -> tuple[str, str] | None:
        hidden = self.actor.level(Privacy(row.privacy_class), _right(row)) == Level.HIDDEN
        return None if hidden else audit_objects.pair_in_words(row.object, row.field, row.before, row.after)

    def _words(self, row: FieldChange, value: object) -> str:
        if value in (None, "", [], {}):
            return ""
        privacy = Privacy(row.privacy_class)
        level = self.actor.level(privacy, _right(row))
        if level == Level.HIDDEN or (privacy in policy.PERSONAL and (row.object, row.object_id) not in self.reached):
            return "＊＊＊"
        if level == Level.MASKED and privacy in policy.PERSONAL:
            return str(mask(row.field, value))
        if isinstance(value, bool):
            return _("はい") if value else _("いいえ")
        if table := audit_objects.table_of(row.object, row.field):
            return _("・").join(self.names[table, pk].text if (table, pk) in self.names else _("不明") for pk in _ids(value))
        return _chosen(row, value) if isinstance(value, str) else _plain(value)


def _reached(actor: Actor, rows: Sequence[FieldChange]) -> set[tuple[str, int]]:
    """Whose personal columns the actor may read at all: the log opens no record that its own page would not. One query a table."""
    found = set()
    for label, (ids, _fields) in _personal(rows).items():
        model = audit_objects.model_of(label)
        if model is not None:
            found |= {(label, pk) for pk in _within_reach(actor, model, ids)}
    return found


def _within_reach(actor: Actor, model: type[models.Model], ids: set[int]) -> set[int]:
    if isinstance(getattr(model, "guard", None), policy.Guard):
        return policy.ids_in_scope(actor, model, ids)
    whose = getattr(audit_objects.field_of(model._meta.label_lower, "customer"), "related_model", None)
    if whose is None:  # it hangs on nobody whom a right could be asked for
        return set()
    readable = policy.scope(actor, whose, "read").values("pk")
    return set(model.rows.filter(pk__in=ids, customer__in=readable).values_list("pk", flat=True))  # type: ignore[attr-defined]


def _looking(actor: Actor, rows: Sequence[FieldChange]) -> Actor:
    """The actor as they look at what stood in personal columns: a row in the view log for each table, or masked."""
    seen = [row for row in rows if actor.reads(Privacy(row.privacy_class), _right(row))]
    for label, (ids, fields) in _personal(seen).items():
        model = audit_objects.model_of(label)
        if model is not None:
            actor = policy.watched(actor, model, sorted(ids), columns=fields)
    return actor


def _personal(rows: Iterable[FieldChange]) -> dict[str, tuple[set[int], set[str]]]:
    """Table → ids and fields of the changes that say something of a person."""
    found: dict[str, tuple[set[int], set[str]]] = {}
    for row in rows:
        if Privacy(row.privacy_class) in policy.PERSONAL:
            ids, fields = found.setdefault(row.object, (set(), set()))
            ids.add(row.object_id)
            fields.add(row.field)
    return found


def _right(row: FieldChange) -> str:
    """Under which key roles speak of the field; "" where they speak of its class alone."""
    model = audit_objects.model_of(row.object)
    fields: Mapping[str, str] = getattr(model, "field_rights", {})
    if audit_objects.field_of(row.object, row.field) is not None:
        return fields.get(row.field, "")
    return f"{fields['custom']}{row.field}" if "custom" in fields else ""


def _chosen(row: FieldChange, value: str) -> str:
    found = audit_objects.field_of(row.object, row.field)
    label = dict(getattr(found, "flatchoices", None) or ()).get(value)
    if label is not None:
        return str(label)
    if row.field.endswith("_at"):
        at = time.parsed(value)
        return f"{format_date(time.local(at).date())} {time.local(at):%H:%M}" if at else value
    return value


def _plain(value: object) -> str:
    if isinstance(value, list):
        return "・".join(map(str, value))
    if isinstance(value, dict):
        return "・".join(f"{key}={said}" for key, said in value.items())
    return str(value)
