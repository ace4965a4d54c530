"""Cohorts, repeaters, intervals, the flow and outcomes on the engine against their formulas in plain Python, over random bases."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from enishi.analytics.analyses.next_products import NextParams
from enishi.analytics.analyses.outcomes import OutcomeParams
from enishi.analytics.analyses.periods import LapseParams, WindowParams
from enishi.analytics.queries.intervals import by_share
from enishi.analytics.tests import behaviour_reference as plainly
from enishi.analytics.tests.test_analyses import FEW, LAST, ask, bases, folder, near  # noqa: F401 - a fixture among them
from enishi.warehouse.tests import worlds

LAPSES = st.sampled_from([32, 180, 365])


@FEW
@given(base=bases(), as_of=near(LAST), months=st.sampled_from([6, 24]))
def test_cohorts(folder, base, as_of, months):  # noqa: F811
    params = WindowParams(as_of=as_of, months=months)
    assert ask(folder, base, "cohort", params) == plainly.cohorts(*base, params)


@FEW
@given(base=bases(), as_of=near(LAST), months=st.sampled_from([6, 24]), lapse=LAPSES)
def test_repeaters_and_who_stays_away(folder, base, as_of, months, lapse):  # noqa: F811
    params = LapseParams(as_of=as_of, months=months, lapse=lapse)
    assert ask(folder, base, "repeaters", params) == plainly.repeaters(*base, params)
    assert ask(folder, base, "lapse", params) == [plainly.lapse(*base, params)]


@FEW
@given(base=bases(), as_of=near(LAST), months=st.sampled_from([6, 24]))
def test_intervals(folder, base, as_of, months):  # noqa: F811
    params = WindowParams(as_of=as_of, months=months)
    assert ask(folder, base, "intervals", params) == plainly.gaps(*base, params)


@FEW
@given(base=bases(), as_of=near(LAST), lapse=LAPSES)
def test_flow(folder, base, as_of, lapse):  # noqa: F811
    params = LapseParams(as_of=as_of, lapse=lapse)
    months = ask(folder, base, "flow", params)
    assert months == plainly.flow(*base, params)
    active = sum(came + returned - lapsed for _month, came, returned, lapsed, _buyers in months)
    assert active == sum((as_of - one.days[-1]).days < lapse for one in plainly.ever(*base, params))
    assert all(buyers >= came + returned for _month, came, returned, _lapsed, buyers in months)


@FEW
@given(base=bases(), as_of=near(LAST), attribute=st.sampled_from(["channel", "payment_method", "acquisition_source", "kind"]))
def test_outcomes(folder, base, as_of, attribute):  # noqa: F811
    customers = [
        row | {"created_on": LAST - timedelta(days=row["id"] * 60), "acquisition_source": "広告" if row["id"] % 3 else ""}
        for row in base[0]
    ]
    states, channels = ("done", "cancelled", "returned", "refused", "shipped"), ("ec", "store")
    orders = [
        row | {"state": states[row["id"] % 5], "channel": channels[row["id"] % 2], "payment_method": "カード" if row["id"] % 3 else ""}
        for row in base[1]
    ]
    params = OutcomeParams(as_of=as_of, attribute=attribute)
    assert ask(folder, (customers, orders), "outcomes", params) == plainly.outcomes(customers, orders, params)


@FEW
@given(base=bases(), as_of=near(LAST), level=st.sampled_from(["product", "category"]), data=st.data())
def test_next_products(folder, base, as_of, level, data):  # noqa: F811
    products = [{"id": pk, "code": f"P{pk}", "category": ("茶", "器", "")[pk % 3]} for pk in range(1, 9)]
    lines = []
    for order in base[1]:
        for pk in data.draw(st.lists(st.sampled_from([None, *range(1, 9)]), max_size=3)):
            lines.append(worlds.line(len(lines) + 1, order["id"], pk, pieces=data.draw(st.sampled_from([1, 2, -1]))))
    params = NextParams(as_of=as_of, level=level)
    assert ask(folder, base, "next_products", params, lines=lines, products=products) == plainly.next_products(
        (*base, lines, products), params
    )


@given(days=st.lists(st.integers(1, 400), min_size=1, max_size=60), percents=st.sampled_from([25, 50, 75, 90]))
def test_a_share_of_gaps_comes_within_the_fewest_days(days, percents):
    gaps = [(day, days.count(day)) for day in sorted(set(days))]
    found = by_share(gaps, percents)
    assert sum(day <= found for day in days) * 100 >= len(days) * percents
    assert sum(day < found for day in days) * 100 < len(days) * percents
