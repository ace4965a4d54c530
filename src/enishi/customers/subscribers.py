"""What customers do about what was recorded."""

from __future__ import annotations

from collections.abc import Sequence

from enishi.customers.actions.twins import settle_merges
from enishi.platform.models import Event


def follow_merges(batch: Sequence[Event]) -> None:
    """Somebody was merged, or is apart again: the pairs of duplicates are brought up to date. Harmless when told twice."""
    settle_merges(customer_ids={event.customer_id for event in batch if event.customer_id is not None})
