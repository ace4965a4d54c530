"""Files of shop systems and tills as these write them: known by their headings, read without a question."""

from __future__ import annotations

import pytest

from enishi.commerce.importing.profiles import PROFILES, profile_of
from enishi.commerce.models import Order, OrderLine, Product
from enishi.commerce.tests.order_files import order_no
from enishi.customers.importing.vocabulary import ORDER_FIELDS
from enishi.customers.models import ImportRow
from enishi.customers.tests.import_files import csv, imported, staged

pytestmark = pytest.mark.django_db

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,"
    "Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Shipping Name,"
    "Shipping Address1,Shipping City,Shipping Zip,Shipping Province Name,Shipping Phone,Cancelled at,Payment Method,Refunded Amount,Vendor,Phone"
)
EC_CUBE = (
    "注文ID,注文番号,会員ID,お名前(姓),お名前(名),メールアドレス,TEL,小計,値引き,送料,手数料,合計,利用ポイント,支払方法,注文日時,"
    "対応状況(名称),商品名,商品コード,規格分類名1,規格分類名2,価格,個数,税率,明細区分(名称),配送先_お名前(姓),配送先_お名前(名),"
    "配送先_郵便番号,配送先_都道府県(名称),配送先_住所1,配送先_住所2,お届け予定日"
)
RAKUTEN = (
    "注文番号,ステータス,注文日時,支払方法名,商品合計金額,送料合計,代引料合計,請求金額,ポイント利用額,店舗発行クーポン利用額,"
    "楽天発行クーポン利用額,注文者姓,注文者名,注文者電話番号1,注文者電話番号2,注文者電話番号3,注文者メールアドレス,のし,送付先郵便番号1,"
    "送付先郵便番号2,送付先住所都道府県,送付先住所郡市区,送付先住所それ以降の住所,送付先姓,送付先名,商品名,商品番号,商品管理番号,単価,個数,"
    "税込別,項目・選択肢,商品税率"
)
SMAREGI = (
    "取引ID,取引日時,取引区分（1:通常、2:入金）,取消区分（0:通常、1:取消）,小計値引き,ポイント値引き,合計,店舗名,会員コード,取引明細ID,"
    "取引明細区分（1：通常、2：返品、3：部門売り）,商品コード,商品名,販売単価,数量,値引き後計,部門名"
)


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


def brought(headings, *lines, encoding="cp932"):
    """The run of a file with the answers that the screen proposes, and no column chosen by hand."""
    from enishi.commerce.importing.target import TARGET

    data = csv(*lines, headings=headings, encoding=encoding)
    options = {option.key: option.proposed for option in TARGET.options(staged(data, target="orders", name="注文.csv"))}
    return imported(data, target="orders", name="注文.csv", **options)


def lines_of(order):
    return [
        (line.name, int(line.quantity), line.amount_jpy, line.tax_rate_bp)
        for line in OrderLine.rows.filter(order=order).order_by("line_no")
    ]


@pytest.mark.parametrize(("key", "headings"), [("shopify", SHOPIFY), ("ec_cube", EC_CUBE), ("rakuten", RAKUTEN), ("smaregi", SMAREGI)])
def test_a_file_is_known_by_its_headings_alone(key, headings):
    assert profile_of(headings.split(",")).key == key
    assert profile_of(["注文番号", "注文日時", "会員番号", "商品コード", "商品名", "数量", "単価"]) is None


def test_each_profile_says_what_an_order_needs_in_fields_that_there_are():
    known = {field.key for field in ORDER_FIELDS}
    for profile in PROFILES:
        fields = set(profile.columns.values())
        assert {"order_number", "ordered_at", "quantity", "unit_price"} <= fields <= known, profile.key
        assert len(fields) == len(profile.columns), profile.key
        assert all(join.headings[0] in profile.columns for join in profile.joined), profile.key


def test_shopify_tells_of_an_order_on_its_first_row_alone():
    run = brought(
        SHOPIFY,
        "#1001,yuriko@example.jp,paid,x,fulfilled,2026-10-03 09:00:00 +0900,JPY,3780,550,x,4330,HARU10,420,x,2026-10-01 14:05:12 +0900,"
        "2,煎茶,1080,A1,齋藤 百合子,齋藤 花子,1-2-3,台東区,'110-0001,東京都,03-1234-5678,,Shopify Payments,0,縁日堂,",
        "#1001,,,,,,,,,,,,,,2026-10-01 14:05:12 +0900,1,急須,2040,B1,,,,,,,,,,,縁日堂,",
        "#1002,a@example.jp,refunded,x,,,JPY,1080,0,x,1080,,0,x,2026-10-02 10:00:00 +0900,1,煎茶,1080,A1,A,,,,,,,,x,1080,,",
        "#1003,a@example.jp,voided,x,,,JPY,1080,0,x,1080,,0,x,2026-10-02 10:00:00 +0900,1,煎茶,1080,A1,A,,,,,,,2026-10-02 11:00:00 +0900,x,0,,",
        encoding="utf-8",
    )
    assert (run.created_count, run.rejected_count) == (4, 0), messages(run)
    order = order_no("#1001")
    assert (order.channel, order.state, order.coupon_code, order.discount_jpy, order.shipping_jpy) == ("ec", "done", "HARU10", 420, 550)
    assert order.goods_jpy + order.tax_jpy == 2 * 1_080 + 2_040 - 420
    assert order.ordered_at.isoformat() == "2026-10-01T05:05:12+00:00"
    assert order.shipped_on.isoformat() == "2026-10-03"
    first, second = OrderLine.rows.filter(order=order).order_by("line_no")
    assert first.recipient == second.recipient
    assert (first.recipient["name"], first.recipient["address"]) == ("齋藤 花子", "東京都台東区1-2-3")
    assert Product.rows.get(code="A1").brand == "縁日堂"
    assert (order_no("#1002").state, order_no("#1002").counts, order_no("#1003").state) == ("returned", False, "cancelled")


def test_ec_cube_prices_are_without_tax_and_what_is_no_goods_is_passed_over():
    common = "12,齋藤,百合子,yuriko@example.jp,0312345678,3460,500,660,330,3950,0,代金引換,2026/10/01 14:05:12,発送済み"
    there = "花,子,1100001,東京都,台東区,1-2-3,2026/10/05"
    run = brought(
        EC_CUBE,
        f"1,1001,{common},煎茶,A1,100g,深蒸し,1000,2,8,商品,{there}",
        f"1,1001,{common},急須,B1,,,1000,1,10,商品,{there}",
        f"1,1001,{common},送料,,,,600,1,10,送料,{there}",
        f"1,1001,{common},手数料,,,,300,1,10,手数料,{there}",
        f"2,1002,{common.replace('発送済み', '購入処理中')},煎茶,A1,,,1000,1,8,商品,{there}",
        f"3,1003,{common.replace('発送済み', '注文取消し')},煎茶,A1,,,1000,1,8,商品,{there}",
    )
    assert run.rejected_count == 0, messages(run)
    order = order_no("1001")
    assert [(name, pieces, rate) for name, pieces, _amount, rate in lines_of(order)] == [("煎茶 100g 深蒸し", 2, 800), ("急須", 1, 1_000)]
    assert order.goods_jpy + order.tax_jpy == 2_160 + 1_100 - 500
    assert (order.shipping_jpy, order.fee_jpy, order.discount_jpy, order.state) == (660, 330, 500, "shipped")
    assert [line.unit_price for line in OrderLine.rows.filter(order=order)] == [1_000, 1_000]
    assert order.claim["name"] == "齋藤 百合子"
    recipient = OrderLine.rows.filter(order=order)[0].recipient
    assert (recipient["name"], recipient["address"], recipient["wish"]) == ("花 子", "東京都台東区1-2-3", "2026/10/05")
    assert not Order.rows.filter(external_id="1002").exists()
    assert order_no("1003").state == "cancelled"


def test_at_rakuten_points_are_the_mall_s_and_a_mail_that_is_handed_on_leads_to_nobody():
    def row(number, status, price, inside, rate, points=300, coupon=200):
        return (
            f"{number},{status},2026-10-01 14:05:12,クレジットカード,{price},550,0,x,{points},{coupon},1000,齋藤,百合子,090,1234,5678,"
            f"abc@pc.fw.rakuten.ne.jp,御歳暮,110,0001,東京都,台東区,1-2-3,齋藤,花子,煎茶,tea-1,tea,{price},1,{inside},100g,{rate}"
        )

    run = brought(RAKUTEN, row("274555-20261001-1", 700, 1_080, 1, 0.08), row("274555-20261001-2", 900, 1_000, 0, 0.1, 0, 0))
    assert (run.created_count, run.rejected_count) == (2, 0), messages(run)
    order = order_no("274555-20261001-1")
    assert (order.channel, order.state, order.points_jpy, order.coupon_jpy) == ("mall", "done", 300, 200)
    assert order.goods_jpy + order.tax_jpy == 1_080 - 200  # neither the mall's points nor its coupon take from what we sold
    assert order.claim == {"name": "齋藤 百合子", "phone": "+819012345678"}
    recipient = OrderLine.rows.get(order=order).recipient
    assert (recipient["name"], recipient["postal_code"], recipient["noshi"]) == ("齋藤 花子", "110-0001", "御歳暮")
    assert order_no("274555-20261001-2").state == "cancelled"


def test_a_till_gives_sales_returns_and_takings_that_are_no_goods():
    run = brought(
        SMAREGI,
        "501,2026-10-01 10:00:00,1,0,100,50,x,谷中本店,M001,1,1,A1,煎茶,1080,2,2160,茶",
        "502,2026-10-01 11:00:00,1,0,0,0,x,谷中本店,,1,2,A1,煎茶,1080,1,1080,茶",
        "503,2026-10-01 12:00:00,2,0,0,0,x,谷中本店,,1,1,,釣銭準備金,10000,1,10000,",
        "504,2026-10-01 13:00:00,1,1,0,0,x,谷中本店,,1,1,A1,煎茶,1080,1,1080,茶",
    )
    assert run.rejected_count == 0, messages(run)
    sale = order_no("501")
    assert (sale.channel, sale.discount_jpy, sale.points_jpy) == ("store", 100, 50)
    assert sale.goods_jpy + sale.tax_jpy == 2_160 - 150
    assert [pieces for _name, pieces, _amount, _rate in lines_of(order_no("502"))] == [-1]
    assert not Order.rows.filter(external_id="503").exists()
    assert order_no("504").state == "cancelled"


def messages(run):
    return [message["text"] for row in ImportRow.rows.filter(run=run) for message in row.messages]
