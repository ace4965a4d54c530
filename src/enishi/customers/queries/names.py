"""Names of customers for lists of anything: masked for the viewer, unseen ones left out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from enishi.customers import access
from enishi.platform.actor import Actor
from enishi.platform.policy import present_many


@dataclass(frozen=True, slots=True)
class Name:
    """Who a customer is, as far as the viewer reads it."""

    id: int
    number: str
    name: str | None


def customer_names(actor: Actor, customer_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Customer → (name, number), for those that the actor may read. One query and one view-log row; none for nobody."""
    if not customer_ids:
        return {}
    rows = access.readable_customers(actor).filter(pk__in=customer_ids)
    return {row.id: (row.name or row.number, row.number) for row in present_many(Name, actor, rows)}
