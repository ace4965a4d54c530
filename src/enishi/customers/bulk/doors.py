"""What the job and the pulse share: going on after a stretch, and taking up what was abandoned."""

from __future__ import annotations

from datetime import datetime

from enishi.customers.bulk import running
from enishi.customers.models import BulkRun
from enishi.platform import runs
from enishi.platform.languages import speaking_to

JOB = "customers.change_many"


def run(run_id: int) -> None:
    """One stretch of a run; orders the next while customers are left."""
    with speaking_to(BulkRun.rows.filter(pk=run_id).values_list("owner_id", flat=True).first()):
        left = running.run_stretch(run_id)
    if left:
        runs.order(BulkRun, run_id, JOB)


def scan(now: datetime) -> int:
    """Order again the jobs of runs whose worker is gone. The number of runs."""
    return runs.order_abandoned(BulkRun, dict.fromkeys(running.OPEN, JOB))
