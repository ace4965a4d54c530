"""Who may see which order: the only caller of the platform's policy for commerce."""

from __future__ import annotations

from django.db.models import QuerySet

from enishi.commerce.models import Order
from enishi.platform import policy
from enishi.platform.actor import Actor


def visible_orders(actor: Actor) -> QuerySet[Order]:
    """The orders that the actor may read. Orders of nobody known belong to those who read all."""
    return policy.scope(actor, Order, "read").filter(archived_at__isnull=True)


def may_read(actor: Actor) -> bool:
    """Whether the actor may read some order (menus and panels)."""
    return policy.allowed(actor, "order", "read")
