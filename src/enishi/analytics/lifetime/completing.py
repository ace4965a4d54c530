"""Completes what new customers have brought so far by what is expected of them, up to the horizon of a LTV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from enishi.analytics.lifetime.fitting import Floats, prior_weight
from enishi.analytics.lifetime.model import Model, People, TooFew, difference_per_step, learned, people_in, worth_today
from enishi.analytics.lifetime.purchases import Ints, alike
from enishi.warehouse.analysis import Rows, rows

if TYPE_CHECKING:
    import pyarrow as pa

    from enishi.analytics.analyses.ltv import LtvParams

FEWEST_FOR_RATES = 30  # repeat purchases of a channel, below which those of all channels tell what they earn
FEWEST_FOR_INTERVAL = 30  # customers
TWO_SIDED = 1.96  # of 95 %
BANDS = ((0, 0), (1, 1), (2, 3), (4, 8), (9, 10**6))  # purchases after the first: 1, 2, 3–4, 5–9, 10 and more in all
YEAR_IN_MONTHS = 12


@dataclass(frozen=True, slots=True)
class New:
    """New customers in columns: what they have brought within the horizon, by what they are counted, and what their purchases earn."""

    people: People
    revenue_jpy: Floats
    profit_jpy: Floats
    keys: Mapping[str, tuple[Ints, list[Any]]]  # by what: the place of each one's value, and the values
    earns: tuple[Floats, Floats]  # of each: share of revenue, and yen that a purchase costs
    ends: Ints  # months × customers: days from the day of looking to the end of each month since the first purchase, at least 0
    is_mature: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is still expected of each: revenue and profit, discounted, and the profit of all by month."""

    revenue_jpy: Floats
    profit_jpy: Floats
    by_month: Floats  # months × sources: of all


def completed(tables: Mapping[str, pa.Table], params: LtvParams) -> Mapping[str, Rows]:
    """`whole`: one row, with the model or why there is none; `curve`: by month since the first purchase; `groups`: by `of` (all, source,
    channel, product, month); `paths`: by source and month, the profit a head up to it with what is expected; `mix`: new customers by source and first product;
    `frequencies`: what is expected of everybody in the next 12 months, by purchases so far."""
    buyers = tables["buyers"]
    everybody, is_new = people_in(buyers), buyers.column("is_new").to_numpy()
    earns, shop = _earnings(buyers, is_new)
    new = _new(buyers, everybody, is_new, earns, params)
    model, reason = None, ""
    try:
        model = learned(everybody)
    except TooFew as error:
        reason = error.reason
    ahead = _ahead(model, new, params) if model else None
    return {
        "whole": _whole(everybody, new, model, reason),
        "curve": _curve(tables["months"], new, ahead, params),
        "paths": _paths(tables["months"], new, ahead, params),
        "mix": _mix(new),
        "groups": rows(_GROUP, [row for of in new.keys for row in _groups(of, new, ahead, model)]),
        "frequencies": _frequencies(everybody, model, shop, params) if model else rows(_BAND, []),
    }


def _earnings(buyers: pa.Table, is_new: Any) -> tuple[tuple[Floats, Floats], tuple[float, float]]:
    """What repeat purchases earn, of each customer by the channel of their first order, and of all: share of revenue, yen an order."""
    numbers = {
        name: np.nan_to_num(buyers.column(name).to_numpy().astype(np.float64))[is_new]
        for name in ("repeats", "repeat_jpy", "later_margin_jpy", "later_cost_jpy")
    }
    places, values = _codes(buyers.column("channel"))
    by_channel = {name: np.bincount(places[is_new], weights=told, minlength=len(values)) for name, told in numbers.items()}
    share = _ratio(numbers["later_margin_jpy"].sum(), numbers["repeat_jpy"].sum())
    cost = _ratio(numbers["later_cost_jpy"].sum(), numbers["repeats"].sum())
    known = (by_channel["repeats"] >= FEWEST_FOR_RATES) & (by_channel["repeat_jpy"] > 0)
    shares = np.where(known, by_channel["later_margin_jpy"] / np.where(known, by_channel["repeat_jpy"], 1), share)
    costs = np.where(known, by_channel["later_cost_jpy"] / np.where(known, by_channel["repeats"], 1), cost)
    return (shares[places], costs[places]), (share, cost)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 0.0


def _codes(column: pa.ChunkedArray) -> tuple[Ints, list[Any]]:
    """The place of each row's value, and the values; nothing is a value as well."""
    found = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return found.indices.to_numpy().astype(np.int64), found.dictionary.to_pylist()


def _renamed(places: Ints, values: list[Any], means: Mapping[str, str]) -> tuple[Ints, list[Any]]:
    """Values that mean the same as one."""
    names = [means.get(value, value) for value in values]
    found = sorted(set(names))
    return np.array([found.index(name) for name in names], dtype=np.int64)[places], found


def _new(buyers: pa.Table, everybody: People, is_new: Any, earns: tuple[Floats, Floats], params: LtvParams) -> New:
    people, told = everybody.of(is_new), buyers.filter(buyers.column("is_new"))
    first = np.datetime64(params.as_of, "D") - people.age
    months, of_month = np.unique(first.astype("datetime64[M]").astype(np.int64), return_inverse=True)
    keys = {
        "source": _renamed(*_codes(told.column("source")), dict(params.spellings)),
        "channel": _codes(told.column("channel")),
        "product": _codes(told.column("product_id")),
    }
    keys["all"] = np.zeros(len(people), dtype=np.int64), ["all"]
    keys["month"] = of_month, [f"{1970 + month // 12:04d}-{month % 12 + 1:02d}" for month in months.tolist()]
    ends = np.stack([days_until_month(first, nth, params.as_of) for nth in range(1, params.horizon + 1)])
    return New(
        people,
        told.column("revenue_jpy").to_numpy().astype(np.float64),
        told.column("profit_jpy").to_numpy(),
        keys,
        (earns[0][is_new], earns[1][is_new]),
        np.maximum(ends, 0),
        ends[-1] <= 0,
    )


def days_until_month(first: np.ndarray[tuple[int], np.dtype[np.datetime64]], months: int, as_of: date) -> Ints:
    """Days from `as_of` to the last day of so many months since each first day; the 31st of a month without one is its last."""
    one_day, month = np.timedelta64(1, "D"), first.astype("datetime64[M]") + np.timedelta64(months, "M")
    longest = (month + np.timedelta64(1, "M")).astype("datetime64[D]") - month.astype("datetime64[D]") - one_day
    begins = month.astype("datetime64[D]") + np.minimum(first - first.astype("datetime64[M]").astype("datetime64[D]"), longest)
    result: Ints = (begins - one_day - np.datetime64(as_of, "D")).astype(np.int64)
    return result


def _ahead(model: Model, new: New, params: LtvParams) -> Ahead:
    people, (share, cost) = new.people, new.earns
    kinds, kind = alike(people.repeats, people.age)  # who is of an age has the same days ahead of them
    alive, spends = model.buying.alive(people.histories), model.spend_of(people)
    source, sources = new.keys["source"]
    weights, size = alive * (spends * share - cost), len(sources) * len(kinds)
    earned = np.bincount(source * len(kinds) + kind, weights=weights, minlength=size).reshape(len(sources), len(kinds))
    until, before = new.ends[:, kinds], np.zeros(len(kinds))
    by_month, bought, start = [], np.zeros(len(kinds)), np.zeros(len(kinds))
    for end in until.astype(np.float64):
        through = np.where(end > 0, model.buying.bought(people.repeats[kinds], people.age[kinds], end), 0.0)
        came = (through - before) * worth_today((start + end) / 2, params.discount_bp)
        by_month.append(earned @ came)
        bought, before, start = bought + came, through, end
    of_each = bought[kind] * alive
    return Ahead(of_each * spends, of_each * (spends * share - cost), np.array(by_month))


def _whole(everybody: People, new: New, model: Model | None, reason: str) -> Rows:
    fits = [float(value) for value in (*model.buying_fit.parameters, *model.spending_fit.parameters)] if model else [None] * 7
    counts = [
        len(everybody),
        int((everybody.repeats > 0).sum()),
        int(everybody.age.max(initial=0)),
        len(new.people),
        int(new.is_mature.sum()),
    ]
    return rows(
        ("customers", "back", "days", "new", "mature", "reason", "prior", "r", "alpha", "a", "b", "p", "q", "gamma"),
        [[*counts, reason, prior_weight(len(everybody)), *fits]],
    )


def _curve(months: pa.Table, new: New, ahead: Ahead | None, params: LtvParams) -> Rows:
    """By month: how many were watched to its end; what they brought a head, added up month by month over those watched; and what all
    have brought and are expected to."""
    told = months.to_pylist()
    found, revenue, profit, through = [], 0.0, 0.0, 0.0
    for month in range(params.horizon):
        mine, watched = [row for row in told if row["month"] == month], int((new.ends[month] <= 0).sum())
        through += sum(row["profit_jpy"] for row in mine) + (float(ahead.by_month[month].sum()) if ahead else 0.0)
        if watched:
            revenue += sum(row["whole_revenue_jpy"] for row in mine) / watched
            profit += sum(row["whole_profit_jpy"] for row in mine) / watched
        seen = [revenue, profit] if watched else [None, None]
        found.append([month + 1, watched, *seen, through / len(new.people) if ahead and len(new.people) else None])
    return rows(("month", "watched", "revenue_jpy", "profit_jpy", "expected_jpy"), found)


def _paths(months: pa.Table, new: New, ahead: Ahead | None, params: LtvParams) -> Rows:
    places, sources = new.keys["source"]
    means, counts = dict(params.spellings), _sums(places, sources)
    brought = {(name, month): 0.0 for name in sources for month in range(params.horizon)}
    for row in months.to_pylist():
        brought[means.get(row["source"], row["source"]), row["month"]] += row["profit_jpy"]
    found = []
    for place, name in enumerate(sources if ahead else ()):
        through = 0.0
        for month in range(params.horizon):
            through += brought[name, month] + (float(ahead.by_month[month, place]) if ahead else 0.0)
            found.append([name, month + 1, through / counts[place]])
    return rows(("source", "month", "profit_jpy"), found)


def _mix(new: New) -> Rows:
    (source, sources), (product, products) = new.keys["source"], new.keys["product"]
    counts = np.bincount(source * len(products) + product, minlength=len(sources) * len(products))
    told = [(sources[n // len(products)], products[n % len(products)], int(counts[n])) for n in np.flatnonzero(counts).tolist()]
    return rows(("source", "product", "customers"), [[name, None if pk is None else str(pk), count] for name, pk, count in told])


_GROUP = (
    "of",
    "key",
    "customers",
    "mature",
    "revenue_jpy",
    "profit_jpy",
    "mature_revenue_jpy",
    "mature_profit_jpy",
    "ahead_jpy",
    "low_jpy",
    "high_jpy",
)


def _groups(of: str, new: New, ahead: Ahead | None, model: Model | None) -> Sequence[list[Any]]:
    """Of each value: revenue and profit a head with what is expected, how much of the profit that is, and the 95 % interval of the
    profit; beside them what those brought who were watched to the horizon."""
    places, values = new.keys[of]
    counts, mature = _sums(places, values), _sums(places, values, new.is_mature)
    seen = [_sums(places, values, told * new.is_mature) for told in (new.revenue_jpy, new.profit_jpy)]
    revenue, profit = _sums(places, values, new.revenue_jpy), _sums(places, values, new.profit_jpy)
    expected, error = np.zeros(len(values)), np.full(len(values), np.nan)
    if ahead is not None and model is not None:
        revenue = revenue + _sums(places, values, ahead.revenue_jpy)
        expected = _sums(places, values, ahead.profit_jpy)
        error = _errors(places, values, new, model)
    found = []
    for place, value in enumerate(values):
        people, watched = counts[place], mature[place]
        if not people:
            continue
        whole = (profit[place] + expected[place]) / people
        known = ahead is not None and people >= FEWEST_FOR_INTERVAL
        found.append(
            [
                of,
                None if value is None else str(value),
                int(people),
                int(watched),
                revenue[place] / people if ahead is not None else None,
                whole if ahead is not None else None,
                seen[0][place] / watched if watched else None,
                seen[1][place] / watched if watched else None,
                expected[place] / people,
                whole - TWO_SIDED * error[place] if known else None,
                whole + TWO_SIDED * error[place] if known else None,
            ]
        )
    return found


def _sums(places: Ints, values: Sequence[Any], weights: Any = None) -> Floats:
    return np.bincount(places, weights=weights, minlength=len(values)).astype(np.float64)


def _errors(places: Ints, values: Sequence[Any], new: New, model: Model) -> Floats:
    """The standard error of the profit a head of each value: how much customers differ, what may come of them included (drawn once), and
    how well the parameters are known (delta method)."""
    people, (share, cost), days = new.people, new.earns, new.ends[-1].astype(np.float64)
    bought, yen = model.drawn(people, days, np.random.default_rng(20_261_201))
    worth = new.profit_jpy + yen * share - bought * cost
    counts = np.maximum(_sums(places, values), 1)
    mean = _sums(places, values, worth) / counts
    spread = np.maximum(_sums(places, values, worth**2) / counts - mean**2, 0) / np.maximum(counts - 1, 1)
    kinds, kind = alike(people.repeats, people.age)
    slopes = []
    for pair in model.nearby():
        both = []
        for near in pair:
            alive = near.buying.alive(people.histories)
            ahead = near.buying.bought(people.repeats[kinds], people.age[kinds], days[kinds])[kind] * alive
            both.append(_sums(places, values, ahead * (near.spend_of(people) * share - cost)) / counts)
        slopes.append(difference_per_step(*both))
    slope = np.array(slopes)
    unsure = np.einsum("ig,ij,jg->g", slope, model.covariance, slope)
    result: Floats = np.sqrt(spread + np.maximum(unsure, 0))
    return result


_BAND = ("least", "most", "customers", "alive", "purchases", "profit_jpy")


def _frequencies(everybody: People, model: Model, shop: tuple[float, float], params: LtvParams) -> Rows:
    """By purchases so far: customers, the mean chance that they still are, and what is expected of one in the next 12 months."""
    kinds, kind = alike(everybody.repeats, everybody.age)
    alive, spends = model.buying.alive(everybody.histories), model.spend_of(everybody)
    bought, worth, before = np.zeros(len(kinds)), np.zeros(len(kinds)), np.zeros(len(kinds))
    for month in range(1, YEAR_IN_MONTHS + 1):
        end = np.full(len(kinds), 365.0 * month / YEAR_IN_MONTHS)
        bought = model.buying.bought(everybody.repeats[kinds], everybody.age[kinds], end)
        worth += (bought - before) * worth_today(end - 365 / YEAR_IN_MONTHS / 2, params.discount_bp)
        before = bought
    profit = worth[kind] * alive * (spends * shop[0] - shop[1])
    found = []
    for least, most in BANDS:
        mine = (everybody.repeats >= least) & (everybody.repeats <= most)
        if people := int(mine.sum()):
            found.append(
                [
                    least + 1,
                    most + 1,
                    people,
                    float(alive[mine].mean()),
                    float((bought[kind] * alive)[mine].mean()),
                    float(profit[mine].mean()),
                ]
            )
    return rows(_BAND, found)
