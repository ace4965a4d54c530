"""The RFM page: figures, groups, who is in a cell, the rule of a cell, and what it says while there are none."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from enishi.analytics.analyses.rfm import RfmParams
from enishi.analytics.queries import asking
from enishi.analytics.queries.rfm import proposed
from enishi.analytics.queries.rfm_limits import rule_of_cell
from enishi.customers.access import visible_customers
from enishi.platform import time
from enishi.platform.actor import SYSTEM
from enishi.rules.facts import registry
from enishi.rules.sql_eval import to_queryset
from enishi.warehouse.engine.client import Answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def today(now):
    return time.today(now)


def cells(page):
    return re.findall(r'<td data-shade="\d"[^>]*><a href="[^"]*"[^>]*>(?:<span[^>]*>[^<]*</span>)?<strong>([\d,]+)</strong>', page)


def test_the_grid_counts_people_by_recency_and_frequency(misaki_client, engine, make_customer, make_order, today):
    often, once, gone = make_customer(), make_customer(), make_customer()
    for back in (1, 40, 80):
        make_order(often, on=today - timedelta(days=back))
    make_order(once, on=today - timedelta(days=45))
    make_order(gone, on=today - timedelta(days=800))
    engine()
    page = misaki_client.get("/analytics/rfm/").content.decode()
    counted = cells(page)
    assert len(counted) == 25
    assert [place for place, count in enumerate(counted) if count != "0"] == [2, 9]  # 30日以内×3–4回, 31–90日×1回
    assert "2人・期間内に購入した人" in page


def test_a_cell_shows_who_bought_most_and_leads_to_the_same_people_as_a_list(misaki_client, engine, make_customer, make_order, today):
    small, large = make_customer(name="小林 小"), make_customer(name="大林 大")
    make_order(small, on=today, items=[("茶", 1, 100)])
    make_order(large, on=today, items=[("茶", 1, 900)])
    engine()
    page = misaki_client.get("/analytics/rfm/?cell=5-1").content.decode()
    assert page.index("大林 大") < page.index("小林 小")
    link = re.search(r'href="(/customers/\?view=all&amp;rule=[^"]+)"', page)[1].replace("&amp;", "&")
    listed = misaki_client.get(link).content.decode()
    assert "大林 大" in listed
    assert "小林 小" in listed
    segment = re.search(r'href="(/segments/new/\?rule=[^"]+)"', page)[1]
    assert misaki_client.get(segment).context["builder"].complete


@pytest.mark.parametrize("back", [0, 400])
def test_the_rule_of_each_cell_finds_its_people(engine, make_customer, make_order, now, today, back):
    as_of = today - timedelta(days=back)
    expected: dict[tuple[int, int], set[int]] = {}
    for r, ago in ((5, 30), (4, 31), (4, 90), (3, 91), (2, 365), (1, 366)):
        for f, times in ((1, 1), (2, 2), (3, 4), (4, 5), (5, 10)):
            buyer = make_customer()
            for nth in range(times):
                make_order(buyer, on=as_of - timedelta(days=ago + nth))
            make_order(buyer, on=as_of + timedelta(days=1))  # nothing that anybody knew then
            if back:
                expected.setdefault((r, f), set()).add(buyer.pk)
    params = RfmParams(as_of=as_of)
    for (r, f), people in expected.items():
        rule = rule_of_cell(params, r, f, today=today)
        found = to_queryset(rule, visible_customers(SYSTEM), now=now, registry=registry())
        assert set(found.values_list("pk", flat=True)) == people, (r, f)


def test_the_rule_of_today_moves_with_the_days(today):
    rule = rule_of_cell(RfmParams(as_of=today), 4, 5, today=today)
    assert [condition.test.op for condition in rule.rules] == ["days_ago_between", "gte"]


def test_who_sees_a_team_counts_the_team(hayashi, sign_in, engine, make_customer, make_order, today, yanaka):
    make_order(make_customer(team=yanaka), on=today)
    make_order(make_customer(), on=today)
    engine()
    assert "1人・期間内に購入した人" in sign_in(hayashi).get("/analytics/rfm/").content.decode()


@pytest.mark.parametrize(
    ("state", "words"), [("running", "計算しています"), ("starting", "準備をしています"), ("away", "いまは集計できません")]
)
def test_without_figures_the_page_says_why(misaki_client, monkeypatch, state, words):
    monkeypatch.setattr(asking, "ask", lambda *_, **__: Answer(state))
    page = misaki_client.get("/analytics/rfm/").content.decode()
    assert words in page
    assert ("load delay" in page) == (state != "away")


def test_nobody_bought(misaki_client, engine):
    engine()
    assert "この期間に購入した人はいません" in misaki_client.get("/analytics/rfm/").content.decode()


def test_fifths_say_so_where_many_are_alike(misaki_client, engine, make_customer, make_order, today):
    for _ in range(6):
        make_order(make_customer(), on=today)
    engine()
    assert "5つに分かれない項目があります" in misaki_client.get("/analytics/rfm/?by=quintiles").content.decode()
    assert "5つに分かれない" not in misaki_client.get("/analytics/rfm/").content.decode()


@pytest.mark.parametrize(
    "query",
    ["as_of=2999-01-01", "as_of=x", "months=99&by=other&show=y", "cell=9-0", "cell=x&versus=2999-01-01&segment=x", "as_of=0001-01-01"],
)
def test_an_address_that_says_nothing_sensible_is_as_if_it_said_nothing(misaki_client, engine, query):
    engine()
    assert misaki_client.get(f"/analytics/rfm/?{query}").status_code == 200


@pytest.mark.parametrize(
    ("fifths", "limits"),
    [((3_743, 9_300, 22_180, 56_725), (3_700, 9_300, 22_000, 57_000)), ((5, 5, 5, 5), (5, 6, 7, 8)), ((-3, 0, 1, 99), (1, 2, 3, 99))],
)
def test_limits_of_money_are_rounded_and_grow(fifths, limits):
    assert proposed(fifths) == limits
    RfmParams(as_of=date(2026, 3, 2), monetary=limits)
