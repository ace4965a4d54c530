"""Runs that somebody ordered: one stretch in a job, in the language of whose it is, and what becomes of the run after a bug."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError

from enishi.platform import runs
from enishi.platform.languages import speaking_to
from enishi.platform.runs import Run

logger = logging.getLogger(__name__)


def go_on(
    model: type[Run],
    run_id: int,
    job: str,
    stretch: Callable[[int], bool],
    *,
    failed: Callable[[int], object] | None = None,
    queue: str = "default",
) -> None:
    """Do one `stretch`, which says whether it leaves anything, and order the next one then. `failed`: what ends the run after a bug, with
    a word to its owner; without it the job fails. A database that is gone ends nothing: the run is taken up again when it is back."""
    owner_id: int | None = getattr(model.rows.filter(pk=run_id).first(), "owner_id", None)
    with speaking_to(owner_id):
        try:
            left = stretch(run_id)
        except DatabaseError:
            raise
        except Exception:
            if failed is None:
                raise
            logger.exception("%s %s stopped", model._meta.label_lower, run_id)
            failed(run_id)
            return
    if left:
        runs.order(model, run_id, job, queue=queue)
