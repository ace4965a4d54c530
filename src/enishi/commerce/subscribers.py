"""What commerce does about what others record."""

from __future__ import annotations

from collections.abc import Sequence

from enishi.commerce.actions.claims import claim_orders
from enishi.customers.resolve import resolve_many
from enishi.platform import time
from enishi.platform.models import Event


def claim_waiting_orders(batch: Sequence[Event]) -> None:
    """A customer was made or got a new address: orders may have waited for them. Harmless when told twice."""
    born = {event.customer_id for event in batch if event.customer_id is not None}
    if born:
        claim_orders(customer_ids=set(resolve_many(born).values()), now=time.now())
