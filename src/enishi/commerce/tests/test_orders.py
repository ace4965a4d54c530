"""Orders and products on screen: whose are seen, how they are found, what of a person is shown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from enishi.commerce.actions.categories import place_categories
from enishi.commerce.models import Order, OrderLine, Product, Store
from enishi.commerce.queries.orders import order_page, order_record, orders_of_number
from enishi.commerce.queries.palette import order_hits, product_hits
from enishi.commerce.queries.products import product_page
from enishi.commerce.tests import factories
from enishi.platform import views_log
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.listing import FROM_THE_TOP, Window
from enishi.platform.models import ViewLog

DAY = date(2026, 10, 1)
PART = {"HX-Request": "true", "HX-Target": "div#order-list"}


def found(actor, **asked):
    return [row.external_id for row in order_page(actor, window=FROM_THE_TOP, **asked).rows]


@pytest.fixture
def orders(make_customer, make_order, yoshida, yanaka):
    """One order of somebody's own customer, one of a team's, one of nobody's, and one that nobody has claimed."""
    make_order(make_customer(owner_id=yoshida.user_id), on=DAY, external_id="own")
    make_order(make_customer(team=yanaka), on=DAY, external_id="team")
    make_order(make_customer(name="鈴木 一郎"), on=DAY, external_id="other")
    make_order(None, on=DAY, external_id="unclaimed", claim={"name": "田中 千夏", "email": "chinatsu@example.jp"})


# ---- the list ---------------------------------------------------------------------------------------------


def test_scope_is_own_team_or_all_and_follows_the_customer(orders, yoshida, hayashi, misaki, admin_only):
    assert found(yoshida) == ["own"]
    assert found(hayashi) == ["team"]
    assert set(found(misaki)) == {"own", "team", "other", "unclaimed"}
    assert found(admin_only) == []


def test_a_row_is_final_words(make_customer, make_order, misaki):
    yanaka = Store.rows.create(code="Y", name="谷中本店")
    customer = make_customer()
    order = make_order(customer, on=DAY, channel="store", store=yanaka, items=[("煎茶", 1, 18_360)], state="returned", external_id="1001")
    (row,) = order_page(misaki, window=FROM_THE_TOP).rows
    assert (row.external_id, row.day, row.clock, row.amount) == ("1001", "2026/10/01(木)", "12:00", "¥18,360")
    assert (row.customer, row.customer_note) == ("齋藤 百合子", customer.number)
    assert (row.channel, row.state, row.tone) == ("店舗 谷中本店", "返品", "wait")
    assert row.url == reverse("commerce:order", args=[order.number])


def test_views_narrow_the_list_and_an_unknown_one_is_refused(orders, misaki):
    Order.rows.filter(external_id="own").update(state="cancelled")
    assert found(misaki, view="unclaimed") == ["unclaimed"]
    assert found(misaki, view="returned") == ["own"]
    with pytest.raises(Invalid):
        found(misaki, view="owner")


@pytest.mark.parametrize("text", ["other", "鈴木", "一郎"])
def test_an_order_is_found_by_its_number_or_by_its_customer(orders, misaki, text):
    assert found(misaki, text=text) == ["other"]


def test_our_number_is_found_in_any_width_and_case(make_order, misaki):
    make_order(None, on=DAY, number="O-000042", external_id="A-42")
    assert found(misaki, text="o-000042") == found(misaki, text="Ｏ－００００４２") == ["A-42"]
    assert found(misaki, text="Ａ－４２") == ["A-42"]
    assert found(misaki, text="A-4") == []


def test_a_search_finds_nothing_out_of_reach(orders, yoshida):
    assert found(yoshida, text="other") == []
    assert found(yoshida, text="鈴木") == []
    assert orders_of_number(Order.rows.none(), "other") == []


def test_pages_lose_nothing_and_repeat_nothing(make_order, misaki):
    for number in range(7):
        make_order(None, on=DAY + timedelta(days=number // 3), external_id=str(number))  # some of one instant
    seen, window = [], Window(size=3)
    for _ in range(3):
        page = order_page(misaki, window=window)
        seen += [row.external_id for row in page.rows]
        window = Window(after=page.slice.ids[-1], first=len(seen) + 1, size=3)
    assert seen == ["6", "5", "4", "3", "2", "1", "0"]
    assert not page.slice.next
    back = order_page(misaki, window=Window(before=page.slice.ids[0], first=4, size=3))
    assert [row.external_id for row in back.rows] == ["3", "2", "1"]


def test_the_list_costs_the_same_for_few_and_for_many(make_customer, make_order, misaki, django_assert_max_num_queries):
    for _ in range(30):
        make_order(make_customer(), on=DAY)
    with django_assert_max_num_queries(7):  # ids, count, rows, names, and the log of who was shown
        order_page(misaki, window=FROM_THE_TOP)
    with django_assert_max_num_queries(12):
        order_page(misaki, text="齋藤", window=FROM_THE_TOP)


# ---- one order --------------------------------------------------------------------------------------------


def test_an_order_shows_its_lines_and_adds_up(make_customer, make_order, misaki):
    order = make_order(make_customer(), on=DAY, items=[("煎茶", 2, 500), ("煎茶", -1, 500), ("クーポン", 1, -100)], shipping_jpy=550)
    record = order_record(misaki, order.number)
    assert [(line.quantity, line.unit_price, line.amount, line.is_return) for line in record.lines] == [
        ("2", "¥500", "¥1,000", False),
        ("−1", "¥500", "−¥500", True),
        ("1", "−¥100", "−¥100", False),
    ]
    assert (record.goods, record.tax, record.shipping, record.total) == ("¥400", "¥40", "¥550", "¥990")


def test_an_unclaimed_order_says_what_it_knows_of_its_buyer(make_order, misaki):
    order = make_order(None, on=DAY, claim={"name": "田中 千夏", "email": "chinatsu@example.jp"})
    record = order_record(misaki, order.number)
    assert record.claim == (("名前", "田中 千夏"), ("メール", "chinatsu@example.jp"))
    assert (record.customer, record.customer_note, record.customer_url) == ("", "顧客が未確定", "")


def gift(make_order, customer):
    order = make_order(customer, on=DAY)
    OrderLine.rows.filter(order=order).update(recipient={"name": "鈴木 一郎", "address": "台東区谷中1-2-3"})
    return order


def test_a_masked_viewer_sees_neither_buyer_nor_recipient(make_customer, make_order, hayashi, misaki, yanaka):
    order = gift(make_order, make_customer(team=yanaka))
    assert order_record(misaki, order.number).lines[0].recipient == "鈴木 一郎・台東区谷中1-2-3"
    masked = order_record(hayashi, order.number)
    assert (masked.lines[0].recipient, masked.customer) == ("", "齋＊＊")


def test_persons_are_masked_while_the_view_log_cannot_be_written(make_customer, make_order, misaki, monkeypatch):
    order = gift(make_order, make_customer())
    waiting = make_order(None, on=DAY, claim={"name": "田中 千夏"})
    monkeypatch.setattr(views_log, "record", lambda *_, **__: False)
    record = order_record(misaki, order.number)
    assert (record.lines[0].recipient, record.customer, record.goods) == ("", "齋＊＊", "¥1,000")
    assert order_record(misaki, waiting.number).claim == ()


def test_who_looked_at_an_order_is_written_down(make_customer, make_order, misaki):
    order = make_order(make_customer(), on=DAY)
    order_record(misaki, order.number)
    assert ViewLog.rows.filter(actor_id=misaki.user_id, object="commerce.order").get().object_ids == [order.pk]


def test_the_unseen_the_archived_and_the_unknown_are_not_found(orders, make_order, yoshida, misaki, now):
    archived = make_order(None, on=DAY, archived_at=now)
    for actor, number in ((yoshida, Order.rows.get(external_id="other").number), (misaki, archived.number), (misaki, "O-999999")):
        with pytest.raises(NotFound):
            order_record(actor, number)


def test_an_order_costs_few_queries(make_customer, make_order, misaki, django_assert_max_num_queries):
    order = make_order(make_customer(), on=DAY, items=[("煎茶", 1, 500)] * 20)
    with django_assert_max_num_queries(3 + 2 * 3):  # order, names, lines; a savepoint and a row of the view log twice
        order_record(misaki, order.number)


# ---- products and the one search box ----------------------------------------------------------------------


def test_products_stand_by_code_and_are_found_by_any_of_their_words(organisation):
    new = factories.product("玉露", code="B2", category_id=place_categories([("茶葉",)])[("茶葉",)], price_jpy=3_000, tax_rate_bp=800)
    factories.product("煎茶", code="A1", brand="縁日堂", discontinued=True, replaced_by=new)
    page = product_page(window=FROM_THE_TOP)
    assert [(row.code, row.price, row.rate, row.discontinued, row.replaced_by) for row in page.rows] == [
        ("A1", "", "10%", True, "玉露"),
        ("B2", "¥3,000", "8%", False, ""),
    ]
    for text, codes in (("縁日", ["A1"]), ("茶葉 玉", ["B2"]), ("b2", ["B2"]), ("茶葉 縁日", [])):
        assert [row.code for row in product_page(text=text, window=FROM_THE_TOP).rows] == codes


def test_products_come_in_pages(organisation, django_assert_num_queries):
    Product.rows.bulk_create([Product(code=f"P{number:02d}", name="茶") for number in range(5)])
    first = product_page(window=Window(size=2))
    with django_assert_num_queries(4):
        second = product_page(window=Window(after=first.slice.ids[-1], first=3, size=2))
    assert [row.code for row in second.rows] == ["P02", "P03"]
    assert (second.slice.range_words, second.count_words) == ("3–4", "5")


def test_the_search_box_finds_orders_and_products_by_right(orders, make_order, misaki, yoshida, admin_only):
    factories.product("玉露", code="GYOKURO")
    assert [hit.label for hit in order_hits(misaki, "other", 5)] == ["other"]
    assert [hit.label for hit in product_hits(misaki, "gyok", 5)] == ["玉露"]
    assert order_hits(yoshida, "other", 5) == []
    assert order_hits(admin_only, "other", 5) == product_hits(admin_only, "gyok", 5) == []
    assert order_hits(misaki, "ot", 5) == []


# ---- doors ------------------------------------------------------------------------------------------------


def test_the_lists_show_and_htmx_gets_its_part(orders, misaki_client):
    whole = misaki_client.get(reverse("commerce:orders")).content.decode()
    part = misaki_client.get(reverse("commerce:orders"), {"q": "鈴木"}, headers=PART).content.decode()
    assert "<html" in whole
    assert "田中" not in whole  # what an order says of a buyer stands on its own page only
    assert "<html" not in part
    assert "other" in part
    products = misaki_client.get(reverse("commerce:products"), headers={"HX-Request": "true", "HX-Target": "div#product-list"})
    assert "煎茶" in products.content.decode()
    assert "<html" not in products.content.decode()


def test_empty_lists_say_what_to_do(misaki_client):
    assert "まだ注文がありません" in misaki_client.get(reverse("commerce:orders")).content.decode()
    assert "「おかし」に合う注文はありません" in misaki_client.get(reverse("commerce:orders"), {"q": "おかし"}).content.decode()
    assert "まだ商品がありません" in misaki_client.get(reverse("commerce:products")).content.decode()


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "999999"}, {"before": "1", "n": "-3"}, {"after": "9" * 30}])
def test_spoilt_addresses_are_the_top_of_the_list(orders, misaki_client, query):
    assert "other" in misaki_client.get(reverse("commerce:orders"), query).content.decode()


def test_an_unknown_view_is_refused(misaki_client):
    assert misaki_client.get(reverse("commerce:orders"), {"view": "x"}).status_code == 422


def test_what_files_say_is_text_whatever_it_holds(make_order, misaki_client):
    wild = '<img src=x onerror="alert(1)">'
    order = make_order(None, on=DAY, external_id=wild, claim={"name": wild}, payment_method=wild[:40], items=[(wild, 1, 1)])
    for page in (reverse("commerce:orders"), reverse("commerce:order", args=[order.number]), reverse("commerce:products")):
        assert "<img src=x" not in misaki_client.get(page).content.decode()


def test_outsiders_are_turned_away(orders, client, sign_in, yoshida, admin_only):
    other = Order.rows.get(external_id="other")
    pages = [reverse("commerce:orders"), reverse("commerce:products"), reverse("commerce:order", args=[other.number])]
    pages.append(reverse("commerce:customer-panel", args=[other.customer_id]))
    for page in pages:
        assert client.get(page).status_code == 302
        assert sign_in(admin_only).get(page).status_code == 403
    for page in pages[2:]:
        answer = sign_in(yoshida).get(page)
        assert answer.status_code == 404
        assert "鈴木" not in answer.content.decode()
