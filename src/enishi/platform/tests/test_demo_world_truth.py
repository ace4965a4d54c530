"""The planted truth is in the generated history: each figure of `truth` measured in a world of 5,000, without a database."""

from __future__ import annotations

from datetime import date
from math import sqrt

import numpy as np
import pytest

from enishi.platform.demo.files import missing_readings, readings_csv
from enishi.platform.demo.world import script, staff, truth
from enishi.platform.demo.world.columns import COD, REFUSED
from enishi.platform.demo.world.goods import DASHI
from enishi.platform.demo.world.people import FIRSTS, SOURCES
from enishi.platform.demo.world.summary import purchase_days
from enishi.platform.demo.world.world import World

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def world():
    return World(customers=5_000, today=TODAY)


@pytest.fixture(scope="module")
def blocks(world):
    return list(world.blocks())


@pytest.fixture(scope="module")
def second(world, blocks):
    """Of everybody whose first purchase is 90 days past: days to the second one (−1: none), first category, source."""
    rows = []
    for block in blocks:
        who, day = purchase_days(block.orders)
        count = np.bincount(who, minlength=len(block.people))
        begins = np.cumsum(count) - count
        own = ~block.people.company & ~script.is_scripted(block.people.key) & (count > 0)
        for customer in np.flatnonzero(own):
            first = day[begins[customer]]
            if first < world.history.length - truth.F2_DAYS:
                gap = day[begins[customer] + 1] - first if count[customer] > 1 else -1
                rows.append((gap, block.people.first_category[customer], block.people.source[customer]))
    return np.array(rows).T


def close(found, planted, size, slack=0.01):
    """Within chance (three standard errors of a share) and a little: a planted share is met by the whole, not by each draw."""
    return abs(found - planted) < 3 * sqrt(planted * (1 - planted) / size) + slack


def test_one_seed_tells_one_story(blocks):
    again = World(customers=5_000, today=TODAY).block(3)
    assert np.array_equal(again.orders.goods_jpy, blocks[3].orders.goods_jpy)
    assert np.array_equal(again.mailings.clicked_at, blocks[3].mailings.clicked_at)


def test_22_of_100_buy_again_within_90_days(second):
    gap, first, source = second
    again = (gap >= 0) & (gap <= truth.F2_DAYS)
    assert abs(again.mean() - truth.F2_SHARE) < 0.015
    for name in truth.F2_FIXED_FIRST:
        own = first == FIRSTS.index(name)
        assert close(again[own].mean(), truth.F2_BY_FIRST[name], own.sum()), name
    for name in truth.F2_FIXED_SOURCE:
        own = source == SOURCES.index(name)
        assert close(again[own].mean(), truth.F2_BY_SOURCE[name], own.sum()), name


def test_most_second_purchases_come_around_day_24_and_the_mail_goes_on_day_60(second):
    gap = second[0]
    per_day = np.bincount(gap[(gap >= 0) & (gap <= truth.F2_DAYS)], minlength=truth.F2_DAYS + 1)
    smooth = np.convolve(per_day, np.ones(5), "same")
    assert abs(int(smooth.argmax()) - truth.F2_HAZARD_PEAK_DAY) <= 2
    assert smooth[truth.F2_MAIL_DAY] < smooth[truth.F2_HAZARD_PEAK_DAY] / 3


def test_the_best_tenth_of_the_people_brings_almost_half_of_the_revenue(blocks):
    revenue = np.concatenate([block.summary.window_revenue_jpy[~block.people.company] for block in blocks])
    revenue = np.sort(revenue[revenue > 0])[::-1]
    first = revenue[: -(-len(revenue) // 10)].sum() / revenue.sum()
    assert abs(first - truth.DECILE_1_SHARE) < 0.025


def test_38_of_the_best_of_kamakura_have_fallen_silent(world, blocks):
    assert len(world.silent) == truth.SILENT_BEST_CUSTOMERS
    for block in blocks:
        rows = np.flatnonzero(np.isin(block.people.key, world.silent))
        assert (block.people.place[rows] == staff.KAMAKURA).all()
        assert (block.summary.last_day[rows] <= world.history.length - truth.SILENT_SINCE_DAYS).all()
        assert (block.summary.purchase_count[rows] >= 3).all()


def test_who_pays_on_delivery_refuses_11_of_100(blocks):
    paid = np.concatenate([block.orders.state[block.orders.payment == COD] for block in blocks])
    assert close((paid == REFUSED).mean(), truth.COD_REFUSED_SHARE, len(paid))


def test_dashi_leads_to_tenugui_three_times_as_often_in_a_shop(world, blocks):
    tenugui = np.array([code.startswith("TN") for code in world.goods.code])
    share = {}
    for name, places in (("ec", (staff.EC,)), ("shop", (staff.YANAKA, staff.KAMAKURA, staff.KANAZAWA))):
        found = []
        for block in blocks:
            has = np.bincount(block.lines.order, weights=tenugui[block.lines.product], minlength=len(block.orders)) > 0
            found.append(has[(block.orders.lead == DASHI) & np.isin(block.orders.place, places)])
        share[name] = np.concatenate(found)
    assert close(share["ec"].mean(), truth.TENUGUI_WITH_DASHI_EC, len(share["ec"]))
    assert close(share["shop"].mean(), truth.TENUGUI_WITH_DASHI_SHOP, len(share["shop"]))


def test_half_of_the_gifts_go_to_somebody_else(blocks):
    given = np.concatenate([(block.lines.recipient > 0)[block.orders.gift[block.lines.order]] for block in blocks])
    assert abs(given.mean() - truth.GIFTS_TO_OTHERS_SHARE) < 0.04


def test_the_dirt_is_there(blocks):
    same, kana, place, company = (
        np.concatenate([getattr(block.people, name) for block in blocks]) for name in ("same_as", "has_kana", "place", "company")
    )
    assert abs((same > 0).mean() - truth.DUPLICATE_SHARE) < 0.005
    own = place == staff.KANAZAWA
    assert close(1 - kana[own].mean(), truth.KANA_MISSING["kanazawa"], own.sum())
    assert company.sum() == 5_000 // truth.B2B_EVERY


def test_the_past_import_has_seventeen_rows_that_came_back(blocks):
    people = [person for block in blocks for person in missing_readings(block, staff.KANAZAWA)]
    rows = readings_csv(people).decode("cp932").splitlines()[1:]
    assert sum(bool(row.rpartition(",")[2]) for row in rows) == 17
