"""BG/NBD and Gamma-Gamma at 1,000,000 customers: fitted, and each customer's next twelve months in yen; lifetimes beside it in the same run."""

from __future__ import annotations

import statistics
import time
from typing import Any

import numpy as np

GOAL_SECONDS = 8.0
TRUTH = (0.243, 4.414, 0.793, 2.426)  # of CDNOW: r, α, a, b
SPEND = (6.25, 3.74, 15.44)  # p, q, γ
MILLION, QUICK = 1_000_000, 50_000
OFF = 0.02  # by which parameters may miss those that made the customers; of so many customers it is three standard errors


def run(*, quick: bool) -> dict[str, Any]:
    from enishi.analytics.lifetime.model import learned

    people = _people(QUICK if quick else MILLION)
    learned(people.of(np.arange(len(people)) < QUICK))  # scipy is loaded, as in an engine that runs
    times = []
    for _ in range(3):
        began = time.monotonic()
        model = learned(people)
        fitted = time.monotonic()
        worth = model.purchases_ahead(people, 365) * model.spend_of(people)
        times.append((fitted - began, time.monotonic() - fitted))
    fit, score = (statistics.median(parts) for parts in zip(*times, strict=True))
    found = np.concatenate([model.buying_fit.parameters, model.spending_fit.parameters])
    off = float(np.abs(found / np.array([*TRUTH, *SPEND]) - 1).max())
    theirs = _lifetimes(people)
    figures = {
        "customers": len(people),
        "fit_seconds": round(fit, 2),
        "score_seconds": round(score, 2),
        "parameters": [round(float(value), 4) for value in found],
        "furthest_from_truth": round(off, 4),
        "expected_yen_a_head": round(float(worth.mean()), 2),
        **theirs,
    }
    within = off < (10 * OFF if quick else OFF)
    same = theirs.get("lifetimes_parameters") is None or np.allclose(theirs["lifetimes_parameters"], found[:4], rtol=0.01)
    return {
        "figures": figures,
        "goal": f"fitted and scored < {GOAL_SECONDS:.0f} s; parameters those that made the customers, and those of lifetimes",
        "holds": fit + score < GOAL_SECONDS and within and same,
    }


def _people(count: int) -> Any:
    """Customers by the story that the models tell, of three years."""
    from enishi.analytics.lifetime.model import People

    chance = np.random.default_rng(7)
    (r, alpha, a, b), (p, q, gamma) = TRUTH, SPEND
    age = chance.integers(1, 1_096, count)
    rate, leaves = chance.gamma(r, 1 / alpha, count), np.maximum(chance.beta(a, b, count), 1e-12)
    would = chance.poisson(rate * age / 7)
    repeats = np.minimum(would, chance.geometric(leaves))
    back = repeats > 0
    recency = np.zeros(count, dtype=np.int64)
    # the x-th of so many days that are drawn evenly
    recency[back] = np.ceil(age[back] * chance.beta(repeats[back], would[back] - repeats[back] + 1))
    level = chance.gamma(q, 1 / gamma, count)
    paid = np.where(back, chance.gamma(p * np.maximum(repeats, 1)) / level, 0)
    return People(repeats.astype(np.int64), recency, age, paid)


def _lifetimes(people: Any) -> dict[str, Any]:
    """The same by lifetimes, where it can be installed beside us."""
    try:
        from lifetimes import BetaGeoFitter
    except ImportError as error:
        return {"lifetimes": f"not installed: {error}"}
    weeks = people.recency / 7, people.age / 7
    began = time.monotonic()
    model = BetaGeoFitter().fit(people.repeats, *weeks)
    fitted = time.monotonic()
    model.conditional_expected_number_of_purchases_up_to_time(365 / 7, people.repeats, *weeks)
    parameters = [float(model.params_[name]) for name in ("r", "alpha", "a", "b")]
    return {
        "lifetimes_fit_seconds": round(fitted - began, 2),
        "lifetimes_score_seconds": round(time.monotonic() - fitted, 2),
        "lifetimes_parameters": parameters,
    }
