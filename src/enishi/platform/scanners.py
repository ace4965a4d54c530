"""What the platform itself finds due in a pulse."""

from __future__ import annotations

from datetime import datetime

from enishi.platform.actions import forget_calls


def api_calls(now: datetime) -> int:
    """Idempotency keys are kept for a day."""
    return forget_calls(now=now)
