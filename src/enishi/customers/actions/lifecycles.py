"""顧客ステージ: set in bulk by whoever knows the facts (commerce from purchases, tracking from visits)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import Actor

# Rows are locked in id order first, so that two writers never wait for each other.
_MOVE = """
WITH wanted AS (
  SELECT * FROM unnest(%(ids)s::bigint[], %(stages)s::text[], %(days)s::date[]) AS w(id, stage, since)
), locked AS (
  SELECT c.id, c.lifecycle AS before FROM customers_customer c JOIN wanted w ON w.id = c.id
   WHERE c.lifecycle <> w.stage OR (c.lifecycle_on IS DISTINCT FROM w.since AND w.since IS NOT NULL)
   ORDER BY c.id FOR UPDATE OF c
)
UPDATE customers_customer c SET lifecycle = w.stage, lifecycle_on = CASE WHEN w.stage <> 'prospect' THEN coalesce(w.since, %(today)s) END
  FROM locked l JOIN wanted w ON w.id = l.id WHERE c.id = l.id
RETURNING c.id, l.before, c.lifecycle
"""


@dataclass(frozen=True, slots=True)
class Move:
    """A customer's stage, and the day it began; None stands for today where that is when it was noticed. A prospect is one
    since no day: nobody becomes one."""

    customer_id: int
    stage: str
    since: date | None


@action
def move_lifecycles(*, moves: Sequence[Move], actor: Actor, today: date, now: datetime) -> int:
    """Put customers on their stages; how many changed. Records `customer.lifecycle_changed` for each.

    Customers that stand there already are left alone. The caller speaks for the system: a stage is derived, nobody
    sets it by hand. Two queries and one per 1,000 events.
    """
    if not moves:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE,
            {"ids": [m.customer_id for m in moves], "stages": [m.stage for m in moves], "days": [m.since for m in moves], "today": today},
        )
        moved = [(pk, before, after) for pk, before, after in cursor.fetchall() if before != after]
    events.record_many(
        [events.NewEvent("customer.lifecycle_changed", pk, pk, now, {"before": before, "after": after}) for pk, before, after in moved],
        actor=actor,
    )
    return len(moved)
