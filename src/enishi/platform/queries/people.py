"""設定 → ユーザー: who there is, who was invited, and what hangs on one of them. For those who may read users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from enishi.platform import policy, wiring
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.models import ApiToken, Invitation, Role, RoleGrant, ScimUser, SignInLink, Team, TeamMember, User, UserRole
from enishi.platform.rights import token_hash
from enishi.platform.second_factor import SECOND

MOST = 500
SHOWN_NAMES = 3


@dataclass(frozen=True, slots=True)
class UserRow:
    """One user as the list shows them."""

    id: int
    display_name: str
    title: str
    username: str
    roles: str  # 管理者・営業
    teams: str
    has_second_factor: bool
    last_login: datetime | None
    is_active: bool
    by_directory: bool  # 自動連携


def users(actor: Actor, *, active: bool, text: str = "") -> list[UserRow]:
    """Users by name, at most 500. Raises NotAllowed. Three queries."""
    policy.require(actor, "user", "read")
    held = Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=SECOND)
    linked = ScimUser.rows.filter(user_id=OuterRef("pk"), removed_at=None)
    rows = User.rows.filter(is_active=active).annotate(second=Exists(held), linked=Exists(linked)).order_by("display_name", "pk")
    if text:
        rows = rows.filter(
            Q(display_name__icontains=text) | Q(username__icontains=text) | Q(email__icontains=text) | Q(title__icontains=text)
        )
    found = list(rows[:MOST])
    roles, teams = _names_of([user.pk for user in found])
    return [
        UserRow(u.pk, u.display_name, u.title, u.username, roles[u.pk], teams[u.pk], u.second, u.last_login, u.is_active, u.linked)
        for u in found
    ]


def _names_of(user_ids: Sequence[int]) -> tuple[dict[int, str], dict[int, str]]:
    roles: dict[int, list[str]] = defaultdict(list)
    teams: dict[int, list[str]] = defaultdict(list)
    for user_id, name in UserRole.rows.filter(user_id__in=user_ids).order_by("role_id").values_list("user_id", "role__name"):
        roles[user_id].append(name)
    for user_id, name in TeamMember.rows.filter(user_id__in=user_ids).order_by("team__name").values_list("user_id", "team__name"):
        teams[user_id].append(name)
    return defaultdict(str, {pk: _some(names) for pk, names in roles.items()}), defaultdict(
        str, {pk: _some(names) for pk, names in teams.items()}
    )


def _some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are: a row of a list stays one."""
    shown = _("・").join(names[:SHOWN_NAMES])
    return _("%(names)s ほか%(n)d個") % {"names": shown, "n": len(names) - SHOWN_NAMES} if len(names) > SHOWN_NAMES else shown


def counts(actor: Actor, wall: datetime) -> dict[str, int]:
    """How many users are active, how many not, and how many invitations are open. Two queries."""
    invited = len(invitations(actor, wall))
    active = list(User.rows.values_list("is_active", flat=True))
    return {"active": sum(active), "stopped": len(active) - sum(active), "invited": invited}


@dataclass(frozen=True, slots=True)
class InvitationRow:
    id: int
    display_name: str
    email: str
    roles: str
    invited_by: str
    created_at: datetime
    mailed_at: datetime | None
    expires_at: datetime
    is_over: bool


def invitations(actor: Actor, wall: datetime) -> list[InvitationRow]:
    """Invitations that nobody has accepted or withdrawn, the latest first. Two queries."""
    policy.require(actor, "user", "read")
    names = dict(Role.rows.values_list("pk", "name"))
    rows = Invitation.rows.filter(accepted_at=None, withdrawn_at=None).select_related("created_by").order_by("-pk")[:MOST]
    return [
        InvitationRow(
            row.pk,
            row.display_name,
            row.email,
            _some([names[pk] for pk in row.role_ids if pk in names]),
            row.created_by.display_name,
            row.created_at,
            row.mailed_at,
            row.expires_at,
            row.expires_at <= wall,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What the page behind a link needs. For whoever has the link."""

    id: int
    display_name: str
    email: str
    language: str
    expires_at: datetime


def invitation_of(token: str, wall: datetime) -> OpenInvitation | None:
    """The open invitation of a link; None where it is used, withdrawn, too old, or never was. One query."""
    row = Invitation.rows.filter(token_hash=token_hash(token), accepted_at=None, withdrawn_at=None, expires_at__gt=wall).first()
    return OpenInvitation(row.pk, row.display_name, row.email, row.language, row.expires_at) if row else None


def address_of(actor: Actor, invitation_id: int) -> str:
    """The mail address of an invitation; "" where it has none. Raises NotFound, NotAllowed. One query."""
    policy.require(actor, "user", "create")
    found = Invitation.rows.filter(pk=invitation_id).values_list("email", flat=True).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """Something that names the user as its owner: 担当の顧客 123件, where to see them, and where to give them to somebody else: a door
    that takes the list's address as `back` and answers a dialog. Either may be empty."""

    label: str
    count: int
    url: str = ""
    gives_url: str = ""


@dataclass(frozen=True, slots=True)
class UserPage:
    """One user, with what may be done to them."""

    id: int
    display_name: str
    title: str
    username: str
    email: str
    language: str
    is_active: bool
    joined_at: datetime
    last_login: datetime | None
    roles: dict[int, str]  # id → name, of those that were given by hand
    teams: dict[int, str]
    roles_by_group: list[str]
    teams_by_group: list[str]
    has_password: bool
    tokens: int
    holds: list[Held]
    is_self: bool


def user_page(actor: Actor, user_id: int) -> UserPage:
    """One user. Raises NotFound, NotAllowed. Five queries and those of what they hold."""
    policy.require(actor, "user", "read")
    user = User.rows.filter(pk=user_id).first()
    if user is None:
        raise NotFound
    roles = list(UserRole.rows.filter(user=user).order_by("role_id").values_list("role_id", "role__name", "by_hand", "by_group"))
    teams = list(TeamMember.rows.filter(user=user).order_by("team__name").values_list("team_id", "team__name", "by_hand", "by_group"))
    holders: list[Callable[[Actor, int], list[Held]]] = wiring.load("USER_HOLDINGS")
    return UserPage(
        id=user.pk,
        display_name=user.display_name,
        title=user.title,
        username=user.username,
        email=user.email,
        language=user.language,
        is_active=user.is_active,
        joined_at=user.joined_at,
        last_login=user.last_login,
        roles={pk: name for pk, name, by_hand, _by_group in roles if by_hand},
        teams={pk: name for pk, name, by_hand, _by_group in teams if by_hand},
        roles_by_group=[name for _pk, name, _by_hand, by_group in roles if by_group],
        teams_by_group=[name for _pk, name, _by_hand, by_group in teams if by_group],
        has_password=user.has_usable_password(),
        tokens=ApiToken.rows.filter(user=user, revoked_at=None).count(),
        holds=[held for holder in holders for held in holder(actor, user.pk) if held.count],
        is_self=user.pk == actor.user_id,
    )


def everybody() -> list[tuple[str, str]]:
    """Everybody who ever could have done something, by name. One query."""
    return [(str(pk), name) for pk, name in User.rows.order_by("display_name", "pk").values_list("pk", "display_name")]


def role_choices() -> list[tuple[int, str]]:
    """Every role, with what it is for, in the order in which they came. One query."""
    rows = Role.rows.filter(archived_at=None).order_by("pk").values_list("pk", "name", "description")
    return [(pk, f"{name} — {about}" if about else name) for pk, name, about in rows]


def team_choices() -> list[tuple[int, str]]:
    """Every team by its path in the tree: 本社／EC課. One query."""
    standing = Team.rows.filter(archived_at=None).values_list("pk", "name", "parent_id")
    rows: dict[int, tuple[str, Any]] = {pk: (name, parent) for pk, name, parent in standing}

    def path(pk: int) -> tuple[str, ...]:
        steps: list[str] = []
        here: Any = pk
        while here in rows and len(steps) < 20:
            steps.append(rows[here][0])
            here = rows[here][1]
        return tuple(reversed(steps))

    return sorted(((pk, "／".join(path(pk))) for pk in rows), key=lambda pair: pair[1])


def is_sign_in_link(token: str, wall: datetime) -> bool:
    """Whether this link of the command line still lets somebody in. One query."""
    return SignInLink.rows.filter(token_hash=token_hash(token), used_at=None, expires_at__gt=wall, user__is_active=True).exists()


def administrators() -> list[tuple[str, str, bool]]:
    """Login, name and whether active, of all who may configure users. For the command line. One query."""
    managing = RoleGrant.rows.filter(object="user", action="configure").values("role_id")
    ids = UserRole.rows.filter(role_id__in=managing).values("user_id")
    return list(User.rows.filter(pk__in=ids).order_by("username").values_list("username", "display_name", "is_active"))
