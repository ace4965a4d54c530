"""The form of a customer as one actor gets it: the sections of their roles, the fields they may write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from enishi.customers.details import may_write
from enishi.customers.fields import catalogue
from enishi.customers.fields.field import Field
from enishi.customers.fields.layout import BUILT_IN, Layout, current, items
from enishi.platform.actor import Actor
from enishi.platform.models import UserRole


@dataclass(frozen=True, slots=True)
class FormShape:
    layout: Layout
    own: tuple[Field, ...]


def for_actor(actor: Actor) -> FormShape:
    """The layout in use as this actor sees it. Two queries, once a request; one more where sections are for some roles."""
    layout = _open_to(actor, current())
    roles = _roles_of(actor) if any(section.roles for section in layout) else frozenset[str]()
    own = tuple(field for field in catalogue.fields_in_use().values() if catalogue.writable(actor, field))
    return seen_by(layout, roles, own)


def _open_to(actor: Actor, layout: Layout) -> Layout:
    """Without what a role keeps from this actor: a form shows in clear what it asks for."""
    if not actor.fields:
        return layout
    return tuple(
        section.model_copy(
            update={"items": tuple(i for i in section.items if all(may_write(actor, name) for name in BUILT_IN.get(i.field, ("", ()))[1]))}
        )
        for section in layout
    )


def seen_by(layout: Layout, roles: Collection[str], own: tuple[Field, ...]) -> FormShape:
    """What somebody with these roles, who may write these fields, finds on the form."""
    sections = tuple(section for section in layout if not section.roles or set(section.roles) & set(roles))
    placed = {item.field for item in items(sections)}
    return FormShape(sections, tuple(field for field in own if field.key in placed))


def _roles_of(actor: Actor) -> frozenset[str]:
    mine = UserRole.rows.filter(user_id=actor.user_id) if actor.user_id is not None else UserRole.rows.none()
    return frozenset(mine.values_list("role__key", flat=True))
