"""粗利LTV on the engine: what was observed against its formula in plain Python, and what is expected against the papers' formulas."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enishi.analytics.analyses.ltv import Costs, HoldOutParams, LtvParams
from enishi.analytics.lifetime.completing import days_until_month
from enishi.analytics.lifetime.purchases import Buying, Histories
from enishi.analytics.lifetime.spend import Spending
from enishi.analytics.tests.ltv_reference import months_after, new_customers
from enishi.analytics.tests.test_analyses import near
from enishi.warehouse.analysis import Reach, analyses
from enishi.warehouse.engine.service import Service
from enishi.warehouse.tests import worlds

LAST = date(2028, 3, 31)  # months of 29, 30 and 31 days before it
FEW = settings(max_examples=25, deadline=None)
COSTS = (Costs(channel="ec", shipping_jpy=700, fee_bp=350, promotion_jpy=30), Costs(channel="mall", fee_bp=1_200))


@st.composite
def bases(draw):
    """Few customers on few days, many of them last ones of months; returns, refusals, cancelled orders, goods without margins or lines."""
    count = draw(st.integers(0, 10))
    customers = [
        worlds.customer(pk, archived=draw(st.integers(0, 9)) == 0, acquisition_source=draw(st.sampled_from(["", "紹介", "SNS"])))
        for pk in range(1, count + 1)
    ]
    products = [
        {"id": pk, "margin_bp": margin, "code": str(pk), "brand": "", "category": ""} for pk, margin in ((1, 4_000), (2, None), (3, 0))
    ]
    days = [
        *draw(st.lists(near(LAST + timedelta(days=40)), min_size=1, max_size=8)),
        date(2026, 8, 31),
        date(2027, 2, 28),
        date(2028, 2, 29),
        LAST,
    ]
    orders, lines = [], []
    for pk in range(1, draw(st.integers(0, 40)) + 1):
        goods = draw(st.sampled_from([0, 500, 3_000, 30_000, -500]))
        state = draw(st.sampled_from(["done", "done", "returned", "refused", "cancelled"]))
        orders.append(
            worlds.order(
                pk,
                draw(st.integers(1, count)) if count and draw(st.integers(0, 9)) else None,
                draw(st.sampled_from(days)),
                goods,
                counts=goods >= 0 and state == "done",
                state=state,
                channel=draw(st.sampled_from(["ec", "mall", "store"])),
                shipping_jpy=draw(st.sampled_from([0, 550, 1_100])),
                archived=draw(st.integers(0, 19)) == 0,
            )
        )
        lines += [
            worlds.line(pk * 10 + n, pk, draw(st.sampled_from([1, 2, 3, None])), draw(st.sampled_from([0, 500, 3_000, -500])))
            for n in range(draw(st.integers(0, 3)))
        ]
    return customers, orders, lines, products


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def ask(folder, base, name, params):
    customers, orders, lines, products = base
    service = Service(worlds.working_set(folder, customers=customers, orders=orders, lines=lines, products=products), analyses())
    told = {"analysis": name, "params": params.model_dump(mode="json"), "reach": Reach(everybody=True).model_dump(mode="json")}
    answer = service.answer(json.dumps(told | {"wait_ms": 60_000}).encode())
    service.close()
    assert answer.state == "done", answer.error
    return {name: [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]] for name, table in answer.tables.items()}


def near_to(value):
    return pytest.approx(value, rel=1e-9, abs=1e-6)


@FEW
@given(base=bases(), as_of=near(LAST), horizon=st.sampled_from([6, 12]), months=st.sampled_from([6, 24]))
def test_what_was_observed(folder, base, as_of, horizon, months):
    params = LtvParams(as_of=as_of, months=months, horizon=horizon, margin_bp=3_000, costs=COSTS)
    found = ask(folder, base, "ltv", params)
    new = new_customers(*base, params.since, params)
    mature = [one for one in new if one.watched(horizon, as_of)]
    [whole] = found["whole"]
    assert (whole["new"], whole["mature"], whole["reason"]) == (len(new), len(mature), "customers")
    for of in ("source", "channel", "product"):
        groups = {row["key"]: row for row in found["groups"] if row["of"] == of}
        for key, people in Counter(getattr(one, of) for one in mature).items():
            mine = [one for one in mature if getattr(one, of) == key]
            row = groups[key]
            assert (row["mature"], row["profit_jpy"]) == (people, None)
            assert row["mature_profit_jpy"] == near_to(sum(one.through(one.profit, horizon) for one in mine) / people)
            assert row["mature_revenue_jpy"] == near_to(sum(one.through(one.revenue, horizon) for one in mine) / people)
    through = 0.0
    for row in found["curve"]:
        watched = [one for one in new if one.watched(row["month"], as_of)]
        assert row["watched"] == len(watched)
        if watched:
            through += sum(one.profit.get(row["month"] - 1, 0) for one in watched) / len(watched)
            assert row["profit_jpy"] == near_to(through)


@pytest.fixture(scope="module")
def shop():
    """400 customers of two channels, who buy at random and stop at random."""
    chance = np.random.default_rng(7)
    customers, orders, lines = [], [], []
    for pk in range(1, 401):
        channel = "ec" if pk % 2 else "mall"
        customers.append(worlds.customer(pk, acquisition_source=("紹介", "SNS", "")[pk % 3]))
        day, rate, level = LAST - timedelta(days=int(chance.integers(0, 700))), chance.gamma(0.7) / 40, chance.gamma(4)
        while day <= LAST:
            orders.append(worlds.order(len(orders) + 1, pk, day, int(500 + 400 * level * chance.gamma(5)), channel=channel))
            lines.append(worlds.line(len(orders), len(orders), 1 + pk % 2, orders[-1]["goods_jpy"]))
            if chance.random() < 0.25:
                break
            day += timedelta(days=1 + int(min(2_000, chance.exponential(1 / rate))))
    products = [{"id": pk, "margin_bp": 3_000 + pk * 1_000, "code": str(pk), "brand": "", "category": ""} for pk in (1, 2)]
    return customers, orders, lines, products


def test_what_is_expected_is_what_each_customer_is_expected_to_bring(folder, shop):
    params = LtvParams(as_of=LAST, horizon=12, margin_bp=3_000, costs=COSTS)
    found = ask(folder, shop, "ltv", params)
    [whole] = found["whole"]
    buying = Buying(whole["r"], whole["alpha"], whole["a"], whole["b"])
    spending = Spending(whole["p"], whole["q"], whole["gamma"])
    new = new_customers(*shop, params.since, params)
    rates = {"ec": (0.5 - 0.035, 700 + 30), "mall": (0.4 - 0.12, 0)}  # what repeat purchases of a channel earn
    ahead, by_source = 0.0, Counter()
    for one, days in zip(new, _days_of(shop), strict=True):
        rest = [(months_after(one.first_on, n) - timedelta(days=1) - LAST).days for n in range(1, 13)]
        paid = [
            sum(row["goods_jpy"] for row in shop[1] if row["customer_id"] == days[0] and row["ordered_on"] == day) for day in days[1][1:]
        ]
        known = Histories(*(np.array([value]) for value in (len(paid), (days[1][-1] - days[1][0]).days, (LAST - days[1][0]).days, 1)))
        mean = np.array([sum(paid) / len(paid) if paid else 0.0])
        share, cost = rates[one.channel]
        worth = float(spending.expected(known.repeats, mean)[0]) * share - cost
        before, start = 0.0, 0
        for end in (max(0, day) for day in rest):
            bought = float(buying.expected(known, end)[0]) if end else 0.0
            came = (bought - before) * 1.1 ** (-(start + end) / 2 / 365)
            ahead, by_source[one.source] = ahead + came * worth, by_source[one.source] + came * worth
            before, start = bought, end
    [together] = [row for row in found["groups"] if row["of"] == "all"]
    assert together["ahead_jpy"] * together["customers"] == pytest.approx(ahead, rel=1e-6)
    for row in found["groups"]:
        if row["of"] == "source":
            assert row["ahead_jpy"] * row["customers"] == pytest.approx(by_source[row["key"]], rel=1e-6)
    observed = sum(one.through(one.profit, 12) for one in new)
    assert together["profit_jpy"] == pytest.approx((observed + ahead) / len(new), rel=1e-6)
    assert found["curve"][-1]["expected_jpy"] == pytest.approx(together["profit_jpy"], rel=1e-6)
    assert together["low_jpy"] < together["profit_jpy"] < together["high_jpy"]


def _days_of(shop):
    """Of each customer their id and the days with a purchase."""
    found: dict[int, set[date]] = {}
    for row in shop[1]:
        found.setdefault(row["customer_id"], set()).add(row["ordered_on"])
    return [(pk, sorted(days)) for pk, days in sorted(found.items())]


def test_the_days_held_out_are_counted_as_they_came(folder, shop):
    found = ask(folder, shop, "ltv_holdout", HoldOutParams(as_of=LAST))
    cut = LAST - timedelta(days=180)
    known = [(pk, days) for pk, days in _days_of(shop) if days[0] <= cut]
    later = [day for _pk, days in known for day in days if day > cut]
    [whole] = found["whole"]
    assert (whole["customers"], whole["came"], whole["reason"]) == (len(known), len(later), "")
    assert [row["came"] for row in found["months"]] == [sum((day - cut).days <= row["days"] for day in later) for row in found["months"]]
    assert found["months"][-1]["expected"] == pytest.approx(whole["expected"])
    assert sum(row["customers"] for row in found["bands"]) == len(known)


@FEW
@given(first=near(LAST), months=st.integers(1, 36), as_of=near(LAST))
def test_months_end_where_the_calendar_says(first, months, as_of):
    days = days_until_month(np.array([np.datetime64(first, "D")]), months, as_of)
    assert days[0] == (months_after(first, months) - timedelta(days=1) - as_of).days


def test_the_interval_holds_what_comes_in_most_shops(folder):
    """What customers of a shop bring is within the 95 % interval in about 95 of 100: here of 16 shops in at least 13."""
    chance, held, params = np.random.default_rng(11), 0, LtvParams(as_of=LAST, horizon=6, margin_bp=10_000, discount_bp=0)
    for _shop in range(16):
        orders, worth = [], []
        for pk in range(1, 301):
            first, rate, leaves, level = (
                LAST - timedelta(days=int(chance.integers(0, 180))),
                chance.gamma(0.8) / 50,
                chance.beta(1.5, 4),
                chance.gamma(5),
            )
            end, day, brought = months_after(first, 6), first, 0
            while day < end:
                paid = int(1_000 * chance.gamma(6) / level) + 1
                brought += paid
                if day <= LAST:
                    orders.append(worlds.order(len(orders) + 1, pk, day, paid))
                if day > first and chance.random() < leaves:
                    break
                day += timedelta(days=1 + int(min(2_000, chance.exponential(1 / rate))))
            worth.append(brought)
        customers = [worlds.customer(pk) for pk in range(1, 301)]
        [row] = [row for row in ask(folder, (customers, orders, (), ()), "ltv", params)["groups"] if row["of"] == "all"]
        held += row["low_jpy"] <= np.mean(worth) <= row["high_jpy"]
    assert held >= 13
