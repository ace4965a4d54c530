"""デシル, CPM and F2転換率 on their pages."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from enishi.platform import time

pytestmark = pytest.mark.django_db


@pytest.fixture
def today(now):
    return time.today(now)


def cells(page):
    """The words of each line of the page's last table."""
    table = page[page.rindex("<table") : page.rindex("</table>")]
    rows = re.findall(r"<tr>(.*?)</tr>", table[table.index("<tbody") :], re.S)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in rows]


def test_deciles_share_the_revenue(misaki_client, engine, make_customer, make_order, today):
    for nth in range(1, 21):
        make_order(make_customer(), on=today, items=[("茶", 1, nth * 100)])
    engine()
    rows = cells(misaki_client.get("/analytics/decile/").content.decode())
    assert [row[0] for row in rows] == [f"デシル{nth}" for nth in range(1, 11)]
    assert rows[0][1:] == ["2", "¥3,900", "18.6%", "18.6%", "¥1,950", "2", "¥1,900", "¥2,000"]
    assert rows[-1][4] == "100.0%"


def test_the_portfolio_tells_first_buyers_and_who_is_gone(misaki_client, engine, make_customer, make_order, today):
    make_order(make_customer(), on=today)
    make_order(make_customer(), on=today - timedelta(days=240))
    steady = make_customer()
    for back in (100, 1):
        make_order(steady, on=today - timedelta(days=back))
    engine()
    rows = {row[0]: row[1:] for row in cells(misaki_client.get("/analytics/cpm/").content.decode())}
    people = {label.partition("購入")[0]: row[0] for label, row in rows.items() if row[0] != "0"}
    assert {label[:5]: count for label, count in people.items()} == {"初回・現役": "1", "初回・離脱": "1", "コツコツ・": "1"}


def test_f2_of_a_month_that_is_old_enough_has_a_plain_share_beside_it(misaki_client, engine, make_customer, make_order, today):
    start = (today.replace(day=1) - timedelta(days=200)).replace(day=10)
    came, stayed_away, young = make_customer(), make_customer(), make_customer()
    for customer in (came, stayed_away):
        make_order(customer, on=start)
    make_order(came, on=start + timedelta(days=30))
    make_order(young, on=today)
    engine()
    rows = cells(misaki_client.get("/analytics/repeat/").content.decode())
    assert rows[0][:3] == ["全体", "3", "1"]
    assert rows[-1][0] == f"{start:%Y/%m}"
    assert rows[-1][3:5] == ["50.0%", "50.0%"]  # of 90 days: the estimate, and the plain share
    assert rows[1][3] == "―"  # this month: nobody was watched so long
