"""What the input standards say beside a field, before it is saved, and what they tell of a value that was taken."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.standards import publish_standards, put_rule
from enishi.customers.fields import catalogue
from enishi.customers.models import ContactPoint, Customer
from enishi.customers.queries.hints import field_hints
from enishi.customers.standards.rule import Rule
from enishi.platform.actions.tokens import create_token
from enishi.platform.errors import NotAllowed
from enishi.platform.japanese.lookalikes import put_right
from enishi.platform.rights import actor_of

RULES = (
    Rule(key="r1", field="street", check="width", choice="ascii_half", mode="fix"),
    Rule(key="r2", field="family_name", check="forbidden", words=("テスト",), mode="refuse"),
    Rule(key="r3", field="family_name", check="lookalikes", mode="warn"),
    Rule(key="r4", field="name", check="company_form", choice="long", mode="warn"),
    Rule(key="r5", field="kana", check="forbidden", words=("テスト",), mode="refuse"),
    Rule(key="r6", field="given_name", check="required", mode="refuse"),
    Rule(key="r7", field="email", check="forbidden", words=("mailinator",), mode="refuse"),
)


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers"))


@pytest.fixture(autouse=True)
def published(organisation, admin, now):
    for rule in RULES:
        put_rule(rule=rule, actor=admin, now=now - timedelta(days=1))
    publish_standards(note="", actor=admin, now=now - timedelta(days=1))


def said(actor, **typed):
    return {name: [(one.tone, one.text) for one in hints] for name, hints in field_hints(actor, typed).items()}


# ---- while it is typed ----------------------------------------------------------------------------------------------


def test_a_hint_says_what_would_become_of_the_text_and_how_it_is_right(admin):
    assert said(admin, street="六本木１－２", family_name="ニ宮") == {"street": [("fix", "六本木1-2")], "family_name": [("warn", "二宮")]}
    assert said(admin, family_name="テスト") == {"family_name": [("refuse", "")]}
    assert said(admin, street="六本木1-2", family_name="二宮", city="港区") == {}


def test_what_is_right_by_a_rule_that_only_tells_is_one_press_away(admin):
    assert said(admin, name="㈱縁日堂") == {}  # a person's form has no such field
    found = field_hints(admin, {"name": "㈱縁日堂"}, kind="company")
    assert [(one.text, one.act) for one in found["name"]] == [("株式会社縁日堂", "「株式会社縁日堂」にする")]


def test_a_reading_in_two_parts_is_told_at_the_first_of_them(admin):
    assert said(admin, given_kana="テスト") == {"given_kana": [("refuse", "")]}
    assert said(admin, family_kana="テスト", given_kana="タロウ") == {"family_kana": [("refuse", "")]}


def test_what_is_missing_is_not_told_while_somebody_types(admin):
    assert said(admin, given_name=" ") == {}


@pytest.mark.parametrize(("typed", "right"), [("ニ宮", "二宮"), ("ソニ一", "ソニー"), ("1O-2", "10-2"), ("二宮", ""), ("Αlpha", "")])
def test_a_look_alike_is_put_right_where_the_letter_is_known(typed, right):
    assert put_right(typed) == right


def test_fields_that_are_not_ones_own_to_write_are_refused(admin, make_user, now):
    define_field(
        definition=Definition(kind="text", label="診断", privacy="sensitive", purpose="接客のため"), section="", actor=admin, now=now
    )
    (key,) = catalogue.all_fields()
    clerk = actor_of(make_user("clerk", "store_staff"))
    for actor, typed in ((clerk, {key: "x"}), (admin, {"password": "x"}), (actor_of(make_user("visitor")), {"street": "１"})):
        with pytest.raises(NotAllowed):
            field_hints(actor, typed)


def test_the_door_answers_by_field_and_the_form_names_the_fields_that_have_rules(sign_in, admin):
    client = sign_in(admin)
    answer = client.post(reverse("customers:hints"), {"kind": "person", "street": "１"})
    assert [(one["tone"], one["text"]) for one in answer.json()["street"]] == [("fix", "1")]
    assert client.post(reverse("customers:hints"), {"owner_name": "x"}).status_code == 403
    page = client.get(reverse("customers:new")).content.decode()
    (fields,) = re.findall('data-fields="(.*?)"', page)
    assert set(fields.split()) == {
        "name",
        "family_name",
        "given_name",
        "former_name",
        "kana",
        "family_kana",
        "given_kana",
        "email",
        "street",
    }


# ---- after it was taken ---------------------------------------------------------------------------------------------


def test_the_api_tells_what_was_mended_and_what_is_odd(admin, now):
    token = create_token(name="自社EC", read_only=False, actor=admin, now=now).token
    system, named = Client(), {"Authorization": f"Bearer {token}"}

    def call(verb, path, **body):
        return getattr(system, verb)(f"/api/v1/customers{path}", body, content_type="application/json", headers=named).json()

    def told(answer):
        return [(one["field"], one["code"], one["text"]) for one in answer["warnings"]]

    odd = [("street", "mended", "六本木1"), ("family_name", "lookalikes", "二宮")]
    made = call("post", "", family_name="ニ宮", given_name="和也", street="六本木１")
    assert told(made) == odd
    assert made["warnings"][0]["message"] == "入力基準に合わせて「六本木1」に直しました。"
    assert told(call("patch", f"/{made['number']}", city="港区")) == []
    assert told(call("patch", f"/{made['number']}", street="六本木２")) == [("street", "mended", "六本木2")]
    fields = {"family_name": "ニ宮", "given_name": "和子", "street": "六本木１"}
    assert told(call("put", "/by/member/M-1", **fields)) == odd
    results = call("post", "/bulk", items=[{"kind": "member", "value": "M-2", "fields": fields}])["results"]
    assert told(results[0]) == odd


def test_a_call_is_written_down_with_what_is_odd_about_its_caller(sign_in, admin):
    typed = {"phone": "03-1234-5678", "customer_id": "new", "family_name": "ニ宮", "given_name": "和也", "text": "在庫の問い合わせ"}
    page = sign_in(admin).post(reverse("customers:call"), typed, follow=True).content.decode()
    assert "「ニ」は「二」の打ち間違いではありませんか" in page


def test_a_cell_of_the_list_tells_what_became_of_it(sign_in, admin, make_customer):
    one, client = make_customer(family_name="斎藤", given_name="由里子"), sign_in(admin)
    address = reverse("customers:cell", args=[one.number, "name"])
    opened = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'data-fields="family_name given_name' in opened
    seen = opened.split('name="seen" value="')[1].split('"')[0]
    typed = {"family_name": "ニ宮", "given_name": "和也", "family_kana": "", "given_kana": "", "seen": seen}
    answer = client.post(address, typed, headers={"HX-Request": "true"}).content.decode()
    assert "「ニ」は「二」の打ち間違いではありませんか" in answer


# ---- beside the customer's own --------------------------------------------------------------------------------------


def test_further_contact_points_obey_the_same_rules(sign_in, admin, make_customer, now):
    one, client = make_customer(street="六本木9", email="own@example.jp"), sign_in(admin)
    address = reverse("customers:contact-new", args=[one.number, "address"])
    assert 'data-fields="street"' in client.get(address).content.decode()
    page = client.post(address, {"street": "六本木１", "city": "港区"}, follow=True).content.decode()
    assert "入力基準に合わせて「六本木1」に直しました" in page
    assert ContactPoint.rows.get(is_primary=False).street == "六本木1"
    refused = client.post(reverse("customers:contact-new", args=[one.number, "email"]), {"email": "a@mailinator.com"})
    assert refused.status_code == 422
    assert "「mailinator」は使えません" in refused.content.decode()
    token = create_token(name="自社EC", read_only=False, actor=admin, now=now).token
    answer = Client().post(
        f"/api/v1/customers/{one.number}/contacts",
        {"kind": "address", "street": "六本木２"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.json()["street"], [one["code"] for one in answer.json()["warnings"]]) == ("六本木2", ["mended"])
    assert Customer.rows.get().street == "六本木9"
