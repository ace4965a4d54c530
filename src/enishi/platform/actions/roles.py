"""Changing what roles say, who holds them, and whether administrators see people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import changes, events, objects, policy
from enishi.platform.action import action
from enishi.platform.actions.granting import HeldByGroup, refuse_rights_beyond, refuse_shape_beyond
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import ChangeSet, FieldChange, Organisation, Role, RoleField, RoleGrant, RoleLevel, User, UserRole
from enishi.platform.privacy import Privacy
from enishi.platform.roles import CLASSES, Shape, shape_from, shapes

LONGEST_NAME, LONGEST_ABOUT, MOST_ROLES = 60, 200, 100
_CLASSES: Mapping[str, Privacy] = {"rights": Privacy.INTERNAL, "holder": Privacy.INTERNAL}


class RoleChangedMeanwhile(ActionError):
    code = "role.changed_meanwhile"
    message = gettext_lazy("ほかの人がこのロールを変えました。いまの内容を確かめて、もう一度保存してください。")


class RoleIsHeld(ActionError):
    code = "role.is_held"
    message = gettext_lazy("このロールを持つ人がいます。先に、その人たちからロールを外してください。")


class NobodyLeft(ActionError):
    """Somebody must be able to change roles."""

    code = "role.nobody_left"
    message = gettext_lazy("ロールを変えられる人がいなくなります。先に、ほかの人に「管理者」を付けてください。")


@action
def create_role(*, name: str, description: str, copy_of: int | None, actor: Actor, now: datetime) -> int:
    """A new role, with all that another says, or with nothing. Records `role.created`. Raises NotAllowed,
    RightsBeyondOwn, NotFound, Invalid."""
    policy.require(actor, "role", "configure")
    said = _checked(name, description, besides=0)
    if Role.rows.count() >= MOST_ROLES:
        raise Invalid(_("ロールは%(n)d個までです。使わないロールを整理してください。") % {"n": MOST_ROLES})
    shape = Shape()
    if copy_of is not None:
        if not Role.rows.filter(pk=copy_of).exists():
            raise NotFound
        shape = shapes([copy_of])[copy_of]
    refuse_shape_beyond(actor, shape, Shape())
    role = Role.rows.create(key="new", **said)
    role.key = f"role-{role.pk}"
    role.save(update_fields=["key"])
    _write(role, shape)
    _tell(role, "role.created", {"name": ("", role.name), "rights": ({}, shape.as_json())}, actor, now)
    return role.pk


@action
def change_role(*, role_id: int, name: str, description: str, shape: Shape, seen: Shape, actor: Actor, now: datetime) -> int | None:
    """Let a role say something else; the change set, None where nothing is new. `seen`: what it said when the form was opened.
    Records `role.changed`. Raises NotAllowed, RightsBeyondOwn, NotFound, Invalid, RoleChangedMeanwhile, NobodyLeft."""
    role = _role(role_id, actor)
    said, before, shape = _checked(name, description, besides=role.pk), shapes([role.pk])[role.pk], _known(shape)
    if before.as_json() != seen.as_json():
        raise RoleChangedMeanwhile
    refuse_shape_beyond(actor, shape, before)
    pairs: dict[str, changes.Change] = {key: (getattr(role, key), value) for key, value in said.items() if getattr(role, key) != value}
    if before.as_json() != shape.as_json():
        pairs["rights"] = (before.as_json(), shape.as_json())
    if not pairs:
        return None
    for key, value in said.items():
        setattr(role, key, value)
    role.save(update_fields=list(said))
    _write(role, shape)
    keep_somebody_over_roles()
    return _tell(role, "role.changed", pairs, actor, now)


@action
def undo_role_change(*, change_set_id: int, actor: Actor, now: datetime) -> int:
    """Let a role say what it said before this change; the role's id. Records `role.changed`. Raises NotAllowed, RightsBeyondOwn, NotFound,
    RoleChangedMeanwhile (it was changed again since), NobodyLeft."""
    policy.require(actor, "role", "configure")
    rows = list(FieldChange.rows.filter(change_set_id=change_set_id, object=Role._meta.label_lower).exclude(field="holder"))
    if not rows:
        raise NotFound
    role = _role(rows[0].object_id, actor)
    pairs: dict[str, changes.Change] = {}
    for row in rows:
        current: object = shapes([role.pk])[role.pk].as_json() if row.field == "rights" else getattr(role, row.field)
        if current != row.after or not row.before:
            raise RoleChangedMeanwhile
        if row.field == "rights":
            back = shape_from(row.before)
            refuse_shape_beyond(actor, back, shapes([role.pk])[role.pk])
            _write(role, back)
        else:
            setattr(role, row.field, row.before)
        pairs[row.field] = (row.after, row.before)
    role.save(update_fields=["name", "description"])
    keep_somebody_over_roles()
    _tell(role, "role.changed", pairs, actor, now)
    return role.pk


@action
def archive_role(*, role_id: int, actor: Actor, now: datetime) -> None:
    """Take a role out of use; nobody may hold it. Records `role.archived`; twice is once. Raises NotAllowed, NotFound, RoleIsHeld."""
    role = _role(role_id, actor)
    if role.archived_at is None:
        if UserRole.rows.filter(role=role).exists():
            raise RoleIsHeld
        _set_archived(role, now, "role.archived", actor, now)


@action
def restore_role(*, role_id: int, actor: Actor, now: datetime) -> None:
    """Records `role.restored`; twice is once. Raises NotAllowed, NotFound."""
    role = _role(role_id, actor)
    if role.archived_at is not None:
        _set_archived(role, None, "role.restored", actor, now)


@action
def give_role(*, role_id: int, user_id: int, actor: Actor, now: datetime) -> None:
    """Let a user hold a role; twice is once. Records `role.given`. Raises NotAllowed, RightsBeyondOwn, NotFound, Invalid (no
    such user)."""
    role = _role(role_id, actor)
    if role.archived_at is not None:
        raise NotFound
    refuse_rights_beyond(actor, [role.pk])
    if not User.rows.filter(pk=user_id, is_active=True).exists():
        raise Invalid(fields={"user_id": [_("一覧から選んでください。")]})
    row = UserRole.rows.filter(role=role, user_id=user_id).first()
    if row is None or not row.by_hand:
        UserRole.rows.update_or_create(role=role, user_id=user_id, defaults={"by_hand": True})
        _tell(role, "role.given", {"holder": (None, user_id)}, actor, now, user_id=user_id)


@action
def take_role(*, role_id: int, user_id: int, actor: Actor, now: datetime) -> None:
    """Take a role from a user; twice is once. Records `role.taken`. Raises NotAllowed, NotFound, NobodyLeft, HeldByGroup (nobody gave
    it by hand)."""
    role = _role(role_id, actor)
    row = UserRole.rows.select_for_update().filter(role=role, user_id=user_id).first()
    if row is not None and not row.by_hand:
        raise HeldByGroup
    if row is not None:
        if row.by_group:
            UserRole.rows.filter(pk=row.pk).update(by_hand=False)
        else:
            row.delete()
        keep_somebody_over_roles()
        _tell(role, "role.taken", {"holder": (user_id, None)}, actor, now, user_id=user_id)


@action
def keep_people_from_admins(*, on: bool, actor: Actor, now: datetime) -> None:
    """Mask personal data to everybody who configures roles, whatever else they hold, or let their roles decide again. Records
    `organisation.changed` where that is new. Raises NotAllowed."""
    policy.require(actor, "role", "configure")
    organisation = Organisation.rows.select_for_update().get()
    if organisation.admins_see_nobody == on:
        return
    organisation.admins_see_nobody = on
    organisation.save(update_fields=["admins_see_nobody"])
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Organisation, [(organisation.pk, {"admins_see_nobody": (not on, on)})])
    events.record("organisation.changed", subject=organisation.pk, customer=None, actor=actor, at=now)


@action
def begin_looking(*, role_id: int, actor: Actor, now: datetime) -> str:
    """Write down that the actor looks at the product as a role; its name. Records `role.looked_as`. Raises NotAllowed, NotFound."""
    policy.require(actor, "role", "read")
    role = Role.rows.filter(pk=role_id, archived_at=None).first()
    if role is None:
        raise NotFound
    events.record("role.looked_as", subject=role.pk, customer=None, actor=actor, at=now)
    return role.name


# ---- shared steps -------------------------------------------------------------------------------------------------


def _role(role_id: int, actor: Actor) -> Role:
    policy.require(actor, "role", "configure")
    Organisation.rows.select_for_update().get()  # two changes of roles at once are made one after the other
    role = Role.rows.select_for_update().filter(pk=role_id).first()
    if role is None:
        raise NotFound
    return role


def _checked(name: str, description: str, *, besides: int) -> dict[str, str]:
    name, description = clean(name), clean(description)
    problems: dict[str, list[str]] = {}
    if not name:
        problems["name"] = [_("ロールの名前を入力してください。")]
    elif len(name) > LONGEST_NAME:
        problems["name"] = [_("%(n)d文字以内で入力してください。") % {"n": LONGEST_NAME}]
    elif Role.rows.filter(name=name).exclude(pk=besides).exists():
        problems["name"] = [_("同じ名前のロールがあります。")]
    if len(description) > LONGEST_ABOUT:
        problems["description"] = [_("%(n)d文字以内で入力してください。") % {"n": LONGEST_ABOUT}]
    if problems:
        raise Invalid(fields=problems)
    return {"name": name, "description": description}


_FIELD = re.compile(r"[a-z_]+\.[a-z0-9_]+")


def _known(shape: Shape) -> Shape:
    """Raises Invalid for a right, class or field that there is not."""
    fields = objects.field_rights()
    known = (
        all(objects.is_known(thing, act, width) for (thing, act), width in shape.grants.items())
        and set(shape.levels) <= set(CLASSES)
        and all(_FIELD.fullmatch(name) and name in fields for name in shape.fields)
    )
    if not known:
        raise Invalid(_("この権限はありません。画面を開き直してください。"))
    return shape


def _write(role: Role, shape: Shape) -> None:
    """All that the role says, anew; rights of modules that are off among them."""
    fields = objects.field_rights()
    RoleGrant.rows.filter(role=role).delete()
    RoleLevel.rows.filter(role=role).delete()
    RoleField.rows.filter(role=role).delete()
    RoleGrant.rows.bulk_create(
        [RoleGrant(role=role, object=thing, action=act, scope=width) for (thing, act), width in shape.grants.items()]
    )
    RoleLevel.rows.bulk_create([RoleLevel(role=role, privacy_class=privacy.value, level=level) for privacy, level in shape.levels.items()])
    RoleField.rows.bulk_create(
        [
            RoleField(role=role, field=name, privacy_class=fields[name].privacy.value, level=level)
            for name, level in shape.fields.items()
            if name in fields
        ]
    )


def keep_somebody_over_roles() -> None:
    """Raises NobodyLeft where no active user is left who may configure roles."""
    configuring = RoleGrant.rows.filter(object="role", action="configure").values("role_id")
    if not UserRole.rows.filter(role_id__in=configuring, user__is_active=True).exists():
        raise NobodyLeft


def _set_archived(role: Role, at: datetime | None, kind: str, actor: Actor, now: datetime) -> None:
    before, role.archived_at = role.archived_at, at
    role.save(update_fields=["archived_at"])
    _tell(role, kind, {"archived_at": (before, at)}, actor, now)


def _tell(role: Role, kind: str, pairs: Mapping[str, changes.Change], actor: Actor, now: datetime, **more: int) -> int:
    deed: ChangeSet = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Role, [(role.pk, pairs)], classes=_CLASSES)
    events.record(kind, subject=role.pk, customer=None, actor=actor, at=now, data={"change_set": deed.pk, **more})
    return deed.pk
