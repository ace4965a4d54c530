"""Job doors of campaigns."""

from __future__ import annotations

from enishi.platform import jobs


@jobs.task(name="campaigns.freeze")
def freeze(*, delivery_id: int) -> None:
    """Freeze an audience, one chunk a transaction. Safe to run twice."""
    from enishi.campaigns.actions import audiences  # loads statistics, which only workers and result pages need

    while audiences.freeze_chunk(delivery_id=delivery_id):
        pass


@jobs.task(name="campaigns.live")
def live(*, days: int, event_id: int) -> None:
    """Demo: let days pass while the simulated people open, click, leave and buy."""
    from enishi.campaigns.demo_life import pass_days  # numpy and the HTTP client, which only the demo's worker needs

    pass_days(days=days, event_id=event_id)
