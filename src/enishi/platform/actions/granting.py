"""What holds when rights are handed on: nobody gives one that they do not hold, and somebody stays who manages.

Whoever may configure users gives any right. Others, who may only invite or change users, or configure roles, give none that
they do not hold themselves, put none into a role, and touch nobody who holds more: else they would gain it by another's account.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils.translation import gettext_lazy as _

from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, NotAllowed
from enishi.platform.models import Role, RoleGrant, Team, UserRole
from enishi.platform.roles import Shape, beyond, is_bound, shapes


class LastAdministrator(ActionError):
    code = "user.last_administrator"
    message = _("ユーザーを管理できる人がいなくなります。先に、ほかの人を管理者にしてください。")


class RightsBeyondOwn(NotAllowed):
    """The actor would give, or get at, a right that they do not hold."""

    code = "user.rights_beyond_own"
    message = _("自分にない権限は、ほかの人に渡せません。ユーザーを管理できる人に頼んでください。")


class HeldByGroup(ActionError):
    code = "user.held_by_group"
    message = _("会社のディレクトリのグループ（自動連携）で付いています。外すには、元のグループから外してください。")


def standing(model: type[Role] | type[Team], ids: Collection[int]) -> list[int]:
    """Of these ids those that may be given, in order."""
    return list(model.rows.filter(pk__in=list(ids), archived_at=None).order_by("pk").values_list("pk", flat=True))


def refuse_rights_beyond(actor: Actor, role_ids: Collection[int] | Sequence[int]) -> None:
    """Raises RightsBeyondOwn where these roles hold more than the actor does."""
    if is_bound(actor) and any(beyond(actor, shape) for shape in shapes(role_ids).values()):
        raise RightsBeyondOwn


def refuse_shape_beyond(actor: Actor, after: Shape, before: Shape) -> None:
    """Raises RightsBeyondOwn, with what it is, where a role would say more than before, and more than the actor holds."""
    if lacking := beyond(actor, after, before):
        words = _("自分にない権限は、ロールに入れられません（%(what)s）。ユーザーを管理できる人に頼んでください。")
        raise RightsBeyondOwn(words % {"what": "、".join(lacking)})


def keep_an_administrator() -> None:
    """Raises LastAdministrator where no active user is left who may configure users. Two at once: the second waits for the first."""
    Role.rows.select_for_update().order_by("pk").first()
    managing = RoleGrant.rows.filter(object="user", action="configure").values("role_id")
    if not UserRole.rows.filter(role_id__in=managing, user__is_active=True).exists():
        raise LastAdministrator
