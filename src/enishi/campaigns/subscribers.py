"""Event doors of campaigns."""

from __future__ import annotations

from collections.abc import Sequence

from enishi.platform import jobs
from enishi.platform.models import Event


def live_on(events: Sequence[Event]) -> None:
    """Demo: somebody asked for days to pass; those of two questions one after another."""
    for event in events:
        jobs.enqueue("campaigns.live", lock="demo.days", days=int(event.data["days"]), event_id=event.pk)
