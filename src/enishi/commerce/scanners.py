"""What the pulse looks for in commerce."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache
from django.db import transaction

from enishi.platform import jobs, time

_KEY = "commerce.lifecycles_on"


def lifecycles(now: datetime) -> int:
    """Once a business day: order a look at everybody's stage, since days without a purchase change it."""
    today = time.today(now).isoformat()
    if cache.get(_KEY) == today:
        return 0
    with transaction.atomic():
        cache.set(_KEY, today, timeout=2 * 86_400)
        jobs.enqueue("commerce.refresh_lifecycles")
    return 1
