"""What the platform keeps for every app: numbers, ids, changes, the view log, bulk writing."""

from __future__ import annotations

import os
import threading
from datetime import date, datetime
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import sql

from config.wiring import APPEND_ONLY
from enishi.commerce.models import OrderLine, Product
from enishi.customers.models import Customer
from enishi.customers.tests import factories
from enishi.platform import changes, numbers, views_log
from enishi.platform.actor import SYSTEM
from enishi.platform.bulk import array_text, copy_line, copy_lines, copy_value, update_from_json
from enishi.platform.masking import mask
from enishi.platform.models import Counter, FieldChange, Team, ViewLog

# ---- numbers ----------------------------------------------------------------------------------------------


def test_numbers_go_on_and_grow_beyond_six_digits(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert numbers.take_numbers("C", 3) == ["C-000001", "C-000002", "C-000003"]
    assert numbers.take_numbers("B") == ["B-000001"]
    Counter.rows.filter(prefix="C").update(last=999_999)
    assert numbers.take_numbers("C") == ["C-1000000"]


@pytest.mark.django_db(transaction=True)
def test_no_number_is_given_twice_by_writers_at_once():
    taken: list[str] = []

    def writer():
        try:
            for _ in range(5):
                with transaction.atomic():
                    mine = numbers.take_numbers("C", 3)
                taken.extend(mine)
        finally:
            connection.close()

    threads = [threading.Thread(target=writer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(taken) == [f"C-{number:06d}" for number in range(1, 61)]


def test_reserved_ids_are_free_for_ever(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        ids = numbers.reserve_ids(Product, 100)
    assert len(set(ids)) == 100
    assert Product.rows.create(code="A", name="煎茶").pk not in ids


# ---- changes ----------------------------------------------------------------------------------------------


def test_a_change_is_kept_with_what_it_was_and_how_private_it_is(misaki, now, django_assert_num_queries):
    yanaka = Team.rows.create(name="谷中本店")
    deed = changes.open_change_set(actor=misaki, door="screen", at=now, reason="電話で聞いた")
    fields = {
        "name": ("齋藤", "斎藤"),
        "email": ("", ""),
        "birthday_on": (None, date(1968, 2, 29)),
        "archived_at": (None, datetime(2026, 11, 22, 1, 11)),  # noqa: DTZ001 — only how it is written matters
        "team": (None, yanaka),
    }
    with django_assert_num_queries(1):
        changes.record_changes(deed, Customer, [(7, fields)])
    kept = {
        row.field: (row.before, row.after, row.privacy_class) for row in FieldChange.rows.filter(object="customers.customer", object_id=7)
    }
    assert kept == {
        "name": ("齋藤", "斎藤", "personal"),
        "birthday_on": (None, "1968-02-29", "personal"),
        "archived_at": (None, "2026-11-22T01:11:00", "internal"),
        "team": (None, yanaka.pk, "internal"),
    }
    assert (deed.actor_id, deed.door, deed.reason) == (misaki.user_id, "screen", "電話で聞いた")


def test_an_exact_number_stays_exact(misaki, now):
    deed = changes.open_change_set(actor=misaki, door="screen", at=now)
    changes.record_changes(deed, OrderLine, [(1, {"unit_price": (Decimal("0.10"), Decimal("0.20"))})])
    assert FieldChange.rows.values_list("before", "after").get() == ("0.10", "0.20")


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_is_append_only_can_be_neither_changed_nor_deleted_by_who_runs_the_product(transactional_db, table, role):
    url = f"{os.environ[f'ENISHI_DATABASE_URL_{role.upper()}'].rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    with psycopg.connect(url, autocommit=True) as runtime:
        assert runtime.execute("SELECT current_user").fetchone() == (f"enishi_{role}",)
        for statement in ("UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                runtime.execute(sql.SQL(statement).format(sql.Identifier(table)))


def test_who_runs_the_product_owns_no_table_and_can_make_nobody_owner(db):
    """An owner could give themselves every right again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        owners = {name for (name,) in cursor.fetchall()}
        cursor.execute(
            "SELECT rolname, rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname IN ('enishi_app', 'enishi_worker')"
        )
        assert cursor.fetchall() == [(name, False, False, False) for name in ("enishi_app", "enishi_worker")]
        cursor.execute(
            "SELECT pg_has_role('enishi_app', owner, 'MEMBER'), pg_has_role('enishi_worker', owner, 'MEMBER') FROM unnest(%s::text[]) AS o(owner)",
            [list(owners)],
        )
        assert cursor.fetchall() == [(False, False)] * len(owners)


# ---- the view log -----------------------------------------------------------------------------------------


@pytest.fixture
def unwritable(monkeypatch):
    def full(**columns):
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(ViewLog.rows, "create", full)


def test_who_saw_whom_is_written_down_with_the_route(misaki_client, misaki, organisation):
    customer = factories.customer()
    misaki_client.get(f"/customers/{customer.number}/")
    assert ("customers.customer", [customer.pk], "customers:record") in ViewLog.rows.values_list("object", "object_ids", "route")


def test_while_the_log_cannot_be_written_pages_stay_and_people_are_masked(misaki_client, organisation, unwritable, caplog):
    customer = factories.customer(email="yuriko@example.jp", phone="090-1234-5678", street="東山3-2-19")
    for page in ("/customers/", f"/customers/{customer.number}/"):
        answer = misaki_client.get(page)
        body = answer.content.decode()
        assert answer.status_code == 200
        assert customer.number in body
        for secret in ("百合子", "yuriko@", "1234", "東山"):
            assert secret not in body, (page, secret)
    assert "the view log cannot be written" in caplog.text


def test_jobs_look_at_nobody(db):
    assert views_log.record(SYSTEM, Customer, [1])
    assert not ViewLog.rows.exists()


@pytest.mark.parametrize(
    ("column", "value", "masked"),
    [
        ("email", "yuriko@example.jp", "y***@example.jp"),
        ("phone", "090-1234-5678", "090-****-5678"),
        ("phone", "1234", "****"),
        ("name", "齋藤 百合子", "齋＊＊"),
        ("postal_code", "110-0001", "110-****"),
        ("birthday_on", date(1968, 2, 29), "1968/**/**"),
        ("street", "東山3-2-19", "＊＊＊"),
        ("custom", {"cf_1": "x"}, "＊＊＊"),
        ("email", "", ""),
        ("email", None, None),
    ],
)
def test_a_mask_tells_that_a_column_is_filled_and_not_with_what(column, value, masked):
    assert mask(column, value) == masked


# ---- bulk -------------------------------------------------------------------------------------------------

WILD = "タブ\t改行\n戻り\r円\\N記号\\\"引用'{},"


def test_what_copy_writes_comes_back_letter_for_letter(db):
    rows = [("A1", WILD, None, False), ("A2", "\\N", 1_000, True)]
    columns = ("code", "name", "price_jpy", "discontinued", "brand", "tax_rate_bp")
    copy_lines(Product, columns, ["\t".join(map(copy_value, (*row, "", 800))) for row in rows])
    copy_lines(Product, columns, [])
    assert list(Product.rows.order_by("code").values_list("code", "name", "price_jpy", "discontinued")) == rows
    assert copy_line(["a", None, WILD]) == "\t".join(map(copy_value, ["a", None, WILD]))
    assert copy_line(["a", None, "b"]) == "a\t\\N\tb"


def test_an_array_is_read_as_it_was(db):
    for texts in ([], [""], [WILD, "NULL", " "], ["a", "b"]):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::text[]", [array_text(texts)])
            assert cursor.fetchone()[0] == texts


def test_many_rows_are_changed_by_one_query(db, django_assert_num_queries):
    first, second, other = (Product.rows.create(code=code, name="茶") for code in "ABC")
    with django_assert_num_queries(1):
        update_from_json(
            Product,
            {"name": "text", "price_jpy": "bigint"},
            [{"id": first.pk, "name": WILD, "price_jpy": None}, {"id": second.pk, "name": "玉露", "price_jpy": 3_000}],
        )
    assert list(Product.rows.order_by("code").values_list("name", "price_jpy")) == [(WILD, None), ("玉露", 3_000), ("茶", None)]
    assert other.price_jpy is None
