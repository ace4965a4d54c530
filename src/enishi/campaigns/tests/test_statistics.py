"""Lift and its interval, against published and simulated figures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from enishi.campaigns.arms import is_control
from enishi.campaigns.statistics import Arm, detectable_difference, incremental_revenue, lift, ratio_is_off


def test_the_interval_is_newcombes():
    # Newcombe 1998, table II, method 10: 56/70 against 48/80 → 0.0524 to 0.3339
    found = lift(Arm(70, 56, 0), Arm(80, 48, 0))
    assert (found.point, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.verdict == "more"


def test_no_one_bought_and_the_interval_still_has_width():
    # Newcombe 1998, table II, method 10: 0/10 against 0/20 → −0.1611 to 0.2775
    found = lift(Arm(10, 0, 0), Arm(20, 0, 0))
    assert (found.point, found.low, found.high) == pytest.approx((0.0, -0.1611, 0.2775), abs=5e-5)
    assert found.verdict == "unclear"


def test_there_is_no_lift_without_a_control_group():
    assert lift(Arm(100, 5, 0), Arm(0, 0, 0)) is None
    assert incremental_revenue(Arm(100, 5, 1000), Arm(0, 0, 0)) is None


def test_incremental_revenue_agrees_with_the_bootstrap():
    random = np.random.default_rng(7)
    treated = np.where(random.random(3200) < 0.14, random.gamma(2, 2650, 3200), 0).round()
    control = np.where(random.random(800) < 0.10, random.gamma(2, 2605, 800), 0).round()

    def arm(values):
        return Arm(len(values), int((values > 0).sum()), int(values.sum()), float((values**2).sum()))

    found = incremental_revenue(arm(treated), arm(control))
    boot = stats.bootstrap(
        (treated, control), lambda a, b, axis: a.mean(axis) - b.mean(axis), n_resamples=4000, rng=random, method="percentile", batch=200
    ).confidence_interval
    assert found.point == pytest.approx((treated.mean() - control.mean()) * 3200)
    width = found.high - found.low
    assert abs(found.low - boot.low * 3200) < 0.05 * width
    assert abs(found.high - boot.high * 3200) < 0.05 * width


def test_a_split_that_the_hash_would_not_give_is_noticed():
    assert not ratio_is_off(8_010, 1_990, 0.2)
    assert ratio_is_off(9_000, 1_000, 0.2)


def test_small_audiences_can_only_show_large_differences():
    small, large = detectable_difference(160, 40, 0.1), detectable_difference(16_000, 4_000, 0.1)
    assert small > 0.10
    assert large < 0.02
    assert detectable_difference(160, 0, 0.1) is None


def test_the_arm_of_a_customer_is_stable_and_its_own_in_each_delivery():
    ids = range(20_000)
    first = [is_control(1, pk, 20) for pk in ids]
    assert first == [is_control(1, pk, 20) for pk in ids]
    assert sum(first) / len(first) == pytest.approx(0.2, abs=0.01)
    both = sum(a and is_control(2, pk, 20) for pk, a in zip(ids, first, strict=True))
    assert both / len(first) == pytest.approx(0.04, abs=0.006)
    assert not any(is_control(1, pk, 0) for pk in ids)
