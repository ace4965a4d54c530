"""Relations that an import made or ended, taken back with the customers whose rows said so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import F, Q, QuerySet

from enishi.customers.imports.people.tied import is_tie
from enishi.customers.imports.target import UndoContext
from enishi.customers.models import Relation
from enishi.platform import changes
from enishi.platform.models import ChangeSet, FieldChange
from enishi.platform.sql.one_of import OneOf

_DAYS = frozenset({"from_on", "until_on"})
_TOLD = ("source_id", "target_id", "kind", "department", "title", "is_primary", "from_on", "until_on")


def take_ties(context: UndoContext, deed: ChangeSet, people: Collection[int]) -> None:
    """New relations go, those that ended for them go on again. One that somebody changed since stays as it is now, and whatever
    stands since in the place of an old one too. About eight queries, none where no column names other customers."""
    if not any(is_tie(key) for key in context.run.mapping.values()):
        return
    near = {pk: (source, kind) for pk, source, kind in _around(people).values_list("pk", "source_id", "kind")}
    said = _said(context, near, people)
    made = [pk for pk, fields in said.items() if "source" in fields]
    later = FieldChange.rows.filter(OneOf(F("object_id"), made), object=Relation._meta.label_lower, change_set_id__gt=context.written_under)
    going = sorted(set(made) - set(later.values_list("object_id", flat=True)))
    _remove(deed, going)
    # Of a relation seen from its target, the one that ended for it stands at neither end.
    beside = Relation.rows.filter(OneOf(F("source_id"), {near[pk][0] for pk in going}), kind__in={near[pk][1] for pk in going})
    said |= _said(context, set(beside.values_list("pk", flat=True)) - near.keys(), people)
    _give_back(deed, {pk: fields for pk, fields in said.items() if "source" not in fields})


def _around(people: Collection[int]) -> QuerySet[Relation]:
    return Relation.rows.filter(Q(OneOf(F("source_id"), people)) | Q(OneOf(F("target_id"), people)))


def _said(context: UndoContext, ids: Collection[int], people: Collection[int]) -> dict[int, dict[str, changes.Change]]:
    """What rows of these people wrote in these relations: field → before its first change, after its last."""
    rows = FieldChange.rows.filter(OneOf(F("object_id"), ids), object=Relation._meta.label_lower, change_set_id=context.written_under)
    found: dict[int, dict[str, changes.Change]] = {}
    mine: set[int] = set()
    for pk, name, before, after in rows.order_by("pk").values_list("object_id", "field", "before", "after"):
        if name == "customer":
            mine |= {pk} if after in people else set()
        else:
            fields = found.setdefault(pk, {})
            fields[name] = (fields[name][0] if name in fields else before, after)
    return {pk: fields for pk, fields in found.items() if pk in mine}


def _remove(deed: ChangeSet, ids: Collection[int]) -> None:
    rows = Relation.rows.filter(OneOf(F("pk"), ids))
    noted = [
        (pk, {name.removesuffix("_id"): (value, None) for name, value in zip(_TOLD, values, strict=True)})
        for pk, *values in rows.values_list("pk", *_TOLD)
    ]
    changes.record_changes(deed, Relation, noted)
    rows.delete()


def _give_back(deed: ChangeSet, said: Mapping[int, Mapping[str, changes.Change]]) -> None:
    rows = list(Relation.rows.filter(OneOf(F("pk"), said)).order_by("pk").select_for_update())
    rows = [row for row in rows if all(changes.plain(getattr(row, name)) == after for name, (_before, after) in said[row.pk].items())]
    standing = Relation.rows.filter(OneOf(F("source_id"), {row.source_id for row in rows}), until_on=None)
    lasting = list(standing.exclude(pk__in=[row.pk for row in rows]))
    given = []
    for row in rows:
        before = {name: first for name, (first, _last) in said[row.pk].items()}
        goes_on = before.get("until_on", row.until_on) is None
        others = [other for other in lasting if (other.source_id, other.kind) == (row.source_id, row.kind)]
        if goes_on and any(row.one_at_a_time or other.target_id == row.target_id for other in others):
            continue
        if before.get("is_primary") and any(other.is_primary for other in others):
            del before["is_primary"]
        for name, value in before.items():
            setattr(row, name, date.fromisoformat(str(value)) if name in _DAYS and value else value)
        lasting += [row] if goes_on else []
        given.append((row, {name: (said[row.pk][name][1], value) for name, value in before.items()}))
    if given:
        # The primary one last: the base has no two for a moment either.
        for is_primary in (False, True):
            Relation.rows.bulk_update(
                [row for row, _noted in given if row.is_primary == is_primary], ["department", "title", "is_primary", "from_on", "until_on"]
            )
        changes.record_changes(deed, Relation, [(row.pk, noted) for row, noted in given])
