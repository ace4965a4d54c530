"""BG/NBD and Gamma-Gamma against their own formulas, written down as they stand in the papers, and against customers made by them."""

from __future__ import annotations

from math import exp, lgamma, log

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import hyp2f1

from enishi.analytics.lifetime import purchases, spend
from enishi.analytics.lifetime.fitting import NotFitted
from enishi.analytics.lifetime.model import People, TooFew, learned
from enishi.analytics.lifetime.purchases import Buying, Histories, grouped
from enishi.analytics.lifetime.spend import Spending

FEW = settings(max_examples=60, deadline=None)
positive = st.floats(0.05, 20)


@st.composite
def histories(draw):
    age = draw(st.integers(0, 800))
    repeats = draw(st.integers(0, min(age, 40)))
    return repeats, draw(st.integers(repeats, age)) if repeats else 0, age


def made(customers, *, seed):
    """Customers by the story that the models tell, one after the other, with what they bought in 180 days after."""
    buying, spending = Buying(0.4, 6.0, 0.9, 2.6), Spending(6.0, 4.0, 3_000.0)
    chance = np.random.default_rng(seed)
    rows = []
    for _ in range(customers):
        rate, leaves = chance.gamma(buying.r) / buying.alpha / 7, chance.beta(buying.a, buying.b)
        level, age = chance.gamma(spending.q) / spending.gamma, int(chance.integers(60, 900))
        day, days = 0.0, []
        while True:
            day += chance.exponential(1 / rate)
            if day > age + 180:
                break
            days.append(day)
            if chance.random() < leaves:
                break
        known = [one for one in days if one <= age]
        paid = sum(chance.gamma(spending.p, 1 / level) for _ in known)
        rows.append((len(known), int(known[-1]) if known else 0, age, int(paid), len(days) - len(known)))
    columns = np.array(rows, dtype=np.int64).T
    return People(*columns[:4]), columns[4]


def plain_likelihood(r, alpha, a, b, x, t_x, age):
    """Equation 6 of the paper, times in weeks."""
    t_x, age = t_x / 7, age / 7
    first = lgamma(r + x) - lgamma(r) + r * log(alpha) + lgamma(a + b) - lgamma(b) + lgamma(b + x) - lgamma(a + b + x)
    inner = exp(-(r + x) * log(alpha + age))
    if x:
        inner += a / (b + x - 1) * exp(-(r + x) * log(alpha + t_x))
    return first + log(inner)


@FEW
@given(people=st.lists(histories(), min_size=1, max_size=20), r=positive, alpha=positive, a=positive, b=positive)
def test_the_likelihood_of_groups_is_that_of_each(people, r, alpha, a, b):
    known, back = grouped(*np.array(people, dtype=np.int64).T)
    assert [(known.repeats[p], known.recency[p], known.age[p]) for p in back] == people
    told, slope = purchases._Likelihood(known)(np.array([r, alpha, a, b]))
    assert told == pytest.approx(sum(plain_likelihood(r, alpha, a, b, *one) for one in people), rel=1e-9)
    for place, value in enumerate((r, alpha, a, b)):
        step = value * 1e-5
        both = []
        for way in (-step, step):
            moved = [r, alpha, a, b]
            moved[place] += way
            both.append(purchases._Likelihood(known)(np.array(moved))[0])
        assert slope[place] == pytest.approx((both[1] - both[0]) / (2 * step), rel=1e-3, abs=1e-3)


@FEW
@given(one=histories(), days=st.integers(1, 800), r=positive, alpha=positive, a=positive, b=positive)
def test_expected_purchases_are_those_of_the_paper(one, days, r, alpha, a, b):
    assume(abs(a - 1) > 0.01)
    x, t_x, age = one
    t, at = days / 7, alpha + age / 7
    plain = hyp2f1(r + x, b + x, a + b + x - 1, t / (at + t))
    assume(np.isfinite(plain) and plain < 1e8)  # where the formula as it stands can still be worked out
    bought = (a + b + x - 1) / (a - 1) * (1 - (at / (at + t)) ** (r + x) * plain)
    alive = 1 / (1 + (a / (b + x - 1) * (at / (alpha + t_x / 7)) ** (r + x) if x else 0))
    known = Histories(*(np.array([value]) for value in (*one, 1)))
    assert Buying(r, alpha, a, b).alive(known)[0] == pytest.approx(alive, rel=1e-9)
    assert Buying(r, alpha, a, b).expected(known, days)[0] == pytest.approx(bought * alive, rel=1e-5, abs=1e-7)


def test_nothing_breaks_for_the_most_loyal():
    known = Histories(*(np.array([value]) for value in (900, 3_000, 3_000, 1)))
    year = Buying(0.3, 5, 1.0, 2.5).expected(known, 365)[0]
    assert 60 < year < 110  # 900 in 3,000 days


@FEW
@given(rows=st.lists(st.tuples(st.integers(1, 30), st.floats(0.1, 20)), min_size=1, max_size=15), p=positive, q=positive, gamma=positive)
def test_the_likelihood_of_spending_is_that_of_each(rows, p, q, gamma):
    x, mean = np.array([row[0] for row in rows], dtype=float), np.array([row[1] for row in rows])
    told, slope = spend._Likelihood(x, mean)(np.array([p, q, gamma]))
    plain = sum(
        lgamma(p * n + q)
        - lgamma(p * n)
        - lgamma(q)
        + q * log(gamma)
        + (p * n - 1) * log(m)
        + p * n * log(n)
        - (p * n + q) * log(gamma + m * n)
        for n, m in rows
    )
    assert told == pytest.approx(plain, rel=1e-9, abs=1e-9)
    for place, value in enumerate((p, q, gamma)):
        both = []
        for way in (-1e-5 * value, 1e-5 * value):
            moved = np.array([p, q, gamma])
            moved[place] += way
            both.append(spend._Likelihood(x, mean)(moved)[0])
        assert slope[place] == pytest.approx((both[1] - both[0]) / (2e-5 * value), rel=1e-3, abs=1e-3)


def test_spending_is_drawn_to_the_others_the_less_is_known():
    model = Spending(6.0, 4.0, 3_000.0)  # 6,000 on the whole
    one, many, nothing = model.expected(np.array([1, 50, 0]), np.array([20_000.0, 20_000.0, 0.0]))
    assert nothing == pytest.approx(6_000)
    assert 6_000 < one < many < 20_000
    assert model.expected(np.array([3]), np.array([-500.0]))[0] > 0  # more came back than was bought


def test_what_made_the_customers_is_found_again():
    people, later = made(8_000, seed=5)
    model = learned(people)
    truth = np.array([0.4, 6.0, 0.9, 2.6, 6.0, 4.0, 3_000.0])
    found = np.concatenate([model.buying_fit.parameters, model.spending_fit.parameters])
    off = np.log(found / truth) / np.sqrt(np.diag(model.covariance))
    assert np.abs(off).max() < 3.5
    assert model.purchases_ahead(people, 180).sum() == pytest.approx(later.sum(), rel=0.06)


def test_what_is_drawn_is_on_the_mean_what_is_expected():
    people, _later = made(3_000, seed=6)
    model, days = learned(people), np.full(3_000, 180.0)
    draws = [model.drawn(people, days, np.random.default_rng(seed)) for seed in range(40)]
    assert np.mean([bought.sum() for bought, _yen in draws]) == pytest.approx(model.purchases_ahead(people, 180).sum(), rel=0.02)
    worth = (model.purchases_ahead(people, 180) * model.spend_of(people)).sum()
    assert np.mean([yen.sum() for _bought, yen in draws]) == pytest.approx(worth, rel=0.03)


def test_small_shops_are_drawn_to_what_is_usual_and_large_ones_are_not():
    spread = [learned(made(150, seed=seed)[0]).buying_fit.parameters[2:] for seed in range(6)]
    assert np.all(np.array(spread) < 40)  # a and b of 150 customers run away without a prior
    known, _back = grouped(*[getattr(made(2_500, seed=1)[0], name) for name in ("repeats", "recency", "age")])
    _told, slope = purchases._Likelihood(known)(purchases.fit(known).parameters)
    assert np.abs(slope).max() < 0.5  # the top of the likelihood itself


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        (People(*np.zeros((4, 99), dtype=np.int64)), "customers"),
        (People(*np.zeros((4, 200), dtype=np.int64)), "back"),
        (People(*np.array([[1] * 200, [10] * 200, [30] * 200, [1_000] * 200])), "days"),
        (People(*np.array([[1] * 200, [10] * 200, [300] * 200, [-5] * 200])), "shape"),
    ],
)
def test_where_there_is_too_little_it_says_why(people, reason):
    with pytest.raises(TooFew) as refused:
        learned(people)
    assert refused.value.reason == reason


def test_nobody_has_spent_anything():
    with pytest.raises(NotFitted):
        spend.fit(np.array([1, 2]), np.array([0.0, -3.0]), customers=2)
