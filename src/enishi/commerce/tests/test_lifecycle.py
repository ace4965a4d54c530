"""顧客ステージ: every stage and the day on which it begins, from the days somebody bought on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enishi.commerce.actions import lifecycles
from enishi.commerce.lifecycle import standing
from enishi.commerce.models import PurchaseSummary
from enishi.commerce.scanners import lifecycles as scan
from enishi.commerce.tests import factories
from enishi.customers.models import Customer
from enishi.platform import jobs
from enishi.platform.models import Event

TODAY = date(2026, 11, 22)


def ago(*days: int) -> list[date]:
    return [TODAY - timedelta(days=day) for day in days]


def stage(*days_ago: int, among_best: bool = False) -> tuple[str, int | None]:
    """The stage today of somebody who bought so many days ago, and since how many days."""
    found = standing(ago(*days_ago), today=TODAY, among_best=among_best)
    return found.stage.value, None if found.since is None else (TODAY - found.since).days


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [
        ((), ("prospect", None)),
        ((0,), ("first", 0)),
        ((179,), ("first", 179)),
        ((180,), ("sleeping", 0)),
        ((364,), ("sleeping", 184)),
        ((365,), ("lost", 0)),
        ((179, 149), ("repeat", 149)),
        ((230, 200), ("sleeping", 20)),
    ],
)
def test_each_stage_begins_on_its_day(days_ago, expected):
    assert stage(*days_ago) == expected


@pytest.mark.parametrize(("silent", "expected"), [(239, ("repeat", 239)), (240, ("sleeping", 0))])
def test_who_buys_seldom_sleeps_later(silent, expected):
    """Once every 120 days: twice that is 240."""
    assert stage(silent + 120, silent) == expected


def test_the_middle_of_the_gaps_counts_and_half_a_day_is_whole_when_doubled():
    """Gaps of 100 and 91 days: 2 × 95.5 = 191."""
    assert stage(190 + 191, 190 + 91, 190)[0] == "repeat"
    assert stage(191 + 191, 191 + 91, 191) == ("sleeping", 0)


def test_who_is_usually_away_for_a_year_is_lost_before_they_sleep():
    assert stage(364 + 300, 364)[0] == "repeat"
    assert stage(365 + 300, 365) == ("lost", 0)


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [
        ((180, 0), ("revived", 0)),
        ((179, 0), ("repeat", 0)),
        ((270, 90), ("revived", 90)),
        ((271, 91), ("repeat", 0)),  # the day on which 復活 ends
        ((500, 30, 10), ("revived", 30)),
        ((300, 100, 10), ("repeat", 9)),
        ((400, 220, 30), ("repeat", 129)),  # the usual gap is 180 days: the 190 behind it are no sleep
    ],
)
def test_a_purchase_after_a_sleep_is_a_revival_for_ninety_days(days_ago, expected):
    assert stage(*days_ago) == expected


def test_the_best_bought_three_times_and_are_among_the_top():
    assert stage(60, 30, 0, among_best=True) == ("best", None)
    assert stage(30, 0, among_best=True) == ("repeat", 0)
    assert stage(60, 30, 0, among_best=False) == ("repeat", 30)


def test_sleep_and_loss_override_the_best():
    assert stage(240, 210, 180, among_best=True)[0] == "sleeping"
    assert stage(425, 395, 365, among_best=True)[0] == "lost"
    assert stage(300, 60, 0, among_best=True)[0] == "revived"


# ---- put to the customers ---------------------------------------------------------------------------------


def lifecycle(customer) -> tuple[str, date]:
    customer.refresh_from_db()
    return customer.lifecycle, customer.lifecycle_on


def test_the_daily_look_puts_everybody_on_their_stage_and_records_the_move(make_customer, make_order, now):
    fresh, asleep, prospect = make_customer(), make_customer(), make_customer()
    make_order(fresh, on=ago(3)[0])
    make_order(asleep, on=ago(180)[0])

    assert lifecycles.refresh_all(now=now) == 2

    assert lifecycle(fresh) == ("first", ago(3)[0])
    assert lifecycle(asleep) == ("sleeping", TODAY)
    assert lifecycle(prospect)[0] == "prospect"
    moves = {event.customer_id: event.data for event in Event.rows.filter(kind="customer.lifecycle_changed")}
    assert moves == {fresh.pk: {"before": "prospect", "after": "first"}, asleep.pk: {"before": "prospect", "after": "sleeping"}}


def test_looking_again_changes_nothing(make_customer, make_order, now):
    customer = make_customer()
    make_order(customer, on=ago(3)[0])
    lifecycles.refresh_all(now=now)
    customer.refresh_from_db()
    before = customer.row_xid
    assert lifecycles.refresh_all(now=now) == 0
    customer.refresh_from_db()
    assert customer.row_xid == before


def test_days_without_a_purchase_change_a_stage(make_customer, make_order, now):
    customer = make_customer()
    make_order(customer, on=TODAY)
    for days, expected in ((0, "first"), (179, "first"), (180, "sleeping"), (365, "lost")):
        lifecycles.refresh_all(now=now + timedelta(days=days))
        assert lifecycle(customer)[0] == expected, days


def test_the_top_fifth_by_revenue_of_two_years_are_the_best(make_customer, make_order, now):
    customers = [make_customer() for _ in range(10)]
    for rank, customer in enumerate(customers, start=1):
        for days in (90, 60, 30):
            make_order(customer, on=ago(days)[0], items=[("煎茶", 1, rank * 1_000)])
    make_order(customers[0], on=date(2024, 11, 22), items=[("壺", 1, 9_000_000)], counts=False)  # two years ago to the day
    lifecycles.refresh_all(now=now)
    assert [lifecycle(customer)[0] for customer in customers] == ["repeat"] * 8 + ["best"] * 2


def test_cancelled_orders_are_no_purchases(make_customer, make_order, now):
    customer = make_customer()
    order = make_order(customer, on=TODAY)
    lifecycles.refresh_all(now=now)
    order.state, order.counts, order.goods_jpy = "cancelled", False, 0
    order.save()
    assert lifecycles.refresh_all(now=now) == 1
    assert lifecycle(customer)[0] == "prospect"


def test_who_considers_stays_so_until_the_first_purchase(make_customer, make_order, now):
    customer = make_customer(lifecycle=Customer.Lifecycle.CONSIDERING)
    assert lifecycles.refresh(customer_ids=[customer.pk], now=now) == 0
    make_order(customer, on=TODAY)
    lifecycles.refresh(customer_ids=[customer.pk], now=now)
    assert lifecycle(customer)[0] == "first"


def test_a_chunk_of_customers_takes_two_queries_however_many_they_are(make_customer, make_order, now, monkeypatch):
    for _ in range(6):
        make_order(make_customer(), on=TODAY)
    lifecycles.refresh_all(now=now)

    def queries_by(chunk: int) -> int:
        monkeypatch.setattr(lifecycles, "CHUNK", chunk)
        with CaptureQueriesContext(connection) as seen:
            lifecycles.refresh_all(now=now)
        return len(seen)

    assert queries_by(2) - queries_by(6) == 2 * 4  # its ids, its history, and the two ends of a transaction for its moves


def test_the_pulse_orders_the_look_once_a_business_day(organisation, now):
    assert (scan(now), scan(now + timedelta(hours=13))) == (1, 0)
    assert scan(now + timedelta(hours=14)) == 1  # 22:11 in UTC is the next morning in Tokyo
    assert jobs.is_waiting_or_running("commerce.refresh_lifecycles")


def test_a_factory_order_is_what_an_import_would_have_left(make_customer, make_order):
    """The tests of this file stand on it."""
    customer = make_customer()
    make_order(customer, on=TODAY, items=[("煎茶", 2, 500), ("急須", 1, 3_000)])
    summary = PurchaseSummary.rows.get(customer=customer)
    assert (summary.purchase_count, summary.last_on, summary.revenue_jpy) == (1, TODAY, 4_000)
    assert factories.product("煎茶").name == "煎茶"
