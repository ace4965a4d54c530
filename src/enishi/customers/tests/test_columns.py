"""The columns of the list: chosen and ordered by each user, kept in views, offered to nobody who may not read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from enishi.customers.actions import views
from enishi.customers.actions.list_settings import choose_columns
from enishi.customers.actions.views import Named, Shown
from enishi.customers.listing import joined
from enishi.customers.models import ConsentState, CustomerTag, Identity, ListSetting, Relation, SavedView, Tag
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.listing import customer_page
from enishi.customers.queries.settings import offers
from enishi.platform import views_log
from enishi.platform.errors import Invalid
from enishi.platform.listing import Window
from enishi.platform.models import Event, ModuleState
from enishi.platform.once import asked_once
from enishi.platform.privacy import Level, Privacy
from enishi.platform.words import name_and_words

USUAL = ["stage", "last", "count", "revenue", "source", "owner", "tags"]


def shown(actor, now, **asked):
    return [column.key for column in customer_page(actor, Asked(**asked), now=now).columns]


@pytest.fixture
def choose(misaki, now):
    def make(*keys, page_size=50, actor=misaki):
        choose_columns(columns=keys, page_size=page_size, actor=actor, now=now)

    return make


def test_the_usual_columns_until_somebody_chooses(misaki, choose, now):
    assert shown(misaki, now) == USUAL
    choose("phone", "stage", "phone")
    assert shown(misaki, now) == ["phone", "stage"]
    assert Event.rows.get(kind="list.columns_chosen").data == {"columns": "phone,stage", "page_size": 50}
    choose()
    assert shown(misaki, now) == USUAL


def test_everybody_has_columns_of_their_own(misaki, yoshida, choose, now):
    choose("phone")
    assert shown(yoshida, now) == USUAL


def test_the_address_goes_before_the_view_and_the_view_before_ones_own(misaki, choose, now):
    choose("phone")
    with_columns = views.save_view(named=Named("電話"), shown=Shown(columns=("email", "gender")), actor=misaki, now=now)
    without = views.save_view(named=Named("ほか"), shown=Shown(), actor=misaki, now=now)
    assert shown(misaki, now, view=f"saved-{with_columns}") == ["email", "gender"]
    assert shown(misaki, now, view=f"saved-{with_columns}", columns=("kana",)) == ["kana"]
    assert shown(misaki, now, view=f"saved-{without}") == ["phone"]


def test_a_column_that_is_not_on_offer_is_left_out_of_a_view_and_refused_in_a_choice(misaki, choose, now):
    assert shown(misaki, now, columns=("email", "password", "number")) == ["email"]
    with pytest.raises(Invalid):
        choose("owner__password")
    with pytest.raises(Invalid):
        choose("email", page_size=5_000)
    pk = views.save_view(named=Named("x"), shown=Shown(columns=("x", "email")), actor=misaki, now=now)
    assert SavedView.rows.get(pk=pk).columns == ["email"]


def test_a_view_keeps_the_columns_of_a_module_that_is_off(misaki, now):
    pk = views.save_view(named=Named("x"), shown=Shown(columns=("revenue", "email")), actor=misaki, now=now)
    ModuleState.rows.create(key="commerce", on=False)
    views.overwrite_view(view_id=pk, shown=Shown(columns=("revenue", "email"), sort="kana"), actor=misaki, now=now)
    assert SavedView.rows.get(pk=pk).columns == ["revenue", "email"]


def test_what_a_viewer_may_not_know_is_not_offered(misaki, hayashi, now):
    hidden = replace(misaki, levels={**misaki.levels, Privacy.PERSONAL: Level.HIDDEN})
    keys = {offer.key for offer in offers(hidden)}
    assert not keys & {"email", "phone", "birthday", "kana", "member_number", "city"}
    assert keys >= {"stage", "prefecture", "tags"}
    assert shown(hidden, now, columns=("email", "prefecture")) == ["prefecture"]
    assert "email" in {offer.key for offer in offers(hayashi)}  # masked, not hidden


def test_columns_of_a_module_that_is_off_do_not_exist(misaki, choose, now):
    choose("revenue", "email")
    ModuleState.rows.create(key="commerce", on=False)
    assert shown(misaki, now) == ["email"]
    assert not {offer.key for offer in offers(misaki)} & {"last", "count", "revenue"}


def test_the_dialog_begins_with_what_is_shown(misaki):
    found = offers(misaki, (), ("email", "stage"))
    assert [offer.key for offer in found[:2]] == ["email", "stage"]
    assert [offer.chosen for offer in found[:3]] == [True, True, False]
    assert len({offer.key for offer in found}) == len(found)


EVERY = (
    "kind", "kana", "stage", "member_number", "email", "phone", "postal_code", "prefecture", "city", "street", "building", "birthday",
    "gender", "source", "owner", "team", "tags", "consent_email", "consent_post", "leave_alone", "registered", "last", "count", "revenue",
)  # fmt: skip


@pytest.fixture
def full(make_customer, misaki_user, yanaka, now):
    customer = make_customer(
        email="yuriko@example.jp",
        phone="090-1234-5678",
        postal_code="110-0001",
        prefecture="東京都",
        city="台東区",
        street="谷中1-2-3",
        building="縁ビル201",
        birthday_on=date(1985, 4, 1),
        gender="female",
        acquisition_source="紹介",
        owner=misaki_user,
        team=yanaka,
        leave_alone=True,
    )
    Identity.rows.create(customer=customer, kind="member", value="M-0001", created_at=now)
    ConsentState.rows.create(customer=customer, channel="email", allowed=True, basis="relation", changed_at=now)
    ConsentState.rows.create(customer=customer, channel="post", allowed=False, basis="refused", changed_at=now)
    for name in ("常連", "A/B", "VIP", "東京"):
        CustomerTag.rows.create(customer=customer, tag=Tag.rows.create(name=name), at=now)
    return customer


def texts(actor, now, *keys):
    (row,) = customer_page(actor, Asked(columns=keys), now=now).rows
    return [cell.text or "・".join(cell.tags) for cell in row.cells]


def test_every_column_in_words(full, misaki, now):
    said = dict(zip(EVERY, texts(misaki, now, *EVERY), strict=True))
    assert said == {
        "kind": "個人",
        "kana": "サイトウ ユリコ",
        "stage": "見込み",
        "member_number": "M-0001",
        "email": "yuriko@example.jp",
        "phone": "090-1234-5678",
        "postal_code": "110-0001",
        "prefecture": "東京都",
        "city": "台東区",
        "street": "谷中1-2-3",
        "building": "縁ビル201",
        "birthday": "1985/04/01(月)",
        "gender": "女性",
        "source": "紹介",
        "owner": "髙橋",
        "team": "谷中本店",
        "tags": "常連・A/B・VIP",
        "consent_email": "取引関係",
        "consent_post": "停止",
        "leave_alone": "はい",
        "registered": "2026/03/01(日)",
        "last": "",
        "count": "",
        "revenue": "",
    }
    (row,) = customer_page(misaki, Asked(columns=("tags",)), now=now).rows
    assert row.cells[0].more_tags == "+1"


def test_a_masked_viewer_sees_masks_in_every_personal_column(full, hayashi, now):
    assert texts(hayashi, now, "email", "phone", "postal_code", "birthday", "member_number", "city", "prefecture") == [
        "y***@example.jp", "090-****-5678", "110-****", "1985/**/**", "＊＊＊", "＊＊＊", "東京都",
    ]  # fmt: skip


def test_where_somebody_works_is_told_of_companies_that_the_viewer_sees(full, make_customer, misaki, hayashi, yanaka, now):
    seen, unseen = make_customer(kind="company", name="株式会社縁日堂", team=yanaka), make_customer(kind="company", name="㈱かくれ")
    Relation.rows.create(source=full, target=unseen, kind="works_for", is_primary=True, department="総務部")
    Relation.rows.create(source=full, target=seen, kind="works_for", department="営業部", title="課長")
    keys = ("workplace", "department", "job_title")
    row = next(row for row in customer_page(misaki, Asked(columns=keys), now=now).rows if row.id == full.pk)
    assert [cell.text for cell in row.cells] == ["㈱かくれ", "総務部", ""]
    row = next(row for row in customer_page(hayashi, Asked(columns=keys), now=now).rows if row.id == full.pk)
    assert [cell.text for cell in row.cells] == ["株＊＊", "＊＊＊", "＊＊＊"]


def test_while_the_view_log_cannot_be_written_everything_personal_is_masked(full, misaki, now, monkeypatch):
    monkeypatch.setattr(views_log, "record", lambda *_, **__: False)
    page = customer_page(misaki, Asked(columns=("email", "member_number")), now=now)
    assert (page.rows[0].name, page.rows[0].ruby) == ("齋＊＊", "")
    assert [cell.text for cell in page.rows[0].cells] == ["y***@example.jp", "＊＊＊"]


def test_every_column_costs_the_same_however_many_rows(make_customer, misaki, now, django_assert_max_num_queries):
    for _ in range(55):
        make_customer()
    with asked_once():
        name_and_words()  # the frame of a page asks for them first
        with django_assert_max_num_queries(18):
            assert len(customer_page(misaki, Asked(columns=EVERY), now=now).rows) == 50


def test_pages_of_another_size_go_forth_and_back(make_customer, misaki, choose, now):
    for _ in range(230):
        make_customer()
    choose(page_size=100)
    first = customer_page(misaki, Asked(), now=now)
    second = customer_page(misaki, Asked(window=Window(after=first.slice.ids[-1], first=101)), now=now)
    third = customer_page(misaki, Asked(window=Window(after=second.slice.ids[-1], first=201)), now=now)
    assert [page.slice.range_words for page in (first, second, third)] == ["1–100", "101–200", "201–230"]
    back = customer_page(misaki, Asked(window=Window(before=third.slice.ids[0], first=201 - 50)), now=now)  # as the address says it
    assert (back.slice.ids, back.slice.range_words) == (second.slice.ids, "101–200")


def test_labels_that_a_reader_would_split_stand_in_quotes():
    assert joined(["常連", "A/B", '5"刀', "東京"]) == '常連、"A/B"、"5""刀"、東京'


# ---- doors ------------------------------------------------------------------------------------------------


def test_the_dialog_offers_and_keeps(misaki_client, full):
    url = reverse("customers:columns")
    page = misaki_client.get(url).content.decode()
    assert page.index('value="revenue"') < page.index('value="email"')
    answer = misaki_client.post(url, {"columns": ["email", "stage"], "page_size": "100"})
    assert answer.headers["HX-Redirect"] == "/customers/?view=all"
    assert (ListSetting.rows.get().columns, ListSetting.rows.get().page_size) == (["email", "stage"], 100)
    listed = misaki_client.get("/customers/").content.decode()
    assert "yuriko@example.jp" in listed
    assert "流入経路" not in listed
    assert misaki_client.post(url, {"page_size": "50"}).status_code == 422
    misaki_client.post(url, {"reset": "1", "page_size": "50"})
    assert ListSetting.rows.get().columns == []


def test_columns_of_a_saved_view_stay_in_the_address_until_it_is_overwritten(misaki_client, misaki, full, now):
    pk = views.save_view(named=Named("電話"), shown=Shown(columns=("phone",)), actor=misaki, now=now)
    answer = misaki_client.post(f"{reverse('customers:columns')}?view=saved-{pk}", {"columns": ["email", "phone"], "page_size": "50"})
    assert answer.headers["HX-Redirect"] == f"/customers/?view=saved-{pk}&cols=email%2Cphone"
    assert not ListSetting.rows.get().columns
    page = misaki_client.get(answer.headers["HX-Redirect"]).content.decode()
    assert "「電話」に上書き保存" in page
    misaki_client.post(f"{reverse('customers:view-overwrite', args=[pk])}?view=saved-{pk}&cols=email%2Cphone")
    assert SavedView.rows.get().columns == ["email", "phone"]
