"""The list: order, pages, views, masks and cost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from enishi.commerce.models import PurchaseSummary
from enishi.customers.queries import listing
from enishi.customers.queries.listing import Asked, customer_page
from enishi.platform.errors import Invalid
from enishi.platform.listing import Window
from enishi.platform.once import asked_once
from enishi.platform.words import name_and_words

TODAY = date(2026, 11, 22)
NAMES = [
    ("阿部 一", "アベ ハジメ"),
    ("加藤 二", "カトウ ジ"),
    ("佐藤 三", "サトウ サン"),
    ("田中 四", "タナカ ヨン"),
    ("中村 五", "ナカムラ ゴ"),
]


@pytest.fixture
def five(make_customer):
    """Five people; the first three bought 10, 100 and 150 days ago."""
    people = [make_customer(name=name, kana=kana) for name, kana in NAMES]
    for person, days, count, revenue in zip(people, (10, 100, 150), (3, 1, 7), (900, 5_000, 30), strict=False):
        day = TODAY - timedelta(days=days)
        PurchaseSummary.rows.create(customer=person, purchase_count=count, first_on=day, last_on=day, revenue_jpy=revenue)
    return people


def numbers(page):
    return [int(row.number[-6:]) for row in page.rows]


def order(people, actor, now, **asked):
    first = int(people[0].number[-6:])
    return [number - first for number in numbers(customer_page(actor, Asked(**asked), now=now))]


@pytest.mark.parametrize(
    ("sort", "backwards", "expected"),
    [
        ("last", False, [0, 1, 2, 4, 3]),
        ("last", True, [2, 1, 0, 4, 3]),
        ("revenue", False, [1, 0, 2, 4, 3]),
        ("count", False, [2, 0, 1, 4, 3]),
        ("kana", False, [0, 1, 2, 3, 4]),
        ("kana", True, [4, 3, 2, 1, 0]),
        ("created", False, [4, 3, 2, 1, 0]),
    ],
)
def test_every_order_and_who_never_bought_stands_at_the_end(five, misaki, now, sort, backwards, expected):
    assert order(five, misaki, now, sort=sort, backwards=backwards) == expected


@pytest.mark.parametrize("sort", ["last", "count", "kana", "created"])
@pytest.mark.parametrize("backwards", [False, True])
def test_pages_forth_and_back_show_everybody_once(five, misaki, now, sort, backwards):
    whole = order(five, misaki, now, sort=sort, backwards=backwards)
    first, seen, window, pages = int(five[0].number[-6:]), [], Window(size=2), []
    while True:
        page = customer_page(misaki, Asked(sort=sort, backwards=backwards, window=window), now=now)
        pages.append(page)
        seen += [number - first for number in numbers(page)]
        if not page.slice.more:
            break
        window = Window(after=page.slice.ids[-1], first=page.slice.first + 2, size=2)
    assert seen == whole
    back = customer_page(
        misaki, Asked(sort=sort, backwards=backwards, window=Window(before=pages[2].slice.ids[0], first=3, size=2)), now=now
    )
    assert back.slice.ids == pages[1].slice.ids


def test_a_row_to_go_on_from_that_is_not_seen_says_nothing(five, yoshida, now):
    page = customer_page(yoshida, Asked(sort="last", window=Window(after=five[0].pk, first=51)), now=now)
    assert (page.rows, page.slice.first) == ([], 1)


def test_views_narrow_the_list(five, misaki, now):
    assert order(five, misaki, now, view="recent") == [0]
    assert order(five, misaki, now, view="falling-asleep") == [2]
    assert order(five, misaki, now, view="recent", sort="kana") == [0]
    assert order(five, misaki, now, view="mine") == []


def test_search_keeps_view_and_order(five, misaki, now):
    assert order(five, misaki, now, text="さとう") == [2]
    assert order(five, misaki, now, text="さとう", view="recent") == []
    assert order(five, misaki, now, text="ト", sort="kana") == [1, 2]


@pytest.mark.parametrize("asked", [Asked(sort="owner__password"), Asked(view="x"), Asked(sort="-sort_kana")])
def test_unknown_orders_and_views_are_refused(five, misaki, now, asked):
    with pytest.raises(Invalid):
        customer_page(misaki, asked, now=now)


def test_nobody_orders_by_names_that_are_masked(five, hayashi, now):
    with pytest.raises(Invalid):
        customer_page(hayashi, Asked(sort="kana"), now=now)


def test_a_row_is_final_words(five, misaki, now):
    row = customer_page(misaki, Asked(), now=now).rows[0]
    assert (row.name, row.ruby) == ("阿部 一", "あべ はじめ")
    stage, *figures, source, owner, tags = row.cells
    assert (stage.stage, stage.text) == ("prospect", "見込み")
    assert [(c.text, c.note) for c in figures] == [("2026/11/12(木)", "10日前"), ("3", ""), ("¥900", "")]
    assert (source.text, owner.text, tags.tags) == ("", "", ())


def test_a_masked_viewer_sees_initials_and_no_reading(make_customer, hayashi, yanaka, now):
    make_customer(team=yanaka)
    row = customer_page(hayashi, Asked(), now=now).rows[0]
    assert (row.name, row.ruby) == ("齋＊＊", "")


def test_figures_of_orders_are_for_who_may_read_orders(five, misaki, now):
    from dataclasses import replace

    grants = {key: width for key, width in misaki.grants.items() if key[0] != "order"}
    page = customer_page(replace(misaki, grants=grants), Asked(), now=now)
    assert [column.key for column in page.columns] == ["stage", "source", "owner", "tags"]
    assert ([view.key for view in page.views], len(page.rows[0].cells)) == (["", "mine", "favourites"], 4)


def test_the_bin_is_not_in_the_list(five, misaki, now):
    five[0].archived_at = now
    five[0].save()
    assert 0 not in order(five, misaki, now)


def test_counts_stop_at_the_cap(five, misaki, now, monkeypatch):
    monkeypatch.setattr(listing.paging, "COUNT_CAP", 3)
    monkeypatch.setattr(listing, "COUNT_CAP", 3)
    monkeypatch.setattr(listing.paging.capped_count, "__defaults__", (3,))
    monkeypatch.setattr(listing.paging.count_words, "__defaults__", (3,))
    page = customer_page(misaki, Asked(), now=now)
    assert (page.count_words, page.is_capped) == ("3+", True)
    assert customer_page(misaki, Asked(exact_count=True), now=now).count_words == "5"


def test_a_page_costs_the_same_however_many_stand_on_it(make_customer, misaki, now, django_assert_max_num_queries):
    for _ in range(60):
        make_customer()
    with asked_once():
        name_and_words()  # the frame of a page asks for them first
        with django_assert_max_num_queries(15):
            page = customer_page(misaki, Asked(), now=now)
    assert (len(page.rows), page.slice.range_words, page.slice.more) == (50, "1–50", True)
