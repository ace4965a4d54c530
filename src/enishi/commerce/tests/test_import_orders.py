"""Orders from the file to the base: one line an item, money to the yen, and whose they are."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enishi.commerce.importing import known
from enishi.commerce.importing.target import TARGET
from enishi.commerce.importing.tax import recognise_tax
from enishi.commerce.models import Order, OrderLine, Product, PurchaseSummary, Store
from enishi.commerce.subscribers import claim_waiting_orders
from enishi.commerce.tests.order_files import HEADINGS, counters, imported, lines_of, only_order, order_no
from enishi.customers.actions.customers import create_customer
from enishi.customers.details import Details
from enishi.customers.imports import running
from enishi.customers.imports import staged as staged_rows
from enishi.customers.models import Customer, Identity, ImportRow, ImportRun
from enishi.customers.tests.import_files import answered, begun, checked, csv, messages_of, staged
from enishi.platform import jobs, rights
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import Event


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def yuriko(make_customer):
    """A member, by the columns and by the identities that actions would have written."""
    made = make_customer(email="yuriko@example.jp", phone="090-1234-5678")
    for kind, value in (("member", "M001"), ("email", "yuriko@example.jp"), ("phone", "+819012345678")):
        Identity.rows.create(customer=made, kind=kind, value=value, created_at=made.created_at)
    return made


# ---- what is stored ---------------------------------------------------------------------------------------


def test_the_lines_of_one_number_are_one_order(yuriko):
    run = imported(
        "1001,2026/10/01 14:05,M001,A1,煎茶,2,1080", "1001,2026/10/01 14:05,M001,B1,急須,1,3300", "1002,2026/10/02,M001,A1,煎茶,1,1080"
    )
    assert (run.state, run.created_count, counters(run)["orders_created"]) == ("done", 3, 2)
    order = order_no("1001")
    assert (order.number, order.channel, order.state, order.counts) == ("O-000001", "ec", "done", True)
    assert (order.customer_id, order.ordered_on, order.import_run_id) == (yuriko.pk, date(2026, 10, 1), run.pk)
    assert order.ordered_at.isoformat() == "2026-10-01T05:05:00+00:00"
    assert [(name, pieces) for name, pieces, _amount in lines_of(order)] == [("煎茶", 2), ("急須", 1)]
    summary = PurchaseSummary.rows.get(customer=yuriko)
    assert (summary.purchase_count, summary.first_on, summary.last_on) == (2, date(2026, 10, 1), date(2026, 10, 2))


def test_an_import_records_each_order_and_orders_a_look_at_the_stages(yuriko):
    run = imported("1001,2026/10/01,M001,A1,煎茶,1,1080")
    event = Event.rows.get(kind="order.imported")
    assert (event.subject_id, event.customer_id, event.data) == (only_order().pk, yuriko.pk, {"run": run.pk, "created": True})
    assert jobs.is_waiting_or_running("commerce.refresh_lifecycles")


def test_products_are_made_once_from_their_first_line():
    Product.rows.create(code="B1", name="急須（常滑）", tax_rate_bp=1000)
    headings = "注文番号,注文日時,商品コード,商品名,ブランド,商品カテゴリ,数量,単価,税率"
    run = imported(
        "1001,2026/10/01,A1,煎茶,縁日堂,茶葉,1,1080,8%",
        "1001,2026/10/01,B1,急須,,,1,3300,10%",
        "1002,2026/10/02,A1,煎茶 100g,,,1,1080,8%",
        headings=headings,
    )
    assert counters(run)["products"] == 1
    made = Product.rows.get(code="A1")
    assert (made.name, made.brand, str(made.category), made.tax_rate_bp) == ("煎茶", "縁日堂", "茶葉", 800)
    assert Product.rows.get(code="B1").name == "急須（常滑）"
    assert set(OrderLine.rows.values_list("product__code", flat=True)) == {"A1", "B1"}


def test_a_store_that_is_registered_is_found_by_its_name_and_another_is_told():
    yanaka = Store.rows.create(code="Y1", name="谷中本店")
    headings = "注文番号,注文日時,店舗,販売チャネル,商品名,数量,単価"
    run = imported("1,2026/10/01,谷中本店,店舗,煎茶,1,1080", "2,2026/10/01,銀座店,店舗,煎茶,1,1080", headings=headings)
    assert run.rejected_count == 0
    assert (order_no("1").store, order_no("1").channel) == (yanaka, "store")
    assert order_no("2").store is None
    said = ImportRow.rows.get(run=run, row_no=3).messages
    assert "銀座店" in said[0]["text"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (",2026/10/01,M001,A1,煎茶,1,1080", "注文番号がありません"),
        ("1001,,M001,A1,煎茶,1,1080", "注文日がありません"),
        ("1001,2026/2/30,M001,A1,煎茶,1,1080", "存在しない日付"),
        ("1001,2026/10/01,M001,A1,煎茶,0,1080", "数量が0です"),
        ("1001,2026/10/01,M001,A1,煎茶,1,", "単価も金額もありません"),
        ("1001,2026/10/01,M001,A1,煎茶,一つ,1080", "数量"),
    ],
)
def test_a_bad_row_is_refused_and_the_others_come_in(line, words):
    run = imported(line, "1002,2026/10/01,M001,A1,煎茶,1,1080")
    assert (run.created_count, run.rejected_count) == (1, 1)
    assert words in messages_of(run)[0]
    assert only_order().external_id == "1002"


def test_a_file_without_a_price_is_not_taken():
    run = staged(csv("1001,2026/10/01,煎茶,1", headings="注文番号,注文日時,商品名,数量"), target="orders")
    with pytest.raises(Invalid) as refusal:
        answered(run)
    assert "単価か金額の列を選んでください。" in str(refusal.value.fields)


def test_who_may_not_create_orders_imports_none(make_user):
    actor = rights.actor_of(make_user("ecstaff", "ec_staff"))
    with pytest.raises(NotAllowed):
        imported("1001,2026/10/01,M001,A1,煎茶,1,1080", actor=actor)
    assert (Order.rows.count(), ImportRun.rows.count()) == (0, 0)


# ---- money ------------------------------------------------------------------------------------------------

RATED = "注文番号,注文日時,商品名,数量,単価,税率,送料,値引"


def test_tax_is_taken_out_once_per_rate_of_an_order():
    """Three times ¥108 at 8 % and one ¥1,101 at 10 %: by line the tax would be cut four times."""
    imported(
        "1,2026/10/01,煎茶,1,105,8%,,",
        "1,2026/10/01,ほうじ茶,1,105,8%,,",
        "1,2026/10/01,番茶,1,105,8%,,",
        "1,2026/10/01,急須,1,1101,10%,,",
        headings=RATED,
    )
    order = only_order()
    assert (order.goods_jpy, order.tax_jpy) == (315 - 23 + 1101 - 100, 23 + 100)
    assert sum(amount for _name, _pieces, amount in lines_of(order)) == order.goods_jpy


def test_prices_without_tax_get_their_tax_once_per_rate():
    imported("1,2026/10/01,煎茶,1,99,8%,,", "1,2026/10/01,番茶,1,99,8%,,", headings=RATED, tax_included="0")
    assert (only_order().goods_jpy, only_order().tax_jpy) == (198, 15)


def test_a_rate_that_no_column_gives_is_the_products_and_then_the_chosen_one():
    Product.rows.create(code="A1", name="煎茶", tax_rate_bp=800)
    imported("1,2026/10/01,,A1,煎茶,1,1080", "1,2026/10/01,,Z9,湯呑,1,1100")
    assert (only_order().goods_jpy, only_order().tax_jpy) == (2000, 180)


def test_shipping_and_fees_stand_apart_and_repeated_ones_count_once():
    headings = "注文番号,注文日時,商品名,数量,単価,送料,手数料"
    run = imported("1,2026/10/01,煎茶,1,1100,550,330", "1,2026/10/01,急須,1,2200,550,330", headings=headings)
    order = only_order()
    assert (order.goods_jpy, order.tax_jpy, order.shipping_jpy, order.fee_jpy) == (3000, 300, 550, 330)
    assert counters(run)["goods_jpy"] == 3000


def test_a_discount_column_is_dealt_out_over_the_rates():
    imported("1,2026/10/01,煎茶,1,1080,8%,,500", "1,2026/10/01,急須,1,3300,10%,,500", headings=RATED)
    order = only_order()
    assert order.goods_jpy + order.tax_jpy == 1080 + 3300 - 500
    assert sum(amount for _name, _pieces, amount in lines_of(order)) == order.goods_jpy
    assert (order.counts, order.state) == (True, "done")


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        ("注文番号,注文日時,商品名,数量,金額", "1,2026/10/01,クーポン割引,1,-500"),
        ("注文番号,注文日時,商品名,数量,単価", "1,2026/10/01,クーポン割引,1,-500"),
        ("注文番号,注文日時,商品名,数量,単価", "1,2026/10/01,お値引き,-1,500"),
        ("注文番号,注文日時,商品名,数量,単価", "1,2026/10/01,ポイント利用,-500,1"),
    ],
)
def test_a_discount_written_as_a_row_takes_money_off_and_no_goods_back(headings, row):
    imported("1,2026/10/01,煎茶,1,1600", row, headings=headings)
    order = only_order()
    assert (order.goods_jpy, order.tax_jpy) == (1000, 100)
    assert (order.state, order.counts) == ("done", True)


def test_points_of_a_mall_are_borne_by_the_mall():
    headings = "注文番号,注文日時,販売チャネル,商品名,数量,単価,ポイント利用,クーポン値引"
    imported("1,2026/10/01,楽天,煎茶,1,1100,300,110", "2,2026/10/01,自社EC,煎茶,1,1100,330,", headings=headings)
    assert order_no("1").goods_jpy == 900
    assert order_no("2").goods_jpy == 700


def test_a_free_order_is_a_purchase_of_nothing():
    imported("1,2026/10/01,,A1,見本,1,0")
    assert (only_order().goods_jpy, only_order().counts) == (0, True)


@pytest.mark.parametrize(
    ("heading", "price", "goods"),
    [("単価（税込）", "1100", 1000), ("単価（税抜）", "1000", 1000), ("単価", "1100", 1000)],
)
def test_whether_prices_hold_the_tax_is_read_from_the_heading(heading, price, goods):
    run = staged(csv(f"1,2026/10/01,煎茶,1,{price}", headings=f"注文番号,注文日時,商品名,数量,{heading}"), target="orders")
    proposed = {option.key: option.proposed for option in TARGET.options(run)}
    run = answered(run, tax_included=str(proposed["tax_included"]))
    begun(run)
    list(running.run_stretch(run.pk))
    assert only_order().goods_jpy == goods


@pytest.mark.parametrize(("total", "included"), [("3300", True), ("3630", False)])
def test_whether_prices_hold_the_tax_is_seen_from_the_totals(total, included):
    headings = "注文番号,注文日時,商品名,数量,単価,合計金額"
    run = staged(csv(f"1,2026/10/01,煎茶,1,1100,{total}", f"1,2026/10/01,急須,1,2200,{total}", headings=headings), target="orders")
    assert recognise_tax(run)[0] is included


# ---- returns ----------------------------------------------------------------------------------------------


def test_a_return_is_a_negative_line_that_gives_its_money_back_to_the_yen(yuriko):
    imported("1,2026/10/01,M001,A1,煎茶,1,105", "1,2026/10/01,M001,B1,急須,1,105", "1,2026/10/05,M001,A1,煎茶,-1,105")
    order = only_order()
    sold, other, back = OrderLine.rows.filter(order=order).order_by("line_no")
    assert (back.quantity, back.amount_jpy, back.returned_line_id) == (-1, -sold.amount_jpy, sold.pk)
    assert (order.goods_jpy, order.state, order.counts) == (other.amount_jpy, "done", True)


def test_an_order_that_comes_back_whole_is_no_purchase(yuriko):
    imported("1,2026/10/01,M001,A1,煎茶,2,1080")
    imported("1,2026/10/08,M001,A1,煎茶,-2,1080")
    order = only_order()
    assert (order.state, order.counts, order.goods_jpy, order.tax_jpy) == ("returned", False, 0, 0)
    assert not PurchaseSummary.rows.exists()


def test_an_order_that_comes_back_but_for_its_coupon_is_no_purchase():
    imported(
        "1,2026/10/01,,A1,煎茶,1,1080",
        "1,2026/10/01,,,クーポン割引,1,-100",
        "1,2026/10/08,,A1,煎茶,-1,1080",
        "1,2026/10/08,,,クーポン割引,-1,-100",
    )
    assert (only_order().state, only_order().counts, only_order().goods_jpy, only_order().tax_jpy) == ("returned", False, 0, 0)


@pytest.mark.parametrize("number", ["C1001", "R-1001", "1001-R", "1001_返品", "RT1001"])
def test_a_return_with_a_number_of_its_own_goes_to_the_order_it_names(yuriko, number):
    imported("1001,2026/10/01,M001,A1,煎茶,2,1080", "1002,2026/10/02,M001,A1,煎茶,1,1080")
    run = imported(f"{number},2026/10/08,M001,A1,煎茶,-2,1080")
    assert Order.rows.count() == 2
    assert (order_no("1001").state, order_no("1001").goods_jpy) == ("returned", 0)
    assert PurchaseSummary.rows.get(customer=yuriko).purchase_count == 1
    assert counters(run)["orders_changed"] == 1
    again = imported(f"{number},2026/10/08,M001,A1,煎茶,-2,1080")
    assert again.unchanged_count == 1


def test_a_return_above_its_order_in_the_file_finds_it_all_the_same():
    """Shops write the newest order first."""
    imported("R-1001,2026/10/08,,A1,煎茶,-1,1080", "1001,2026/10/01,,A1,煎茶,1,1080")
    assert (only_order().external_id, only_order().state, only_order().counts) == ("1001", "returned", False)


def test_a_return_of_an_order_nobody_knows_stands_alone_and_takes_from_the_revenue(yuriko):
    imported("1,2026/10/01,M001,A1,煎茶,1,1100", "C9999,2026/10/08,M001,B1,急須,-1,330")
    assert (order_no("C9999").state, order_no("C9999").counts, order_no("C9999").goods_jpy) == ("returned", False, -300)
    summary = PurchaseSummary.rows.get(customer=yuriko)
    assert (summary.purchase_count, summary.revenue_jpy, summary.last_on) == (1, 700, date(2026, 10, 1))


STATED = "注文番号,注文日時,会員番号,商品名,数量,単価,状態"


def test_a_state_of_return_takes_a_row_back_and_the_order_when_every_row_is(yuriko):
    imported(
        "1,2026/10/01,M001,煎茶,1,1080,完了", "1,2026/10/01,M001,急須,1,3300,返品", "2,2026/10/01,M001,急須,1,3300,返品", headings=STATED
    )
    assert (order_no("1").state, order_no("1").goods_jpy, order_no("1").counts) == ("done", 982, True)
    assert (order_no("2").state, order_no("2").goods_jpy, order_no("2").counts) == ("returned", 0, False)


def test_a_column_of_signs_marks_returns():
    imported("1,2026/10/01,,煎茶,2,1080,売上", "2,2026/10/02,,煎茶,1,1080,返品", headings=STATED.replace("状態", "売上区分"))
    assert order_no("2").goods_jpy < 0


def test_an_amount_alone_may_carry_the_sign():
    imported("1,2026/10/01,煎茶,1,1100", "1,2026/10/03,煎茶,1,-1100", headings="注文番号,注文日時,商品名,数量,金額")
    assert (only_order().state, only_order().goods_jpy) == ("returned", 0)


def test_a_cancelled_order_carries_no_goods_and_comes_back_with_its_money(yuriko):
    imported("1,2026/10/01,M001,煎茶,1,1080,キャンセル", headings=STATED)
    order = only_order()
    assert (order.state, order.counts, order.goods_jpy, order.tax_jpy) == ("cancelled", False, 0, 0)
    assert not PurchaseSummary.rows.exists()
    imported("1,2026/10/01,M001,煎茶,1,1080,完了", headings=STATED)
    order.refresh_from_db()
    assert (order.state, order.counts, order.goods_jpy, order.tax_jpy) == ("done", True, 982, 98)
    assert PurchaseSummary.rows.get(customer=yuriko).revenue_jpy == 982


# ---- the same file, and the next one ----------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing(yuriko):
    lines = [
        "1,2026/10/01,M001,A1,煎茶,2,1080",
        "1,2026/10/01,M001,A1,煎茶,2,1080",
        "1,2026/10/01,M001,,クーポン割引,1,-200",
        "1,2026/10/03,M001,A1,煎茶,-2,1080",
        "2,2026/10/01,M999,A1,煎茶,1,1080",
        "C3,2026/10/05,M001,B1,急須,-1,330",
    ]
    imported(*lines)
    before = list(Order.rows.order_by("pk").values_list("pk", "row_xid")), OrderLine.rows.count(), PurchaseSummary.rows.get().row_xid
    again = imported(*lines)
    assert (again.created_count, again.updated_count, again.unchanged_count) == (0, 0, 6)
    assert (
        list(Order.rows.order_by("pk").values_list("pk", "row_xid")),
        OrderLine.rows.count(),
        PurchaseSummary.rows.get().row_xid,
    ) == before
    assert Event.rows.filter(kind="order.imported").count() == 3


def test_a_longer_file_adds_what_is_new():
    imported("1,2026/10/01,,A1,煎茶,1,1080")
    run = imported("1,2026/10/01,,A1,煎茶,1,1080", "1,2026/10/01,,B1,急須,1,3300", "2,2026/10/02,,A1,煎茶,1,1080")
    assert (run.created_count, run.updated_count, run.unchanged_count) == (1, 1, 1)
    assert [name for name, _pieces, _amount in lines_of(order_no("1"))] == ["煎茶", "急須"]


def test_an_order_that_went_on_is_a_changed_order():
    imported("1,2026/10/01,,煎茶,1,1080,受付", headings=STATED)
    run = imported("1,2026/10/01,,煎茶,1,1080,出荷", headings=STATED)
    assert only_order().state == "shipped"
    assert (run.updated_count, counters(run).get("orders_changed"), counters(run).get("orders_unchanged")) == (1, 1, None)


def test_rows_of_one_order_far_apart_are_one_order(monkeypatch):
    """The chunk ends between them in the file."""
    monkeypatch.setattr(staged_rows.read_chunk, "__kwdefaults__", {"size": 2})
    run = imported(
        "1,2026/10/01,,A1,煎茶,1,105", "2,2026/10/01,,A1,煎茶,1,105", "3,2026/10/01,,A1,煎茶,1,105", "1,2026/10/01,,B1,急須,1,105"
    )
    assert counters(run)["orders_created"] == 3
    assert (order_no("1").goods_jpy, order_no("1").tax_jpy) == (210 - 19, 19)


def test_numbers_written_alike_over_two_chunks_are_one_order(monkeypatch):
    monkeypatch.setattr(staged_rows.read_chunk, "__kwdefaults__", {"size": 1})
    imported("1001,2026/10/01,,A1,煎茶,1,1080", "１００１,2026/10/01,,B1,急須,1,3300")
    assert [name for name, _pieces, _amount in lines_of(only_order())] == ["煎茶", "急須"]


def test_the_same_number_in_two_channels_is_two_orders():
    headings = "注文番号,注文日時,販売チャネル,商品名,数量,単価"
    imported("1,2026/10/01,自社EC,煎茶,1,1080", "1,2026/10/01,楽天市場,煎茶,1,1080", headings=headings)
    assert set(Order.rows.values_list("channel", flat=True)) == {"ec", "mall"}


def test_the_check_says_what_the_run_does_and_writes_nothing(yuriko):
    imported("1,2026/10/01,M001,A1,煎茶,1,1080")
    lines = [
        "1,2026/10/01,M001,A1,煎茶,1,1080",
        "2,2026/10/01,M777,B1,急須,1,3300",
        "R-2,2026/10/03,M777,B1,急須,-1,3300",
        "3,,,A1,煎茶,1,1",
    ]
    run = checked(answered(staged(csv(*lines, headings=HEADINGS), target="orders"), tax_included="1"))
    assert (Order.rows.count(), Product.rows.count()) == (1, 1)
    expected = run.report["check"]
    begun(run)
    list(running.run_stretch(run.pk))
    run.refresh_from_db()
    for name in ("created_count", "updated_count", "unchanged_count", "rejected_count"):
        assert getattr(run, name) == expected[name], name
    assert counters(run) == {key: value for key, value in expected["counters"].items() if value}


def test_a_chunk_takes_as_many_queries_for_ten_orders_as_for_a_hundred(yuriko):
    def queries_of(first: int, count: int) -> int:
        lines = [f"{number},2026/10/01,M001,A{number},茶{number},1,1080" for number in range(first, first + count)]
        run = answered(staged(csv(*lines, headings=HEADINGS), target="orders"), tax_included="1")
        begun(run)
        with CaptureQueriesContext(connection) as seen:
            list(running.run_stretch(run.pk))
        assert counters(ImportRun.rows.get(pk=run.pk))["orders_created"] == count
        return len(seen)

    small = queries_of(1, 30)
    assert queries_of(1000, 100) == small


# ---- whose they are ---------------------------------------------------------------------------------------

BUYER = "注文番号,注文日時,会員番号,注文者名,メールアドレス,電話番号,商品名,数量,単価"


@pytest.mark.parametrize(
    "said", ["M001,,,", ",,Yuriko@Example.jp,", ",,,090-1234-5678", "M001,別の人,other@example.jp,03-0000-0000", "M404,,yuriko@example.jp,"]
)
def test_a_buyer_is_known_by_number_mail_or_phone_the_surest_first(yuriko, said):
    imported(f"1,2026/10/01,{said},煎茶,1,1080", headings=BUYER)
    assert (only_order().customer_id, only_order().claim) == (yuriko.pk, {})


def test_a_name_alone_leads_to_nobody(yuriko):
    run = imported("1,2026/10/01,,齋藤 百合子,,,煎茶,1,1080", headings=BUYER)
    assert only_order().customer_id is None
    assert counters(run).get("nobody") == 1
    assert "unclaimed" not in counters(run)


def test_an_order_waits_and_finds_its_customer_when_the_identity_appears(misaki, now):
    run = imported("1,2026/10/01,,田中 千夏,chinatsu@example.jp,,煎茶,1,1080", headings=BUYER)
    assert only_order().claim == {"email": "chinatsu@example.jp", "name": "田中 千夏"}
    assert counters(run)["unclaimed"] == 1
    assert Customer.rows.count() == 0
    pk = create_customer(details=Details(family_name="田中", given_name="千夏", email="chinatsu@example.jp"), actor=misaki, now=now).id
    claim_waiting_orders(list(Event.rows.filter(kind="customer.registered")))
    order = only_order()
    assert (order.customer_id, order.claim) == (pk, {})
    assert PurchaseSummary.rows.get(customer_id=pk).revenue_jpy == 982
    assert Customer.rows.get(pk=pk).lifecycle == "first"
    claimed = Event.rows.get(kind="order.claimed")
    assert (claimed.subject_id, claimed.customer_id) == (order.pk, pk)


def test_a_later_file_that_knows_more_of_the_buyer_is_kept():
    imported("1,2026/10/01,,,,,煎茶,1,1080", headings=BUYER)
    run = imported("1,2026/10/01,,田中 千夏,chinatsu@example.jp,,煎茶,1,1080", headings=BUYER)
    assert only_order().claim == {"email": "chinatsu@example.jp", "name": "田中 千夏"}
    assert run.updated_count == 1


def test_nothing_of_the_buyer_stays_on_an_order_that_found_its_customer(yuriko):
    imported("1,2026/10/01,,齋藤,unknown@example.jp,,煎茶,1,1080", headings=BUYER)
    imported("1,2026/10/01,M001,齋藤,unknown@example.jp,,煎茶,1,1080", headings=BUYER)
    assert (only_order().customer_id, only_order().claim) == (yuriko.pk, {})


def test_a_customer_registered_while_the_file_ran_is_found_at_its_end(monkeypatch, yuriko):
    monkeypatch.setattr(known, "_buyers", lambda said, actor: {})
    run = imported("1,2026/10/01,M001,,,,煎茶,1,1080", headings=BUYER)
    assert only_order().customer_id == yuriko.pk
    assert counters(run)["claimed"] == 1


def test_a_recipient_never_becomes_a_customer(yuriko):
    headings = "注文番号,注文日時,会員番号,商品名,数量,単価,届け先氏名,届け先電話番号,届け先住所"
    imported("1,2026/10/01,M001,煎茶,1,1080,鈴木 一郎,03-1234-5678,東京都台東区谷中1-2-3", headings=headings)
    (line,) = OrderLine.rows.all()
    assert line.recipient["name"] == "鈴木 一郎"
    assert Customer.rows.count() == 1
    assert only_order().customer_id == yuriko.pk
