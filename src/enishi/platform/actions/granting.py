"""What holds when rights are handed on: nobody gives one that they do not hold, and somebody stays who manages.

Whoever may configure users gives any role. Others, who may only invite or change them, give no right that they do not hold
themselves, and touch nobody who holds more: else they would gain it by another's account.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils.translation import gettext_lazy as _

from enishi.platform import policy
from enishi.platform.actor import SCOPE_RANK, Actor
from enishi.platform.errors import ActionError, NotAllowed
from enishi.platform.models import Role, RoleField, RoleGrant, RoleLevel, Team, UserRole
from enishi.platform.privacy import Privacy


class LastAdministrator(ActionError):
    code = "user.last_administrator"
    message = _("ユーザーを管理できる人がいなくなります。先に、ほかの人を管理者にしてください。")


class RightsBeyondOwn(NotAllowed):
    """The actor would give, or get at, a right that they do not hold."""

    code = "user.rights_beyond_own"
    message = _("自分にない権限は、ほかの人に渡せません。ユーザーを管理できる人に頼んでください。")


def standing(model: type[Role] | type[Team], ids: Collection[int]) -> list[int]:
    """Of these ids those that may be given, in order."""
    return list(model.rows.filter(pk__in=list(ids), archived_at=None).order_by("pk").values_list("pk", flat=True))


def refuse_rights_beyond(actor: Actor, role_ids: Collection[int] | Sequence[int]) -> None:
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


def keep_an_administrator() -> None:
    """Raises LastAdministrator where no active user is left who may configure users. Two at once: the second waits for the first."""
    Role.rows.select_for_update().order_by("pk").first()
    managing = RoleGrant.rows.filter(object="user", action="configure").values("role_id")
    if not UserRole.rows.filter(role_id__in=managing, user__is_active=True).exists():
        raise LastAdministrator
