"""Which groups of duplicates are merged without looking at each, and why others are left to somebody's eyes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q

from enishi.customers import access
from enishi.customers.actions.merging import MOST
from enishi.customers.models import Customer, TwinPair
from enishi.customers.twins.groups import groups_of
from enishi.customers.twins.settling import strong_ids_of
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.sql import snapshots
from enishi.platform.sql.one_of import OneOf

State = TwinPair.State


@dataclass(frozen=True, slots=True)
class Group:
    """Records that are one customer."""

    ids: tuple[int, ...]
    score_ppm: int  # of the least sure pair among those that tie them


@dataclass(frozen=True, slots=True)
class Plan:
    groups: list[Group]  # the surest first
    pair_count: int  # of that score, left out or not
    left_out: Mapping[str, int]  # reason → pairs


@dataclass(frozen=True, slots=True)
class _Pair:
    first: int
    second: int
    score_ppm: int
    held_by: Sequence[str]
    snoozed_until: date | None
    snapshot: str | None  # of the search that compared them


def plan(actor: Actor, at_least_ppm: int, *, now: datetime, among: Collection[int] | None = None) -> Plan:
    """What would be merged of the open pairs of at least this score, of `among` alone where they are given. Seven queries.

    Left out is what somebody should look at: what is held, put off, or told apart, also where it is only another pair of the same
    group; who was changed since they were compared; who has two ids of one kind that others gave. Of customers whom the actor does
    not see nothing is counted. Raises NotAllowed.
    """
    access.require(actor, "bulk")
    access.require_comparing(actor)
    rows = access.twin_pairs(actor).filter(state=State.OPEN, score_ppm__gte=at_least_ppm)
    if among is not None:
        rows = rows.filter(OneOf(F("first_id"), among), OneOf(F("second_id"), among))
    columns = ("first_id", "second_id", "score_ppm", "held_by", "snoozed_until", "search__snapshot")
    pairs = [_Pair(*row) for row in rows.values_list(*columns)]
    left: Counter[str] = Counter()
    fit = _compared_as_they_are(_undoubted(pairs, left, time.today(now)), left)
    groups = _whole_groups(fit, left)
    if among is None:
        left["not_mine"] += _seen_but_not_to_merge(actor, at_least_ppm)
    ordered = sorted(groups, key=lambda group: (-group.score_ppm, group.ids))
    return Plan(ordered, len(pairs) + left["not_mine"], {reason: count for reason, count in left.items() if count})


def _undoubted(pairs: Sequence[_Pair], left: Counter[str], today: date) -> list[_Pair]:
    fit = []
    for pair in pairs:
        if pair.held_by:
            left[pair.held_by[0]] += 1
        elif pair.snoozed_until is not None and pair.snoozed_until > today:
            left["later"] += 1
        else:
            fit.append(pair)
    return fit


def _compared_as_they_are(pairs: Sequence[_Pair], left: Counter[str]) -> list[_Pair]:
    """Without those of which one was written after the search that compared the two: the score is of who they were. One query."""
    ids = {pk for pair in pairs for pk in (pair.first, pair.second)}
    written = dict(Customer.rows.filter(OneOf(F("pk"), ids)).order_by().values_list("pk", "row_xid"))
    fit = []
    for pair in pairs:
        if not pair.snapshot or not all(snapshots.shows(pair.snapshot, written[pk]) for pk in (pair.first, pair.second)):
            left["changed"] += 1
        else:
            fit.append(pair)
    return fit


def _whole_groups(pairs: Sequence[_Pair], left: Counter[str]) -> list[Group]:
    """Those that hang together, but for groups in which something speaks against it. Two queries."""
    group = groups_of((pair.first, pair.second) for pair in pairs)
    members: dict[int, list[int]] = {}
    for pk, top in group.items():
        members.setdefault(top, []).append(pk)
    scores: dict[int, list[int]] = {}
    for pair in pairs:
        scores.setdefault(group[pair.first], []).append(pair.score_ppm)
    doubts = _doubts(members, group)
    for top in doubts:
        left[doubts[top]] += len(scores[top])
    return [Group(tuple(sorted(ids)), min(scores[top])) for top, ids in members.items() if top not in doubts]


def _doubts(members: Mapping[int, Sequence[int]], group: Mapping[int, int]) -> dict[int, str]:
    """Group → why it is left to somebody's eyes."""
    found: dict[int, str] = {}
    larger = {pk for ids in members.values() if len(ids) > 2 for pk in ids}
    against = TwinPair.rows.filter(OneOf(F("first_id"), larger), OneOf(F("second_id"), larger))
    against = against.filter(Q(state=State.DISTINCT) | (Q(state=State.OPEN) & ~Q(held_by=[])))
    for first, second, state in against.values_list("first_id", "second_id", "state"):
        if group[first] == group[second]:
            found[group[first]] = "told_apart" if state == State.DISTINCT else "in_group"
    strong = strong_ids_of(group.keys())
    for top, ids in members.items():
        kinds = Counter(kind for pk in ids for kind in strong.get(pk, ()))
        if kinds and max(kinds.values()) > 1:
            found[top] = "strong_ids"
        if len(ids) > MOST:
            found[top] = "too_many"
    return found


def _seen_but_not_to_merge(actor: Actor, at_least_ppm: int) -> int:
    """Pairs of customers all of whom the actor sees, and one of whom they may not merge. One query."""
    if actor.scope_for("customer", "merge") == "all":
        return 0
    seen = access.visible_customers(actor).order_by().values("pk")
    rows = TwinPair.rows.filter(state=State.OPEN, score_ppm__gte=at_least_ppm, first_id__in=seen, second_id__in=seen)
    return rows.exclude(pk__in=access.twin_pairs(actor).order_by().values("pk")).count()
