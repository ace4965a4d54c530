"""The log of who looked at whose personal data: one row a page or list, with the ids that were shown."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from django.db import DatabaseError, models, transaction

from enishi.platform import context, time
from enishi.platform.actor import Actor

logger = logging.getLogger(__name__)


def record(actor: Actor, model: type[models.Model], ids: Sequence[int], *, columns: Collection[str] = (), reason: str = "") -> bool:
    """Write one row; False when it could not be written, and then the caller masks what it shows. `columns`: which personal
    ones are shown; `reason`: why, where the actor was asked.

    System jobs are not people and look at nothing.
    """
    if actor.kind not in ("staff", "token"):
        return True
    from enishi.platform.models.audit import ViewLog  # models import policy for their guards

    try:
        with transaction.atomic():
            ViewLog.rows.create(
                actor_id=actor.user_id,
                token_id=actor.token_id,
                object=model._meta.label_lower,
                object_ids=list(ids),
                columns=sorted(columns),
                route=context.route(),
                reason=reason,
                at=time.now(),
            )
    except DatabaseError:
        logger.exception("the view log cannot be written; personal columns are masked")
        return False
    return True
