"""Which pairs hang together: a person with three records is one thing to decide, not three."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import F

from enishi.customers.models import TwinPair
from enishi.platform.sql.one_of import OneOf


def regroup(touched: Collection[int]) -> None:
    """Inside an action: write anew to which group the open pairs of these customers, and those that hang together with them, belong.
    Two queries for each step away from them, and one for each thousand pairs that change."""
    pairs = _connected(touched)
    group = groups_of((first, second) for _pk, first, second, _group in pairs)
    moved: dict[int, list[int]] = {}
    for pk, first, _second, was in pairs:
        if group[first] != was:
            moved.setdefault(group[first], []).append(pk)
    changed = [TwinPair(pk=pk, group_id=to) for to, pks in moved.items() for pk in pks]
    TwinPair.rows.bulk_update(changed, ["group_id"], batch_size=1_000)


def _connected(touched: Collection[int]) -> list[tuple[int, int, int, int]]:
    """The open pairs of these customers and of everybody whom they lead to: id, both sides, group."""
    found: dict[int, tuple[int, int, int, int]] = {}
    edge, seen = set(touched), set(touched)
    while edge:
        rows = TwinPair.rows.filter(state=TwinPair.State.OPEN)
        near = [*rows.filter(OneOf(F("first_id"), edge)).values_list("pk", "first_id", "second_id", "group_id")]
        near += rows.filter(OneOf(F("second_id"), edge)).values_list("pk", "first_id", "second_id", "group_id")
        found |= {row[0]: row for row in near}
        edge = {pk for _id, first, second, _group in near for pk in (first, second)} - seen
        seen |= edge
    return list(found.values())


def groups_of(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Customer → the lowest id of the group to which pairs tie them."""
    above: dict[int, int] = {}

    def top(pk: int) -> int:
        while (over := above.setdefault(pk, pk)) != pk:
            above[pk] = above[over]  # the way up is shorter the next time
            pk = over
        return pk

    for first, second in pairs:
        one, other = sorted((top(first), top(second)))
        above[other] = one
    return {pk: top(pk) for pk in above}
