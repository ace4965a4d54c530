"""Verbs by which a directory makes, changes and switches off users. It sees and touches those alone whom it made or to whom an
administrator linked it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.platform import events, jobs
from enishi.platform.action import action
from enishi.platform.actions.people import switch_off, switch_on, write_down
from enishi.platform.actions.scim_giving import begin, follow_groups
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, NotFound
from enishi.platform.models import IdentityProvider, ScimMeeting, ScimMember, ScimSettings, ScimUser, User, UserRole
from enishi.platform.queries.scim import compared, user_version
from enishi.platform.rules_of_users import free_login


class UserNameTaken(ActionError):
    code = "scim.user_name_taken"
    message = _("同じ userName の人が、すでに連携されています。")


class ExternalIdTaken(ActionError):
    code = "scim.external_id_taken"
    message = _("同じ externalId の人が、すでに連携されています。")


class AlreadyHere(ActionError):
    """Somebody of the same login, address or sign-in is a user already; only an administrator says that they are one person."""

    code = "scim.already_here"
    message = _(
        "同じログイン名かメールアドレスのユーザーが、すでにいます。管理者が「ユーザーの自動連携」の画面で同じ人だと確かめると、連携できます。"
    )


class StoppedByHand(ActionError):
    code = "scim.stopped_by_hand"
    message = _("管理者が停止した人は、自動連携では再開できません。「ユーザー」の画面で再開してください。")


class ChangedMeanwhile(ActionError):
    """The caller saw another version."""

    code = "scim.changed_meanwhile"
    message = _("ほかの変更が先に入りました。読み直してください。")
    status = 412


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidUser:
    """A user as the directory says. `attributes`: what is kept as it was written; the others are what we make of it."""

    user_name: str
    external_id: str = ""
    active: bool = True
    attributes: Mapping[str, object]
    display_name: str
    title: str = ""
    email: str = ""
    language: str = User.Language.JAPANESE


@action
def provision_user(*, said: SaidUser, actor: Actor, now: datetime) -> int:
    """Make a user without a role and without a password, as the directory says; the id of what SCIM knows of them. Records
    `user.created`. Raises NotAllowed, UserNameTaken, ExternalIdTaken, AlreadyHere."""
    settings = begin(actor)
    _refuse_taken(said, but=0)
    subject = _subject(settings, said)
    if _met(said, subject) is not None:
        raise AlreadyHere
    user = User(
        username=free_login(said.user_name),
        email=said.email,
        display_name=said.display_name,
        title=said.title,
        language=said.language,
        is_active=said.active,
        joined_at=now,
    )
    user.set_unusable_password()
    user.save(force_insert=True)
    row = ScimUser.rows.create(
        user=user,
        user_name=said.user_name,
        user_key=compared(said.user_name),
        external_id=said.external_id,
        said=dict(said.attributes),
        made_here=True,
        stopped_here=not said.active,
        created_at=now,
        changed_at=now,
    )
    if subject is not None:
        SocialAccount.objects.create(user=user, provider=subject[0], uid=subject[1])
    elif said.active:
        jobs.enqueue("platform.mail_first_sign_in", user_id=user.pk)
    events.record("user.created", subject=user.pk, customer=None, actor=actor, at=now, data={"scim_token": actor.scim_token_id})
    return row.pk


@action
def change_provisioned_user(*, scim_user_id: int, said: SaidUser, seen: str, actor: Actor, now: datetime) -> None:
    """Let a user be as the directory says now; `seen` is the version that this was made of. The address to which links for a lost
    password go follows only for who was made by SCIM and holds no role by hand: else whoever writes it could come in as them.
    Records `user.changed`, `user.deactivated`, `user.reactivated` where that is new. Raises NotAllowed, NotFound, ChangedMeanwhile,
    UserNameTaken, ExternalIdTaken, AlreadyHere, StoppedByHand, LastAdministrator."""
    begin(actor)
    row, user = _standing(scim_user_id)
    if seen != user_version(row, user):
        raise ChangedMeanwhile
    _refuse_taken(said, but=row.pk)
    row.user_name, row.user_key, row.external_id = said.user_name, compared(said.user_name), said.external_id
    row.said, row.changed_at = dict(said.attributes), now
    row.save()
    wanted = {"display_name": said.display_name, "title": said.title, "language": said.language}
    if row.made_here and not UserRole.rows.filter(user=user, by_hand=True).exists():
        if said.email and User.rows.filter(email__iexact=said.email).exclude(pk=user.pk).exists():
            raise AlreadyHere
        wanted["email"] = said.email
    changed = {name: (before, after) for name, after in wanted.items() if (before := getattr(user, name)) != after}
    if changed:
        for name, (_before, after) in changed.items():
            setattr(user, name, after)
        user.save(update_fields=list(changed))
        write_down(user.pk, changed, actor, now)
        events.record("user.changed", subject=user.pk, customer=None, actor=actor, at=now, data={"scim_token": actor.scim_token_id})
    _switch(row, user, on=said.active, actor=actor, now=now)


@action
def remove_provisioned_user(*, scim_user_id: int, seen: str, actor: Actor, now: datetime) -> None:
    """Switch the user off and let go of them: nothing of what they did is erased, what groups gave them is gone, and SCIM sees them no
    more. Records `user.deactivated`, `user.directory_unlinked`. Raises NotAllowed, NotFound, ChangedMeanwhile, LastAdministrator."""
    begin(actor)
    row, user = _standing(scim_user_id)
    if seen != user_version(row, user):
        raise ChangedMeanwhile
    switch_off(user, actor=actor, now=now)
    let_go(row, actor=actor, now=now)


def let_go(row: ScimUser, *, actor: Actor, now: datetime) -> None:
    """Inside of an action: the directory knows this user no more. Records `user.directory_unlinked`."""
    ScimMember.rows.filter(member=row).delete()
    row.removed_at = now
    row.save(update_fields=["removed_at"])
    follow_groups([row.user_id], actor=actor, now=now)
    data = {"scim_token": actor.scim_token_id} if actor.scim_token_id else {}
    events.record("user.directory_unlinked", subject=row.user_id, customer=None, actor=actor, at=now, data=data)


@action
def note_meeting(*, said: SaidUser, actor: Actor, now: datetime) -> None:
    """Keep who was refused as AlreadyHere, for the administrator who can link them; once a user name."""
    met = _met(said, _subject(begin(actor), said))
    if met is None or ScimUser.rows.filter(user=met, removed_at=None).exists():
        return
    kept = {"user": met, "user_name": said.user_name, "external_id": said.external_id, "said": dict(said.attributes), "at": now}
    ScimMeeting.rows.update_or_create(user_key=compared(said.user_name), defaults=kept)


# ---- shared steps -------------------------------------------------------------------------------------------------


def _standing(scim_user_id: int) -> tuple[ScimUser, User]:
    row = ScimUser.rows.select_for_update().filter(pk=scim_user_id, removed_at=None).first()
    if row is None:
        raise NotFound
    return row, User.rows.select_for_update().get(pk=row.user_id)


def _refuse_taken(said: SaidUser, *, but: int) -> None:
    others = ScimUser.rows.filter(removed_at=None).exclude(pk=but)
    if others.filter(user_key=compared(said.user_name)).exists():
        raise UserNameTaken
    if said.external_id and others.filter(external_id=said.external_id).exists():
        raise ExternalIdTaken


def _met(said: SaidUser, subject: tuple[str, str] | None) -> User | None:
    """Who is a user already and might be meant: by login, by address, or by what the company's accounts call them."""
    same = Q(username__iexact=said.user_name) | Q(email__iexact=said.user_name)
    if said.email:
        same |= Q(email__iexact=said.email)
    if subject is not None:
        same |= Q(pk__in=SocialAccount.objects.filter(provider=subject[0], uid=subject[1]).values("user_id"))
    return User.rows.filter(same).order_by("pk").first()


def _subject(settings: ScimSettings, said: SaidUser) -> tuple[str, str] | None:
    """(provider, subject) by which the company's accounts will sign this user in; None where that is not settled by SCIM."""
    if settings.first_sign_in == ScimSettings.FirstSignIn.MAIL:
        return None
    subject = said.external_id if settings.first_sign_in == ScimSettings.FirstSignIn.EXTERNAL_ID else said.user_name
    provider = IdentityProvider.rows.filter(is_on=True).first()
    return (provider.provider_id, subject) if provider is not None and subject else None


def _switch(row: ScimUser, user: User, *, on: bool, actor: Actor, now: datetime) -> None:
    if on == user.is_active:
        return
    if on:
        if not row.stopped_here:
            raise StoppedByHand
        switch_on(user, actor=actor, now=now)
        if not user.has_signed_in and not SocialAccount.objects.filter(user=user).exists():
            jobs.enqueue("platform.mail_first_sign_in", user_id=user.pk)
    else:
        switch_off(user, actor=actor, now=now)
    row.stopped_here = not on
    row.save(update_fields=["stopped_here"])
