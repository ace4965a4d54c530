"""The mirror follows the database: what changed, what went, what a slow transaction wrote, and another database."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from django.db import connection

from enishi.commerce.models import Order, OrderLine
from enishi.customers.models import Customer
from enishi.platform.privacy import Privacy
from enishi.warehouse import mirror
from enishi.warehouse.store import Store, shape_of
from enishi.warehouse.tables import mirror_tables
from enishi.warehouse.working import WorkingSet

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 2)
_ORDERS = "SELECT id, customer_id, ordered_on, goods_jpy, counts, archived FROM orders ORDER BY id"
_DAYS = "SELECT customer_id, ordered_on, bought, orders, revenue_jpy, nth, next_on FROM purchase_days ORDER BY 1, 2"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "mirror")


@pytest.fixture
def working(store, tmp_path):
    return WorkingSet(store, mirror_tables(), memory_mb=300, threads=1, spill=tmp_path / "spill")


@pytest.fixture
def refresh(store, working):
    def once():
        refreshed = mirror.refresh(store, mirror_tables())
        working.follow(refreshed)
        return refreshed

    return once


def asked(working, query):
    with working.cursor() as cursor:
        return cursor.execute(query).fetchall()


def as_if_new(store, tmp_path, working):
    """What a process that comes up now would see."""
    fresh = WorkingSet(Store(store.folder), mirror_tables(), memory_mb=300, threads=1, spill=tmp_path / "other")
    fresh.follow(mirror.refresh(store, mirror_tables()))
    return fresh


def truth():
    rows = Order.rows.order_by("pk").values_list("pk", "customer_id", "ordered_on", "goods_jpy", "counts", "archived_at")
    return [(*row[:-1], row[-1] is not None) for row in rows]


def test_what_changes_and_what_goes_arrives_and_a_new_process_sees_the_same(store, working, refresh, tmp_path, make_customer, make_order):
    first, second = make_customer(), make_customer()
    orders = [make_order(first, on=DAY + timedelta(days=n % 3)) for n in range(5)]
    assert refresh().whole
    assert asked(working, _ORDERS) == truth()
    orders[0].customer, orders[0].goods_jpy = second, 7_777
    orders[0].save()
    Order.rows.filter(pk=orders[1].pk).delete()
    make_order(None, on=DAY)
    make_order(second, on=DAY, items=[("返品", -1, 500)])
    Customer.rows.filter(pk=first.pk).update(archived_at=first.created_at)
    refreshed = refresh()
    assert not refreshed.whole
    assert set(refreshed.changes) == {"customers", "orders", "order_lines", "products"}
    assert asked(working, _ORDERS) == truth()
    assert asked(working, "SELECT id, archived FROM customers ORDER BY id") == [(first.pk, True), (second.pk, False)]
    assert [row for row in asked(working, _DAYS) if row[0] == second.pk] == [(second.pk, DAY, True, 1, 7_277, 1, None)]
    fresh = as_if_new(store, tmp_path, working)
    assert asked(fresh, _DAYS) == asked(working, _DAYS)
    assert asked(fresh, _ORDERS) == truth()


def test_lines_follow_their_orders_to_the_thousandth(store, working, refresh, tmp_path, make_customer, make_order):
    tea = [("煎茶", 2, 500), ("量り売りの茶", Decimal("0.125"), 800)]
    kept, gone = (make_order(make_customer(), on=DAY, items=tea) for _ in range(2))
    refresh()
    OrderLine.rows.filter(order=gone).delete()
    OrderLine.rows.filter(order=kept, quantity=2).update(quantity=1, amount_jpy=500)
    make_order(kept.customer, on=DAY, items=[("返品", -1, 500)])
    assert set(refresh().changes) == {"orders", "order_lines", "products"}
    rows = OrderLine.rows.order_by("pk").values_list("pk", "order_id", "product_id", "quantity", "amount_jpy")
    asked_for = "SELECT id, order_id, product_id, quantity_milli, amount_jpy FROM order_lines ORDER BY id"
    assert asked(working, asked_for) == [(*row[:3], row[3] * 1_000, row[4]) for row in rows]
    assert asked(as_if_new(store, tmp_path, working), asked_for) == asked(working, asked_for)


def test_a_new_process_reads_a_mirror_to_which_nothing_was_ever_added(store, working, refresh, tmp_path, make_customer, make_order):
    make_order(make_customer(), on=DAY)
    assert refresh().manifest.version == 1
    assert asked(as_if_new(store, tmp_path, working), _DAYS) == asked(working, _DAYS) != []


def test_nothing_new_is_no_new_version(refresh, make_customer, make_order):
    make_order(make_customer(), on=DAY)
    version = refresh().manifest.version
    assert refresh().manifest.version == version


def test_a_row_of_a_slow_transaction_is_not_lost(working, refresh, make_customer, make_order):
    slow_order, fast_order = (make_order(make_customer(), on=DAY) for _ in range(2))
    refresh()
    with psycopg.connect(_address()) as slow:
        slow.execute("UPDATE commerce_order SET goods_jpy = 5 WHERE id = %s", [slow_order.pk])
        Order.rows.filter(pk=fast_order.pk).update(goods_jpy=6)
        refresh()
        assert asked(working, "SELECT goods_jpy FROM orders ORDER BY id") == [(1_000,), (6,)]
        assert not refresh().changes  # what the younger one wrote is not read again while the older one is open
        slow.commit()
    assert set(refresh().changes) == {"orders"}
    assert asked(working, "SELECT goods_jpy FROM orders ORDER BY id") == [(5,), (6,)]


def _address():
    told = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo(**{key: told[key] for key in ("dbname", "user", "password", "host", "port")})


def test_a_row_that_comes_back_under_its_key_is_alive(working, refresh, make_customer, make_order):
    row = make_order(make_customer(), on=DAY)
    refresh()
    pk = row.pk
    row.delete()
    make_order(row.customer, on=DAY, pk=pk, number="O-900000", external_id="S9000")
    refresh()
    assert asked(working, "SELECT id FROM orders") == [(pk,)]


@pytest.mark.parametrize("field", ["origin", "shape"])
def test_another_database_or_other_columns_make_it_anew(store, refresh, make_customer, make_order, field):
    make_order(make_customer(), on=DAY)
    known = refresh().manifest
    store.publish(type(known)(**{name: getattr(known, name) for name in known.__dataclass_fields__} | {field: "another"}), before=known)
    again = refresh()
    assert again.whole
    assert again.manifest.version == known.version + 1


def test_a_process_that_dies_before_publishing_leaves_the_mirror_as_it_was(store, refresh, working, monkeypatch, make_customer, make_order):
    make_order(make_customer(), on=DAY)
    known = refresh().manifest
    make_order(make_customer(), on=DAY)
    monkeypatch.setattr(Store, "publish", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mirror.refresh(store, mirror_tables())
    monkeypatch.undo()
    assert store.read() == known
    refresh()
    assert asked(working, _ORDERS) == truth()


def test_a_torn_manifest_is_no_mirror(store, refresh, make_customer, make_order):
    make_order(make_customer(), on=DAY)
    refresh()
    (store.folder / "manifest.json").write_text('{"format": 1, "tables": {')
    assert store.read() is None
    assert refresh().whole


def test_changes_are_worked_into_the_base_without_changing_a_row(store, working, refresh, monkeypatch, make_customer, make_order):
    customer = make_customer()
    for number in range(4):
        make_order(customer, on=DAY + timedelta(days=number))
        refreshed = refresh()
    before = asked(working, _ORDERS)
    monkeypatch.setattr(mirror, "MOST_FILES", 2)
    done = working.compact(refreshed)
    assert done.manifest.tables["orders"].changes == ()
    assert done.manifest.tables["orders"].rows == 4
    assert asked(working, _ORDERS) == before == truth()
    make_order(customer, on=DAY)
    refresh()
    assert asked(working, _ORDERS) == truth()


def test_no_column_tells_who_somebody_is():
    from django.apps import apps

    for table in mirror_tables():
        model = apps.get_model(table.model)
        classes = {column.source: model.privacy[column.source.removesuffix("_id") or "id"] for column in table.columns.values()}
        assert set(classes.values()) <= {Privacy.PUBLIC, Privacy.INTERNAL}, table.name


def test_the_shape_tells_every_column(monkeypatch):
    tables = mirror_tables()
    assert shape_of(tables) == shape_of(list(tables)) != shape_of(tables[:-1])
