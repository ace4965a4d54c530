"""Verbs of users: inviting, accepting, changing, giving roles and teams, switching off and on.

Whoever may configure users gives any role. Others, who may only invite or change them, give no right that they do not hold
themselves, and touch nobody who holds more: else they would gain it by another's account.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, jobs, policy
from enishi.platform.action import action
from enishi.platform.actions.signin import end_sessions_of
from enishi.platform.actor import ANONYMOUS, SCOPE_RANK, SYSTEM, Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.models import (
    ApiToken,
    ChangeSet,
    Invitation,
    Role,
    RoleField,
    RoleGrant,
    RoleLevel,
    SignInLink,
    Team,
    TeamMember,
    User,
    UserRole,
)
from enishi.platform.privacy import Privacy
from enishi.platform.rights import token_hash

HOLDS_FOR = timedelta(days=7)
FIELDS = ("display_name", "title", "email", "language")


class LastAdministrator(ActionError):
    code = "user.last_administrator"
    message = _("ユーザーを管理できる人がいなくなります。先に、ほかの人を管理者にしてください。")


class RightsBeyondOwn(NotAllowed):
    """The actor would give, or get at, a right that they do not hold."""

    code = "user.rights_beyond_own"
    message = _("自分にない権限は、ほかの人に渡せません。ユーザーを管理できる人に頼んでください。")


class LinkIsOver(ActionError):
    """The link was used, withdrawn or is too old; or there never was such a link."""

    code = "invitation.over"
    message = _("この招待のリンクは使えません。使い終わったか、取り消されたか、期限が過ぎています。管理者に新しいリンクを頼んでください。")
    status = 404


class InvitationIsOver(ActionError):
    code = "invitation.settled"
    message = _("この招待は、すでに受け入れられたか、取り消されています。")


class OwnAccount(ActionError):
    code = "user.own_account"
    message = _("自分のアカウントは停止できません。")


@dataclass(frozen=True, slots=True)
class NewLink:
    id: int
    token: str  # shown once, stored hashed


# ---- invitations ------------------------------------------------------------------------------------------------


@action
def invite(
    *,
    email: str,
    display_name: str,
    title: str,
    language: str,
    role_ids: Collection[int],
    team_ids: Collection[int],
    actor: Actor,
    now: datetime,
    wall: datetime,
) -> NewLink:
    """A link for seven days by which one person makes their account. Records `invitation.made`.

    Raises NotAllowed, RightsBeyondOwn, Invalid (a user or an open invitation has the address)."""
    policy.require(actor, "user", "create")
    if actor.user_id is None:
        raise NotAllowed
    _refuse_rights_beyond(actor, role_ids)
    if email and User.rows.filter(email__iexact=email).exists():
        raise Invalid(fields={"email": [_("このメールアドレスのユーザーが、すでにいます。")]})
    if email and _open(wall).filter(email__iexact=email).exists():
        raise Invalid(fields={"email": [_("このメールアドレスには、もう招待を送っています。一覧から送り直せます。")]})
    token = secrets.token_urlsafe(32)
    row = Invitation.rows.create(
        email=email,
        display_name=display_name,
        title=title,
        language=language,
        role_ids=_known(Role, role_ids),
        team_ids=_known(Team, team_ids),
        token_hash=token_hash(token),
        expires_at=wall + HOLDS_FOR,
        created_at=now,
        created_by_id=actor.user_id,
    )
    events.record("invitation.made", subject=row.pk, customer=None, actor=actor, at=now)
    return NewLink(row.pk, token)


def _open(wall: datetime) -> QuerySet[Invitation]:
    return Invitation.rows.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=wall)


def _known(model: type[Role] | type[Team], ids: Collection[int]) -> list[int]:
    """Of these ids those that may be given, in order."""
    return list(model.rows.filter(pk__in=list(ids), archived_at=None).order_by("pk").values_list("pk", flat=True))


@action
def renew_invitation(*, invitation_id: int, actor: Actor, now: datetime, wall: datetime) -> NewLink:
    """Another link for the same person, for seven days from now; the one before stops working. Records `invitation.renewed`.

    Raises NotFound, NotAllowed, RightsBeyondOwn, InvitationIsOver."""
    row = _invitation(actor, invitation_id)
    _refuse_rights_beyond(actor, row.role_ids)
    token = secrets.token_urlsafe(32)
    row.token_hash, row.expires_at, row.mailed_at = token_hash(token), wall + HOLDS_FOR, None
    row.save(update_fields=["token_hash", "expires_at", "mailed_at"])
    events.record("invitation.renewed", subject=row.pk, customer=None, actor=actor, at=now)
    return NewLink(row.pk, token)


@action
def mark_mailed(*, invitation_id: int, actor: Actor, now: datetime) -> None:
    """The link left by mail. Records `invitation.mailed`."""
    row = _invitation(actor, invitation_id)
    row.mailed_at = now
    row.save(update_fields=["mailed_at"])
    events.record("invitation.mailed", subject=row.pk, customer=None, actor=actor, at=now)


@action
def withdraw_invitation(*, invitation_id: int, actor: Actor, now: datetime) -> None:
    """The link stops working. Records `invitation.withdrawn`. Raises NotFound, NotAllowed, InvitationIsOver."""
    row = _invitation(actor, invitation_id)
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    events.record("invitation.withdrawn", subject=row.pk, customer=None, actor=actor, at=now)


def _invitation(actor: Actor, invitation_id: int) -> Invitation:
    """One that nobody has settled yet, locked."""
    policy.require(actor, "user", "create")
    row = Invitation.rows.select_for_update().filter(pk=invitation_id).first()
    if row is None:
        raise NotFound
    if row.accepted_at is not None or row.withdrawn_at is not None:
        raise InvitationIsOver
    return row


@action
def accept_invitation(
    *, token: str, username: str, display_name: str, language: str, password: str | None, now: datetime, wall: datetime
) -> int:
    """Make the account that the link is for; gives the user's id. Without a password they sign in by their company's account
    only. Records `user.created`. Raises LinkIsOver, Invalid."""
    row = _open(wall).select_for_update().filter(token_hash=token_hash(token)).first()
    if row is None:
        raise LinkIsOver
    user = User(username=username, display_name=display_name, title=row.title, email=row.email, language=language, joined_at=now)
    if password is None:
        user.set_unusable_password()
    else:
        check_password(password, user)
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise Invalid(fields={"username": [_("このログイン名は使われています。")]}) from error
    UserRole.rows.bulk_create([UserRole(user=user, role_id=pk) for pk in _known(Role, row.role_ids)])
    TeamMember.rows.bulk_create([TeamMember(user=user, team_id=pk) for pk in _known(Team, row.team_ids)])
    row.accepted_at, row.user = now, user
    row.save(update_fields=["accepted_at", "user"])
    events.record("user.created", subject=user.pk, customer=None, actor=ANONYMOUS, at=now, data={"invitation": row.pk})
    return user.pk


@action
def join_by_company(*, token: str | None, username: str, display_name: str, language: str, now: datetime, wall: datetime) -> int:
    """Make a user who signs in by their company's account alone: by an invitation, with its name, roles and teams; without one,
    with no role. Gives their id. Records `user.created`. Raises LinkIsOver, Invalid."""
    if token is not None:
        row = _open(wall).filter(token_hash=token_hash(token)).first()
        named = row.display_name if row else display_name
        return accept_invitation(token=token, username=username, display_name=named, language=language, password=None, now=now, wall=wall)
    user = User(username=username, display_name=display_name, language=language, joined_at=now)
    user.set_unusable_password()
    user.save(force_insert=True)
    events.record("user.created", subject=user.pk, customer=None, actor=ANONYMOUS, at=now)
    return user.pk


def check_password(password: str, user: User) -> None:
    """Raises Invalid, with the reasons, where this user may not have this password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(fields={"password": error.messages}) from error


# ---- users --------------------------------------------------------------------------------------------------------


@action
def change_user(*, user_id: int, display_name: str, title: str, email: str, language: str, actor: Actor, now: datetime) -> None:
    """Change what is known of a user, with what it was before. Records `user.changed` where any is new.

    Raises NotFound, NotAllowed, RightsBeyondOwn, Invalid."""
    user = _user(actor, user_id, "update")
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
    _write_down(user.pk, changed, actor, now)
    events.record("user.changed", subject=user.pk, customer=None, actor=actor, at=now)


@action
def give_roles(*, user_id: int, role_ids: Collection[int], team_ids: Collection[int], actor: Actor, now: datetime) -> None:
    """The user has these roles and belongs to these teams from now on, and no others. Records `user.roles_changed` where any is new.

    Raises NotFound, NotAllowed, RightsBeyondOwn, LastAdministrator."""
    user = _user(actor, user_id, "update")
    had_roles = sorted(UserRole.rows.filter(user=user).values_list("role_id", flat=True))
    had_teams = sorted(TeamMember.rows.filter(user=user).values_list("team_id", flat=True))
    roles, teams = _known(Role, role_ids), _known(Team, team_ids)
    if (roles, teams) == (had_roles, had_teams):
        return
    _refuse_rights_beyond(actor, set(roles) - set(had_roles))
    if not policy.allowed(actor, "user", "configure"):  # a team widens what roles reach
        beyond = set(teams) - set(had_teams) - actor.team_ids
        if beyond and not all(width == "all" for width in actor.grants.values() if width in ("team", "all")):
            raise RightsBeyondOwn
    UserRole.rows.filter(user=user).exclude(role_id__in=roles).delete()
    UserRole.rows.bulk_create([UserRole(user=user, role_id=pk) for pk in roles if pk not in had_roles])
    TeamMember.rows.filter(user=user).exclude(team_id__in=teams).delete()
    TeamMember.rows.bulk_create([TeamMember(user=user, team_id=pk) for pk in teams if pk not in had_teams])
    _keep_an_administrator()
    _write_down(user.pk, {"roles": (had_roles, roles), "teams": (had_teams, teams)}, actor, now)
    events.record("user.roles_changed", subject=user.pk, customer=None, actor=actor, at=now)


@action
def deactivate_user(*, user_id: int, actor: Actor, now: datetime) -> None:
    """The user gets in nowhere any more: sessions end at their next request, API tokens are revoked. What they own stays theirs.
    Records `user.deactivated`. Raises NotFound, NotAllowed, RightsBeyondOwn, OwnAccount, LastAdministrator."""
    user = _user(actor, user_id, "archive")
    if user.pk == actor.user_id:
        raise OwnAccount
    if not user.is_active:
        return
    user.is_active = False
    user.save(update_fields=["is_active"])
    _keep_an_administrator()
    end_sessions_of(user_id=user.pk, but=None, actor=actor, now=now)
    ApiToken.rows.filter(user=user, revoked_at=None).update(revoked_at=now)
    _write_down(user.pk, {"is_active": (True, False)}, actor, now)
    events.record("user.deactivated", subject=user.pk, customer=None, actor=actor, at=now)


@action
def reactivate_user(*, user_id: int, actor: Actor, now: datetime) -> None:
    """The user signs in again as before, with the roles they had; API tokens stay revoked. Records `user.reactivated`.

    Raises NotFound, NotAllowed, RightsBeyondOwn."""
    user = _user(actor, user_id, "archive")
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    _write_down(user.pk, {"is_active": (False, True)}, actor, now)
    events.record("user.reactivated", subject=user.pk, customer=None, actor=actor, at=now)


@action
def sign_user_out(*, user_id: int, actor: Actor, now: datetime) -> int:
    """End all sessions of a user; how many. Records `user.session_ended` for each. Raises NotFound, NotAllowed, RightsBeyondOwn."""
    user = _user(actor, user_id, "configure")
    return end_sessions_of(user_id=user.pk, but=None, actor=actor, now=now)


@action
def take_second_factors_off(*, user_id: int, actor: Actor, now: datetime) -> None:
    """For somebody who lost phone and recovery codes: they sign in by password again, and add another. Records
    `user.second_factor_removed`, and tells them by mail. Raises NotFound, NotAllowed, RightsBeyondOwn."""
    user = _user(actor, user_id, "configure")
    deleted, _by_model = Authenticator.objects.filter(user_id=user.pk).delete()
    if deleted:
        event_id = events.record("user.second_factor_removed", subject=user.pk, customer=None, actor=actor, at=now, data={"method": "all"})
        jobs.enqueue("platform.mail_notice", event_id=event_id)


def _user(actor: Actor, user_id: int, act: str) -> User:
    """The user, locked, for one who may do this to users and does not reach for more rights than their own."""
    policy.require(actor, "user", act)
    user = User.rows.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    if user.pk != actor.user_id:
        _refuse_rights_beyond(actor, UserRole.rows.filter(user=user).values_list("role_id", flat=True))
    return user


def _write_down(user_id: int, changed: Mapping[str, changes.Change], actor: Actor, now: datetime) -> ChangeSet:
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    lists = {"roles": Privacy.INTERNAL, "teams": Privacy.INTERNAL}
    changes.record_changes(deed, User, [(user_id, changed)], classes=lists)
    return deed


# ---- the server's own command line ----------------------------------------------------------------------------------

LINK_HOLDS_FOR = timedelta(minutes=15)


@action
def make_sign_in_link(*, username: str, now: datetime, wall: datetime) -> str:
    """For whoever has the server: a link by which an administrator comes in once, within fifteen minutes, also one who was switched
    off; gives its token. Records `sign_in_link.made`. Raises NotFound (nobody of this login, or no administrator)."""
    managing = RoleGrant.rows.filter(object="user", action="configure").values("role_id")
    user = (
        User.rows.select_for_update().filter(username=username, pk__in=UserRole.rows.filter(role_id__in=managing).values("user_id")).first()
    )
    if user is None:
        raise NotFound
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        _write_down(user.pk, {"is_active": (False, True)}, SYSTEM, now)
        events.record("user.reactivated", subject=user.pk, customer=None, actor=SYSTEM, at=now)
    token = secrets.token_urlsafe(32)
    SignInLink.rows.create(user=user, token_hash=token_hash(token), created_at=now, expires_at=wall + LINK_HOLDS_FOR)
    events.record("sign_in_link.made", subject=user.pk, customer=None, actor=SYSTEM, at=now)
    return token


@action
def use_sign_in_link(*, token: str, now: datetime, wall: datetime) -> int:
    """The user whom the link lets in, now and never again. Raises LinkIsOver."""
    links = SignInLink.rows.select_for_update().filter(token_hash=token_hash(token), used_at=None, expires_at__gt=wall)
    row = links.filter(user__is_active=True).first()
    if row is None:
        raise LinkIsOver
    row.used_at = now
    row.save(update_fields=["used_at"])
    return row.user_id


# ---- nobody gains a right, and somebody stays who manages ------------------------------------------------------------


def _refuse_rights_beyond(actor: Actor, role_ids: Collection[int] | Sequence[int]) -> None:
    """Raises RightsBeyondOwn where these roles hold more than the actor does, who may not configure users."""
    if actor.is_system or policy.allowed(actor, "user", "configure"):
        return
    ids = list(role_ids)
    for thing, act, width in RoleGrant.rows.filter(role_id__in=ids).values_list("object", "action", "scope"):
        if SCOPE_RANK[width] > SCOPE_RANK[actor.scope_for(thing, act)]:
            raise RightsBeyondOwn
    lower = [field for field, own in actor.fields.items() if own.level < actor.level(own.privacy)]
    for name, level in RoleLevel.rows.filter(role_id__in=ids).values_list("privacy_class", "level"):
        if level > min(
            [actor.level(Privacy(name)), *(actor.fields[field].level for field in lower if actor.fields[field].privacy == name)]
        ):
            raise RightsBeyondOwn
    for field, name, level in RoleField.rows.filter(role_id__in=ids).values_list("field", "privacy_class", "level"):
        if level > actor.level(Privacy(name), field):
            raise RightsBeyondOwn


def _keep_an_administrator() -> None:
    """Raises LastAdministrator where no active user is left who may configure users. Two at once: the second waits for the first."""
    Role.rows.select_for_update().order_by("pk").first()
    managing = RoleGrant.rows.filter(object="user", action="configure").values("role_id")
    if not UserRole.rows.filter(role_id__in=managing, user__is_active=True).exists():
        raise LastAdministrator
