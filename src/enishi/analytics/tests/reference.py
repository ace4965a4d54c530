"""The formulas of `docs/domain.md` once more, as slowly and plainly as they are written there: what analyses are compared with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from enishi.analytics.analyses.periods import window_start

type Row = Mapping[str, Any]


@dataclass(frozen=True)
class Buyer:
    id: int
    days: tuple[date, ...]  # with a purchase
    revenue: int

    @property
    def tenure(self) -> int:
        return (self.days[-1] - self.days[0]).days


def buyers(customers: Sequence[Row], orders: Sequence[Row], *, as_of: date, since: date = date.min) -> list[Buyer]:
    known = {row["id"] for row in customers if not row["archived"]}
    theirs = defaultdict(list)
    for order in orders:
        if order["customer_id"] in known and not order["archived"] and since <= order["ordered_on"] <= as_of:
            theirs[order["customer_id"]].append(order)
    found = []
    for pk, rows in sorted(theirs.items()):
        days = sorted({row["ordered_on"] for row in rows if row["counts"]})
        if days:
            found.append(Buyer(pk, tuple(days), sum(row["goods_jpy"] for row in rows)))
    return found


def quintile(values: Sequence[int], value: int) -> int:
    return 1 + 5 * sum(other < value for other in values) // len(values)


def rfm_cells(found: Sequence[Buyer], as_of: date, params: Any) -> list[list[int]]:
    since = {one.id: (as_of - one.days[-1]).days for one in found}
    cells: dict[tuple[int, int, int], list[int]] = {}
    for one in found:
        if params.by == "quintiles":
            r = quintile([-days for days in since.values()], -since[one.id])
            f = quintile([len(other.days) for other in found], len(one.days))
            m = quintile([other.revenue for other in found], one.revenue)
        else:
            r = next((5 - place for place, limit in enumerate(params.recency) if since[one.id] <= limit), 1)
            f = 1 + sum(len(one.days) >= limit for limit in params.frequency)
            m = 1 + sum(one.revenue >= limit for limit in params.monetary)
        cell = cells.setdefault((r, f, m), [0, 0])
        cell[0] += 1
        cell[1] += one.revenue
    return [[*key, *cell] for key, cell in sorted(cells.items())]


def rfm_moves(customers: Sequence[Row], orders: Sequence[Row], params: Any) -> list[list[Any]]:
    """`params.by` limits."""
    sides: list[dict[int, tuple[int, int]]] = []
    for day in (params.earlier, params.as_of):
        found = buyers(customers, orders, as_of=day, since=window_start(day, params.months))
        sides.append(
            {
                one.id: (
                    next((5 - place for place, limit in enumerate(params.recency) if (day - one.days[-1]).days <= limit), 1),
                    1 + sum(len(one.days) >= limit for limit in params.frequency),
                )
                for one in found
            }
        )
    before, now = sides
    counted = Counter((*before.get(pk, (None, None)), *now.get(pk, (None, None))) for pk in before.keys() | now.keys())
    # As the engine orders: what is missing last.
    return [[*key, counted[key]] for key in sorted(counted, key=lambda key: [(value is None, value or 0) for value in key])]


def decile_sizes(found: Sequence[Buyer]) -> list[list[Buyer]]:
    ranked = sorted((one for one in found if one.revenue > 0), key=lambda one: (-one.revenue, one.id))
    size, more = divmod(len(ranked), 10)
    groups, start = [], 0
    for place in range(10):
        until = start + size + (place < more)
        groups.append(ranked[start:until])
        start = until
    return groups


def cpm_groups(found: Iterable[Buyer], as_of: date, params: Any) -> list[list[Any]]:
    counted: Counter[tuple[str, bool]] = Counter()
    revenue: Counter[tuple[str, bool]] = Counter()
    for one in found:
        if len(one.days) == 1:
            kind = "first"
        elif one.tenure >= params.best_days and one.revenue >= params.best_jpy:
            kind = "best"
        elif one.revenue >= params.best_jpy:
            kind = "rushing"
        elif one.tenure >= params.steady_days:
            kind = "steady"
        else:
            kind = "growing"
        key = kind, (as_of - one.days[-1]).days >= params.gone_days
        counted[key] += 1
        revenue[key] += one.revenue
    return [[*key, counted[key], revenue[key]] for key in sorted(counted)]


def waits(found: Iterable[Buyer], as_of: date, since: date, params: Any) -> list[list[int]]:
    """`found`: with all their days up to `as_of`."""
    rows: dict[tuple[int, int], list[int]] = {}
    for one in found:
        if len(one.days) < params.nth - 1 or one.days[params.nth - 2] < since:
            continue
        start = one.days[params.nth - 2]
        has_next = len(one.days) >= params.nth
        days = ((one.days[params.nth - 1] if has_next else as_of) - start).days
        came = has_next and days <= params.days
        row = rows.setdefault((start.year * 12 + start.month - 1, min(days, params.days)), [0, 0])
        row[0 if came else 1] += 1
    return [[*key, *row] for key, row in sorted(rows.items())]
