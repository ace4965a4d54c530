"""What the job and the pulse share: going on after a stretch, taking up what was abandoned, putting away what has expired."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import DatabaseError
from django.utils.translation import gettext as _

from enishi.customers.actions.exports import expire_exports
from enishi.customers.exporting import running
from enishi.customers.exporting.running import JOB
from enishi.customers.models import ExportRun
from enishi.platform import runs
from enishi.platform.languages import speaking_to

logger = logging.getLogger(__name__)


def run(run_id: int) -> None:
    """One stretch of a run; orders the next while customers are left. A bug ends it with a word to its maker; a database that
    is gone does not: the run is taken up again when it is back."""
    with speaking_to(ExportRun.rows.filter(pk=run_id).values_list("owner_id", flat=True).first()):
        try:
            left = running.run_stretch(run_id)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("export %s stopped", run_id)
            running.fail(run_id=run_id, reason=_("思わぬエラーで止まりました。管理者に連絡してください。続きから再開できます。"))
            return
    if left:
        runs.order(ExportRun, run_id, JOB)


def scan(now: datetime) -> int:
    """Order again the jobs of runs whose worker is gone, and put away files that were kept long enough. How many."""
    return runs.order_abandoned(ExportRun, dict.fromkeys(running.OPEN, JOB)) + expire_exports(now=now)
