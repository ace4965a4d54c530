"""What the job and the pulse share: going on after a stretch, and taking up what was abandoned."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now

from enishi.customers.bulk import running
from enishi.customers.models import BulkRun
from enishi.platform import jobs
from enishi.platform.languages import speaking_to

JOB = "customers.change_many"


def run(run_id: int) -> None:
    """One stretch of a run; orders the next while customers are left."""
    with speaking_to(BulkRun.rows.filter(pk=run_id).values_list("owner_id", flat=True).first()):
        left = running.run_stretch(run_id)
    if left:
        jobs.enqueue(JOB, run_id=run_id)


def scan(now: datetime) -> int:
    """Order again the jobs of runs whose worker is gone. The number of runs."""
    waiting = Q(lease_until=None, created_at__lt=Now() - timedelta(seconds=30)) | Q(lease_until__lt=Now())
    found = list(BulkRun.rows.filter(waiting, state__in=running.OPEN).values_list("pk", flat=True))
    found = [run_id for run_id in found if not jobs.is_waiting_or_running(JOB, run_id=run_id)]
    for run_id in found:
        jobs.enqueue(JOB, run_id=run_id)
    return len(found)
