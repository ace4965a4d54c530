"""What every analysis shares: comparing, files, who is behind a line, the API."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from enishi.analytics.analyses.cpm import CpmCellParams
from enishi.analytics.queries import asking
from enishi.analytics.queries.cpm import rule_of
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, change_text, compared, file_rows, shown_lines
from enishi.customers.access import visible_customers
from enishi.platform import time
from enishi.platform.actions.tokens import create_token
from enishi.platform.actor import SYSTEM
from enishi.platform.sheets.delimited import Delimited
from enishi.rules.facts import registry
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tree import parse
from enishi.segments.actions.segments import create_segment
from enishi.segments.tests.factories import IN_TAITO, condition
from enishi.warehouse.engine.client import Answer

COLUMNS = [Column("people", "人数", "people"), Column("share", "割合", "percent"), Column("yen", "売上", "yen")]


def report(*lines: Line) -> Report:
    return Report(1, [Table("t", "表", "組", COLUMNS, lines)], [Chart("図", ["1", "2"], [Series("人", [1, 2])])])


def test_lines_are_compared_by_their_keys():
    now = report(Line("a", "甲", (10, 50.0, 20_000)), Line("b", "乙", (3, None, -500)))
    both = compared(now, report(Line("b", "乙", (5, 1.0, 0)), Line("c", "丙", (1, 1.0, 1))), "昔")
    told = shown_lines(both.tables[0])
    assert [[cell.text for cell in line.cells] for line in told] == [["10", "50.0%", "¥2万"], ["3", "―", "−¥500"]]
    assert [[cell.other for cell in line.cells] for line in told] == [["", "", ""], ["−2", "", "−¥500"]]
    assert [cell.other for cell in shown_lines(both.tables[0], by_change=False)[1].cells] == ["5", "", "¥0"]
    assert [series.name for series in both.charts[0].series] == ["人", "人（昔）"]


@pytest.mark.parametrize(
    ("value", "before", "unit", "words"),
    [(5, 3, "people", "+2"), (3, 3, "people", "±0"), (10.0, 12.5, "percent", "−2.5pt"), (10.0, 10.01, "percent", "±0.0pt")],
)
def test_a_change_carries_its_sign(value, before, unit, words):
    assert change_text(value, before, unit) == words


def test_a_file_has_what_is_compared_with_beside_each_column():
    both = compared(report(Line("a", "甲", (10, 50.0, 1))), report(Line("a", "甲", (4, None, 2))), "昔")
    heads, rows = file_rows(both.tables[0], "昔")
    assert heads == ["組", "人数（人）", "人数（人） 昔", "割合（%）", "割合（%） 昔", "売上（円）", "売上（円） 昔"]
    assert rows == [["甲", 10, 4, Decimal("50.00"), None, 1, 2]]


def test_numbers_below_zero_stay_numbers_in_a_file():
    _heads, rows = file_rows(report(Line("a", "=甲", (-1, -0.5, -3))).tables[0], "")
    assert Delimited("utf-8").rows(rows, 2).data.decode() == "'=甲,-1,-0.50,-3\r\n"


# ---- on pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def today(now):
    return time.today(now)


def read(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.mark.django_db
def test_deciles_as_a_file_and_compared_with_a_day_before(misaki_client, engine, make_customer, make_order, today):
    early, late = make_customer(), make_customer()
    make_order(early, on=today - timedelta(days=40), items=[("茶", 1, 300)])
    make_order(late, on=today, items=[("茶", 1, 700)])
    engine()
    earlier = today - timedelta(days=30)
    page = misaki_client.get(f"/analytics/decile/?versus={earlier}").content.decode()
    assert "との比較" in page
    [link] = re.findall(r'href="(/analytics/decile/deciles.csv[^"]*)"', page)
    rows = read(misaki_client.get(link.replace("&amp;", "&")))
    assert rows[1][:5] == ["デシル1", "1", "1", "700", "300"]
    assert rows[2][3:5] == ["300", ""]
    assert misaki_client.get("/analytics/decile/other.csv").status_code == 404


@pytest.mark.django_db
def test_a_segment_stands_beside_everybody(misaki_client, engine, make_customer, make_order, now, today):
    often, once = make_customer(), make_customer()
    for back in (0, 5):
        make_order(often, on=today - timedelta(days=back))
    make_order(once, on=today)
    twice = create_segment(actor=SYSTEM, name="2回以上", rule=parse(condition("purchase.count", "number", "gte", 2)), now=now)
    named = create_segment(actor=SYSTEM, name="台東区の人", rule=parse(IN_TAITO), now=now)
    engine()
    page = misaki_client.get("/analytics/cpm/").content.decode()
    assert "2回以上</option>" in page
    assert "台東区の人</option>" not in page
    rows = read(misaki_client.get(f"/analytics/cpm/groups.csv?segment={twice}"))
    told = {row[0]: row[1:3] for row in rows[1:]}
    assert told["初回・現役"] == ["1", "0"]
    assert told["よちよち・現役"] == ["1", "1"]
    assert "まだ比べられません" in misaki_client.get(f"/analytics/cpm/?segment={named}").content.decode()
    assert "見つかりません" in misaki_client.get("/analytics/cpm/?segment=999999").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("cell", ["first-active", "first-gone", "growing-active", "steady-active", "rushing-active", "best-gone"])
def test_the_rule_of_each_group_of_the_portfolio_finds_its_people(engine, make_customer, make_order, now, today, cell):
    bought = {
        "first-active": [(0, 90_000)],
        "first-gone": [(240, 1_000)],
        "growing-active": [(89, 1_000), (0, 1_000)],
        "steady-active": [(329, 1_000), (239, 1_000)],
        "rushing-active": [(209, 40_000), (0, 30_000)],
        "best-gone": [(450, 40_000), (240, 30_000)],
    }
    people = {}
    for name, orders in bought.items():
        people[name] = make_customer()
        for back, amount in orders:
            make_order(people[name], on=today - timedelta(days=back), items=[("茶", 1, amount)])
    make_customer()
    kind, state = cell.split("-")
    rule = rule_of(CpmCellParams(as_of=today, kind=kind, gone=state == "gone"))
    found = to_queryset(rule, visible_customers(SYSTEM), now=now, registry=registry())
    assert set(found.values_list("pk", flat=True)) == {people[cell].pk}


@pytest.mark.django_db
@pytest.mark.parametrize(("key", "cell"), [("decile", "1"), ("cpm", "first-active")])
def test_the_people_of_a_line_lead_to_a_list_and_a_segment(misaki_client, engine, make_customer, make_order, today, key, cell):
    make_order(make_customer(name="大林 大"), on=today, items=[("茶", 1, 900)])
    engine()
    page = misaki_client.get(f"/analytics/{key}/?cell={cell}").content.decode()
    link = re.search(r'href="(/customers/\?view=all&amp;rule=[^"]+)"', page)[1].replace("&amp;", "&")
    assert "大林 大" in misaki_client.get(link).content.decode()
    assert "この人たちでセグメントを作る" in page
    past = misaki_client.get(f"/analytics/{key}/?cell={cell}&as_of={today - timedelta(days=1)}").content.decode()
    assert "大林 大" not in past


@pytest.mark.django_db
def test_rfm_tells_who_moved_from_group_to_group(misaki_client, engine, make_customer, make_order, today):
    stayed, came = make_customer(), make_customer()
    make_order(stayed, on=today - timedelta(days=60))
    make_order(came, on=today)
    engine()
    rows = read(misaki_client.get(f"/analytics/rfm/moves.csv?versus={today - timedelta(days=30)}"))
    moved = {(row[0], head): value for row in rows[1:] for head, value in zip(rows[0][1:], row[1:], strict=True) if value != "0"}
    assert moved == {("新規", "新規（人）"): "1", ("期間外から", "新規（人）"): "1"}


@pytest.fixture
def api(misaki, now):
    token = create_token(name="BI", read_only=True, actor=misaki, now=now).token
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.mark.django_db
def test_the_api_tells_the_figures_of_the_page(api, engine, make_customer, make_order, today):
    make_order(make_customer(), on=today, items=[("茶", 1, 900)])
    engine()
    told = api.get(f"/api/v1/analyses/decile?versus={today - timedelta(days=1)}").json()
    [table] = told["tables"]
    assert table["lines"][0]["values"][:2] == [1, 900]
    assert told["customers"] == 1
    assert api.get("/api/v1/analyses/other").status_code == 404
    assert api.get("/api/v1/analyses/decile?months=0").status_code == 422
    assert {"rfm", "decile", "cpm", "repeat"} <= {item["key"] for item in api.get("/api/v1/analyses").json()["items"]}


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "status"), [("running", 202), ("away", 503)])
def test_the_api_says_when_there_are_no_figures_yet(api, monkeypatch, state, status):
    monkeypatch.setattr(asking, "ask", lambda *_, **__: Answer(state))
    answer = api.get("/api/v1/analyses/decile")
    assert (answer.status_code, answer.json()) == (status, {"state": state})
