"""Verbs of users: changing, giving roles and teams, switching off and on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, jobs, policy
from enishi.platform.action import action
from enishi.platform.actions.granting import RightsBeyondOwn, keep_an_administrator, refuse_rights_beyond, standing
from enishi.platform.actions.holding import hold, pairs
from enishi.platform.actions.signin import end_sessions_of
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.models import ApiToken, ChangeSet, Role, Team, TeamMember, User, UserRole
from enishi.platform.privacy import Privacy

FIELDS = ("display_name", "title", "email", "language")


class OwnAccount(ActionError):
    code = "user.own_account"
    message = _("自分のアカウントは停止できません。")


@action
def change_user(*, user_id: int, display_name: str, title: str, email: str, language: str, actor: Actor, now: datetime) -> None:
    """Change what is known of a user, with what it was before. Records `user.changed` where any is new.

    Raises NotFound, NotAllowed, RightsBeyondOwn, Invalid."""
    user = user_for(actor, user_id, "update")
    wanted = dict(zip(FIELDS, (display_name, title, email, language), strict=True))
    if language not in User.Language.values:
        raise Invalid(fields={"language": [_("一覧から選んでください。")]})
    if email and User.rows.filter(email__iexact=email).exclude(pk=user.pk).exists():
        raise Invalid(fields={"email": [_("このメールアドレスのユーザーが、すでにいます。")]})
    changed = {name: (before, after) for name, after in wanted.items() if (before := getattr(user, name)) != after}
    if not changed:
        return
    for name, (_before, after) in changed.items():
        setattr(user, name, after)
    user.save(update_fields=list(changed))
    write_down(user.pk, changed, actor, now)
    events.record("user.changed", subject=user.pk, customer=None, actor=actor, at=now)


@action
def give_roles(*, user_id: int, role_ids: Collection[int], team_ids: Collection[int], actor: Actor, now: datetime) -> None:
    """The user has these roles and belongs to these teams from now on, and no others but those that groups of the directory give.
    Records `user.roles_changed` where any is new.

    Raises NotFound, NotAllowed, RightsBeyondOwn, LastAdministrator."""
    user = user_for(actor, user_id, "update")
    had_roles = sorted(pk for _user_id, pk in pairs(UserRole, [user.pk], "by_hand"))
    had_teams = sorted(pk for _user_id, pk in pairs(TeamMember, [user.pk], "by_hand"))
    roles, teams = standing(Role, role_ids), standing(Team, team_ids)
    if (roles, teams) == (had_roles, had_teams):
        return
    refuse_rights_beyond(actor, set(roles) - set(had_roles))
    if not policy.allowed(actor, "user", "configure"):  # a team widens what roles reach
        beyond = set(teams) - set(had_teams) - actor.team_ids
        if beyond and not all(width == "all" for width in actor.grants.values() if width in ("team", "all")):
            raise RightsBeyondOwn
    hold(UserRole, [user.pk], {(user.pk, pk) for pk in roles}, way="by_hand")
    hold(TeamMember, [user.pk], {(user.pk, pk) for pk in teams}, way="by_hand")
    keep_an_administrator()
    write_down(user.pk, {"roles": (had_roles, roles), "teams": (had_teams, teams)}, actor, now)
    events.record("user.roles_changed", subject=user.pk, customer=None, actor=actor, at=now)


@action
def deactivate_user(*, user_id: int, actor: Actor, now: datetime) -> None:
    """The user gets in nowhere any more: sessions end at their next request, API tokens are revoked. What they own stays theirs.
    Records `user.deactivated`. Raises NotFound, NotAllowed, RightsBeyondOwn, OwnAccount, LastAdministrator."""
    user = user_for(actor, user_id, "archive")
    if user.pk == actor.user_id:
        raise OwnAccount
    switch_off(user, actor=actor, now=now)


def switch_off(user: User, *, actor: Actor, now: datetime) -> None:
    """Inside of an action, of a user who is locked: as `deactivate_user`, for who has judged the right. Raises LastAdministrator."""
    if not user.is_active:
        return
    user.is_active = False
    user.save(update_fields=["is_active"])
    keep_an_administrator()
    end_sessions_of(user_id=user.pk, but=None, actor=actor, now=now)
    ApiToken.rows.filter(user=user, revoked_at=None).update(revoked_at=now)
    write_down(user.pk, {"is_active": (True, False)}, actor, now)
    events.record("user.deactivated", subject=user.pk, customer=None, actor=actor, at=now)


@action
def reactivate_user(*, user_id: int, actor: Actor, now: datetime) -> None:
    """The user signs in again as before, with the roles they had; API tokens stay revoked. Records `user.reactivated`.

    Raises NotFound, NotAllowed, RightsBeyondOwn."""
    switch_on(user_for(actor, user_id, "archive"), actor=actor, now=now)


def switch_on(user: User, *, actor: Actor, now: datetime) -> None:
    """Inside of an action, of a user who is locked: as `reactivate_user`, for who has judged the right."""
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    write_down(user.pk, {"is_active": (False, True)}, actor, now)
    events.record("user.reactivated", subject=user.pk, customer=None, actor=actor, at=now)


@action
def sign_user_out(*, user_id: int, actor: Actor, now: datetime) -> int:
    """End all sessions of a user; how many. Records `user.session_ended` for each. Raises NotFound, NotAllowed, RightsBeyondOwn."""
    user = user_for(actor, user_id, "configure")
    return end_sessions_of(user_id=user.pk, but=None, actor=actor, now=now)


@action
def take_second_factors_off(*, user_id: int, actor: Actor, now: datetime) -> None:
    """For somebody who lost phone and recovery codes: they sign in by password again, and add another. Records
    `user.second_factor_removed`, and tells them by mail. Raises NotFound, NotAllowed, RightsBeyondOwn."""
    user = user_for(actor, user_id, "configure")
    deleted, _by_model = Authenticator.objects.filter(user_id=user.pk).delete()
    if deleted:
        event_id = events.record("user.second_factor_removed", subject=user.pk, customer=None, actor=actor, at=now, data={"method": "all"})
        jobs.enqueue("platform.mail_notice", event_id=event_id)


def user_for(actor: Actor, user_id: int, act: str) -> User:
    """The user, locked, for one who may do this to users and does not reach for more rights than their own."""
    policy.require(actor, "user", act)
    user = User.rows.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    if user.pk != actor.user_id:
        refuse_rights_beyond(actor, UserRole.rows.filter(user=user).values_list("role_id", flat=True))
    return user


def write_down(user_id: int, changed: Mapping[str, changes.Change], actor: Actor, now: datetime) -> ChangeSet:
    """What was changed of a user, with what it was before."""
    return write_all_down([(user_id, changed)], actor, now)


def write_all_down(changed: Sequence[tuple[int, Mapping[str, changes.Change]]], actor: Actor, now: datetime) -> ChangeSet:
    """The same of several users, as one deed."""
    by_directory = actor.kind == "scim"
    deed = changes.open_change_set(
        actor=actor, door="scim" if by_directory else "screen", at=now, reason=actor.name if by_directory else ""
    )
    lists = {"roles": Privacy.INTERNAL, "teams": Privacy.INTERNAL}
    changes.record_changes(deed, User, changed, classes=lists)
    return deed
