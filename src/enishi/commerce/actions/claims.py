"""Orders of buyers whom nobody knew: claimed when the buyer's number, mail address or phone number appears, and let go again
when an undone import takes it away."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from django.db import connection

from enishi.commerce import summaries
from enishi.commerce.actions import lifecycles
from enishi.commerce.models import Order
from enishi.platform import changes, events
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM

CLAIMED, RELEASED = "order.claimed", "order.released"
#: Of the change sets that keep what claimed orders said of their buyers.
DOOR = "claim"

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
  SELECT o.id, c.customer_id, o.claim FROM commerce_order o JOIN chosen c ON c.id = o.id
   WHERE o.customer_id IS NULL ORDER BY o.id FOR UPDATE OF o
)
UPDATE commerce_order o SET customer_id = l.customer_id, claim = '{}' FROM locked l WHERE o.id = l.id
RETURNING o.id, o.customer_id, l.claim::text
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

    Summaries and stages follow; what the orders said of their buyers is kept in a change set. About eight queries where
    something is claimed, one where nothing is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"ids": sorted(customer_ids)})
        claimed = cursor.fetchall()
    if not claimed:
        return 0
    owners = {customer_id for _order_id, customer_id, _said in claimed}
    summaries.recompute(owners)
    deed = changes.open_change_set(actor=SYSTEM, door=DOOR, at=now)
    noted = [(pk, {"customer": (None, customer_id), "claim": (json.loads(said), {})}) for pk, customer_id, said in claimed]
    changes.record_changes(deed, Order, noted)
    events.record_many([events.NewEvent(CLAIMED, pk, customer_id, now, {}) for pk, customer_id, _said in claimed], actor=SYSTEM)
    lifecycles.refresh(customer_ids=owners, now=now)
    return len(claimed)


_HOLDERS = """
SELECT DISTINCT o.customer_id FROM commerce_order o
 WHERE o.customer_id = ANY(%(ids)s)
   AND NOT EXISTS (SELECT FROM platform_fieldchange f JOIN platform_changeset s ON s.id = f.change_set_id AND s.door = %(door)s
                    WHERE f.object = 'commerce.order' AND f.object_id = o.id AND f.field = 'claim')
"""
# Said: what each order said of its buyer before it was claimed the last time. Lost: it leads to them no more.
_RELEASE = """
WITH said AS (
  SELECT DISTINCT ON (o.id) o.id, o.customer_id, f.before AS claim
    FROM commerce_order o
    JOIN platform_fieldchange f ON f.object = 'commerce.order' AND f.object_id = o.id AND f.field = 'claim'
    JOIN platform_changeset s ON s.id = f.change_set_id AND s.door = %(door)s
   WHERE o.customer_id = ANY(%(ids)s)
   ORDER BY o.id, f.id DESC
), lost AS (
  SELECT id, customer_id, claim FROM said
   WHERE NOT EXISTS (SELECT FROM customers_identity i WHERE i.customer_id = said.customer_id
                        AND i.kind IN ('member', 'email', 'phone') AND i.value = said.claim ->> i.kind)
), locked AS (
  SELECT o.id FROM commerce_order o WHERE o.id IN (SELECT id FROM lost) ORDER BY o.id FOR UPDATE
)
UPDATE commerce_order o SET customer_id = NULL, claim = lost.claim FROM lost JOIN locked ON locked.id = lost.id WHERE o.id = lost.id
RETURNING o.id, lost.customer_id
"""


class OrderClaims:
    """Wire IDENTITY_CLAIMS: orders that came to a customer by an identity, and wait again when it is gone."""

    events = (CLAIMED, RELEASED)

    def holders(self, customer_ids: Collection[int]) -> set[int]:
        """Of these, the customers with an order that came otherwise. One query."""
        with connection.cursor() as cursor:
            cursor.execute(_HOLDERS, {"ids": sorted(customer_ids), "door": DOOR})
            return {pk for (pk,) in cursor.fetchall()}

    def release(self, customer_ids: Collection[int], now: datetime) -> None:
        """Let the claimed orders wait again whose words lead to none of the identities that their customer still has.

        Inside the caller's transaction, after the identities went. Records `order.released` for each. Summaries and stages
        follow. About six queries where something is let go, one where nothing is.
        """
        with connection.cursor() as cursor:
            cursor.execute(_RELEASE, {"ids": sorted(customer_ids), "door": DOOR})
            released = cursor.fetchall()
        if not released:
            return
        owners = {customer_id for _order_id, customer_id in released}
        summaries.recompute(owners)
        events.record_many([events.NewEvent(RELEASED, pk, customer_id, now, {}) for pk, customer_id in released], actor=SYSTEM)
        lifecycles.refresh(customer_ids=owners, now=now)


CLAIMS = OrderClaims()
