"""What orders add to a customer's page and to the list of customers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from enishi.commerce import audit
from enishi.commerce.columns import LIST_COLUMNS, days_ago_words
from enishi.commerce.importing import known
from enishi.commerce.importing.target import TARGET
from enishi.commerce.models import OrderLine, Store
from enishi.commerce.queries.panel import purchase_panel
from enishi.commerce.queries.timeline import ORDERS
from enishi.customers.models import Customer, Identity, Relation
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.pages import list_page
from enishi.customers.queries.story import story
from enishi.customers.timeline import FROM_THE_TOP
from enishi.platform import rights
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import NotFound
from enishi.platform.models import RoleGrant

TODAY = date(2026, 11, 22)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


# ---- 購入の要約 ----------------------------------------------------------------------------------------------


def test_the_panel_sums_up_two_years(make_customer, make_order, misaki):
    customer = make_customer()
    for days in (40, 30, 10):
        make_order(customer, on=ago(days), items=[("煎茶", 1, 1_000)])
    make_order(customer, on=ago(10), items=[("急須", 1, 3_000)])
    make_order(customer, on=date(2024, 11, 30), items=[("壺", 1, 90_000)])  # the month before the window
    panel = purchase_panel(misaki, customer.pk, today=TODAY)
    assert (panel.revenue, panel.count) == ("¥6,000", 3)
    assert (panel.first, panel.last, panel.last_ago) == ("2024/11/30(土)", "2026/11/12(木)", "10日前")
    assert panel.interval == "いつもの間隔 20日"
    assert panel.favourites == "煎茶、急須"
    assert (panel.first_month, panel.last_month, panel.highest) == ("2024/12", "2026/11", "¥4,000")
    assert [bar.is_highest for bar in panel.bars] == [False, True]


def test_a_return_with_a_number_of_its_own_is_taken_off_and_is_no_purchase(make_customer, make_order, misaki):
    customer = make_customer()
    make_order(customer, on=ago(10), items=[("煎茶", 2, 1_000)])
    make_order(customer, on=ago(5), items=[("煎茶", -1, 1_000)], state="returned")
    panel = purchase_panel(misaki, customer.pk, today=TODAY)
    assert (panel.revenue, panel.count, panel.last) == ("¥1,000", 1, "2026/11/12(木)")


def test_who_bought_nothing_yet_has_an_empty_panel(make_customer, misaki, misaki_client):
    customer = make_customer()
    panel = purchase_panel(misaki, customer.pk, today=TODAY)
    assert (panel.has_bought, panel.bars, panel.interval) == (False, (), "")
    assert "まだ購入がありません" in misaki_client.get(f"/orders/of-customer/{customer.pk}/").content.decode()


def test_the_panel_is_drawn_without_a_script(make_customer, make_order, misaki_client):
    customer = make_customer()
    make_order(customer, on=ago(3))
    body = misaki_client.get(f"/orders/of-customer/{customer.pk}/").content.decode()
    assert "¥1,000" in body
    assert "<rect" in body


def test_the_panel_of_a_merged_id_is_its_customers(make_customer, make_order, merge_away, misaki, django_assert_max_num_queries):
    customer = make_customer()
    old = merge_away(customer)
    make_order(customer, on=ago(3))
    with django_assert_max_num_queries(9):
        assert purchase_panel(misaki, old, today=TODAY).count == 1


def test_the_panel_of_who_sees_no_orders_is_empty(make_customer, make_order, misaki):
    order = make_order(customer := make_customer(), on=ago(10))
    sees_no_orders = replace(misaki, grants={right: width for right, width in misaki.grants.items() if right[0] != "order"})
    for actor, is_seen in ((misaki, True), (sees_no_orders, False)):
        assert purchase_panel(actor, customer.pk, today=TODAY).has_bought is is_seen
        assert bool(audit.ORDERS.find(actor, order.number)) is is_seen
        assert bool(TARGET.named(actor, [order.pk])) is is_seen


def test_orders_find_buyers_whom_one_sees(make_customer, misaki, yoshida):
    customer = make_customer(owner_id=misaki.user_id)
    Identity.rows.create(customer=customer, kind="email", value="yuriko@example.jp", created_at=customer.created_at)
    said = [{"email": "yuriko@example.jp"}]
    assert known._buyers(said, misaki) == {("email", "yuriko@example.jp"): customer.pk}
    assert known._buyers(said, yoshida) == {}


def test_the_panel_of_the_unseen_is_not_found(make_customer, yoshida):
    with pytest.raises(NotFound):
        purchase_panel(yoshida, make_customer().pk, today=TODAY)


# ---- the timeline -----------------------------------------------------------------------------------------


def entries(actor, *customers, limit=10):
    return ORDERS.read(actor, [customer.pk for customer in customers], FROM_THE_TOP, limit)


def test_an_order_stands_on_the_timeline_with_its_goods_and_its_amount(make_customer, make_order, misaki, now):
    customer = make_customer()
    yanaka = Store.rows.create(code="Y", name="谷中本店")
    items = [("煎茶", 1, 1_000), ("急須", 1, 3_000), ("湯呑", 2, 500), ("茶筒", 1, 800), ("急須", -1, 3_000)]
    order = make_order(customer, on=ago(3), store=yanaka, items=items, external_id="1001")
    (entry,) = entries(misaki, customer)
    assert (entry.label, entry.title, entry.amount) == ("注文", "煎茶、急須、湯呑 ほか1点", "¥2,800")
    assert (entry.detail, entry.url, entry.all_day) == ("谷中本店・1001", f"/orders/{order.number}/", False)
    day = story(misaki, customer.pk, now=now).days[0]
    assert entry.title in str(day)


def test_goods_without_a_name_on_the_line_are_named_by_their_product(make_customer, make_order, misaki):
    customer = make_customer()
    order = make_order(customer, on=ago(3))
    OrderLine.rows.filter(order=order).update(name="")
    assert entries(misaki, customer)[0].title == "煎茶"
    OrderLine.rows.filter(order=order).update(product=None)
    assert entries(misaki, customer)[0].title == order.external_id


def test_what_came_back_is_said(make_customer, make_order, misaki):
    customer = make_customer()
    make_order(customer, on=ago(3), items=[("煎茶", 1, 1_000), ("煎茶", -1, 1_000)], state="returned", external_id="1001")
    (entry,) = entries(misaki, customer)
    assert (entry.icon, entry.title, entry.detail, entry.amount) == ("return", "煎茶", "自社EC・1001・返品", "¥0")


def test_the_timeline_is_read_in_pieces_by_few_queries(make_customer, make_order, misaki, django_assert_num_queries):
    customer = make_customer()
    for days in range(5):
        make_order(customer, on=ago(days))
    with django_assert_num_queries(2):
        first = entries(misaki, customer, limit=3)
    rest = ORDERS.read(misaki, [customer.pk], (first[-1].at, first[-1].id), 10)
    assert len({entry.id for entry in [*first, *rest]}) == 5
    assert ORDERS.rows(misaki, [customer.pk]).count() == 5


def test_orders_out_of_reach_are_not_on_the_timeline(make_customer, make_order, yoshida, admin_only):
    customer = make_customer()
    make_order(customer, on=ago(3))
    assert entries(yoshida, customer) == entries(admin_only, customer) == []
    assert ORDERS.rows(yoshida, [customer.pk]).count() == 0


# ---- the list of customers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "words"), [(-1, ""), (0, "今日"), (1, "昨日"), (99, "99日前"), (100, "3か月前"), (729, "23か月前"), (730, "2年前")]
)
def test_the_last_purchase_is_told_roughly(days, words):
    assert days_ago_words(ago(days), TODAY) == words


def test_the_list_shows_last_purchase_count_and_revenue_in_one_query(make_customer, make_order, django_assert_num_queries):
    bought, not_yet = make_customer(), make_customer()
    make_order(bought, on=ago(1), items=[("煎茶", 2, 600)])
    with django_assert_num_queries(1):
        values = LIST_COLUMNS.values(SYSTEM, [bought.pk, not_yet.pk], ["last", "count", "revenue"])
    assert set(values) == {bought.pk}
    cells = [column.shower(TODAY)(value) for column, value in zip(LIST_COLUMNS.columns, values[bought.pk], strict=True)]
    assert [str(part) for cell in cells for part in (cell.text, cell.note) if part] == ["2026/11/21(土)", "昨日", "1", "¥1,200"]


@pytest.mark.parametrize(
    ("days", "views"), [(90, ["recent"]), (91, []), (119, []), (120, ["falling-asleep"]), (179, ["falling-asleep"]), (180, [])]
)
def test_the_views_hold_whom_they_say(make_customer, make_order, days, views):
    customer = make_customer()
    make_order(customer, on=ago(days))
    held = [view.key for view in LIST_COLUMNS.views if view.side.narrow(view.side.rows(), TODAY).filter(pk=customer.pk).exists()]
    assert held == views


def test_the_panel_adds_up_a_household_of_whom_the_viewer_sees(make_customer, make_order, misaki, yoshida):
    mother, father = make_customer(), make_customer(name="齋藤 健一郎")
    Relation.rows.create(source=mother, target=father, kind="household", one_at_a_time=True)
    make_order(mother, on=ago(9), items=[("煎茶", 2, 1_000)])
    make_order(father, on=ago(8), items=[("急須", 1, 3_000)])
    assert purchase_panel(misaki, mother.pk, today=TODAY).household == "世帯2人で ¥5,000"
    Customer.rows.filter(pk=mother.pk).update(owner_id=yoshida.user_id)
    assert purchase_panel(yoshida, mother.pk, today=TODAY).household == ""
    sees_everybody_and_orders_of_their_own = replace(misaki, grants=misaki.grants | {("order", "read"): "own"})
    assert purchase_panel(sees_everybody_and_orders_of_their_own, mother.pk, today=TODAY).household == "世帯2人で ¥0"


def test_the_columns_of_a_board_are_summed_for_who_may_know_every_order(make_customer, make_order, misaki, misaki_user, now):
    first, second, _third = make_customer(owner=misaki_user), make_customer(owner=misaki_user), make_customer()
    for customer, price in ((first, 12_000), (second, 3_000)):
        make_order(customer, on=ago(10), items=[("急須", 1, price)])
    _page, board = list_page(misaki, Asked(board="owner"), now=now)
    assert {column.label: column.sum_words for column in board.columns} == {"担当なし": "¥0", "髙橋 美咲": "¥15,000"}
    assert (board.summed, sorted(card.amount for column in board.columns for card in column.cards)) == ("売上", [0, 3_000, 12_000])
    RoleGrant.rows.filter(object="order", role__key="ec_lead").update(scope="own")
    _page, board = list_page(rights.actor_of(misaki_user), Asked(board="owner"), now=now)
    assert ({column.sum for column in board.columns}, board.summed) == ({None}, "")
