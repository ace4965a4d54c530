"""Whose customers somebody may count: the same whom they may see, by their lists and by their orders."""

from __future__ import annotations

from enishi.platform.actor import SCOPE_RANK, Actor
from enishi.platform.errors import NotAllowed
from enishi.warehouse.analysis import Reach


def may_analyse(actor: Actor) -> bool:
    """Whether the actor sees customers and what they bought."""
    return "none" not in (actor.scope_for("customer", "read"), actor.scope_for("order", "read"))


def reach_of(actor: Actor, things: tuple[str, ...] = ("customer", "order")) -> Reach:
    """The customers of whom the actor may see all of these things: the narrowest of those rights. Raises NotAllowed."""
    width = min((actor.scope_for(thing, "read") for thing in things), key=SCOPE_RANK.__getitem__)
    if width == "none":
        raise NotAllowed
    if width == "all":
        return Reach(everybody=True)
    teams = tuple(sorted(actor.team_ids)) if width == "team" else ()
    return Reach(owner_id=actor.user_id, team_ids=teams, ids=tuple(sorted(actor.shared("customer", "read"))))
