"""Which roles and teams somebody has by whom: by hand, or by groups of the directory (SCIM). A row stands while either says so."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from enishi.platform.models import TeamMember, UserRole

type Way = Literal["by_hand", "by_group"]
type Pair = tuple[int, int]  # user, role or team


def pairs(model: type[UserRole] | type[TeamMember], user_ids: Collection[int], way: Way | None = None) -> set[Pair]:
    """Who has what, by either way or by this one. One query."""
    rows = model.rows.filter(user_id__in=user_ids)
    if way is not None:
        rows = rows.filter(by_hand=True) if way == "by_hand" else rows.filter(by_group=True)
    return set(rows.values_list("user_id", _column(model)))


def hold(model: type[UserRole] | type[TeamMember], user_ids: Collection[int], wanted: Collection[Pair], *, way: Way) -> None:
    """Inside of an action: these users have by this way what is wanted, and nothing else; what they have by the other stays."""
    other: Way = "by_group" if way == "by_hand" else "by_hand"
    held = {(row.user_id, getattr(row, _column(model))): row for row in model.rows.select_for_update().filter(user_id__in=user_ids)}
    added, changed, gone = [], [], []
    for user_id, pk in set(wanted) - held.keys():
        row = model(user_id=user_id, by_hand=way == "by_hand", by_group=way == "by_group")
        setattr(row, _column(model), pk)
        added.append(row)
    for pair, row in held.items():
        if getattr(row, way) == (pair in wanted):
            continue
        if pair not in wanted and not getattr(row, other):
            gone.append(row.pk)
        else:
            setattr(row, way, pair in wanted)
            changed.append(row)
    model.rows.filter(pk__in=gone).delete()
    model.rows.bulk_update(changed, [way])  # type: ignore[arg-type]
    model.rows.bulk_create(added)  # type: ignore[arg-type]


def _column(model: type[UserRole] | type[TeamMember]) -> str:
    return "role_id" if model is UserRole else "team_id"
