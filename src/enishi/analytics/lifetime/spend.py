"""Gamma-Gamma: what a customer spends at a time, drawn to what customers spend on the whole the fewer of their purchases are known.

P. Fader, B. Hardie, "The Gamma-Gamma model of monetary value" (2013): purchases of one customer vary around their own mean as Gamma
(p, ν), and ν over customers as Gamma (q, γ). Only purchases after the first are looked at, as in the paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from enishi.analytics.lifetime.fitting import Fit, Floats, NotFitted, fitted, prior_weight
from enishi.analytics.lifetime.purchases import Ints

TYPICAL = (6.0, 4.0)  # p and q that the prior stands for; γ follows from what is spent


@dataclass(frozen=True, slots=True)
class Spending:
    """The three parameters, γ in yen."""

    p: float
    q: float
    gamma: float

    def expected(self, purchases: Ints, mean_jpy: Floats) -> Floats:
        """E[yen of a purchase] of those with so many purchases of this mean; a mean below nothing counts as nothing."""
        q = max(self.q, 1.001)  # at 1 and below, the mean over customers has no limit
        told = np.maximum(mean_jpy, 0) * purchases
        result: Floats = self.p * (self.gamma + told) / (self.p * purchases + q - 1)
        return result


def fit(purchases: Ints, mean_jpy: Floats, *, customers: int) -> Fit:
    """p, q and γ of customers with so many purchases (≥ 1) of this mean; who spent nothing or less is left out. `customers`: of whom
    these are those who came back. Raises NotFitted."""
    known = (purchases > 0) & (mean_jpy > 0)
    if not known.any():
        raise NotFitted
    x, mean = purchases[known].astype(np.float64), mean_jpy[known]
    level = float(np.average(mean, weights=x))
    p, q = TYPICAL
    found = fitted(_Likelihood(x, mean / level), start=(p, q, (q - 1) / p), weight=prior_weight(customers))
    return Fit(found.parameters * np.array([1, 1, level]), found.covariance, found.log_likelihood - float(np.log(level) * known.sum()))


def spending(found: Fit) -> Spending:
    return Spending(*(float(value) for value in found.parameters))


class _Likelihood:
    """Of (p, q, γ): the log likelihood and its gradient."""

    def __init__(self, x: Floats, mean: Floats) -> None:
        self._x, self._x_of, counts = np.unique(x, return_inverse=True, return_counts=True)
        self._at_x, self._of, self._mean, self._total = counts.astype(np.float64), x, mean, x * mean
        self._logs = np.log(mean)
        self._log_by_x = np.bincount(self._x_of, weights=self._logs, minlength=len(self._x))

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        from scipy.special import digamma, gammaln

        p, q, gamma = parameters
        x, at_x, logs = self._x, self._at_x, self._log_by_x
        level = np.log(gamma + self._total)
        level_by_x = np.bincount(self._x_of, weights=level, minlength=len(x))
        told = at_x @ (gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + p * x * np.log(x))
        told += (p * x - 1) @ logs - (p * x + q) @ level_by_x
        by_p = at_x @ (x * (digamma(p * x + q) - digamma(p * x) + np.log(x))) + x @ (logs - level_by_x)
        by_q = at_x @ (digamma(p * x + q) - digamma(q) + np.log(gamma)) - level_by_x.sum()
        by_gamma = at_x.sum() * q / gamma - (p * self._of + q) @ (1 / (gamma + self._total))
        return float(told), np.array([by_p, by_q, by_gamma])
