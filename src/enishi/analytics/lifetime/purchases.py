"""BG/NBD: how often a customer buys and whether they still do, from three figures of each.

P. Fader, B. Hardie, K. L. Lee, "Counting your customers" the easy way, Marketing Science 24 (2005). While somebody is a customer they
buy at random at a rate of their own, which is Gamma (r, α) over customers; after each purchase they leave for good with a chance of
their own, which is Beta (a, b). Time is in weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from enishi.analytics.lifetime.fitting import Fit, Floats, fitted, prior_weight

type Ints = NDArray[np.int64]

DAYS = 7.0  # of a unit of time
_GAP = 1e-6
TYPICAL = (0.5, 8.0, 0.8, 2.5)  # r, α (weeks), a, b that the prior stands for: between the published fits of shops


@dataclass(frozen=True, slots=True)
class Histories:
    """Customers with the same history as one row. `repeats`: purchases after the first (days with one); `recency` the days from the
    first to the last purchase, `age` those from the first to the day of looking; `people`: how many have it."""

    repeats: Ints
    recency: Ints
    age: Ints
    people: Ints

    @property
    def customers(self) -> int:
        return int(self.people.sum())


def grouped(repeats: Ints, recency: Ints, age: Ints) -> tuple[Histories, Ints]:
    """The histories of customers, and for each customer the place of theirs."""
    most = int(age.max(initial=0)) + 1
    keys = (repeats * most + recency) * most + age
    found, back, people = np.unique(keys, return_inverse=True, return_counts=True)
    return Histories(found // most**2, found // most % most, found % most, people), back


@dataclass(frozen=True, slots=True)
class Buying:
    """The four parameters of BG/NBD, in weeks."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, known: Histories) -> Floats:
        """P(still a customer), of each history."""
        odds = np.where(known.repeats > 0, np.exp(self._log_odds(known)), 0.0)
        result: Floats = 1 / (1 + odds)
        return result

    def bought(self, repeats: Ints, age: Ints, days: Floats) -> Floats:
        """E[purchases in so many `days` after the day of looking] of somebody who is still a customer, of each of these (equation 10 of
        the paper; when the last purchase was, matters to `alive` alone)."""
        from scipy.special import hyp2f1

        a = self.a if abs(self.a - 1) > _GAP else 1 + _GAP  # the formula has a gap at 1, its limit has none
        x, ahead = repeats.astype(np.float64), days / DAYS
        z = ahead / (self.alpha + age / DAYS + ahead)
        # (1−z)^(r+x) 2F1(r+x, b+x; a+b+x−1; z) by Euler's transformation, in which nothing grows with x
        left = np.exp((a - 1) * np.log1p(-z)) * hyp2f1(a + self.b - 1 - self.r, a - 1, a + self.b + x - 1, z)
        result: Floats = (a + self.b + x - 1) / (a - 1) * (1 - left)
        return result

    def expected(self, known: Histories, days: float) -> Floats:
        """E[purchases in so many `days` after the day of looking], of each history."""
        keys, back = alike(known.repeats, known.age)
        bought = self.bought(known.repeats[keys], known.age[keys], np.full(len(keys), days))
        result: Floats = bought[back] * self.alive(known)
        return result

    def _log_odds(self, known: Histories) -> Floats:
        x = known.repeats
        waited = np.log(self.alpha + known.age / DAYS) - np.log(self.alpha + known.recency / DAYS)
        result: Floats = np.log(self.a) - np.log(self.b + np.maximum(x, 1) - 1) + (self.r + x) * waited
        return result


def alike(repeats: Ints, age: Ints) -> tuple[Ints, Ints]:
    """The place of one of each kind of (repeats, age), and the kind of each row."""
    _kinds, places, back = np.unique(repeats * (int(age.max(initial=0)) + 1) + age, return_index=True, return_inverse=True)
    return places, back


def fit(known: Histories) -> Fit:
    """r, α, a and b of these histories. Raises NotFitted."""
    return fitted(_Likelihood(known), start=TYPICAL, weight=prior_weight(known.customers))


def buying(found: Fit) -> Buying:
    return Buying(*(float(value) for value in found.parameters))


class _Likelihood:
    """Of (r, α, a, b): the log likelihood and its gradient. What depends on one figure alone is worked out once for each value that it
    takes, and those who never came back stand apart: only their age says anything."""

    def __init__(self, known: Histories) -> None:
        back = known.repeats > 0
        self._once_age, self._once = _summed(known.age[~back] / DAYS, known.people[~back])
        self._x, self._x_of = np.unique(known.repeats[back], return_inverse=True)
        self._age, self._age_of = np.unique(known.age[back] / DAYS, return_inverse=True)
        self._recency, self._recency_of = np.unique(known.recency[back] / DAYS, return_inverse=True)
        self._people = known.people[back].astype(np.float64)
        self._at_x = np.bincount(self._x_of, weights=self._people, minlength=len(self._x))

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        r, alpha, a, b = parameters
        x, at_x, people = self._x, self._at_x, self._people
        old, then = np.log(alpha + self._age)[self._age_of], np.log(alpha + self._recency)[self._recency_of]
        times = (r + x)[self._x_of]
        log_odds = (np.log(a) - np.log(b + x - 1))[self._x_of] + times * (old - then)  # gone against alive
        gone = 1 / (1 + np.exp(-log_odds))
        of_x = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        told = at_x @ of_x + people @ (np.logaddexp(0, log_odds) - times * old)
        gone_at_x = np.bincount(self._x_of, weights=people * gone, minlength=len(x))
        by_r = at_x @ (digamma(r + x) - digamma(r) + np.log(alpha)) - people @ (old - gone * (old - then))
        left, came = 1 / (alpha + self._age)[self._age_of], 1 / (alpha + self._recency)[self._recency_of]
        by_alpha = at_x.sum() * r / alpha - people @ (times * (left + gone * (came - left)))
        shared = at_x @ (digamma(a + b) - digamma(a + b + x))
        by_a = shared + gone_at_x.sum() / a
        by_b = shared + at_x @ (digamma(b + x) - digamma(b)) - gone_at_x @ (1 / (b + x - 1))
        once = self._once.sum()
        told += r * (once * np.log(alpha) - self._once @ np.log(alpha + self._once_age))
        by_r += once * np.log(alpha) - self._once @ np.log(alpha + self._once_age)
        by_alpha += once * r / alpha - r * (self._once @ (1 / (alpha + self._once_age)))
        return float(told), np.array([by_r, by_alpha, by_a, by_b])


def _summed(values: Floats, people: Ints) -> tuple[Floats, Floats]:
    """Each value once, with the people of it."""
    found, place = np.unique(values, return_inverse=True)
    return found, np.bincount(place, weights=people, minlength=len(found))
