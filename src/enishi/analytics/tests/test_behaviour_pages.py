"""コホート, リピート率, 購入間隔, 顧客フロー and the rates of orders on their pages."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from enishi.analytics.queries.screens import SCREENS
from enishi.commerce.models import Order
from enishi.platform import time

pytestmark = pytest.mark.django_db


@pytest.fixture
def today(now):
    return time.today(now)


@pytest.fixture
def table(misaki_client, engine):
    def read(address: str) -> dict[str, list[str]]:
        """The lines of a table by their label."""
        engine()
        answer = misaki_client.get(f"/analytics/{address}")
        return {row[0]: row[1:] for row in list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]}

    return read


def test_a_cohort_tells_who_came_again_and_leads_to_its_people(misaki_client, table, make_customer, make_order, today):
    start = (today.replace(day=1) - timedelta(days=70)).replace(day=5)
    again, once = make_customer(name="大林 大"), make_customer()
    for customer in (again, once):
        make_order(customer, on=start, items=[("茶", 1, 1_000)])
    make_order(again, on=start + timedelta(days=31), items=[("茶", 1, 500)])
    assert table("cohort/shares.csv")[f"{start:%Y/%m}"][:2] == ["2", "50.00"]
    assert table("cohort/revenue.csv")[f"{start:%Y/%m}"][:3] == ["2", "1000", "250"]
    page = misaki_client.get(f"/analytics/cohort/?cell={start:%Y-%m}").content.decode()
    link = re.search(r'href="(/customers/\?view=all&amp;rule=[^"]+)"', page)[1].replace("&amp;", "&")
    listed = misaki_client.get(link).content.decode()
    assert "大林 大" in listed
    assert "2人すべてを一覧で開く" in page


def test_repeaters_and_lapse(table, make_customer, make_order, today):
    back, stays_away = make_customer(), make_customer()
    make_order(back, on=today - timedelta(days=800))
    make_order(back, on=today)
    make_order(stays_away, on=today - timedelta(days=800))
    assert table("repeaters/periods.csv")["期間全体"] == ["1", "1", "100.00", "0", "0.00"]
    assert table("repeaters/lapse.csv")["期間全体"] == ["2", "1", "50.00"]


def test_intervals_tell_how_long_people_wait(table, make_customer, make_order, today):
    buyer = make_customer()
    for back in (40, 30, 0):
        make_order(buyer, on=today - timedelta(days=back))
    steps = table("intervals/steps.csv")
    assert steps["全体"] == ["2", "10", "10", "30", "30", "20.00"]
    assert steps["2回目から"][2] == "30"


def test_the_flow_of_a_month_adds_up(table, make_customer, make_order, today):
    came, returned = make_customer(), make_customer()
    make_order(came, on=today)
    make_order(returned, on=today - timedelta(days=500))
    make_order(returned, on=today)
    assert table("flow/months.csv")[f"{today:%Y/%m}"][:6] == ["0", "1", "1", "0", "0", "2"]


def test_rates_of_orders_and_buyers(table, make_customer, make_order, today):
    buyer, _member = make_customer(), make_customer()
    make_order(buyer, on=today)
    Order.rows.filter(pk=make_order(buyer, on=today).pk).update(state="cancelled", counts=False)
    assert table("outcomes/values.csv")["自社EC"][:3] == ["2", "1", "50.00"]
    told = table("outcomes/values.csv?attribute=kind")["個人"]
    assert told[-3:] == ["1", "2", "50.00"]


def test_what_came_after_the_first_product(table, make_customer, make_order, today):
    for _ in range(5):
        buyer = make_customer()
        make_order(buyer, on=today - timedelta(days=20), items=[("煎茶", 1, 500)])
        make_order(buyer, on=today, items=[("湯のみ", 1, 900)])
    assert table("next-products/firsts.csv")["煎茶"] == ["5", "5", "100.00"]
    assert table("next-products/pairs.csv")["煎茶 → 湯のみ"] == ["5", "100.00", "100.00", "0.00"]


@pytest.mark.parametrize("key", SCREENS)
def test_nobody_bought(misaki_client, engine, key):
    engine()
    page = misaki_client.get(f"/analytics/{key}/").content.decode()
    assert misaki_client.get(f"/analytics/{key}/?cell=x&versus=2020-01-01&attribute=x&lapse=1").status_code == 200
    assert "購入した人はいません" in page


@pytest.mark.parametrize("key", SCREENS)
def test_who_may_not_see_orders_sees_no_analyses(admin_only, sign_in, key):
    assert sign_in(admin_only).get(f"/analytics/{key}/").status_code == 403
