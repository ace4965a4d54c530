"""CPA, 許容CPA and 目標CPA: what they are worked out of, what is said of them, and their page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from enishi.analytics.actions.ad_costs import Entry, put_ad_costs
from enishi.analytics.actions.sources import add_source, merge_source
from enishi.analytics.queries.costs import Assumptions
from enishi.analytics.queries.cpa import _row, cpa_page
from enishi.commerce.models import Product
from enishi.platform import time

TOLD = Assumptions(4_000, 1_000, 1_000, ())


def group(profit, revenue=30_000, customers=10):
    return {"customers": customers, "profit_jpy": profit, "revenue_jpy": revenue, "low_jpy": profit - 500, "high_jpy": profit + 500}


@pytest.mark.parametrize(
    ("cost", "profit", "verdict", "room"),
    [
        (40_000, 10_000, "room", 3_000),  # CPA 4,000; 目標CPA 10,000 − 3,000
        (70_000, 10_000, "room", 0),
        (80_000, 10_000, "thin", -1_000),
        (100_000, 10_000, "thin", -3_000),
        (101_000, 10_000, "loss", -100),
        (0, 10_000, "free", 7_000),
        (None, 10_000, "free", None),
    ],
)
def test_what_is_said_of_a_source(cost, profit, verdict, room):
    row = _row("x", cost, group(profit), TOLD, 0, ())
    assert (row.verdict, row.room_jpy, row.allowed_jpy, row.target_jpy) == (verdict, room, 10_000, 7_000)


def test_returns_on_what_was_spent_and_the_month_in_which_it_is_earned_back():
    row = _row("x", 60_000, group(9_000), TOLD, 0, (2_000, 5_000, 6_000, 9_000))
    assert (row.cpa_jpy, row.roas, row.roi, row.payback) == (6_000, 500, 50, 3)
    assert _row("x", 100_000, group(9_000), TOLD, 0, (2_000, 9_000)).payback is None


def test_a_growing_ltv_opens_what_was_a_loss():
    assert _row("x", 50_000, group(4_500), TOLD, 0, ()).opens is False
    grown = _row("x", 50_000, group(4_500), TOLD, 20, ())
    assert (grown.opens, grown.verdict, grown.allowed_jpy, grown.target_jpy) == (True, "thin", 5_400, 1_800)
    assert _row("x", 50_000, group(6_000), TOLD, 20, ()).opens is False  # it was none before


def test_where_nobody_came_and_where_nothing_is_known():
    assert _row("x", 5_000, None, TOLD, 0, ()).verdict == "nobody"
    unknown = {
        "customers": 3,
        "profit_jpy": None,
        "revenue_jpy": None,
        "mature_profit_jpy": None,
        "mature_revenue_jpy": None,
        "low_jpy": None,
    }
    assert _row("x", 5_000, unknown | {"high_jpy": None}, TOLD, 0, ()).verdict == "unknown"


@pytest.fixture
def world(misaki, now, engine, make_customer, make_order):
    """Two from 紹介 and one written 「ご紹介」, one from SNS, in whole months more than a year ago; and what they cost."""
    today = time.today(now)
    month = (today.replace(day=1) - timedelta(days=500)).replace(day=1)
    for text, name in (("紹介", "煎茶"), ("紹介", "だし"), ("ご紹介", "煎茶"), ("SNS", "煎茶")):
        make_order(make_customer(acquisition_source=text), on=month + timedelta(days=9), items=[(name, 1, 10_000)])
    make_order(make_customer(acquisition_source="紹介"), on=today, items=[("煎茶", 1, 10_000)])  # this month is not over
    Product.rows.update(margin_bp=4_000)
    referral, sns = (add_source(name=name, actor=misaki, now=now) for name in ("紹介", "SNS"))
    merge_source(text="ご紹介", into_id=referral, actor=misaki, now=now)
    cells = ((month, referral, 6_000), (month, sns, 9_000), (today.replace(day=1), referral, 999))
    put_ad_costs(entries=[Entry(str(n), m, source, "", jpy) for n, (m, source, jpy) in enumerate(cells)], actor=misaki, now=now)
    engine()
    return today


@pytest.mark.django_db
def test_costs_of_whole_months_meet_those_who_came_in_them(misaki, world):
    shown = cpa_page(misaki, as_of=world, months=24, horizon=12, lift=0).figures
    rows = {row.label: row for row in shown.sources}
    assert (rows["紹介"].cost_jpy, rows["紹介"].customers, rows["紹介"].cpa_jpy, rows["紹介"].verdict) == (6_000, 3, 2_000, "room")
    assert (rows["SNS"].cpa_jpy, rows["SNS"].allowed_jpy, rows["SNS"].target_jpy, rows["SNS"].verdict) == (9_000, 4_000, 3_000, "loss")
    assert (shown.whole.cost_jpy, shown.whole.customers, shown.whole.cpa_jpy) == (15_000, 4, 3_750)
    products = {row.label: (row.customers, row.cpa_jpy) for row in shown.products}
    assert products == {"煎茶": (3, round((2_000 * 2 + 9_000) / 3)), "だし": (1, 2_000)}
    assert shown.until == world.replace(day=1) - timedelta(days=1)


@pytest.mark.django_db
def test_the_page_says_what_pays_and_what_does_not(misaki_client, world):
    page = misaki_client.get("/analytics/cpa/?months=24").content.decode()
    assert "1人あたり¥5,000の損" in page
    assert "目標まであと¥1,000" in page
    assert "購入した人が100人以上要ります" in page
    grown = misaki_client.get("/analytics/cpa/?months=24&lift=50").content.decode()
    assert "LTVが50%伸びても、新しく採算が合う流入経路はありません" in grown
    assert misaki_client.get("/analytics/cpa/?months=x&horizon=7&lift=-1&as_of=y").status_code == 200


@pytest.mark.django_db
def test_ltv_counts_spellings_as_one(misaki_client, world):
    page = misaki_client.get("/analytics/ltv/").content.decode()
    assert "ご紹介" not in page


@pytest.mark.django_db
def test_who_may_not_see_costs_sees_no_cpa(yoshida, sign_in):
    assert sign_in(yoshida).get("/analytics/cpa/").status_code == 403
