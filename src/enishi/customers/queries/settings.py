"""How somebody likes to see the list of customers, and what its dialog offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enishi.customers import listing
from enishi.customers.models import ListSetting
from enishi.platform.actor import Actor
from enishi.platform.listing import PAGE_SIZE


@dataclass(frozen=True, slots=True)
class OwnList:
    columns: tuple[str, ...] = ()
    page_size: int = PAGE_SIZE


def list_setting(actor: Actor) -> OwnList:
    """The actor's own columns and rows a page. One query."""
    found = ListSetting.rows.filter(owner_id=actor.user_id or 0).values_list("columns", "page_size").first()
    return OwnList() if found is None else OwnList(tuple(found[0]), found[1])


@dataclass(frozen=True, slots=True)
class Offer:
    """One column in the dialog."""

    key: str
    label: str
    chosen: bool


def offers(actor: Actor, *wishes: Sequence[str]) -> list[Offer]:
    """The columns that the actor may choose from: those that the list shows by the first of the wishes, in their order, then
    the rest. The queries of `column_sets`."""
    sets = listing.column_sets(actor)
    chosen = listing.chosen_columns(sets, *wishes)
    shown = {column.key for column in chosen}
    rest = [column for column in listing.offered(sets).values() if column.key not in shown]
    return [Offer(column.key, str(column.label), column.key in shown) for column in [*chosen, *rest]]
