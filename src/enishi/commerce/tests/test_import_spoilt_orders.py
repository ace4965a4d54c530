"""Files of orders with what cannot be: told beside the row, in words that say what to do; and what is taken off, kept apart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from enishi.commerce.importing.target import TARGET
from enishi.commerce.models import Order, OrderLine
from enishi.commerce.queries.coupons import coupon_rows
from enishi.commerce.queries.orders import order_record
from enishi.commerce.tests.order_files import HEADINGS, counters, imported, lines_of, order_no
from enishi.customers.models import ImportRow
from enishi.platform import time

pytestmark = pytest.mark.django_db
MONEY = "注文番号,注文日時,会員番号,商品コード,商品名,数量,単価,送料,手数料,値引,クーポン値引,ポイント利用,クーポンコード,出荷日"


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


def told(run):
    return [message["text"] for row in ImportRow.rows.filter(run=run).order_by("position") for message in row.messages]


def figures(run):
    return {figure.label: figure.value for figure in TARGET.figures(run.report["counters"])}


def test_an_order_of_tomorrow_is_refused_and_one_of_this_evening_is_not():
    today = time.today(time.now())
    run = imported(f"1,{today:%Y/%m/%d} 23:59,M1,A1,煎茶,1,1080", f"2,{today + timedelta(days=1):%Y/%m/%d},M1,A1,煎茶,1,1080")
    assert (run.created_count, run.rejected_count) == (1, 1)
    assert any(text.startswith("注文日が未来です（") and "年を確かめてください" in text for text in told(run))


def test_an_order_that_takes_off_more_than_it_sells_is_refused_whole():
    run = imported("1,2026/10/01,M1,A1,煎茶,1,1080", "1,2026/10/01,M1,,クーポン値引,1,-2000", "2,2026/10/01,M1,A1,煎茶,1,1080")
    assert (run.created_count, run.rejected_count, Order.rows.count()) == (1, 2, 1)
    assert "この注文の商品代がマイナスになります。値引の行と返品の行を確かめてください。" in told(run)


def test_a_return_whose_order_is_not_there_is_told_and_takes_from_the_revenue():
    run = imported("R-77,2026/10/01,M1,A1,煎茶,-1,1080")
    assert order_no("R-77").goods_jpy == -982
    assert "返品のもとの注文が見つかりません。単独の返品として取り込み、売上から引きます。" in told(run)
    assert figures(run)["もとの注文のない返品"] == "1"
    known = imported("78,2026/10/01,M1,A1,煎茶,2,1080", "R-78,2026/10/02,M1,A1,煎茶,-1,1080")
    assert "lone_returns" not in counters(known)
    assert [pieces for _name, pieces, _amount in lines_of(order_no("78"))] == [2, -1]


def test_files_that_overlap_count_nothing_twice_and_say_so():
    first = ("1,2026/10/01,M1,A1,煎茶,1,1080", "2,2026/10/02,M1,A1,煎茶,2,1080")
    imported(*first)
    run = imported(first[1], "3,2026/10/03,M1,A1,煎茶,1,1080")
    assert (run.created_count, run.unchanged_count, Order.rows.count(), OrderLine.rows.count()) == (1, 1, 3, 3)
    assert figures(run)["取り込み済みの注文"] == "1"


def test_what_is_taken_off_and_what_is_charged_stand_apart(misaki, misaki_client, make_customer):
    lines = (
        "1,2026/10/01,M1,A1,煎茶,2,1080,550,330,100,200,300,HARU,2026/10/03",
        "1,2026/10/01,M1,B1,急須,1,2200,550,330,100,200,300,HARU,2026/10/03",
    )
    imported(*lines, headings=MONEY)
    order = order_no("1")
    assert (order.shipping_jpy, order.fee_jpy, order.discount_jpy, order.coupon_jpy, order.points_jpy) == (550, 330, 100, 200, 300)
    assert order.goods_jpy + order.tax_jpy == 2 * 1_080 + 2_200 - 600
    shown = order_record(misaki, order.number)
    assert shown.total == "¥4,640"
    assert shown.taken_off == [("値引", "¥100"), ("クーポン値引", "¥200"), ("ポイント利用", "¥300")]
    page = misaki_client.get(reverse("commerce:order", args=[order.number])).content.decode()
    assert all(words in page for words in ("HARU", "2026/10/03", "¥330"))
    assert misaki_client.get(reverse("commerce:coupons")).status_code == 200


def test_points_of_a_mall_take_nothing_off():
    imported("1,2026/10/01,M1,A1,煎茶,1,1080,,,,,300,,", headings=MONEY, channel="mall")
    order = order_no("1")
    assert (order.goods_jpy, order.tax_jpy, order.points_jpy) == (982, 98, 300)


def test_coupons_are_counted_in_the_purchases_that_one_sees(make_customer, make_order, misaki, yoshida):
    own, other = make_customer(owner_id=yoshida.user_id), make_customer()
    day = time.today(time.now()) - timedelta(days=9)
    for buyer, code, state in ((own, "HARU", "done"), (other, "HARU", "done"), (other, "NATSU", "done"), (other, "HARU", "cancelled")):
        make_order(buyer, on=day, coupon_code=code, coupon_jpy=100, state=state, counts=state == "done")
    assert [(row.code, row.orders, row.buyers, row.taken_off) for row in coupon_rows(misaki)] == [
        ("HARU", "2", "2", "¥200"),
        ("NATSU", "1", "1", "¥100"),
    ]
    assert [(row.code, row.orders) for row in coupon_rows(yoshida)] == [("HARU", "1")]


def test_how_a_gift_goes_out_is_shown_to_who_reads_people_alone(make_customer, misaki, hayashi, yanaka):
    headings = f"{HEADINGS},お届け先名,お届け先住所,のし,お届け希望日,お届け時間帯"
    imported("1,2026/10/01,M1,A1,煎茶,1,1080,山田 花子,東京都台東区谷中1-2-3,御歳暮,2026/12/10,午前中", headings=headings)
    order = order_no("1")
    order.customer = make_customer(team=yanaka)
    order.save()
    [line] = order_record(misaki, order.number).lines
    assert line.recipient == "山田 花子・東京都台東区谷中1-2-3・のし：御歳暮・お届け希望：2026/12/10 午前中"
    [line] = order_record(hayashi, order.number).lines
    assert line.recipient == ""
