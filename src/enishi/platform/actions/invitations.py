"""Verbs of invitations: a link by which one person makes their own account, once."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from enishi.platform import events, policy
from enishi.platform.action import action
from enishi.platform.actions.granting import refuse_rights_beyond, standing
from enishi.platform.actor import ANONYMOUS, Actor
from enishi.platform.errors import ActionError, Invalid, NotAllowed, NotFound
from enishi.platform.models import Invitation, Role, Team, TeamMember, User, UserRole
from enishi.platform.rights import token_hash

HOLDS_FOR = timedelta(days=7)


class LinkIsOver(ActionError):
    """The link was used, withdrawn or is too old; or there never was such a link."""

    code = "invitation.over"
    message = _("この招待のリンクは使えません。使い終わったか、取り消されたか、期限が過ぎています。管理者に新しいリンクを頼んでください。")
    status = 404


class InvitationIsOver(ActionError):
    code = "invitation.settled"
    message = _("この招待は、すでに受け入れられたか、取り消されています。")


@dataclass(frozen=True, slots=True)
class NewLink:
    id: int
    token: str  # shown once, stored hashed


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
    refuse_rights_beyond(actor, role_ids)
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
        role_ids=standing(Role, role_ids),
        team_ids=standing(Team, team_ids),
        token_hash=token_hash(token),
        expires_at=wall + HOLDS_FOR,
        created_at=now,
        created_by_id=actor.user_id,
    )
    events.record("invitation.made", subject=row.pk, customer=None, actor=actor, at=now)
    return NewLink(row.pk, token)


def _open(wall: datetime) -> QuerySet[Invitation]:
    return Invitation.rows.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=wall)


@action
def renew_invitation(*, invitation_id: int, actor: Actor, now: datetime, wall: datetime) -> NewLink:
    """Another link for the same person, for seven days from now; the one before stops working. Records `invitation.renewed`.

    Raises NotFound, NotAllowed, RightsBeyondOwn, InvitationIsOver."""
    row = _invitation(actor, invitation_id)
    refuse_rights_beyond(actor, row.role_ids)
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
    UserRole.rows.bulk_create([UserRole(user=user, role_id=pk) for pk in standing(Role, row.role_ids)])
    TeamMember.rows.bulk_create([TeamMember(user=user, team_id=pk) for pk in standing(Team, row.team_ids)])
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
