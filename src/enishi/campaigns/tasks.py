"""Job doors of campaigns."""

from __future__ import annotations

from enishi.platform import jobs, time


@jobs.task(name="campaigns.freeze")
def freeze(*, delivery_id: int) -> None:
    """Freeze an audience, one chunk a transaction. Safe to run twice."""
    from enishi.campaigns.actions.audiences import freeze_chunk  # loads the mail engine, which most processes never need

    while freeze_chunk(delivery_id=delivery_id, now=time.now()):
        pass


@jobs.task(name="campaigns.live")
def live(*, days: int, event_id: int) -> None:
    """Demo: let days pass while the simulated people open, click, leave and buy. Run again, it goes on where it stood."""
    from enishi.campaigns.demo_life import pass_days  # Django's test client, which only the demo's worker needs

    pass_days(days=days, event_id=event_id)
