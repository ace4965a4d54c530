"""The list as a board: who stands in which column, how many, and a card that goes into another one."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from enishi.customers.actions import views as saved
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.tasks import add_task
from enishi.customers.actions.views import Named, Shown
from enishi.customers.fields.field import Choice
from enishi.customers.models import Customer
from enishi.customers.queries import board as boards
from enishi.customers.queries.asked import TABLE, Asked
from enishi.customers.queries.pages import column_page, list_page
from enishi.platform.models import ChangeSet, FieldChange
from enishi.platform.rights import actor_of

HTMX = {"HX-Request": "true"}


@pytest.fixture
def grade(make_user, now):
    admin = actor_of(make_user("boss", "admin", "all_customers"))
    choices = [Choice("", "一般"), Choice("", "上得意"), Choice("", "旧会員")]
    return define_field(definition=Definition(kind="choice", label="会員区分", choices=choices), actor=admin, now=now)


@pytest.fixture
def large(monkeypatch):
    """Three customers are many."""
    monkeypatch.setattr(boards.search, "gathered", boards.search.Narrowed)


def shown(actor, now, by="owner", **asked):
    _page, board = list_page(actor, Asked(board=by, **asked), now=now)
    return {column.label: (column.count, [card.row.name for card in column.cards]) for column in board.columns}


@pytest.mark.parametrize("is_large", [False, True])
def test_customers_stand_in_the_columns_of_their_owners(make_customer, make_user, misaki, misaki_user, now, request, is_large):
    if is_large:
        request.getfixturevalue("large")
    mori = make_user("mori", "sales", display_name="森 拓海")
    make_user("idle", "sales", display_name="誰も 担当せず")
    for place, (name, owner) in enumerate((("一", mori), ("二", misaki_user), ("三", mori), ("四", None))):
        make_customer(name=name, owner=owner, created_at=now + timedelta(minutes=place))
    make_customer(name="捨", owner=mori, archived_at=now)
    assert shown(misaki, now) == {"担当なし": (1, ["四"]), "森 拓海": (2, ["三", "一"]), "髙橋 美咲": (1, ["二"])}


@pytest.mark.parametrize("is_large", [False, True])
def test_choices_stand_in_their_order_also_the_empty_ones(make_customer, misaki, grade, now, request, is_large):
    if is_large:
        request.getfixturevalue("large")
    for name, key in (("一", "c2"), ("二", None), ("三", "c2"), ("四", "c9")):
        make_customer(name=name, custom={grade: key} if key else {})
    found = shown(misaki, now, grade, sort="created", backwards=True)
    assert found["未設定"] == (1, ["二"])
    assert (found["一般"], found["上得意"], found["旧会員"]) == ((0, []), (2, ["一", "三"]), (0, []))
    assert list(found)[:4] == ["未設定", "一般", "上得意", "旧会員"]


@pytest.mark.parametrize("is_large", [False, True])
def test_a_column_shows_its_first_cards_and_further_ones_on_demand(make_customer, misaki, now, request, is_large, monkeypatch):
    if is_large:
        request.getfixturevalue("large")
    monkeypatch.setattr(boards, "CARDS", 2)
    people = [make_customer(name=f"客{n}", created_at=now + timedelta(minutes=n)) for n in range(5)]
    _page, board = list_page(misaki, Asked(board="team"), now=now)
    [column] = board.columns
    assert ([card.row.name for card in column.cards], column.count, column.more) == (["客4", "客3"], 5, people[3].pk)
    window = boards.Window(after=column.more)
    _board, cards, after = column_page(misaki, Asked(board="team", window=window), "", now=now)
    assert ([card.row.name for card in cards], after) == (["客2", "客1"], people[1].pk)


def test_a_board_is_filtered_searched_and_scoped_as_the_list(make_customer, misaki, yoshida, yanaka, now):
    make_customer(name="髙橋 花子", kana="タカハシ ハナコ", team=yanaka)
    make_customer(name="林 さくら", owner_id=yoshida.user_id)
    assert shown(misaki, now, "team", text="髙橋") == {"谷中本店": (1, ["髙橋 花子"])}
    assert shown(misaki, now, "team", view="mine") == {}
    assert shown(yoshida, now, "team") == {"部署なし": (1, ["林 さくら"])}


def test_the_questions_do_not_grow_with_the_customers(make_customer, make_user, misaki, now, large, django_assert_max_num_queries):
    for number in range(12):
        make_customer(owner=make_user(f"u{number}", "sales"))
    with django_assert_max_num_queries(16):
        shown(misaki, now)


def test_a_field_that_the_viewer_does_not_read_makes_no_board(make_customer, make_user, hayashi, yanaka, now):
    admin = actor_of(make_user("boss", "admin", "all_customers"))
    said = Definition(kind="choice", label="病歴", privacy="sensitive", purpose="x", choices=[Choice("", "有")])
    key = define_field(definition=said, actor=admin, now=now)
    make_customer(team=yanaka, custom={key: "c1"})
    page, board = list_page(hayashi, Asked(board=key), now=now)
    assert (board, len(page.rows)) == (None, 1)


@pytest.mark.parametrize(
    ("said", "planned", "owned", "days"),
    [(31, None, True, 31), (29, None, True, 0), (40, 3, True, 0), (40, -3, True, 40), (40, None, False, 0)],
)
def test_a_card_says_that_nothing_has_happened_for_long(make_customer, misaki, misaki_user, now, said, planned, owned, days):
    """Of somebody's customers, with whom nothing is planned either; a task that is overdue is no plan."""
    customer = make_customer(owner=misaki_user if owned else None, created_at=now - timedelta(days=90))
    record_activity(customer_id=customer.pk, kind="call", text="折り返し", actor=misaki, now=now - timedelta(days=said))
    if planned:
        add_task(customer_id=customer.pk, title="電話", due_on=now.date() + timedelta(days=planned), actor=misaki, now=now)
    _page, board = list_page(misaki, Asked(board="owner"), now=now)
    assert [card.stuck_days for column in board.columns for card in column.cards] == [days]


# ---- moving


def move(client, customer, column, to, **more):
    url = reverse("customers:board-move", args=[customer.number, column])
    return client.post(url, {"to": to, **more}, headers=HTMX)


def heard(answer):
    return json.loads(answer["HX-Trigger"])


def test_a_card_is_moved_as_one_change_and_taken_back(misaki_client, misaki, make_customer, grade):
    customer = make_customer(custom={grade: "c1"})
    answer = move(misaki_client, customer, grade, "c2", **{"from": "c1", "dragged": "1"})
    customer.refresh_from_db()
    assert (customer.custom[grade], "「上得意」に移しました" in answer.content.decode()) == ("c2", True)
    assert list(FieldChange.rows.values_list("field", "before", "after")) == [(grade, "c1", "c2")]
    assert ChangeSet.rows.get().door == "list"
    misaki_client.post(heard(answer)["enishi:cells"]["undo"], headers=HTMX)
    customer.refresh_from_db()
    assert customer.custom[grade] == "c1"
    move(misaki_client, customer, grade, "")
    customer.refresh_from_db()
    assert customer.custom == {}


def test_owner_and_team_are_moved_to_people_and_teams_that_are_there(misaki_client, misaki, make_customer, make_user, yanaka):
    mori = make_user("mori", "sales", display_name="森 拓海")
    customer = make_customer()
    move(misaki_client, customer, "owner", str(mori.pk))
    move(misaki_client, customer, "team", str(yanaka.pk))
    customer.refresh_from_db()
    assert (customer.owner_id, customer.team_id) == (mori.pk, yanaka.pk)
    refused = move(misaki_client, customer, "owner", "99999")
    assert (refused.status_code, "担当者を一覧から選んでください" in refused.content.decode()) == (409, True)


def test_who_was_moved_meanwhile_stays_and_says_where(misaki_client, make_customer, grade):
    customer = make_customer(custom={grade: "c3"})
    dragged = move(misaki_client, customer, grade, "c2", **{"from": "c1", "dragged": "1"})
    assert (heard(dragged)["enishi:stays"], "「旧会員」に変えています" in dragged.content.decode()) == ({"number": customer.number}, True)
    chosen = move(misaki_client, customer, grade, "c2", **{"from": "c1"})
    assert (chosen.status_code, "「旧会員」に変えています" in chosen.content.decode()) == (409, True)
    customer.refresh_from_db()
    assert customer.custom[grade] == "c3"


def test_the_menu_of_a_card_names_the_columns_by_keyboard(misaki_client, make_customer, grade):
    customer = make_customer(custom={grade: "c1"})
    page = misaki_client.get(reverse("customers:board-move", args=[customer.number, grade]), headers=HTMX).content.decode()
    assert all(f'name="to" value="{key}"' in page for key in ("", "c1", "c2", "c3"))
    stage = misaki_client.get(reverse("customers:board-move", args=[customer.number, "stage"]), headers=HTMX)
    assert (stage.status_code, 'name="to"' in stage.content.decode()) == (409, False)


def test_who_may_not_change_sees_cards_that_stay(hayashi_client, yoshida, yoshida_client, make_customer, yanaka, grade, now):
    mine, theirs = make_customer(team=yanaka), make_customer()
    page = hayashi_client.get(f"/customers/?by={grade}").content.decode()
    assert ("board-card" in page, "data-movable" in page) == (True, False)
    assert move(hayashi_client, mine, grade, "c1").status_code == 403
    assert move(yoshida_client, theirs, grade, "c1").status_code == 404
    page = yoshida_client.get("/customers/?by=stage").content.decode()
    assert "data-movable" not in page
    assert Customer.rows.exclude(custom={}).count() == 0


# ---- the page


def test_the_page_stands_as_a_board_and_goes_on_by_part(misaki_client, make_customer, monkeypatch):
    monkeypatch.setattr(boards, "CARDS", 1)
    for name in ("長い名前の𠮷﨑商店", "林"):
        make_customer(name=name)
    page = misaki_client.get("/customers/?by=team&sort=kana").content.decode()
    assert all(words in page for words in ("部署のボード", "部署なし", "さらに表示", 'name="by" value="team"', "ボード：部署"))
    assert "cells-switch" not in page
    after = Customer.rows.order_by("sort_kana", "pk").first().pk
    more = misaki_client.get(f"/customers/board/more/?view=all&by=team&sort=kana&group=&after={after}", headers=HTMX)
    assert (more.status_code, more.content.decode().count('class="board-card"')) == (200, 1)
    for spoilt in ("abc", "9" * 30):
        assert misaki_client.get(f"/customers/board/more/?by=team&group={spoilt}&after={after}", headers=HTMX).status_code == 200
    part = misaki_client.get("/customers/?by=team&q=林", headers=HTMX | {"HX-Target": "div#customer-list"}).content.decode()
    assert ("board-view" in part, "list-tools" in part) == (True, False)
    assert "board-view" not in misaki_client.get("/customers/?by=unknown").content.decode()
    assert "この表示に合う" in misaki_client.get("/customers/?by=team&view=mine").content.decode()


def test_a_view_remembers_its_board_and_the_address_may_say_a_table(misaki, make_customer, now):
    make_customer()
    pk = saved.save_view(named=Named("担当別"), shown=Shown(board="owner"), actor=misaki, now=now)
    view = f"saved-{pk}"
    assert list_page(misaki, Asked(view=view), now=now)[1].grouping.key == "owner"
    assert list_page(misaki, Asked(view=view, board=TABLE), now=now)[1] is None
    saved.overwrite_view(view_id=pk, shown=Shown(board="gone"), actor=misaki, now=now)
    assert list_page(misaki, Asked(view=view), now=now)[1] is None
