"""What the pulse looks for in customers."""

from __future__ import annotations

from datetime import datetime

from enishi.customers.actions.contacts import end_contacts
from enishi.customers.actions.field_files import drop_held
from enishi.customers.bulk import running as bulk
from enishi.customers.models import BulkRun, MergeBatch
from enishi.customers.quality import running as quality_running
from enishi.customers.twins.batch import running as batch
from enishi.platform.runs import order_abandoned


def changes_of_many(now: datetime) -> int:
    """Order again the jobs of changes of many whose worker is gone. One query by a small index where there are none."""
    return order_abandoned(BulkRun, dict.fromkeys(bulk.OPEN, bulk.JOB))


def merge_batches(now: datetime) -> int:
    """Order again the jobs of merges of many whose worker is gone. One query by a small index where there are none."""
    return order_abandoned(MergeBatch, dict.fromkeys(batch.OPEN, batch.JOB))


def contacts(now: datetime) -> int:
    """Contact points whose last day has passed. One query by a small index where there are none."""
    return end_contacts(now=now)


def held_files(now: datetime) -> int:
    """Files that were sent for forms which nobody saved."""
    return drop_held(now=now)


def quality(now: datetime) -> int:
    """The day's look at how well customers are written down. Two queries by small indexes where it has begun."""
    return quality_running.scan(now)
