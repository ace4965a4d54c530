"""The formulas of cohorts, repeaters, intervals, the flow and outcomes once more, plainly; days as `reference.buyers` finds them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from enishi.analytics.tests.reference import Buyer, Row, buyers


def month(day: Any) -> int:
    return day.year * 12 + day.month - 1


def ever(customers: Sequence[Row], orders: Sequence[Row], params: Any) -> list[Buyer]:
    return buyers(customers, orders, as_of=params.as_of)


def cohorts(customers: Sequence[Row], orders: Sequence[Row], params: Any) -> list[list[int]]:
    cells: dict[tuple[int, int], list[int]] = {}
    for one in ever(customers, orders, params):
        first = one.days[0]
        if month(first) < month(params.since):
            continue
        theirs = [
            row for row in orders if row["customer_id"] == one.id and not row["archived"] and first <= row["ordered_on"] <= params.as_of
        ]
        for later in {month(row["ordered_on"]) - month(first) for row in theirs}:
            cell = cells.setdefault((month(first), later), [0, 0])
            cell[0] += any(month(day) - month(first) == later for day in one.days)
            cell[1] += sum(row["goods_jpy"] for row in theirs if month(row["ordered_on"]) - month(first) == later)
    return [[*key, *cell] for key, cell in sorted(cells.items())]


def repeaters(customers: Sequence[Row], orders: Sequence[Row], params: Any) -> list[list[Any]]:
    """By month, the window as a whole last, as the engine orders what has no month."""
    periods: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in ever(customers, orders, params):
        inside = [day for day in one.days if day >= params.since]
        for period in {*map(month, inside), *([None] if inside else [])}:
            there = inside if period is None else [day for day in inside if month(day) == period]
            had_before = one.days[0] < there[0]
            periods[period][0] += 1
            periods[period][1] += had_before or len(there) >= 2
            periods[period][2] += len(there) >= 2
    return [[key, *periods[key]] for key in sorted(periods, key=lambda key: (key is None, key or 0))]


def lapse(customers: Sequence[Row], orders: Sequence[Row], params: Any) -> list[int]:
    active = lapsed = 0
    for one in ever(customers, orders, params):
        if any(1 <= (params.since - day).days <= params.lapse for day in one.days):
            active += 1
            lapsed += not any((params.as_of - day).days < params.lapse for day in one.days)
    return [active, lapsed]


def gaps(customers: Sequence[Row], orders: Sequence[Row], params: Any) -> list[list[int]]:
    found: Counter[tuple[int, int]] = Counter()
    for one in ever(customers, orders, params):
        for nth, (day, following) in enumerate(zip(one.days, one.days[1:], strict=False), 1):
            if following >= params.since:
                found[min(nth, 10), (following - day).days] += 1
    return [[*key, times] for key, times in sorted(found.items())]


def flow(customers: Sequence[Row], orders: Sequence[Row], params: Any) -> list[list[int]]:
    """By looking at each day what has become of each customer."""
    months: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in ever(customers, orders, params):
        bought, active, last = set(one.days), False, None
        day = one.days[0]
        while day <= params.as_of:
            if day in bought:
                if last is None:
                    months[month(day)][0] += 1
                elif not active:
                    months[month(day)][1] += 1
                active, last = True, day
            elif active and last is not None and (day - last).days >= params.lapse:
                active = False
                months[month(day)][2] += 1
            day += timedelta(days=1)
        for there in {month(day) for day in one.days}:
            months[there][3] += 1
    return [[key, *cells] for key, cells in sorted(months.items())]


def outcomes(customers: Sequence[Row], orders: Sequence[Row], params: Any) -> list[list[Any]]:
    known = {row["id"]: row for row in customers if not row["archived"]}
    of_orders = params.attribute in ("channel", "payment_method")
    bought = {one.id for one in ever(customers, orders, params)}
    found: dict[str, dict[str, Any]] = {}

    def at(value: str) -> dict[str, Any]:
        return found.setdefault(value, {"orders": 0, "cancelled": 0, "returned": 0, "refused": 0, "buyers": set(), "members": 0})

    for row in orders:
        inside = row["customer_id"] in known and not row["archived"] and params.since <= row["ordered_on"] <= params.as_of
        if not inside or row["goods_jpy"] < 0:
            continue
        cell = at(row[params.attribute] if of_orders else known[row["customer_id"]][params.attribute])
        cell["orders"] += 1
        if row["state"] in cell:
            cell[row["state"]] += 1
        if row["counts"]:
            cell["buyers"].add(row["customer_id"])
    if not of_orders:
        for row in known.values():
            if row["created_on"] <= params.as_of or row["id"] in bought:
                at(row[params.attribute])["members"] += 1
    names = ("cancelled", "returned", "refused")
    return [
        [value, cell["orders"], *(cell[name] for name in names), len(cell["buyers"]), None if of_orders else cell["members"]]
        for value, cell in sorted(found.items())
    ]


def next_products(base: Any, params: Any) -> list[list[Any]]:
    """`base`: customers, orders, lines, products."""
    customers, orders, lines, products = base
    category = {row["id"]: row["category"] for row in products}
    things: dict[tuple[int, Any], set[str]] = defaultdict(set)
    of_order = {row["id"]: row for row in orders if row["counts"] and not row["archived"]}
    for line in lines:
        order = of_order.get(line["order_id"])
        if order and line["quantity_milli"] > 0 and line["product_id"] is not None:
            thing = str(line["product_id"]) if params.level == "product" else category[line["product_id"]]
            things[order["customer_id"], order["ordered_on"]].add(thing)
    first, came, following, pairs, everybody, beginners = Counter(), Counter(), Counter(), Counter(), 0, 0  # type: ignore[var-annotated]
    for one in ever(customers, orders, params):
        if one.days[0] < params.since:
            continue
        beginners += 1
        begun = things[one.id, one.days[0]]
        again = things[one.id, one.days[1]] if len(one.days) > 1 else set()
        everybody += len(one.days) > 1
        first.update(begun)
        came.update(begun if len(one.days) > 1 else ())
        following.update(again)
        pairs.update((thing, after) for thing in begun for after in again)
    kept = sorted(first, key=lambda thing: (-first[thing], thing))[:20]
    told = [["all", None, None, everybody]]
    told += [["came", thing, None, came[thing]] for thing in sorted(kept)]
    told += [["everybody", None, None, beginners]]
    told += [["first", thing, None, first[thing]] for thing in sorted(kept)]
    shown = []
    for thing in sorted(kept):
        mine = sorted((pair for pair in pairs if pair[0] == thing), key=lambda pair: (-pairs[pair], pair[1]))[:5]
        shown += sorted(["pair", *pair, pairs[pair]] for pair in mine)
    told += [["next", None, after, following[after]] for after in sorted({row[2] for row in shown})]
    return told + shown
