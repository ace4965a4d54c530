"""The rows of customers who are one: let all of them point to who carries on, whatever table they stand in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from enishi.customers.actions.relation_rules import standing_of
from enishi.customers.merging.manifest import CUSTOMERS, FIGURED, MOVED, Pointing, pointing, primary_keys
from enishi.customers.models import MergeEntry, Relation
from enishi.customers.ties import relation_kinds
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.models import Share
from enishi.platform.sql import journal

type Key = tuple[str, int]  # table, primary key
type Snapshot = Mapping[Key, journal.Row]


def snapshot(customer_ids: Collection[int]) -> dict[Key, journal.Row]:
    """Every row that a merge of these customers may touch, as it is. One query a column of the manifest."""
    found: dict[Key, journal.Row] = {}
    for column in pointing(MOVED, FIGURED, "replace"):
        rows = journal.rows_of(column.table, column.key, customer_ids, pk=column.pk, only=column.only)
        found |= {(column.table, pk): row for pk, row in rows.items()}
    return found


def entries_between(before: Snapshot, after: Snapshot, *, whole: Collection[Key]) -> list[MergeEntry]:
    """What differs between two snapshots, as entries of a journal without their merge. `whole`: rows kept with all columns."""
    entries = []
    for key in dict.fromkeys([*before, *after]):
        was, became = before.get(key), after.get(key)
        if was == became and key not in whole:
            continue
        if was is not None and became is not None and key not in whole:
            names = [name for name in became if was.get(name) != became[name]]
            was, became = {name: was.get(name) for name in names}, {name: became[name] for name in names}
        entries.append(MergeEntry(table=key[0], row_id=key[1], before=was, after=became))
    return entries


# ---- moving -------------------------------------------------------------------------------------------------------


def move_rows(kept: int, gone: Sequence[int], *, actor: Actor, now: datetime) -> None:
    """Every table at once, and row by row where two rows cannot stand beside each other: then one gives way, or goes."""
    for column in pointing(MOVED):
        try:
            with transaction.atomic():
                journal.point(column.table, column.key, gone, kept, only=column.only)
        except IntegrityError:
            _one_by_one(column, kept, gone, actor, now)
    _break_circles(kept, time.today(now))


def _one_by_one(column: Pointing, kept: int, gone: Sequence[int], actor: Actor, now: datetime) -> None:
    """In the order of their ids, so that the same merge always ends the same."""
    rows = journal.rows_of(column.table, column.key, gone, pk=column.pk, only=column.only)
    for pk in sorted(rows):
        for _try in range(3):  # a row may be in the way of two constraints
            try:
                with transaction.atomic():
                    journal.put_back(column.table, column.pk, pk, {column.key: kept})
                break
            except IntegrityError as error:
                give_way = _GIVE_WAY.get(_constraint(error))
                if give_way is None or not give_way(pk, kept, actor, now):
                    journal.take_out(column.table, column.pk, [pk])
                    break
        else:
            journal.take_out(column.table, column.pk, [pk])


def _constraint(error: IntegrityError) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))


type GiveWay = Callable[[int, int, Actor, datetime], bool]


def _no_primary(pk: int, kept: int, actor: Actor, now: datetime) -> bool:
    """Who carries on has a primary tie of this kind: theirs stays the primary one."""
    return bool(Relation.rows.filter(pk=pk, is_primary=True).update(is_primary=False))


def _tie_ends(pk: int, kept: int, actor: Actor, now: datetime) -> bool:
    """A second household, a second parent company: that of who carries on goes on, the other one ends today."""
    today = time.today(now)
    return bool(Relation.rows.filter(pk=pk, until_on=None).exclude(from_on__gt=today).update(until_on=today, is_primary=False))


def _narrower_share_ends(pk: int, kept: int, actor: Actor, now: datetime) -> bool:
    """Both are shared with one receiver: the wider share stands. Of two that are as wide, the one that lasts longer."""
    coming = Share.rows.get(pk=pk)
    receiver = Q(user_id=coming.user_id) if coming.user_id else Q(team_id=coming.team_id)
    there = Share.rows.filter(receiver, object=coming.object, record_id=kept, ended_at=None).first()
    narrower = coming if there is None or _width(there) >= _width(coming) else there
    return bool(Share.rows.filter(pk=narrower.pk, ended_at=None).update(ended_at=now, ended_by_id=actor.user_id))


def _width(share: Share) -> tuple[bool, float]:
    return share.level == Share.Level.UPDATE, share.until_at.timestamp() if share.until_at else float("inf")


#: What gives way, by the constraint that is in the way. Of all others the row that comes is one that is there already: it goes.
_GIVE_WAY: Mapping[str, GiveWay] = {
    "relation_one_primary": _no_primary,
    "relation_one_at_a_time": _tie_ends,
    "share_with_user_once": _narrower_share_ends,
    "share_with_team_once": _narrower_share_ends,
}


def _break_circles(kept: int, today: object) -> None:
    """Somebody who belonged to one of them may now belong to themselves, over others: that tie of who carries on ends."""
    single = [kind for kind in relation_kinds().values() if kind.one_at_a_time]
    ties = Relation.rows.filter(source_id=kept, until_on=None, one_at_a_time=True)
    for pk, kind, target in ties.values_list("pk", "kind", "target_id"):
        standing = standing_of({kept}, {target}, [found for found in single if found.code == kind])
        if standing.leads_to(kept, kind, target):
            Relation.rows.filter(pk=pk).update(until_on=today, is_primary=False)


# ---- putting back -------------------------------------------------------------------------------------------------


def put_back(entries: Sequence[MergeEntry], *, gone: Sequence[int]) -> list[MergeEntry]:
    """Take the journal back but for the row of who carried on; those of its entries that could not be, since somebody changed
    the row meanwhile, or another stands in its place.

    Those who were merged away come first, then rows go back to them, what the merge made goes, and what it took comes again.
    """
    keys = primary_keys()
    others = [entry for entry in entries if entry.table != CUSTOMERS]
    for entry in (e for e in entries if e.table == CUSTOMERS and e.row_id in gone):
        journal.put_in(entry.table, entry.before or {})
    there = _current_rows(others, keys)
    changed = [entry for entry in others if entry.before is not None and entry.after is not None]
    left = _take_back_moves([entry for entry in changed if _is_move(entry)], there, keys)
    for entry in (entry for entry in changed if not _is_move(entry)):
        if not _take_back(entry, there.get((entry.table, entry.row_id)), keys[entry.table]):
            left.append(entry)
    for entry in (entry for entry in others if entry.before is None):
        current = there.get((entry.table, entry.row_id))
        if current == entry.after:
            journal.take_out(entry.table, keys[entry.table], [entry.row_id])
        elif current is not None:
            left.append(entry)
    return left


def _is_move(entry: MergeEntry) -> bool:
    """Whether nothing changed but to whom the row points, as with nearly all."""
    keys = {column.key for column in pointing(MOVED) if column.table == entry.table}
    return len(entry.after or {}) == 1 and set(entry.after or {}) <= keys


def _current_rows(entries: Sequence[MergeEntry], keys: Mapping[str, str]) -> dict[Key, journal.Row]:
    """The rows of these entries as they are now. One query a table."""
    found: dict[Key, journal.Row] = {}
    for table in {entry.table for entry in entries}:
        rows = journal.rows_of(table, keys[table], [e.row_id for e in entries if e.table == table], pk=keys[table])
        found |= {(table, pk): row for pk, row in rows.items()}
    return found


def _take_back_moves(moves: Sequence[MergeEntry], there: Snapshot, keys: Mapping[str, str]) -> list[MergeEntry]:
    """Many rows in few queries; row by row where something stands in the way of one. Those that could not be."""
    groups: dict[tuple[str, str, object], list[MergeEntry]] = {}
    for entry in moves:
        ((key, old),) = (entry.before or {}).items()
        groups.setdefault((entry.table, key, old), []).append(entry)
    left = []
    for (table, key, old), some in groups.items():
        fit = [entry for entry in some if there.get((table, entry.row_id), {}).get(key) == (entry.after or {})[key]]
        left += [entry for entry in some if entry not in fit]
        try:
            with transaction.atomic():
                journal.set_one(table, keys[table], [entry.row_id for entry in fit], key, old)
        except IntegrityError:
            left += [entry for entry in fit if not _take_back(entry, there.get((table, entry.row_id)), keys[table])]
    return left


def bring_again(entries: Sequence[MergeEntry]) -> list[MergeEntry]:
    """The rows that the merge took away, who carried on being themselves again; those in whose place another one stands by now."""
    left = []
    for entry in (e for e in entries if e.after is None and e.table != CUSTOMERS):
        try:
            with transaction.atomic():
                journal.put_in(entry.table, entry.before or {})
        except IntegrityError:
            left.append(entry)
    return left


def _take_back(entry: MergeEntry, current: journal.Row | None, pk: str) -> bool:
    """Of the columns that the merge changed those that nobody changed since; whether that was all of them."""
    if current is None or entry.before is None or entry.after is None:
        return False
    same = {name: value for name, value in entry.before.items() if current.get(name) == entry.after[name]}
    try:
        with transaction.atomic():
            journal.put_back(entry.table, pk, entry.row_id, same)
    except IntegrityError:
        return False
    return len(same) == len(entry.before)
