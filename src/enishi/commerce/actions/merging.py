"""Orders of customers who are one, and of those who were: figures follow, and what came in between goes to its buyer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection

from enishi.commerce import summaries
from enishi.commerce.actions import lifecycles
from enishi.commerce.actions.claims import DOOR
from enishi.customers.merging.follower import Parting

# What an order says of its buyer, itself or when it was claimed; the surest word that leads to one of them decides.
_REFILE = """
WITH came AS (
  SELECT o.id, CASE WHEN o.claim <> '{}' THEN o.claim ELSE (
           SELECT f.before FROM platform_fieldchange f JOIN platform_changeset s ON s.id = f.change_set_id AND s.door = %(door)s
            WHERE f.object = 'commerce.order' AND f.object_id = o.id AND f.field = 'claim' ORDER BY f.id DESC LIMIT 1) END AS said
    FROM commerce_order o
   WHERE o.customer_id = %(kept)s
     AND NOT EXISTS (SELECT FROM customers_mergeentry e WHERE e.merge_id = %(merge)s AND e.table = 'commerce_order' AND e.row_id = o.id)
), led AS (
  SELECT DISTINCT ON (came.id) came.id, i.customer_id
    FROM came JOIN customers_identity i
      ON i.kind IN ('member', 'email', 'phone') AND i.value = came.said ->> i.kind AND i.customer_id = ANY(%(ids)s)
   ORDER BY came.id, array_position(ARRAY['member', 'email', 'phone'], i.kind::text)
)
UPDATE commerce_order o SET customer_id = led.customer_id FROM led WHERE o.id = led.id AND led.customer_id <> %(kept)s
"""


class OrdersFollow:
    """Wire MERGE_FOLLOWERS."""

    tables = ("commerce_purchasesummary",)

    def refigure(self, customer_ids: Collection[int], now: datetime) -> None:
        """Summaries, then stages. About five queries."""
        summaries.recompute(customer_ids)
        lifecycles.refresh(customer_ids=customer_ids, now=now)

    def refile(self, parting: Parting) -> Mapping[int, int]:
        """Orders that came since the merge go to whom their words lead. One query."""
        with connection.cursor() as cursor:
            cursor.execute(_REFILE, {"door": DOOR, "kept": parting.kept, "merge": parting.merge_id, "ids": [parting.kept, *parting.gone]})
        return {}


FOLLOWER = OrdersFollow()
