"""The second purchase (F2): how likely it is, and when it comes."""

from __future__ import annotations

from functools import cache

import numpy as np

from enishi.platform.demo.world import truth
from enishi.platform.demo.world.chance import Floats, Ints, shares
from enishi.platform.demo.world.people import FIRST_BY_SOURCE, FIRSTS, SOURCES

_ROUNDS = 60
_PEAK_SHARE = 0.34  # of the second purchases, those that gather around the peak
_PEAK_SPREAD = 4.0
_WIDE_SPREAD = 0.66
_LATE_MEAN_DAYS = 150.0


@cache
def chances() -> Floats:
    """(first category, source) → the share whose second purchase comes within 90 days.

    Scaled in turn by row and by column until both margins are what `truth` says.
    """
    mix = np.array([shares(row) for row in FIRST_BY_SOURCE])
    mix = np.diff(mix, axis=1, prepend=0.0) * np.array(list(truth.SOURCE_SHARE.values()))[:, None]
    mix = mix.T  # category × source, sums to 1
    by_first = _fitted(np.array([truth.F2_BY_FIRST[name] for name in FIRSTS]), mix.sum(axis=1), FIRSTS, truth.F2_FIXED_FIRST)
    by_source = _fitted(np.array([truth.F2_BY_SOURCE[name] for name in SOURCES]), mix.sum(axis=0), SOURCES, truth.F2_FIXED_SOURCE)
    chance = np.full(mix.shape, truth.F2_SHARE)
    for _ in range(_ROUNDS):
        chance *= (by_first / ((chance * mix).sum(axis=1) / mix.sum(axis=1)))[:, None]
        chance *= (by_source / ((chance * mix).sum(axis=0) / mix.sum(axis=0)))[None, :]
    return chance


def _fitted(targets: Floats, weights: Floats, names: tuple[str, ...], fixed: tuple[str, ...]) -> Floats:
    """The targets with those that are not fixed scaled so that their mean is F2_SHARE."""
    held = np.array([name in fixed for name in names])
    rest = (truth.F2_SHARE - (targets * weights)[held].sum()) / (targets * weights)[~held].sum()
    return np.where(held, targets, targets * rest)


def second_gaps(rng: np.random.Generator, chance: Floats) -> Ints:
    """Days from the first to the second purchase; −1 where there never is one."""
    size = len(chance)
    late = truth.F2_DAYS + 1 + rng.exponential(_LATE_MEAN_DAYS, size)
    returns_late = rng.random(size) < truth.LATE_SECOND_SHARE
    days = np.where(rng.random(size) < chance, _early_gaps(rng, size), np.where(returns_late, late, -1.0))
    return days.astype(np.int64)


def _early_gaps(rng: np.random.Generator, size: int) -> Floats:
    """Days 2 to 90, most of all around the peak."""
    peak = rng.normal(truth.F2_HAZARD_PEAK_DAY + 0.5, _PEAK_SPREAD, size)
    wide = np.exp(np.log(truth.F2_HAZARD_PEAK_DAY) + _WIDE_SPREAD**2 + rng.normal(0.0, _WIDE_SPREAD, size))
    gaps = np.where(rng.random(size) < _PEAK_SHARE, peak, wide)
    outside = (gaps < 2) | (gaps > truth.F2_DAYS)
    return np.where(outside, 2 + rng.random(size) * (truth.F2_DAYS - 2), gaps)
