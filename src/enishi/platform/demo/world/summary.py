"""What a block's orders come to per customer: counts, revenue, stage. The formulas are those of the glossary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from enishi.platform.demo.world.calendar import History
from enishi.platform.demo.world.chance import Flags, Floats, Ints
from enishi.platform.demo.world.columns import Orders

PROSPECT, FIRST, REPEAT, BEST, SLEEPING, LOST, REVIVED = range(7)
LIFECYCLES: Final = ("prospect", "first", "repeat", "best", "sleeping", "lost", "revived")
BEST_SHARE_BP: Final = 2_000
BEST_PURCHASES: Final = 3
SLEEPING_DAYS: Final = 180
LOST_DAYS: Final = 365
REVIVED_DAYS: Final = 90
_NEVER: Final = -(1 << 20)


@dataclass(frozen=True, slots=True)
class Summary:
    """Columns over the customers of a block; days count from the start, −1 = none. Revenue without tax."""

    purchase_count: Ints  # business days with a counting order
    first_day: Ints
    last_day: Ints
    revenue_jpy: Ints
    window_revenue_jpy: Ints
    lifecycle: Ints
    lifecycle_day: Ints


def purchase_days(orders: Orders) -> tuple[Ints, Ints]:
    """(who, day) of every purchase, each business day once, by customer and day."""
    span = int(orders.day.max(initial=0)) + 1
    both = np.unique((orders.who * span + orders.day)[orders.counts])
    return both // span, both % span


def window_revenue(orders: Orders, size: int, from_day: int) -> Ints:
    """Revenue per customer from a day on."""
    inside = orders.counts & (orders.day >= from_day)
    return np.bincount(orders.who[inside], weights=orders.goods_jpy[inside], minlength=size).astype(np.int64)


def best_limit(revenue: Ints) -> int:
    """The revenue from which a customer is among the best fifth of those who bought in the window."""
    bought = np.sort(revenue[revenue > 0])[::-1]
    return int(bought[max(-(-len(bought) * BEST_SHARE_BP // 10_000) - 1, 0)]) if len(bought) else 0


def summarise(orders: Orders, size: int, joined_day: Ints, history: History, *, window_day: int, best_from: int) -> Summary:
    who, day = purchase_days(orders)
    count = np.bincount(who, minlength=size)
    ends = np.cumsum(count)
    bought = count > 0
    first = np.where(bought, day[np.minimum(ends - count, max(len(day) - 1, 0))] if len(day) else -1, -1)
    last = np.where(bought, day[np.maximum(ends - 1, 0)] if len(day) else -1, -1)
    revenue = np.bincount(orders.who[orders.counts], weights=orders.goods_jpy[orders.counts], minlength=size).astype(np.int64)
    recent = window_revenue(orders, size, window_day)
    stage, since = _stages(who, day, count, first, last, recent, joined_day, history, best_from)
    return Summary(count, first, last, revenue, recent, stage, since)


def _stages(
    who: Ints, day: Ints, count: Ints, first: Ints, last: Ints, recent: Ints, joined_day: Ints, history: History, best_from: int
) -> tuple[Ints, Ints]:
    """Stage and the day it began. 休眠 and 離反 come before the others, then 復活, 優良, リピート, 初回.

    リピート begins with the second purchase, or when 復活 ends. When somebody came among the best hangs on everybody's
    revenue: their last purchase stands in.
    """
    silent = history.length - last
    limit = np.maximum(SLEEPING_DAYS, np.rint(2 * _median_gap(who, day, count))).astype(np.int64)
    came_back = _came_back(who, day, count, awake=silent < np.minimum(limit, LOST_DAYS))
    revived = (came_back >= 0) & (history.length - came_back <= REVIVED_DAYS)
    best = (count >= BEST_PURCHASES) & (recent >= best_from)
    stage = np.select(
        [count == 0, silent >= LOST_DAYS, silent >= limit, revived, best, count >= 2],
        [PROSPECT, LOST, SLEEPING, REVIVED, BEST, REPEAT],
        default=FIRST,
    )
    second = np.append(day, 0)[np.minimum(np.cumsum(count) - count + 1, len(day))]  # meant only where there is one
    since = np.select(
        [stage == PROSPECT, stage == LOST, stage == SLEEPING, stage == REVIVED, stage == FIRST, stage == REPEAT],
        [joined_day, last + LOST_DAYS, last + limit, came_back, first, np.where(came_back >= 0, came_back + REVIVED_DAYS + 1, second)],
        default=last,
    )
    return stage.astype(np.int64), since.astype(np.int64)


def _median_gap(who: Ints, day: Ints, count: Ints) -> Floats:
    """Median days between the purchases of each customer; 0 where there are none."""
    same = np.diff(who) == 0
    gap, owner = np.diff(day)[same], who[1:][same]
    ordered = gap[np.lexsort((gap, owner))].astype(np.float64)
    gaps = np.maximum(count - 1, 0)
    begins = np.cumsum(gaps) - gaps
    if not len(ordered):
        return np.zeros(len(count))
    low = ordered[np.minimum(begins + (gaps - 1) // 2, len(ordered) - 1)]
    high = ordered[np.minimum(begins + gaps // 2, len(ordered) - 1)]
    return np.where(gaps > 0, (low + high) / 2, 0.0)


def _came_back(who: Ints, day: Ints, count: Ints, *, awake: Flags) -> Ints:
    """The day of the latest purchase that ended a sleep, of those who are not asleep now; −1 = none."""
    result = np.full(len(count), -1, dtype=np.int64)
    gap = np.diff(day, prepend=0)
    first = np.diff(who, prepend=-1) != 0
    begins = np.cumsum(count) - count
    for place in np.flatnonzero(~first & (gap >= SLEEPING_DAYS) & awake[who]):  # one in ten customers
        before = day[begins[who[place]] : place]
        usual = 2 * float(np.median(np.diff(before))) if len(before) > 1 else 0.0
        if gap[place] >= min(max(SLEEPING_DAYS, round(usual)), LOST_DAYS):
            result[who[place]] = day[place]
    return result
