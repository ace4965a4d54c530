"""データ整備: the texts of many customers written as the input standards write them, and as they were again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from enishi.customers.actions.customers import Updated, record_updates
from enishi.customers.bulk.cleansing_contacts import Rewritten, before_a_run, customers_of, mended_points, write_points
from enishi.customers.bulk.mending import book_of, mended
from enishi.customers.details import FIELDS, Details, changed_names, details_of, past_detail, value_of
from enishi.customers.imports.people.rows import COLUMNS
from enishi.customers.imports.people.write import write_columns, write_own
from enishi.customers.models import BulkRun, Customer
from enishi.platform import changes
from enishi.platform.actor import Actor
from enishi.platform.models import FieldChange

#: A person's whole name follows its parts: they go back together or not at all.
_NAMES = ("name", "family_name", "given_name")


def would_change(run: BulkRun, actor: Actor, customers: Sequence[Customer]) -> set[int]:
    """Who would be written otherwise. Writes nothing."""
    book = book_of(run, actor)
    beside = customers_of(mended_points(book, customers))
    return beside | {one.pk for one in customers if mended(book, before := details_of(one), one.lifecycle) != before}


def mend(run: BulkRun, actor: Actor, customers: Sequence[Customer], now: datetime) -> set[int]:
    """Write them as the rules say; the ids of those that are different now. Twelve queries at most."""
    book = book_of(run, actor)
    pairs = [(one, before := details_of(one), mended(book, before, one.lifecycle)) for one in customers]
    points = mended_points(book, customers)
    beside = customers_of(points)
    return _write(run, actor, [(one, before, after) for one, before, after in pairs if after != before or one.pk in beside], points, now)


def take_back(run: BulkRun, done: BulkRun, actor: Actor, customers: Sequence[Customer], now: datetime) -> tuple[set[int], set[int]]:
    """Write again what stood there before a run: (ids that are as before, ids of which somebody changed something since)."""
    recorded: dict[int, dict[str, FieldChange]] = {}
    rows = FieldChange.rows.filter(
        object=Customer._meta.label_lower, object_id__in=[one.pk for one in customers], change_set_id=done.change_set_id
    )
    for row in rows:
        recorded.setdefault(row.object_id, {})[row.field] = row
    points, since = before_a_run(done, customers)
    beside, pairs = customers_of(points), []
    for one in customers:
        before = details_of(one)
        after, left = _as_before(before, recorded.get(one.pk, {}))
        if left:
            since.add(one.pk)
        if after != before or one.pk in beside:
            pairs.append((one, before, after))
    return _write(run, actor, pairs, points, now) - since, since


def _as_before(now: Details, rows: Mapping[str, FieldChange]) -> tuple[Details, bool]:
    """The details with what nobody has changed since as it was; whether anything is left."""
    same = {name for name, row in rows.items() if changes.plain(value_of(now, name)) == row.after}
    if not same.issuperset(rows.keys() & set(_NAMES)):
        same -= set(_NAMES)
    own = {name: rows[name].before for name in same if name.startswith("cf_")}
    plain: dict[str, Any] = {name: _past(now.kind, name, rows[name].before) for name in same if not name.startswith("cf_")}
    return replace(now, **plain, custom={**now.custom, **own}), len(same) < len(rows)


def _past(kind: str, name: str, stored: object) -> object:
    found = past_detail(kind, name, stored)
    return found[1] if found else stored or ""


def _write(
    run: BulkRun, actor: Actor, pairs: Collection[tuple[Customer, Details, Details]], points: Collection[Rewritten], now: datetime
) -> set[int]:
    """Into the base and into the history, under the run's change set. A customer of whom a further address alone is another is written
    as well: whoever looks for what changed finds them."""
    if not pairs:
        return set()
    updates = []
    for one, before, after in pairs:
        for name in FIELDS:
            setattr(one, name, getattr(after, name))
        if after != before:
            updates.append(Updated(one.pk, before, after, tuple(changed_names(before, after))))
    write_columns({one.pk: {name: getattr(one, name) for name in COLUMNS} for one, _before, _after in pairs})
    write_own({one.pk: after.custom for one, before, after in pairs if before.custom != after.custom})  # type: ignore[misc]  # as stored
    if updates:
        record_updates(run.change_set, updates, actor=actor, now=now)
    write_points(run, points, actor, now)
    return {one.pk for one, _before, _after in pairs}
