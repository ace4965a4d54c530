"""What the job and the pulse share: going on after a stretch, taking up what was abandoned, putting away what has expired."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from enishi.customers.actions.exports import expire_exports
from enishi.customers.exporting import running
from enishi.customers.exporting.running import JOB
from enishi.customers.models import ExportRun
from enishi.platform import owned_runs, runs


def run(run_id: int) -> None:
    """One stretch of a run; orders the next while customers are left. A bug ends it with a word to its maker; a database that
    is gone does not: the run is taken up again when it is back."""
    owned_runs.go_on(ExportRun, run_id, JOB, running.run_stretch, failed=_fail)


def _fail(run_id: int) -> None:
    running.fail(run_id=run_id, reason=_("思わぬエラーで止まりました。管理者に連絡してください。続きから再開できます。"))


def scan(now: datetime) -> int:
    """Order again the jobs of runs whose worker is gone, and put away files that were kept long enough. How many."""
    return runs.order_abandoned(ExportRun, dict.fromkeys(running.OPEN, JOB)) + expire_exports(now=now)
