"""Finding somebody by a few letters, by whoever may read them."""

from __future__ import annotations

import pytest
from django.db import connection

from enishi.customers import access, search
from enishi.customers.models import Identity
from enishi.customers.queries.palette import customer_hits
from enishi.platform.models import ViewLog


@pytest.fixture
def people(make_customer):
    columns = {
        "takahashi": {"name": "髙橋 花子", "kana": "タカハシ ハナコ", "email": "hanako@example.jp", "phone": "090-1234-5678"},
        "yoshino": {"name": "𠮷野 志づ", "kana": "ヨシノ シヅ", "phone": "03-3456-0001"},
        "tanaka": {"name": "田中 千夏", "kana": "タナカ チナツ", "former_name": "國廣", "email": "chinatsu@shop.example"},
        "odanaka": {"name": "小田中 翔", "kana": "オダナカ ショウ"},
        "oda": {"name": "小田 田中子", "kana": "オダ タナカコ"},
        "company": {"kind": "company", "name": "株式会社 鎌倉リゾート開発ホールディングス 購買部"},
        "tricky": {"name": "O'Neil <b>100%_太郎</b>", "kana": "オニール タロウ"},
    }
    # Numbers of their own: the next free one may be the figures that are looked for.
    return {key: make_customer(number=f"C-90000{place}", **given) for place, (key, given) in enumerate(columns.items())}


def found(people, actor, text):
    narrowed = search.narrowed(actor, access.visible_customers(actor), text)
    ids = narrowed.ids if narrowed.ids is not None else list(narrowed.rows.values_list("pk", flat=True))
    return {key for key, customer in people.items() if customer.pk in ids}


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("高橋", {"takahashi"}),
        ("髙橋", {"takahashi"}),
        ("ﾀｶﾊｼ", {"takahashi"}),
        ("たかはし はな", {"takahashi"}),
        ("花子 高橋", {"takahashi"}),
        ("吉野", {"yoshino"}),
        ("𠮷", {"yoshino"}),
        ("千夏", {"tanaka"}),
        ("小田中", {"odanaka"}),
        ("国広", {"tanaka"}),  # the former name, its old letters folded
        ("國廣 千夏", {"tanaka"}),
        ("5678", {"takahashi"}),
        ("090-1234", {"takahashi"}),
        ("０９０１２３４５６７８", {"takahashi"}),
        ("+81 90 1234 5678", {"takahashi"}),
        ("hanako@", {"takahashi"}),
        ("EXAMPLE.JP", {"takahashi"}),
        ("リゾート", {"company"}),
        ("o'neil", {"tricky"}),
        ("100%_", {"tricky"}),
        ("<b>", {"tricky"}),
        ("jp", set()),  # stands in nearly every address: looked for in names alone
        ("09", set()),  # as the beginning of a phone number
        ("100", {"tricky"}),
        ("il", {"tricky"}),
        ("いない人", set()),
        ("千夏 5678", set()),
    ],
)
def test_a_few_letters_find(people, misaki, text, who):
    assert found(people, misaki, text) == who


def test_a_whole_number_finds_its_customer_alone(people, misaki):
    number = people["tanaka"].number
    assert found(people, misaki, number) == found(people, misaki, number.lower()) == {"tanaka"}


@pytest.mark.parametrize(
    ("text", "who"),
    [("900002", {"tanaka"}), ("0900002", {"tanaka"}), ("田中 900002", {"tanaka"}), ("花子 900003", set()), ("90000", set())],
)
def test_the_figures_of_a_number_find_its_customer(people, misaki, text, who):
    """With or without zeros before them, beside other words; they are not looked for inside of other numbers."""
    assert found(people, misaki, text) == who


def test_a_whole_number_that_is_not_in_sight_finds_nobody(people, make_customer, yoshida, misaki):
    """Neither the customer nor others in whose numbers its figures stand."""
    make_customer(number="C-000777", owner_id=misaki.user_id)
    make_customer(number="C-1000777", name="松田 悟", owner_id=yoshida.user_id)
    assert search.found_ids(yoshida, "C-000777") == []
    assert search.found_ids(misaki, "C-009999") == []


def test_a_pair_that_the_samples_show_everywhere_is_not_counted(make_customer, misaki, monkeypatch):
    for n in range(40):
        make_customer(name=f"田中 {n}")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")
    found = search.narrowed(misaki, access.visible_customers(misaki), "田中", few=10)
    assert (found.is_search, found.ids, found.rows.count()) == (True, None, 40)
    monkeypatch.setattr(search, "surely_above", lambda rows, cap, conditions: False)
    assert search.narrowed(misaki, access.visible_customers(misaki), "田中", few=40).ids is not None


def test_a_member_number_of_a_shop_finds_its_customer(people, misaki, now):
    Identity.rows.create(customer=people["oda"], kind="member", value="KZ-20381", created_at=now)
    assert found(people, misaki, "KZ-20381") == {"oda"}


def test_an_empty_search_narrows_nothing(people, misaki):
    assert found(people, misaki, " 　") == set(people)


def test_a_search_never_leaves_the_scope(people, yoshida):
    assert found(people, yoshida, "高橋") == set()


@pytest.mark.parametrize("text", ["高橋", "たかはし", "5678", "090-1234", "hanako@", "example"])
def test_a_part_of_what_is_masked_finds_nothing(people, hayashi, yanaka, text):
    people["takahashi"].team = yanaka
    people["takahashi"].save()
    assert found(people, hayashi, text) == set()


@pytest.mark.parametrize("text", ["090-1234-5678", "Hanako@example.jp", "number"])
def test_the_whole_of_what_is_masked_finds_one_person_and_is_logged(people, hayashi, yanaka, text, now):
    customer = people["takahashi"]
    customer.team = yanaka
    customer.save()
    Identity.rows.create(customer=customer, kind="phone", value="+819012345678", created_at=now)
    Identity.rows.create(customer=customer, kind="email", value="hanako@example.jp", created_at=now)
    assert found(people, hayashi, customer.number if text == "number" else text) == {"takahashi"}
    assert ViewLog.rows.count() == (0 if text == "number" else 1)


def test_looking_people_up_is_limited(people, hayashi, monkeypatch):
    from django.core.cache import cache

    cache.clear()
    monkeypatch.setattr(search, "LOOK_UPS_PER_HOUR", 2)
    calls = [search._may_look_up(hayashi) for _ in range(3)]
    assert calls == [True, True, False]


def test_the_palette_puts_names_that_begin_so_first(people, make_customer, misaki):
    make_customer(name="山田中 花", kana="ヤマタナカ ハナ")
    labels = [hit.label for hit in customer_hits(misaki, "田中", 6)]
    assert labels[0] == "田中 千夏"
    assert len(labels) == 4


def test_the_palette_costs_few_queries(people, misaki, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):  # with the savepoint of the view log
        customer_hits(misaki, "タロウ", 6)
