"""What the job and the pulse share: going on after a stretch, and taking up what was abandoned."""

from __future__ import annotations

from datetime import datetime

from enishi.customers.models import MergeBatch
from enishi.customers.twins.batch import running
from enishi.platform import runs
from enishi.platform.languages import speaking_to

JOB = "customers.merge_many"


def run(batch_id: int) -> None:
    """One stretch of a batch; orders the next while groups are left."""
    with speaking_to(MergeBatch.rows.filter(pk=batch_id).values_list("owner_id", flat=True).first()):
        left = running.run_stretch(batch_id)
    if left:
        runs.order(MergeBatch, batch_id, JOB)


def scan(now: datetime) -> int:
    """Order again the jobs of batches whose worker is gone. The number of batches."""
    return runs.order_abandoned(MergeBatch, dict.fromkeys(running.OPEN, JOB))
