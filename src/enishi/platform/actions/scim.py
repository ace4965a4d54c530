"""Verbs of administrators over 自動連携 (SCIM): on and off, tokens, what groups give, and who is the same person."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actions.granting import RightsBeyondOwn, refuse_rights_beyond
from enishi.platform.actions.people import user_for
from enishi.platform.actions.scim_giving import follow_groups
from enishi.platform.actions.scim_users import ExternalIdTaken, UserNameTaken, let_go
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.models import (
    Role,
    RoleGrant,
    ScimGroup,
    ScimMeeting,
    ScimMember,
    ScimSettings,
    ScimToken,
    ScimTrouble,
    ScimUser,
    Team,
    UserRole,
)
from enishi.platform.rights import token_hash

MOST_TOKENS = 10
TOUCHED_EVERY = timedelta(minutes=1)
KEPT_TROUBLES = 100


class TooManyTokens(ActionError):
    code = "scim.too_many_tokens"
    message = _("トークンは10個までです。使っていないものを無効にしてください。")


class NobodyApart(ActionError):
    """However the directory goes wrong, somebody gets in and mends it."""

    code = "scim.nobody_apart"
    message = _("自動連携していない管理者が、少なくとも1人必要です。連携先の設定を誤っても入れるように、緊急用の管理者を残してください。")


@dataclass(frozen=True, slots=True)
class NewScimToken:
    id: int
    token: str  # shown once, stored hashed


@action
def set_scim(*, is_on: bool, first_sign_in: str, actor: Actor, now: datetime) -> None:
    """Open or shut the door to directories, and say how who is made signs in first. Records `scim.changed` where that is new. Raises
    NotAllowed, Invalid, NobodyApart."""
    policy.require(actor, "user", "configure")
    if first_sign_in not in ScimSettings.FirstSignIn.values:
        raise Invalid(fields={"first_sign_in": [_("一覧から選んでください。")]})
    row = ScimSettings.rows.select_for_update().first() or ScimSettings.rows.create()
    wanted = {"is_on": is_on, "first_sign_in": first_sign_in}
    changed = {key: (before, after) for key, after in wanted.items() if (before := getattr(row, key)) != after}
    if not changed:
        return
    row.is_on, row.first_sign_in = is_on, first_sign_in
    row.save(update_fields=list(changed))
    if is_on:
        _keep_somebody_apart()
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, ScimSettings, [(row.pk, changed)])
    events.record("scim.changed", subject=row.pk, customer=None, actor=actor, at=now)


@action
def create_scim_token(*, name: str, expires_at: datetime | None, networks: Sequence[str], actor: Actor, now: datetime) -> NewScimToken:
    """A token by which a directory comes in; it can do SCIM and nothing else. Records `scim_token.created`. Raises NotAllowed, Invalid,
    TooManyTokens."""
    policy.require(actor, "user", "configure")
    if actor.kind != "staff" or actor.user_id is None:
        raise NotAllowed
    name = name.strip()
    if not name or len(name) > 60:
        raise Invalid(fields={"name": [_("何に使うトークンかを、60文字以内で入力してください。")]})
    if ScimToken.rows.filter(revoked_at=None).count() >= MOST_TOKENS:
        raise TooManyTokens
    token = f"scim_{secrets.token_urlsafe(32)}"
    row = ScimToken.rows.create(
        name=name,
        token_hash=token_hash(token),
        networks=list(networks),
        expires_at=expires_at,
        created_at=now,
        created_by_id=actor.user_id,
    )
    events.record("scim_token.created", subject=row.pk, customer=None, actor=actor, at=now)
    return NewScimToken(row.pk, token)


@action
def revoke_scim_token(*, token_id: int, actor: Actor, now: datetime) -> None:
    """Refuse a token from now on; twice is once. Records `scim_token.revoked`. Raises NotAllowed, NotFound."""
    policy.require(actor, "user", "configure")
    row = ScimToken.rows.select_for_update().filter(pk=token_id).first()
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        events.record("scim_token.revoked", subject=row.pk, customer=None, actor=actor, at=now)


@action
def touch_scim_token(*, token_id: int, wall: datetime) -> None:
    """The token was used just now."""
    ScimToken.rows.filter(pk=token_id).update(used_at=wall)
    ScimSettings.rows.filter(is_on=True).update(called_at=wall)


@action
def note_trouble(*, route: str, about: str, code: str, status: int, now: datetime) -> None:
    """Keep what a directory asked for in vain; the last hundred."""
    ScimTrouble.rows.create(at=now, route=route[:40], about=about[:254], code=code[:60], status=status)
    old = ScimTrouble.rows.order_by("-pk").values_list("pk", flat=True)[KEPT_TROUBLES : KEPT_TROUBLES + 1].first()
    if old is not None:
        ScimTrouble.rows.filter(pk__lte=old).delete()


# ---- what groups give -----------------------------------------------------------------------------------------------


@action
def map_group(*, group_id: int, role_id: int | None, team_id: int | None, actor: Actor, now: datetime) -> None:
    """From now on the members of a group hold this role and belong to this team, and lose them with their membership. Records
    `scim_group.mapped` where that is new. Raises NotAllowed, NotFound, RightsBeyondOwn (giving, and taking, more than one holds),
    Invalid, LastAdministrator, NobodyLeft."""
    policy.require(actor, "user", "update")
    if actor.user_id is None:
        raise NotAllowed
    ScimSettings.rows.select_for_update().first()  # after a call of the directory, or before the next
    row = ScimGroup.rows.select_for_update().filter(pk=group_id, removed_at=None).first()
    if row is None:
        raise NotFound
    before = {"role": row.role_id, "team": row.team_id}
    if before == {"role": role_id, "team": team_id}:
        return
    _refuse_unknown(role_id, team_id)
    refuse_rights_beyond(actor, [pk for pk in (row.role_id, role_id) if pk is not None and row.role_id != role_id])
    _refuse_team_beyond(actor, team_id if team_id != row.team_id else None)
    row.role_id, row.team_id, row.mapped_at, row.mapped_by_id = role_id, team_id, now, actor.user_id
    row.save(update_fields=["role", "team", "mapped_at", "mapped_by"])
    follow_groups(ScimMember.rows.filter(group=row).values_list("member__user_id", flat=True), actor=actor, now=now)
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, ScimGroup, [(row.pk, {"role": (before["role"], role_id), "team": (before["team"], team_id)})])
    events.record("scim_group.mapped", subject=row.pk, customer=None, actor=actor, at=now)


def _refuse_unknown(role_id: int | None, team_id: int | None) -> None:
    unknown = {"role_id": role_id is not None and not Role.rows.filter(pk=role_id, archived_at=None).exists()}
    unknown["team_id"] = team_id is not None and not Team.rows.filter(pk=team_id, archived_at=None).exists()
    if any(unknown.values()):
        raise Invalid(fields={key: [_("一覧から選んでください。")] for key, is_unknown in unknown.items() if is_unknown})


def _refuse_team_beyond(actor: Actor, team_id: int | None) -> None:
    """A team widens what roles reach: as `people.give_roles` judges it."""
    if team_id is None or policy.allowed(actor, "user", "configure") or team_id in actor.team_ids:
        return
    if not all(width == "all" for width in actor.grants.values() if width in ("team", "all")):
        raise RightsBeyondOwn


# ---- who is the same person -----------------------------------------------------------------------------------------


@action
def link_meeting(*, meeting_id: int, actor: Actor, now: datetime) -> None:
    """Say that whom the directory wanted to make is the user that was met: from now on it changes and switches off them. Records
    `user.directory_linked`. Raises NotAllowed, NotFound, RightsBeyondOwn, UserNameTaken, ExternalIdTaken, NobodyApart."""
    policy.require(actor, "user", "configure")
    ScimSettings.rows.select_for_update().first()
    meeting = ScimMeeting.rows.select_for_update().filter(pk=meeting_id).first()
    if meeting is None:
        raise NotFound
    user = user_for(actor, meeting.user_id, "configure")
    others = ScimUser.rows.filter(removed_at=None)
    if others.filter(user_key=meeting.user_key).exists() or others.filter(user=user).exists():
        raise UserNameTaken
    if meeting.external_id and others.filter(external_id=meeting.external_id).exists():
        raise ExternalIdTaken
    ScimUser.rows.create(
        user=user,
        user_name=meeting.user_name,
        user_key=meeting.user_key,
        external_id=meeting.external_id,
        said=meeting.said,
        made_here=False,
        created_at=now,
        changed_at=now,
    )
    ScimMeeting.rows.filter(user=user).delete()
    _keep_somebody_apart()
    events.record("user.directory_linked", subject=user.pk, customer=None, actor=actor, at=now)


@action
def dismiss_meeting(*, meeting_id: int, actor: Actor, now: datetime) -> None:
    """It is somebody else, or nobody who shall come in: off the list, until the directory asks again. Raises NotAllowed, NotFound."""
    policy.require(actor, "user", "configure")
    deleted, _by_model = ScimMeeting.rows.filter(pk=meeting_id).delete()
    if not deleted:
        raise NotFound


@action
def unlink_user(*, user_id: int, actor: Actor, now: datetime) -> None:
    """Take a user back from the directory: they stay as they are, without what groups gave them. Records `user.directory_unlinked`.
    Raises NotAllowed, NotFound, RightsBeyondOwn, LastAdministrator, NobodyLeft."""
    ScimSettings.rows.select_for_update().first()
    user = user_for(actor, user_id, "configure")
    row = ScimUser.rows.select_for_update().filter(user=user, removed_at=None).first()
    if row is None:
        raise NotFound
    let_go(row, actor=actor, now=now)


def _keep_somebody_apart() -> None:
    """Raises NobodyApart where no active user is left who may configure users and whom SCIM cannot touch."""
    managing = RoleGrant.rows.filter(object="user", action="configure").values("role_id")
    linked = ScimUser.rows.filter(removed_at=None).values("user_id")
    if not UserRole.rows.filter(role_id__in=managing, user__is_active=True).exclude(user_id__in=linked).exists():
        raise NobodyApart
