"""What the jobs and the pulse share: going on after a stretch, telling a failure, taking up what was abandoned."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError
from django.utils.translation import gettext as _

from enishi.customers.imports import running, undoing
from enishi.customers.models import ImportRun, ImportUndo
from enishi.platform import owned_runs, runs
from enishi.platform.action import action
from enishi.platform.errors import ActionError
from enishi.platform.languages import speaking_to

logger = logging.getLogger(__name__)
QUEUE = "imports"
JOBS: Mapping[str, str] = {
    ImportRun.State.STAGING: "customers.stage_import",
    ImportRun.State.CHECKING: "customers.check_import",
    ImportRun.State.RUNNING: "customers.run_import",
}


def run(run_id: int) -> None:
    """One stretch of a run; orders the next while rows are left."""
    left = False
    for progress in running.run_stretch(run_id):
        left = progress.done < progress.total
    if left and ImportRun.rows.filter(pk=run_id, state=ImportRun.State.RUNNING).exists():
        runs.order(ImportRun, run_id, JOBS[ImportRun.State.RUNNING], queue=QUEUE)


@contextmanager
def told(run_id: int) -> Iterator[None]:
    """A refusal, a bug or a full disk ends the run with a word to its owner, who may resume it; a database that is gone does not:
    the run is taken up again when it is back. What is put into words inside is in the owner's language."""
    with speaking_to(ImportRun.rows.filter(pk=run_id).values_list("owner_id", flat=True).first()):
        yield from _told(run_id)


def _told(run_id: int) -> Iterator[None]:
    try:
        yield
    except DatabaseError:
        raise
    except ActionError as refusal:
        logger.warning("import %s was refused: %s", run_id, refusal.code)
        _fail(run_id=run_id, reason=str(refusal))
    except OSError as error:
        logger.exception("import %s stopped", run_id)
        _fail(
            run_id=run_id,
            reason=_("ファイルを読み書きできませんでした（%(error)s）。空き容量を確かめて、再開してください。")
            % {"error": error.strerror or error},
        )
    except Exception:
        logger.exception("import %s stopped", run_id)
        _fail(run_id=run_id, reason=_("思わぬエラーで止まりました。管理者に連絡してください。続きから再開できます。"))


@action
def _fail(*, run_id: int, reason: str) -> None:
    found = ImportRun.rows.select_related("file").select_for_update(of=("self",)).filter(pk=run_id).first()
    if found is not None and found.state in JOBS:
        running.fail(found, reason)


def undo(undo_id: int) -> None:
    """One stretch of taking an import back, or of looking at it; orders the next while objects are left."""
    owned_runs.go_on(ImportUndo, undo_id, undoing.JOB, undoing.run_stretch, failed=lambda broken: undoing.fail(undo_id=broken), queue=QUEUE)


def scan(now: datetime) -> int:
    """Order again the jobs of runs whose worker is gone. The number of runs."""
    undos = {str(state): undoing.JOB for state in undoing.WORKED_ON}
    return runs.order_abandoned(ImportRun, JOBS, queue=QUEUE) + runs.order_abandoned(ImportUndo, undos, queue=QUEUE)
