"""呼び方: the company's own words for customers and who looks after them, on its screens in both languages."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from enishi.customers.models import Customer
from enishi.customers.tests.factories import customer as new_customer
from enishi.platform.models import FieldChange, Organisation
from enishi.platform.once import asked_once
from enishi.platform.words import TERMS, own

ACCOUNTS = {"customer": {"ja": "取引先", "en": "account", "en_plural": "accounts"}}
TYPED = {"customer_ja": "取引先", "customer_en": "account", "customer_en_plural": "accounts"}


def heading(page):
    return re.search(r"<h1>\s*(.*?)\s*</h1>", page)[1]


@pytest.fixture
def renamed(organisation):
    organisation.words = ACCOUNTS | {"owner": {"ja": "営業担当", "en": "sales rep", "en_plural": "sales reps"}}
    organisation.save()


@pytest.fixture
def make_customer(organisation):
    return new_customer


@pytest.fixture
def admin(make_user, sign_in_as):
    return sign_in_as(make_user("boss", "admin", "ec_lead"))


@pytest.fixture
def sign_in_as(client):
    def enter(user):
        client.force_login(user, backend="enishi.platform.signin.ActiveUserBackend")
        return client

    return enter


@pytest.mark.parametrize(
    ("language", "ours", "theirs"),
    [
        ("ja", "顧客を登録", "取引先を登録"),
        ("ja", "担当を変える", "営業担当を変える"),
        ("ja", "注文", "注文"),
        ("en", "Customers", "Accounts"),
        ("en", "Add a customer", "Add an account"),
        ("en", "A customer's owner", "An account's sales rep"),
        ("en", "No owner", "No sales rep"),
        ("en", "Customisation", "Customisation"),
    ],
)
def test_a_text_is_said_in_the_words_of_the_company(renamed, language, ours, theirs):
    with translation.override(language), asked_once():
        assert own(ours) == theirs


def test_outside_of_a_request_the_words_stay_ours(renamed):
    assert own("顧客番号") == "顧客番号"


def test_all_texts_of_a_page_ask_once(renamed, django_assert_num_queries):
    with asked_once(), django_assert_num_queries(1):
        assert [own("顧客"), own("担当")] == ["取引先", "営業担当"]


def test_words_are_chosen_on_a_screen_and_stand_in_menu_headings_and_labels(admin):
    assert admin.post("/settings/words/", TYPED).status_code == 302
    change = FieldChange.rows.get(field="words")
    assert (change.before, change.after) == ({}, ACCOUNTS)
    page = admin.get("/customers/").content.decode()
    assert heading(page) == "取引先"
    assert "取引先を登録" in page
    assert re.search(r"<title>\s*取引先\s*｜", page)
    assert "顧客を登録" not in page
    assert "取引先の項目" in admin.get("/settings/").content.decode()


def test_an_empty_word_is_ours_again(admin):
    admin.post("/settings/words/", TYPED)
    admin.post("/settings/words/", dict.fromkeys(TYPED, ""))
    assert Organisation.rows.get().words == {}
    assert heading(admin.get("/customers/").content.decode()) == "顧客"


def test_a_word_without_its_english_is_asked_for_and_nothing_typed_is_lost(admin):
    answer = admin.post("/settings/words/", {"customer_ja": "取引先"})
    assert answer.status_code == 422
    assert "日本語と英語の両方を入力してください。" in answer.content.decode()
    assert 'value="取引先"' in answer.content.decode()
    assert Organisation.rows.get().words == {}


def test_what_people_wrote_is_never_put_into_other_words(renamed, admin, organisation):
    organisation.name = "株式会社顧客の会"
    organisation.save()
    assert "株式会社顧客の会" in admin.get("/customers/").content.decode()


def test_the_words_are_the_administrator_s(misaki_client):
    assert misaki_client.post("/settings/words/", TYPED).status_code == 403


STAGE = {"stage_best_ja": "得意先", "stage_best_en": "Key account"}


def test_a_stage_of_customers_is_said_as_the_company_says_it(admin):
    best = Customer.Lifecycle.BEST.label
    assert admin.post("/settings/words/", STAGE).status_code == 302
    assert Organisation.rows.get().words == {"stage_best": {"ja": "得意先", "en": "Key account"}}
    with asked_once():
        said = []
        for language in ("ja", "en"):
            with translation.override(language):
                said.append((str(best), str(Customer.Lifecycle.LOST.label)))
    assert said == [("得意先", "離反"), ("Key account", "Churned")]
    assert str(best) == "優良"  # outside of a request: a file always has the same words
    assert 'value="得意先"' in admin.get("/settings/words/").content.decode()


def test_a_renamed_stage_stands_in_the_list_and_on_the_record(admin, make_customer):
    customer = make_customer(lifecycle="best")
    admin.post("/settings/words/", STAGE)
    for url in ("/customers/?view=all", f"/customers/{customer.number}/"):
        page = admin.get(url).content.decode()
        assert "得意先" in page, url
        assert "優良" not in page, url


def test_a_stage_without_its_english_is_asked_for(admin):
    answer = admin.post("/settings/words/", {"stage_best_ja": "得意先"})
    assert answer.status_code == 422
    assert "日本語と英語の両方を入力してください。" in answer.content.decode()


def test_a_stage_fits_its_column(admin):
    answer = admin.post("/settings/words/", {"stage_best_ja": "とても大切なお取引先", "stage_best_en": "Very key account"})
    assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"stage_best_ja", "stage_best_en"})


def test_our_words_are_those_of_the_catalogues():
    for stage in Customer.Lifecycle:
        for language in ("ja", "en"):
            with translation.override(language):
                assert str(stage.label) == TERMS[f"stage_{stage.value}"].words()[language]
