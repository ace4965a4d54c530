"""自分のアカウント: where one is signed in, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.utils.translation import gettext_lazy as _

from enishi.platform import second_factor, time
from enishi.platform.actor import Actor
from enishi.platform.client import device_words
from enishi.platform.models import Role, RoleGrant, User, UserRole, UserSession

METHODS = {
    "password": _("パスワード"),
    "totp": _("パスワードと認証アプリ"),
    "recovery_codes": _("パスワードとリカバリーコード"),
    "webauthn": _("パスキー"),
    "socialaccount": _("会社のアカウント"),
    "link": _("管理者が作ったリンク"),
}


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One device on which somebody is signed in."""

    id: int
    device: str
    ip: str
    method: str
    started_at: datetime
    seen_at: datetime
    is_current: bool


def sessions_of(user_id: int, *, current_id: int | None = None) -> list[SessionRow]:
    """Sessions that still live, the current one first, then the last used. Unscoped: the caller asks for themself, or has
    checked that they may. One query."""
    alive = Session.objects.filter(expire_date__gt=time.wall_clock()).values("session_key")
    rows = UserSession.rows.filter(user_id=user_id, session_key__in=alive).order_by("-seen_at", "-pk")
    found = [
        SessionRow(
            row.pk, device_words(row.agent), row.ip, str(METHODS.get(row.method, "")), row.started_at, row.seen_at, row.pk == current_id
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: not row.is_current)


@dataclass(frozen=True, slots=True)
class Factor:
    """An app, or a passkey."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecondFactors:
    app: Factor | None
    passkeys: list[Factor]
    codes_left: int | None  # None: there are none to be used up

    @property
    def any(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def second_factors_of(user_id: int) -> SecondFactors:
    """What a user has beside the password. Unscoped, as above. One query."""
    app, passkeys, codes_left = None, [], None
    for row in Authenticator.objects.filter(user_id=user_id).order_by("pk"):
        if row.type == Authenticator.Type.TOTP:
            app = Factor(row.pk, "", row.created_at, row.last_used_at)
        elif row.type == Authenticator.Type.WEBAUTHN:
            passkeys.append(Factor(row.pk, row.wrap().name, row.created_at, row.last_used_at))
        else:
            with second_factor.of(user_id):
                codes_left = len(row.wrap().get_unused_codes())
    return SecondFactors(app, passkeys, codes_left)


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """What the page of one's own account says of the user."""

    username: str
    display_name: str
    title: str
    email: str
    has_password: bool


def own_account(actor: Actor) -> OwnAccount:
    """The actor's own user. One query."""
    user = User.rows.get(pk__in=[actor.user_id])
    return OwnAccount(user.username, user.display_name, user.title, user.email, user.has_usable_password())


def without_second_factor() -> list[str]:
    """Active users whose roles would need a second factor and who have none yet, by name. One query."""
    strong = RoleGrant.rows.filter(action__in=second_factor.GUARDED_ACTS).values("role_id")
    having = Authenticator.objects.filter(type__in=second_factor.SECOND).values("user_id")
    needing = UserRole.rows.filter(role_id__in=strong).values("user_id")
    rows = User.rows.filter(is_active=True, pk__in=needing).exclude(pk__in=having)
    return list(rows.order_by("display_name").values_list("display_name", flat=True))


def roles_and_networks() -> list[tuple[int, str, list[str]]]:
    """Every role that may be given, with the addresses from where its holders may work. One query."""
    return list(Role.rows.filter(archived_at=None).order_by("pk").values_list("pk", "name", "networks"))
