"""The planted lifts lie within the intervals that the product computes from the generated history; without a database."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from enishi.campaigns.statistics import Arm, lift, ratio_is_off
from enishi.platform.demo.world import truth
from enishi.platform.demo.world.mailings import CONTROL, campaign_days
from enishi.platform.demo.world.plans import PLANS
from enishi.platform.demo.world.summary import purchase_days
from enishi.platform.demo.world.world import World

SEEDS = (20_231_122, 1, 2)


@pytest.fixture(scope="module")
def worlds():
    return [(world, list(world.blocks())) for world in (World(seed, 5_000, today=date(2026, 11, 22)) for seed in SEEDS)]


def arms(world, blocks, place):
    """(treated, control) of a plan's audience over the goal days of all its sends."""
    day = dict(campaign_days(world.history))[place]
    until = day + truth.GOAL_DAYS + (PLANS[place].sends - 1) * PLANS[place].gap_days
    assigned, reached = np.zeros(2, dtype=int), np.zeros(2, dtype=int)
    for block in blocks:
        who, days = purchase_days(block.orders)
        bought = np.bincount(who[(days >= day) & (days < until)], minlength=len(block.people)) > 0
        first = (block.mailings.plan == place) & (block.mailings.send == 0)
        held_back = (block.mailings.arm[first] == CONTROL).astype(int)
        assigned += np.bincount(held_back, minlength=2)
        reached += np.bincount(held_back[bought[block.mailings.who[first]]], minlength=2)
    return Arm(int(assigned[0]), int(reached[0]), 0), Arm(int(assigned[1]), int(reached[1]), 0)


def together(parts):
    return tuple(Arm(sum(arm.assigned for arm in side), sum(arm.reached for arm in side), 0) for side in zip(*parts, strict=True))


def test_planted_lifts_are_within_their_intervals(worlds):
    """Of twelve intervals of 95 % one may miss."""
    outside = []
    for place, plan in enumerate(PLANS):
        treated, control = together([arms(world, blocks, place) for world, blocks in worlds])
        found = lift(treated, control)
        assert not ratio_is_off(treated.assigned, control.assigned, plan.control_share), plan.key
        if not found.low <= plan.lift <= found.high:
            outside.append(plan.key)
    assert len(outside) <= 1, outside


def test_early_news_of_the_new_tea_works_and_the_sale_does_not(worlds):
    by_key = {plan.key: place for place, plan in enumerate(PLANS)}
    tea, sale, coupon = (
        lift(*together([arms(world, blocks, by_key[key]) for world, blocks in worlds]))
        for key in ("shincha", "summer_sale", "dormant_coupon")
    )
    for found, planted in ((tea, truth.SHINCHA_LIFT), (sale, truth.SUMMER_SALE_LIFT), (coupon, truth.DORMANT_COUPON_LIFT)):
        assert found.low <= planted <= found.high
    assert tea.verdict == "more"
    assert sale.verdict == "unclear"
    assert abs(sale.point) < 0.01
    assert coupon.point < 0


def test_by_the_last_click_the_sale_looks_splendid(worlds):
    """Attributed revenue per 5,000 customers: what they bought within the week after their click."""
    place = next(place for place, plan in enumerate(PLANS) if plan.key == "summer_sale")
    _world, blocks = worlds[0]
    revenue = 0
    for block in blocks:
        rows = (block.mailings.plan == place) & (block.mailings.clicked_at >= 0)
        clicked = dict(zip(block.mailings.who[rows].tolist(), block.mailings.clicked_at[rows].tolist(), strict=True))
        orders = block.orders
        at = orders.day * 86_400 + orders.second
        for i in np.flatnonzero(orders.counts & np.isin(orders.who, list(clicked))).tolist():
            revenue += int(orders.goods_jpy[i]) if 0 <= at[i] - clicked[int(orders.who[i])] < 7 * 86_400 else 0
    assert revenue == pytest.approx(truth.SUMMER_SALE_ATTRIBUTED_JPY, rel=0.25)
