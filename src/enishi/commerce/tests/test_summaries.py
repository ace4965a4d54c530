"""購入 and 売上: the one row a customer that lists, rules and stages read."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection, transaction

from enishi.commerce import summaries
from enishi.commerce.models import Order, PurchaseSummary
from enishi.commerce.tests import factories
from enishi.customers.tests import factories as customer_factories
from enishi.platform.models import Tombstone

DAY, NEXT = date(2026, 10, 1), date(2026, 10, 2)


def summary(customer) -> tuple[int, date, date, int] | None:
    return PurchaseSummary.rows.filter(customer=customer).values_list("purchase_count", "first_on", "last_on", "revenue_jpy").first()


def test_the_orders_of_one_business_day_are_one_purchase(make_customer, make_order):
    customer = make_customer()
    make_order(customer, on=DAY)
    make_order(customer, on=DAY)
    make_order(customer, on=NEXT)
    assert summary(customer) == (2, DAY, NEXT, 3_000)


def test_an_order_that_does_not_count_is_no_purchase_and_its_money_is_revenue(make_customer, make_order):
    customer = make_customer()
    make_order(customer, on=DAY)
    make_order(customer, on=NEXT, items=[("急須", -1, 300)], state="returned")
    assert summary(customer) == (1, DAY, DAY, 700)


def test_who_bought_nothing_that_counts_has_no_summary(make_customer, make_order):
    customer = make_customer()
    order = make_order(customer, on=DAY)
    Order.rows.filter(pk=order.pk).update(counts=False, goods_jpy=0)
    summaries.recompute([customer.pk])
    assert summary(customer) is None
    assert Tombstone.rows.filter(table_name="commerce_purchasesummary", row_id=customer.pk).exists()


def test_archived_orders_are_left_out(make_customer, make_order, now):
    customer = make_customer()
    make_order(customer, on=DAY)
    make_order(customer, on=NEXT, archived_at=now)
    assert summary(customer) == (1, DAY, DAY, 1_000)


def test_a_row_that_is_right_is_not_touched_and_all_take_two_queries(make_customer, make_order, django_assert_num_queries):
    customers = [make_customer() for _ in range(3)]
    for customer in customers:
        make_order(customer, on=DAY)
    before = list(PurchaseSummary.rows.order_by("pk").values_list("row_xid", flat=True))
    with django_assert_num_queries(2):
        summaries.recompute({customer.pk for customer in customers})
    assert list(PurchaseSummary.rows.order_by("pk").values_list("row_xid", flat=True)) == before
    with django_assert_num_queries(0):
        summaries.recompute([])


@pytest.mark.django_db(transaction=True)
def test_of_two_writers_at_once_the_second_sees_the_orders_of_the_first():
    customer = customer_factories.customer()
    waits = threading.Event()

    def second() -> None:
        try:
            with transaction.atomic():
                waits.set()
                factories.order(customer, on=NEXT)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        factories.order(customer, on=DAY)
        thread.start()
        waits.wait(10)
        thread.join(0.3)  # it has written its order by now, and waits for this transaction
        assert thread.is_alive()
    thread.join(20)
    assert summary(customer) == (2, DAY, NEXT, 2_000)
