"""この役割で見る: looking at the product as a role would show it, with no right beyond one's own, and without writing anything."""

from __future__ import annotations

from dataclasses import dataclass, replace

from enishi.platform import objects, policy
from enishi.platform.actor import SCOPE_RANK, Actor, FieldLevel
from enishi.platform.models import Role
from enishi.platform.privacy import Privacy
from enishi.platform.roles import Shape, shapes

SESSION_KEY = "looks_as"


@dataclass(frozen=True, slots=True)
class Looking:
    actor: Actor
    role_id: int
    role: str


def looking_as(actor: Actor, role_id: int) -> Looking | None:
    """The actor as they look as a role: of each right the narrower one of the two, of each field the lower level. None where the
    role is gone, or the actor may not look at roles any more. Five queries."""
    role = Role.rows.filter(pk=role_id, archived_at=None).first()
    if role is None or not policy.allowed(actor, "role", "read"):
        return None
    return Looking(within(actor, shapes([role.pk])[role.pk]), role.pk, role.name)


def within(actor: Actor, shape: Shape) -> Actor:
    """What both the actor and the role may."""
    grants = {
        right: min(width, actor.scope_for(*right), key=SCOPE_RANK.__getitem__)
        for right, width in shape.grants.items()
        if policy.allowed(actor, *right)
    }
    levels = {privacy: min(actor.level(privacy), shape.level(privacy)) for privacy in Privacy}
    known = objects.field_rights() if shape.fields else {}
    classes = {key: own.privacy for key, own in actor.fields.items()} | {key: known[key].privacy for key in shape.fields if key in known}
    fields = {key: FieldLevel(privacy, min(actor.level(privacy, key), shape.level(privacy, key))) for key, privacy in classes.items()}
    return replace(actor, grants=grants, levels=levels, fields=fields)
