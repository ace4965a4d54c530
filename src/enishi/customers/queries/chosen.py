"""Who was chosen in the list, for the dialog that asks once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enishi.customers import access
from enishi.platform.actor import Actor
from enishi.platform.policy import present_many

NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Name:
    number: str
    name: str | None


@dataclass(frozen=True, slots=True)
class Chosen:
    ids: list[int]  # those on which the actor may act
    names: list[str]
    more: int  # how many are not named
    left_out: int  # chosen, but out of the actor's reach


def chosen_customers(actor: Actor, ids: Sequence[int], act: str) -> Chosen:
    """Of the chosen, those on whom the actor may do `act`, some by name. Two queries and one view-log row."""
    reachable = access.reachable_ids(actor, ids, act)
    first = reachable[:NAMES_SHOWN]
    rows = access.visible_customers(actor).filter(pk__in=first).order_by("pk")
    names = [row.name or row.number for row in present_many(_Name, actor, rows)] if first else []
    return Chosen(reachable, names, len(reachable) - len(first), len(set(ids)) - len(reachable))
