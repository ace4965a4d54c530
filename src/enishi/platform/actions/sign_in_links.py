"""Verbs of the server's own command line: a link that lets an administrator in who has no other way."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actions.people import write_down
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import ActionError, NotFound
from enishi.platform.models import RoleGrant, SignInLink, User, UserRole
from enishi.platform.rights import token_hash

HOLDS_FOR = timedelta(minutes=15)


class LinkIsOver(ActionError):
    """The link was used or is too old; or there never was such a link."""

    code = "sign_in_link.over"
    message = _("このリンクは使えません。使い終わったか、期限が過ぎています。")
    status = 404


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
        write_down(user.pk, {"is_active": (False, True)}, SYSTEM, now)
        events.record("user.reactivated", subject=user.pk, customer=None, actor=SYSTEM, at=now)
    token = secrets.token_urlsafe(32)
    SignInLink.rows.create(user=user, token_hash=token_hash(token), created_at=now, expires_at=wall + HOLDS_FOR)
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
