"""The purchase summary: what lists, rules and analyses read of a customer's orders, kept true by whoever writes orders.

A purchase = the customer's counting orders of one business day. Revenue = the goods of every order of theirs: a
cancelled order carries no goods, a return that stands alone carries negative ones, so nothing has to be left out.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

_LOCK = "SELECT FROM customers_customer WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE"
RECOMPUTE = """
WITH fresh AS (
  SELECT o.customer_id,
         count(DISTINCT o.ordered_on) FILTER (WHERE o.counts) AS purchase_count,
         min(o.ordered_on) FILTER (WHERE o.counts) AS first_on,
         max(o.ordered_on) FILTER (WHERE o.counts) AS last_on,
         sum(o.goods_jpy) AS revenue_jpy
    FROM commerce_order o
   WHERE o.customer_id = ANY(%(ids)s) AND o.archived_at IS NULL
   GROUP BY o.customer_id
), gone AS (
  DELETE FROM commerce_purchasesummary s
   WHERE s.customer_id = ANY(%(ids)s)
     AND NOT EXISTS (SELECT FROM fresh f WHERE f.customer_id = s.customer_id AND f.purchase_count > 0)
)
INSERT INTO commerce_purchasesummary AS s (customer_id, purchase_count, first_on, last_on, revenue_jpy)
SELECT customer_id, purchase_count, first_on, last_on, revenue_jpy FROM fresh WHERE purchase_count > 0 ORDER BY customer_id
ON CONFLICT (customer_id) DO UPDATE
   SET purchase_count = EXCLUDED.purchase_count, first_on = EXCLUDED.first_on, last_on = EXCLUDED.last_on, revenue_jpy = EXCLUDED.revenue_jpy
 WHERE (s.purchase_count, s.first_on, s.last_on, s.revenue_jpy)
       IS DISTINCT FROM (EXCLUDED.purchase_count, EXCLUDED.first_on, EXCLUDED.last_on, EXCLUDED.revenue_jpy)
"""


def recompute(customer_ids: Collection[int]) -> None:
    """Make the summaries of these customers true again, inside the caller's transaction. Two queries.

    The customers are locked first, so that of two writers the second sees the orders of the first. A row that was right
    already is not touched, so that readers by watermark see only what changed.
    """
    if customer_ids:
        ids = {"ids": sorted(customer_ids)}
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, ids)
            cursor.execute(RECOMPUTE, ids)
