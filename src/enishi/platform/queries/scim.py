"""What a directory may read of users and groups (SCIM): those whom it made or to whom an administrator linked it, and no others."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from unicodedata import normalize

from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.models import ScimGroup, ScimMember, ScimUser, User


def compared(user_name: str) -> str:
    """How user names are compared: NFC, lower case, as `scim2_models.default_comparison_key`."""
    return normalize("NFC", normalize("NFC", user_name).lower())


def user_version(row: ScimUser, user: User) -> str:
    """Another one whenever what SCIM tells of the user itself is another. No query."""
    return _version(row.pk, row.user_name, row.external_id, row.said, user.is_active)


def group_version(row: ScimGroup, member_ids: Iterable[int]) -> str:
    return _version(row.pk, row.display_name, row.external_id, sorted(member_ids))


def _version(*said: object) -> str:
    return f'W/"{sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]}"'


@dataclass(frozen=True, slots=True)
class Mine:
    """Which rows are asked for: all, or those of these ids, user names, external ids. `None` narrows nothing."""

    ids: Collection[int] | None = None
    user_keys: Collection[str] | None = None
    external_ids: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class DirectoryUser:
    id: int
    user_name: str
    external_id: str
    said: Mapping[str, object]
    is_active: bool
    groups: Sequence[tuple[int, str]]  # id, name
    created_at: datetime
    changed_at: datetime
    version: str


@dataclass(frozen=True, slots=True)
class DirectoryGroup:
    id: int
    display_name: str
    external_id: str
    member_ids: Sequence[int]
    created_at: datetime
    changed_at: datetime
    version: str


def _only_directories(actor: Actor) -> None:
    if actor.kind != "scim" or actor.scim_token_id is None:
        raise NotAllowed


def directory_users(actor: Actor, mine: Mine, *, start: int = 0, stop: int | None = None) -> tuple[int, list[DirectoryUser]]:
    """How many there are, and these of them in the order in which they came. Raises NotAllowed. Three queries."""
    _only_directories(actor)
    rows = ScimUser.rows.filter(removed_at=None).select_related("user").order_by("pk")
    if mine.ids is not None:
        rows = rows.filter(pk__in=mine.ids)
    if mine.user_keys is not None:
        rows = rows.filter(user_key__in=mine.user_keys)
    if mine.external_ids is not None:
        rows = rows.filter(external_id__in=mine.external_ids)
    total, found = rows.count(), list(rows[start:stop])
    groups: dict[int, list[tuple[int, str]]] = defaultdict(list)
    memberships = ScimMember.rows.filter(member__in=[row.pk for row in found], group__removed_at=None).order_by("group_id")
    for member_id, group_id, name in memberships.values_list("member_id", "group_id", "group__display_name"):
        groups[member_id].append((group_id, name))
    return total, [
        DirectoryUser(
            row.pk,
            row.user_name,
            row.external_id,
            row.said,
            row.user.is_active,
            groups[row.pk],
            row.created_at,
            row.changed_at,
            user_version(row, row.user),
        )
        for row in found
    ]


def directory_user(actor: Actor, scim_user_id: int) -> DirectoryUser:
    """Raises NotAllowed, NotFound. Three queries."""
    _total, found = directory_users(actor, Mine(ids=[scim_user_id]))
    if not found:
        raise NotFound
    return found[0]


def directory_groups(actor: Actor, mine: Mine, *, start: int = 0, stop: int | None = None) -> tuple[int, list[DirectoryGroup]]:
    """How many there are, and these of them in the order in which they came. Raises NotAllowed. Three queries."""
    _only_directories(actor)
    rows = ScimGroup.rows.filter(removed_at=None).order_by("pk")
    if mine.ids is not None:
        rows = rows.filter(pk__in=mine.ids)
    if mine.external_ids is not None:
        rows = rows.filter(external_id__in=mine.external_ids)
    total, found = rows.count(), list(rows[start:stop])
    members: dict[int, list[int]] = defaultdict(list)
    inside = ScimMember.rows.filter(group__in=[row.pk for row in found]).order_by("member_id")
    for group_id, member_id in inside.values_list("group_id", "member_id"):
        members[group_id].append(member_id)
    return total, [
        DirectoryGroup(
            row.pk,
            row.display_name,
            row.external_id,
            members[row.pk],
            row.created_at,
            row.changed_at,
            group_version(row, members[row.pk]),
        )
        for row in found
    ]


def directory_group(actor: Actor, group_id: int) -> DirectoryGroup:
    """Raises NotAllowed, NotFound. Three queries."""
    _total, found = directory_groups(actor, Mine(ids=[group_id]))
    if not found:
        raise NotFound
    return found[0]


def name_of(actor: Actor, resource_type: str, pk: int) -> str:
    """What the directory calls this user or group; "" for none. Raises NotAllowed. One query."""
    _only_directories(actor)
    if resource_type == "Users":
        return ScimUser.rows.filter(pk=pk).values_list("user_name", flat=True).first() or ""
    return ScimGroup.rows.filter(pk=pk).values_list("display_name", flat=True).first() or ""
