"""Job doors of messaging."""

from __future__ import annotations

from enishi.platform import jobs


@jobs.task(name="messaging.hand_over", queue="messaging")
def hand_over(*, delivery_id: int, lane: int) -> None:
    """Send chunks of a delivery until nothing is left to claim. Safe to run twice, or at the same time: rows are
    claimed with a fence, and a row that may have left is never sent again."""
    from enishi.messaging.engine.hand_over import run_lane  # loads the mail engine, which only workers need

    run_lane(delivery_id=delivery_id, lane=lane)
