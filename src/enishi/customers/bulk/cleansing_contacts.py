"""データ整備 of further addresses: written as the input standards write them, and as they were again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from enishi.customers.contact_points import COLUMNS
from enishi.customers.details import LONGEST
from enishi.customers.models import BulkRun, ContactPoint, Customer
from enishi.customers.standards.book import Book
from enishi.platform import changes, events
from enishi.platform.actor import Actor
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import FieldChange

Kind = ContactPoint.Kind
#: No rule mends a mail address or a phone: they have one stored form anyway.
_TEXTS = COLUMNS[Kind.ADDRESS]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A further address with what is written otherwise: name → (before, after)."""

    row: ContactPoint
    texts: Mapping[str, changes.Change]


def further_addresses(customer_ids: Collection[int]) -> QuerySet[ContactPoint]:
    return ContactPoint.rows.filter(customer_id__in=customer_ids, kind=Kind.ADDRESS, is_primary=False).order_by("pk")


def mended_texts(book: Book, kind: str, texts: Mapping[str, str]) -> dict[str, str]:
    """What of an address would be written otherwise; what would not fit into its field stays. `kind`: of the customer."""
    fixed = {name: clean(text) for name, text in book.judge({**texts, "kind": kind}, required=False).fixed.items()}
    return {name: text for name, text in fixed.items() if text and text != texts[name] and len(text) <= LONGEST[name]}


def mended_points(book: Book, customers: Sequence[Customer]) -> list[Rewritten]:
    """Of these customers' further addresses those that would be written otherwise. One query, none for rules of other fields."""
    if not book.fields.intersection(_TEXTS):
        return []
    kinds = {one.pk: one.kind for one in customers}
    found = []
    for row in further_addresses(kinds):
        texts = {name: str(getattr(row, name)) for name in _TEXTS}
        if fixed := mended_texts(book, kinds[row.customer_id], texts):
            found.append(Rewritten(row, {name: (texts[name], text) for name, text in fixed.items()}))
    return found


def before_a_run(done: BulkRun, customers: Sequence[Customer]) -> tuple[list[Rewritten], set[int]]:
    """What a run wrote into further addresses of these customers and nobody has changed since, to be as it was; the customers of whom
    something has changed. Two queries."""
    rows = {row.pk: row for row in further_addresses([one.pk for one in customers])}
    recorded: dict[int, dict[str, FieldChange]] = {}
    label = ContactPoint._meta.label_lower
    for change in FieldChange.rows.filter(object=label, object_id__in=rows, change_set_id=done.change_set_id) if rows else ():
        recorded.setdefault(change.object_id, {})[change.field] = change
    found, since = [], set[int]()
    for pk, told in recorded.items():
        row = rows[pk]
        same = {name: change for name, change in told.items() if getattr(row, name) == change.after}
        if len(same) < len(told):
            since.add(row.customer_id)
        if same:
            found.append(Rewritten(row, {name: (getattr(row, name), str(change.before)) for name, change in same.items()}))
    return found, since


def customers_of(points: Iterable[Rewritten]) -> set[int]:
    return {point.row.customer_id for point in points}


def write_points(run: BulkRun, points: Collection[Rewritten], actor: Actor, now: datetime) -> None:
    """Into the base and the history, under the run's change set. Records `customer.contact_changed` once for each customer. Four
    queries."""
    if not points:
        return
    for point in points:
        for name, (_before, after) in point.texts.items():
            setattr(point.row, name, after)
    ContactPoint.rows.bulk_update([point.row for point in points], _TEXTS, batch_size=500)
    changes.record_changes(run.change_set, ContactPoint, [(point.row.pk, point.texts) for point in points])
    data: dict[str, events.Primitive] = {"contact": str(Kind.ADDRESS), "change_set": run.change_set_id}
    told = [events.NewEvent("customer.contact_changed", pk, pk, now, data) for pk in sorted(customers_of(points))]
    events.record_many(told, actor=actor)
