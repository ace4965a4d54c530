"""Put customers on the stage that their purchases say, for a few of them or, once a day, for all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime

from django.core.cache import cache
from django.db import connection

from enishi.commerce.lifecycle import LIMITS, Limits, standing
from enishi.customers.actions.lifecycles import Move, move_lifecycles
from enishi.customers.models import Customer
from enishi.platform import time
from enishi.platform.actor import SYSTEM

CHUNK = 2_000
BEST_KEPT_SECONDS = 3_600
_BEST_KEY = "commerce.best_from_jpy"

_BEST_FROM = """
SELECT percentile_disc(%(share)s) WITHIN GROUP (ORDER BY revenue DESC)
  FROM (SELECT sum(goods_jpy) AS revenue FROM commerce_order
         WHERE customer_id IS NOT NULL AND archived_at IS NULL AND ordered_on > (%(today)s::date - interval '24 months')
         GROUP BY customer_id HAVING sum(goods_jpy) > 0) AS per_customer
"""

_HISTORY = """
SELECT c.id, c.lifecycle, c.lifecycle_on,
       array_agg(DISTINCT o.ordered_on ORDER BY o.ordered_on) FILTER (WHERE o.counts AND o.ordered_on <= %(today)s),
       coalesce(sum(o.goods_jpy) FILTER (WHERE o.ordered_on > (%(today)s::date - interval '24 months')), 0)
  FROM customers_customer c LEFT JOIN commerce_order o ON o.customer_id = c.id AND o.archived_at IS NULL
 WHERE c.id = ANY(%(ids)s)
 GROUP BY c.id
"""

_NEXT_IDS = """
SELECT id FROM customers_customer c
 WHERE id > %s AND (lifecycle NOT IN ('prospect', 'considering') OR EXISTS (SELECT FROM commerce_purchasesummary s WHERE s.customer_id = c.id))
 ORDER BY id LIMIT %s
"""


def refresh(*, customer_ids: Collection[int], now: datetime) -> int:
    """Look again at the stages of these customers; how many changed. Their summaries must be true already.

    For 優良 the revenue that the top share begins at is at most an hour old; the daily look sets it anew.
    """
    today = time.today(now)
    best_from = cache.get(_BEST_KEY)
    if best_from is None:
        best_from = _best_from(today, LIMITS)
    return sum(_refresh_chunk(ids, today, best_from, now) for ids in _chunks(sorted(customer_ids)))


def refresh_all(*, now: datetime) -> int:
    """Look again at everybody who ever bought: days pass and ranks shift. In chunks, each its own transaction."""
    today = time.today(now)
    best_from = _best_from(today, LIMITS)
    changed, last = 0, 0
    while ids := _next_ids(last):
        changed += _refresh_chunk(ids, today, best_from, now)
        last = ids[-1]
    return changed


def _best_from(today: date, limits: Limits) -> int | None:
    """The 24-month revenue from which somebody is among the top share; None while nobody has bought. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_BEST_FROM, {"share": limits.best_share_bp / 10_000, "today": today})
        found = cursor.fetchone()[0]
    best_from = None if found is None else int(found)
    cache.set(_BEST_KEY, best_from, BEST_KEPT_SECONDS)
    return best_from


def _next_ids(after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_IDS, [after, CHUNK])
        return [row[0] for row in cursor.fetchall()]


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _refresh_chunk(ids: Sequence[int], today: date, best_from: int | None, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, {"ids": list(ids), "today": today})
        rows = cursor.fetchall()
    moves = []
    for pk, stage, since, days, revenue in rows:
        if not days and stage == Customer.Lifecycle.CONSIDERING:
            continue
        found = standing(days or [], today=today, among_best=best_from is not None and revenue >= best_from)
        if found.stage != stage or (found.since is not None and found.since != since):
            moves.append(Move(pk, found.stage.value, found.since))
    return move_lifecycles(moves=moves, actor=SYSTEM, today=today, now=now)
