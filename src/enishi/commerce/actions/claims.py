"""Orders of buyers whom nobody knew: claimed when the buyer's number, mail address or phone number appears."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from enishi.commerce import summaries
from enishi.commerce.actions import lifecycles
from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM

# The surest word of an order decides, as when it was imported: member number, then mail address, then phone number.
_CLAIM = """
WITH known AS (
  SELECT customer_id, kind, value FROM customers_identity WHERE customer_id = ANY(%(ids)s) AND kind IN ('member', 'email', 'phone')
), found AS (
  SELECT o.id, k.customer_id, 1 AS rank FROM known k JOIN commerce_order o
      ON k.kind = 'member' AND o.customer_id IS NULL AND (o.claim ->> 'member') = k.value
  UNION ALL
  SELECT o.id, k.customer_id, 2 FROM known k JOIN commerce_order o
      ON k.kind = 'email' AND o.customer_id IS NULL AND (o.claim ->> 'email') = k.value
  UNION ALL
  SELECT o.id, k.customer_id, 3 FROM known k JOIN commerce_order o
      ON k.kind = 'phone' AND o.customer_id IS NULL AND (o.claim ->> 'phone') = k.value
), chosen AS (
  SELECT DISTINCT ON (id) id, customer_id FROM found ORDER BY id, rank, customer_id
), locked AS (
  SELECT o.id, c.customer_id FROM commerce_order o JOIN chosen c ON c.id = o.id
   WHERE o.customer_id IS NULL ORDER BY o.id FOR UPDATE OF o
)
UPDATE commerce_order o SET customer_id = l.customer_id, claim = '{}' FROM locked l WHERE o.id = l.id
RETURNING o.id, o.customer_id
"""


_WAITING = """
SELECT DISTINCT i.customer_id FROM commerce_order o JOIN customers_identity i
    ON (i.kind = 'member' AND i.value = o.claim ->> 'member')
    OR (i.kind = 'email' AND i.value = o.claim ->> 'email')
    OR (i.kind = 'phone' AND i.value = o.claim ->> 'phone')
 WHERE o.import_run_id = %s AND o.customer_id IS NULL AND o.claim <> '{}'
"""


def claim_orders_of_run(*, run_id: int, now: datetime) -> int:
    """Look again at the waiting orders of an import: a customer may have been registered while it ran."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [run_id])
        found = [pk for (pk,) in cursor.fetchall()]
    return claim_orders(customer_ids=found, now=now) if found else 0


@action
def claim_orders(*, customer_ids: Collection[int], now: datetime) -> int:
    """Give the waiting orders of these customers to them; how many. Records `order.claimed` for each.

    Summaries and stages follow. About six queries where something is claimed, one where nothing is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"ids": sorted(customer_ids)})
        claimed = cursor.fetchall()
    if not claimed:
        return 0
    owners = {customer_id for _order_id, customer_id in claimed}
    summaries.recompute(owners)
    events.record_many(
        [events.NewEvent("order.claimed", order_id, customer_id, now, {}) for order_id, customer_id in claimed], actor=SYSTEM
    )
    lifecycles.refresh(customer_ids=owners, now=now)
    return len(claimed)
