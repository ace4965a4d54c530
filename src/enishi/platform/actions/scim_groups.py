"""Verbs by which a directory keeps its groups here. A group gives nothing until an administrator maps it (`actions.scim`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actions.scim_giving import begin, follow_groups
from enishi.platform.actions.scim_users import ChangedMeanwhile, ExternalIdTaken
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.models import ScimGroup, ScimMember, ScimUser
from enishi.platform.queries.scim import group_version

MOST_GROUPS, MOST_MEMBERS = 1_000, 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidGroup:
    """A group as the directory says; its members by their ids here."""

    display_name: str
    external_id: str = ""
    member_ids: Collection[int] = ()


@action
def create_group(*, said: SaidGroup, actor: Actor, now: datetime) -> int:
    """A group that gives nothing. Records `scim_group.created`. Raises NotAllowed, ExternalIdTaken, Invalid."""
    begin(actor)
    _refuse_taken(said, but=0)
    if ScimGroup.rows.filter(removed_at=None).count() >= MOST_GROUPS:
        raise Invalid(_("グループは1,000個までです。使うグループだけを連携してください。"))
    row = ScimGroup.rows.create(display_name=said.display_name, external_id=said.external_id, created_at=now, changed_at=now)
    _put_members(row, said.member_ids, actor=actor, now=now)
    events.record("scim_group.created", subject=row.pk, customer=None, actor=actor, at=now, data={"scim_token": actor.scim_token_id})
    return row.pk


@action
def change_group(*, group_id: int, said: SaidGroup, seen: str, actor: Actor, now: datetime) -> None:
    """Let a group be called so and have these members, who gain and lose what it is mapped to. Records `scim_group.changed`. Raises
    NotAllowed, NotFound, ChangedMeanwhile, ExternalIdTaken, Invalid, LastAdministrator, NobodyLeft."""
    begin(actor)
    row = _standing(group_id, seen)
    _refuse_taken(said, but=row.pk)
    row.display_name, row.external_id, row.changed_at = said.display_name, said.external_id, now
    row.save(update_fields=["display_name", "external_id", "changed_at"])
    _put_members(row, said.member_ids, actor=actor, now=now)
    events.record("scim_group.changed", subject=row.pk, customer=None, actor=actor, at=now, data={"scim_token": actor.scim_token_id})


@action
def remove_group(*, group_id: int, seen: str, actor: Actor, now: datetime) -> None:
    """The group is gone, with all that it gave; one that is made anew is another, and mapped to nothing. Records
    `scim_group.removed`. Raises NotAllowed, NotFound, ChangedMeanwhile, LastAdministrator, NobodyLeft."""
    begin(actor)
    row = _standing(group_id, seen)
    _put_members(row, (), actor=actor, now=now)
    row.removed_at = now
    row.save(update_fields=["removed_at"])
    events.record("scim_group.removed", subject=row.pk, customer=None, actor=actor, at=now, data={"scim_token": actor.scim_token_id})


def _standing(group_id: int, seen: str) -> ScimGroup:
    row = ScimGroup.rows.select_for_update().filter(pk=group_id, removed_at=None).first()
    if row is None:
        raise NotFound
    if seen != group_version(row, ScimMember.rows.filter(group=row).values_list("member_id", flat=True)):
        raise ChangedMeanwhile
    return row


def _refuse_taken(said: SaidGroup, *, but: int) -> None:
    others = ScimGroup.rows.filter(removed_at=None).exclude(pk=but)
    if said.external_id and others.filter(external_id=said.external_id).exists():
        raise ExternalIdTaken


def _put_members(row: ScimGroup, member_ids: Collection[int], *, actor: Actor, now: datetime) -> None:
    wanted = set(member_ids)
    if len(wanted) > MOST_MEMBERS:
        raise Invalid(_("1つのグループに入れられるのは、20,000人までです。"))
    had = set(ScimMember.rows.filter(group=row).values_list("member_id", flat=True))
    known = dict(ScimUser.rows.filter(pk__in=wanted | had, removed_at=None).values_list("pk", "user_id"))
    if wanted - known.keys():
        raise Invalid(_("members に、連携していない人がいます。先に、その人を連携してください。"))
    ScimMember.rows.filter(group=row, member_id__in=had - wanted).delete()
    ScimMember.rows.bulk_create([ScimMember(group=row, member_id=pk) for pk in sorted(wanted - had)])
    if row.role_id or row.team_id:
        follow_groups([known[pk] for pk in wanted ^ had if pk in known], actor=actor, now=now)
