"""What the pulse looks for in messaging."""

from __future__ import annotations

from datetime import datetime

from enishi.messaging.actions import deliveries, ledger


def sending(now: datetime) -> int:
    """Recover rows of dead workers, start what is due, keep what runs going."""
    return ledger.recover(now=now) + deliveries.start_due(now=now) + deliveries.keep_sending(now=now)
