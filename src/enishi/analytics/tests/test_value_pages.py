"""LTV and what it counts with, on their pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from enishi.analytics.models import ChannelCost, ValueSettings
from enishi.analytics.queries.costs import assumptions
from enishi.analytics.tests.test_customer_pages import cells
from enishi.commerce.models import Product
from enishi.platform import rights, time
from enishi.platform.models import ChangeSet, Event

pytestmark = pytest.mark.django_db
COSTS = {
    f"{channel}-{name}": "0" for channel in ("ec", "mall", "store", "b2b", "other") for name in ("shipping_jpy", "fee_bp", "promotion_jpy")
}
COSTS |= {"margin_bp": "", "discount_bp": "10", "profit_bp": "10"}


@pytest.fixture
def today(now):
    return time.today(now)


def test_a_new_customer_is_worth_their_margin_less_what_their_orders_cost(misaki_client, engine, make_customer, make_order, today):
    misaki_client.post("/analytics/costs/", COSTS | {"ec-shipping_jpy": "600", "ec-fee_bp": "3.5", "margin_bp": "40"})
    buyer = make_customer(acquisition_source="紹介")
    for back in (400, 300):
        make_order(buyer, on=today - timedelta(days=back), items=[("煎茶", 1, 10_000)])
    make_order(make_customer(), on=today - timedelta(days=10))
    Product.rows.update(margin_bp=5_000)
    engine()
    page = misaki_client.get("/analytics/ltv/").content.decode()
    assert "予測には、購入した人が100人以上要ります（いまは2人）" in page
    rows = {row[0]: row[1:] for row in cells(page)}
    assert rows["紹介"] == ["1", "―", "―", "―", "―", "1", "¥8,100"]  # 2 × (5,000 − 350 − 600)
    assert rows["流入経路なし"][-2:] == ["0", "―"]


@pytest.mark.parametrize("by", ["channel", "product", "month"])
def test_other_ways_to_tell_customers_apart(misaki_client, engine, make_customer, make_order, today, by):
    make_order(make_customer(), on=today.replace(day=1) - timedelta(days=400))
    Product.rows.update(margin_bp=5_000)
    engine()
    page = misaki_client.get(f"/analytics/ltv/?by={by}&months=36").content.decode()
    [row] = cells(page)
    started = today.replace(day=1) - timedelta(days=400)
    assert row[0] == {"channel": "自社EC", "product": "煎茶", "month": f"{started:%Y/%m}"}[by]
    assert row[-1] == "¥500"


def test_without_any_margin_it_asks_for_one(misaki_client, engine, make_customer, make_order, today):
    make_order(make_customer(), on=today)
    engine()
    page = misaki_client.get("/analytics/ltv/").content.decode()
    assert "粗利率がまだ分かりません" in page
    assert "/analytics/costs/" in page


def test_costs_are_kept_with_what_they_were(misaki_client):
    told = COSTS | {"margin_bp": "42.5", "mall-fee_bp": "12.34", "store-promotion_jpy": "80"}
    assert misaki_client.post("/analytics/costs/", told).status_code == 302
    assert assumptions().margin_bp == 4_250
    assert ChannelCost.rows.get(channel="mall").fee_bp == 1_234
    assert Event.rows.filter(kind="costs.changed").count() == 1
    page = misaki_client.get("/analytics/costs/").content.decode()
    assert 'value="42.5"' in page
    assert 'value="12.34"' in page
    misaki_client.post("/analytics/costs/", told)
    assert Event.rows.filter(kind="costs.changed").count() == 1  # nothing was new
    assert ChangeSet.rows.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("margin_bp", "120", "0%から100%までで入力してください"),
        ("ec-shipping_jpy", "-1", "0円から100,000円までで入力してください"),
        ("ec-shipping_jpy", "1000000", "0円から100,000円までで入力してください"),
        ("mall-fee_bp", "x", "数値を入力してください"),
        ("discount_bp", "", "入力してください"),
    ],
)
def test_what_cannot_be_is_refused_and_stays_in_its_field(misaki_client, field, value, words):
    answer = misaki_client.post("/analytics/costs/", COSTS | {field: value})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert answer.context["form"][field].value() == value
    assert not ValueSettings.rows.exists()


def test_who_may_only_see_costs_changes_none(sign_in, make_user):
    client = sign_in(rights.actor_of(make_user("kenji", "director")))
    assert "変更できるロールが要ります" in client.get("/analytics/costs/").content.decode()
    assert client.post("/analytics/costs/", COSTS | {"margin_bp": "40"}).status_code == 403


def test_who_may_not_see_orders_sees_no_ltv(admin_only, sign_in):
    assert sign_in(admin_only).get("/analytics/ltv/").status_code == 403
