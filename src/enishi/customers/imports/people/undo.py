"""Takes back what an import of customers wrote: those it made go, those it changed get their old values back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import batched
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import F, Model, QuerySet

from enishi.customers.fields import catalogue
from enishi.customers.imports.people.plan import is_own
from enishi.customers.imports.people.rows import COLUMNS, Value
from enishi.customers.imports.people.said import take_back_statements
from enishi.customers.imports.people.untie import take_ties
from enishi.customers.imports.people.used import used_since
from enishi.customers.imports.people.write import write_columns, write_own
from enishi.customers.imports.target import UndoContext
from enishi.customers.models import Activity, Comment, ContactPoint, Customer, CustomerTag, Identity, ImportUndoRow, Tag, Task
from enishi.customers.models.contacts import VALUES
from enishi.customers.search import SEARCH_COLUMNS, fill_many
from enishi.platform import changes, events, policy, wiring
from enishi.platform.actor import Actor
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.models import ChangeSet, FieldChange
from enishi.platform.sql.one_of import OneOf

Outcome = ImportUndoRow.Outcome
UNDONE = "customer.import_undone"
_BATCH = 1_000

# Identities that customers gave up for new ones, as they were, of those who got their old values back. What the import itself
# had made before it was given up is none of them.
_GIVE_BACK = """
INSERT INTO customers_identity (id, customer_id, kind, value, created_at)
SELECT f.object_id, c.id, f.before ->> 'kind', f.before ->> 'value', (f.before ->> 'created_at')::timestamptz
  FROM platform_fieldchange f
  JOIN customers_importundorow r ON r.undo_id = %(undo)s AND r.outcome = 'restored' AND r.object_id = (f.before ->> 'customer_id')::bigint
  JOIN customers_customer c ON c.id = r.object_id
 WHERE f.change_set_id = %(written)s AND f.object = 'customers.identity' AND f.field = 'value' AND f.after IS NULL
   AND NOT EXISTS (SELECT FROM platform_fieldchange m WHERE m.object = f.object AND m.object_id = f.object_id
                      AND m.change_set_id = f.change_set_id AND m.before IS NULL)
ON CONFLICT DO NOTHING
"""


# Contact points that went when another became the customer's own, of those who got their old values back. What the import
# itself had made before is none of them.
_GONE = """
SELECT f.object_id
  FROM platform_fieldchange f
  JOIN customers_importundorow r ON r.undo_id = %(undo)s AND r.outcome = 'restored' AND r.object_id = (f.before #>> '{}')::bigint
 WHERE f.change_set_id = %(written)s AND f.object = 'customers.contactpoint' AND f.field = 'customer' AND f.after IS NULL
   AND NOT EXISTS (SELECT FROM platform_fieldchange m WHERE m.object = f.object AND m.object_id = f.object_id
                      AND m.change_set_id = f.change_set_id AND m.before IS NULL)
 ORDER BY 1
"""


@dataclass(slots=True)
class _Person:
    """A customer as they are, and what the import changed: column → before its first change, after its last."""

    columns: dict[str, Value]
    archived: bool
    changed: dict[str, changes.Change] = field(default_factory=dict)

    @property
    def is_as_written(self) -> bool:
        return all(changes.plain(self.columns.get(name)) == after for name, (_before, after) in self.changed.items())


def take_back(context: UndoContext, made: Collection[int], changed: Collection[int]) -> dict[int, str]:
    """As `ImportTarget.take_back`. About forty queries, however many customers."""
    ids = [*made, *changed]
    people = _people(context, ids)
    allowed = set(_changeable(context.actor, ids))
    used = used_since(context, [pk for pk in made if pk in people])
    outcomes: dict[int, str] = {pk: _outcome(pk, people, allowed) for pk in ids}
    for pk in made:
        if outcomes[pk] == Outcome.RESTORED:
            outcomes[pk] = Outcome.USED_SINCE if pk in used else Outcome.REMOVED
    if not context.is_check:
        going = [pk for pk in made if outcomes[pk] == Outcome.REMOVED]
        staying = {pk: people[pk] for pk in changed if outcomes[pk] == Outcome.RESTORED}
        take_ties(context, _deed(context), [*going, *staying])
        _restore(context, staying)
        _remove(context, going)
        _tell(context, going, staying)
    return outcomes


def _outcome(pk: int, people: Mapping[int, _Person], allowed: Collection[int]) -> str:
    if pk not in people:
        return Outcome.GONE
    if pk not in allowed:
        return Outcome.NOT_ALLOWED
    person = people[pk]
    return Outcome.RESTORED if person.is_as_written and not person.archived else Outcome.CHANGED_SINCE


def _people(context: UndoContext, ids: Sequence[int]) -> dict[int, _Person]:
    """Those who are there, locked in id order where something is written. Two queries."""
    rows = Customer.rows.filter(OneOf(F("pk"), ids)).order_by("pk")
    if not context.is_check:
        rows = rows.select_for_update(of=("self",))
    people = {
        pk: _Person(dict(zip(COLUMNS, columns, strict=True)) | custom, archived_at is not None)
        for pk, archived_at, custom, *columns in rows.values_list("pk", "archived_at", "custom", *COLUMNS)
    }
    for pk, name, before, after in _written(context, Customer, ids).order_by("pk").values_list("object_id", "field", "before", "after"):
        if pk in people and (name in COLUMNS or is_own(name)):
            first, _last = people[pk].changed.get(name, (before, after))
            people[pk].changed[name] = (first, after)
    return people


def _written(context: UndoContext, model: type[Model], ids: Collection[int]) -> QuerySet[FieldChange]:
    """What the import noted down of these rows."""
    return FieldChange.rows.filter(
        OneOf(F("object_id"), ids),
        object=model._meta.label_lower,
        change_set_id=context.written_under,
    )


def _changeable(actor: Actor, ids: Collection[int]) -> Collection[int]:
    if actor.scope_for("customer", "update") == "all":
        return ids
    return policy.scope(actor, Customer, "update").filter(OneOf(F("pk"), ids)).values_list("pk", flat=True)


# ---- those who were there before -------------------------------------------------------------------------------------


def _restore(context: UndoContext, people: Mapping[int, _Person]) -> None:
    """Old values, and without the contact points, identities, tags, notes and statements that the import added."""
    if not people:
        return
    moved = {pk: person for pk, person in people.items() if person.changed}
    shrunk = _take_contact_points(context, people)
    if moved or shrunk:
        write_columns({pk: person.columns | _before(person) for pk, person in people.items() if person.changed or pk in shrunk})
        write_own(
            {pk: _without_empty(person.columns | _before(person)) for pk, person in moved.items() if any(map(is_own, person.changed))}
        )
        noted = [(pk, {name: (after, before) for name, (before, after) in person.changed.items()}) for pk, person in moved.items()]
        changes.record_changes(_deed(context), Customer, noted, classes=catalogue.classes())
    owners = _take_identities(context, people)
    _take_tags(context, people)
    _take_notes(context, people)
    take_back_statements(context, people)
    _release(context, owners)


def _before(person: _Person) -> dict[str, Value]:
    """The old values as columns hold them: a change set keeps days as text."""
    found = {name: before for name, (before, _after) in person.changed.items()}
    if found.get("birthday_on"):
        found["birthday_on"] = date.fromisoformat(str(found["birthday_on"]))
    return found  # type: ignore[return-value]  # the columns of COLUMNS hold nothing else


def _without_empty(columns: Mapping[str, Value]) -> dict[str, Value]:
    """A custom field that had no value before has none again."""
    return {name: value for name, value in columns.items() if value is not None}


def _ours(context: UndoContext, model: type[Model], rows: QuerySet) -> list[int]:  # type: ignore[type-arg]
    """Of these rows those that the import wrote. Two queries."""
    there = list(rows.values_list("pk", flat=True))
    return sorted(set(_written(context, model, there).filter(before__isnull=True).values_list("object_id", flat=True))) if there else []


def _take_identities(context: UndoContext, people: Collection[int]) -> set[int]:
    """Whose they were."""
    ours = _ours(context, Identity, Identity.rows.filter(OneOf(F("customer_id"), people)))
    rows = list(Identity.rows.filter(OneOf(F("pk"), ours)).values_list("pk", "value", "customer_id"))
    changes.record_changes(_deed(context), Identity, [(pk, {"value": (value, None)}) for pk, value, _owner in rows])
    Identity.rows.filter(OneOf(F("pk"), ours)).delete()
    return {owner for _pk, _value, owner in rows}


def _take_contact_points(context: UndoContext, people: Collection[int]) -> set[int]:
    """Whose they were. One that somebody changed since stays as it is now."""
    ours = _ours(context, ContactPoint, ContactPoint.rows.filter(OneOf(F("customer_id"), people), is_primary=False))
    if not ours:
        return set()
    told = FieldChange.rows.filter(OneOf(F("object_id"), ours), object=ContactPoint._meta.label_lower)
    later = told.exclude(change_set_id=context.written_under).values_list("object_id", flat=True)
    rows = ContactPoint.rows.filter(OneOf(F("pk"), sorted(set(ours) - set(later))))
    shown = [name for name in ("customer", "kind", "label", *VALUES) if name != "phone_e164"]
    found = list(rows.values_list("pk", *shown))
    noted = [(pk, {name: (value, None) for name, value in zip(shown, values, strict=True) if value}) for pk, *values in found]
    changes.record_changes(_deed(context), ContactPoint, noted)
    rows.delete()
    return {owner for _pk, owner, *_values in found}


def _take_tags(context: UndoContext, people: Collection[int]) -> None:
    ours = _ours(context, CustomerTag, CustomerTag.rows.filter(OneOf(F("customer_id"), people)))
    rows = CustomerTag.rows.filter(OneOf(F("pk"), ours))
    noted = [
        (pk, {"tag": (tag, None), "customer": (customer, None)}) for pk, tag, customer in rows.values_list("pk", "tag_id", "customer_id")
    ]
    changes.record_changes(_deed(context), CustomerTag, noted)
    rows.delete()


def _take_notes(context: UndoContext, people: Collection[int]) -> None:
    """A note that a task follows from, or that somebody has commented on, stays with it."""
    ours = _ours(context, Activity, Activity.rows.filter(OneOf(F("customer_id"), people), kind=Activity.Kind.NOTE))
    used = [model.rows.filter(OneOf(F("activity_id"), ours)).values_list("activity_id", flat=True) for model in (Task, Comment)]
    ours = sorted(set(ours) - set(used[0].union(used[1])))
    Activity.rows.filter(OneOf(F("pk"), ours)).delete()


# ---- those whom the import made --------------------------------------------------------------------------------------


def _remove(context: UndoContext, ids: Collection[int]) -> None:
    """With all that hangs on them. The ledger of consents and the events stay: they can only be added to."""
    if not ids:
        return
    take_back_statements(context, ids)
    Identity.rows.filter(OneOf(F("customer_id"), ids)).delete()
    _release(context, ids)
    Customer.rows.filter(OneOf(F("pk"), ids)).delete()


def _release(context: UndoContext, customer_ids: Collection[int]) -> None:
    """Let go what came by an identity that is gone."""
    if customer_ids:
        for claim in wiring.load("IDENTITY_CLAIMS"):
            claim.release(customer_ids, context.now)


def _tell(context: UndoContext, going: Collection[int], staying: Collection[int]) -> None:
    told = {removed: {"run": context.run.pk, "removed": removed} for removed in (True, False)}
    events.record_many(
        [
            *(events.NewEvent(UNDONE, pk, pk, context.now, told[True]) for pk in going),
            *(events.NewEvent(UNDONE, pk, pk, context.now, told[False]) for pk in staying),
        ],
        actor=context.actor,
    )


def finish(context: UndoContext) -> None:
    """Identities that others held until now, contact points that went; and tags that the import made and nobody uses. About eight
    queries, and six a thousand contact points."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"undo": context.undo.pk, "written": context.written_under})
        cursor.execute(_GONE, {"undo": context.undo.pk, "written": context.written_under})
        gone = [pk for (pk,) in cursor.fetchall()]
    for some in batched(gone, _BATCH, strict=False):
        _give_points_back(context, some)
    made = FieldChange.rows.filter(change_set_id=context.written_under, object=Tag._meta.label_lower, field="name", before__isnull=True)
    unused = Tag.rows.filter(pk__in=list(made.values_list("object_id", flat=True)))
    unused = unused.exclude(pk__in=CustomerTag.rows.values("tag_id"))
    if unused.exists():
        unused.exclude(pk__in=_asked_about()).delete()


def _give_points_back(context: UndoContext, ids: Sequence[int]) -> None:
    """Contact points as they were, and their customers found by them again. Six queries."""
    kept: dict[int, dict[str, Any]] = {pk: {} for pk in ids}
    told = _written(context, ContactPoint, ids).filter(after__isnull=True)
    for pk, name, before in told.values_list("object_id", "field", "before"):
        kept[pk][name] = before
    points = [_point(pk, columns) for pk, columns in kept.items()]
    ContactPoint.rows.bulk_create(points, ignore_conflicts=True)
    changes.record_changes(
        _deed(context), ContactPoint, [(pk, {name: (None, value) for name, value in columns.items()}) for pk, columns in kept.items()]
    )
    customers = list(Customer.rows.filter(OneOf(F("pk"), {point.customer_id for point in points})).order_by("pk"))
    fill_many(customers)
    Customer.rows.bulk_update(customers, SEARCH_COLUMNS)


def _point(pk: int, kept: Mapping[str, Any]) -> ContactPoint:
    columns: dict[str, Any] = {
        name: date.fromisoformat(value) if name.endswith("_on") else value for name, value in kept.items() if name != "customer"
    }
    columns["created_at"] = datetime.fromisoformat(columns["created_at"])
    phone = parse_phone(columns["phone"]) if columns.get("phone") else None
    return ContactPoint(pk=pk, customer_id=kept["customer"], phone_e164=phone.e164 if phone else "", **columns)


def _asked_about() -> set[int]:
    """Tags that a stored rule asks about: views, segments, whatever keeps a `rule`. One query a table."""
    found: set[int] = set()
    for model in apps.get_models():
        if any(column.name == "rule" for column in model._meta.concrete_fields):
            stored = model.rows.exclude(rule__isnull=True).values_list("rule", flat=True)  # type: ignore[attr-defined]
            found |= {int(label) for raw in stored for label in _labels(raw)}
    return found


def _labels(raw: object) -> Iterator[str]:
    """The tags of a rule as it is stored, also where it makes no sense any more."""
    if isinstance(raw, dict):
        if raw.get("fact") == "customer.tags":
            yield from (label for label in raw["test"]["values"] if str(label).isdecimal())
        for part in raw.values():
            yield from _labels(part)
    elif isinstance(raw, list):
        for part in raw:
            yield from _labels(part)


def beside(context: UndoContext) -> QuerySet[FieldChange]:
    """Tags and notes: they are put to a customer also by a row that changes nothing else."""
    labels = [CustomerTag._meta.label_lower, Activity._meta.label_lower]
    return FieldChange.rows.filter(change_set_id=context.written_under, object__in=labels, field="customer", before__isnull=True)


def _deed(context: UndoContext) -> ChangeSet:
    if context.undo.change_set is None:
        raise TypeError(f"the undo {context.undo.pk} has not begun")
    return context.undo.change_set
