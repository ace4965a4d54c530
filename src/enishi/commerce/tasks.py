"""Job doors of commerce."""

from __future__ import annotations

from enishi.commerce.actions import lifecycles
from enishi.platform import jobs, time


@jobs.task(name="commerce.refresh_lifecycles")
def refresh_lifecycles() -> None:
    """Put everybody who ever bought on the stage of today."""
    lifecycles.refresh_all(now=time.now())
