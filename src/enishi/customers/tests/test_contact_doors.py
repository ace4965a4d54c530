"""The dialogs and the API of contact points."""

from __future__ import annotations

import pytest
from django.urls import reverse

from enishi.customers.models import ContactPoint, Customer
from enishi.customers.tests.test_api import Api
from enishi.platform.actions.tokens import create_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def yuriko(make_customer):
    return make_customer(number="C-000501", email="yuriko@example.jp", phone="076-262-0001")


@pytest.fixture
def api(misaki, now):
    return Api(create_token(name="自社EC", read_only=False, actor=misaki, now=now).token)


def url(name, *args):
    return reverse(f"customers:{name}", args=args)


def test_a_phone_is_added_and_marked_as_unused(yuriko, misaki_client):
    new = url("contact-new", yuriko.number, "phone")
    assert 'inputmode="tel"' in misaki_client.get(new).content.decode()
    made = misaki_client.post(new, {"phone": "080-5550-0001", "label": "mobile"}, headers={"HX-Request": "true"})
    assert (made.status_code, made.headers["HX-Redirect"]) == (204, url("record", yuriko.number))
    row = ContactPoint.rows.get()
    one = url("contact", yuriko.number, row.pk)
    assert "080-5550-0001" in misaki_client.get(one).content.decode()
    misaki_client.post(
        one, {"phone": "080-5550-0001", "label": "mobile", "state": "invalid", "reason": "unused", "stopped_on": "2026/11/1"}
    )
    row.refresh_from_db()
    assert (row.state, row.reason) == ("invalid", "unused")
    page = misaki_client.get(url("record", yuriko.number)).content.decode()
    assert "無効：使われていない番号（2026/11/01(日)から）" in page


def test_a_refusal_stays_in_the_dialog_with_what_was_typed(yuriko, misaki_client, make_customer):
    make_customer(number="C-000777", name="田中 千夏", email="home@example.jp")
    Customer.rows.filter(number="C-000777")
    misaki_client.post(url("contact-new", "C-000777", "email"), {"email": "second@example.jp"})
    new = url("contact-new", yuriko.number, "email")
    for typed, words in (("second@example.jp", "C-000777 を開く"), ("second", "＠がありません")):
        answer = misaki_client.post(new, {"email": typed}, headers={"HX-Request": "true"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert words in page
        assert f'value="{typed}"' in page
    misaki_client.post(new, {"email": "second@example.jp", "shares_address": "on"})
    assert ContactPoint.rows.filter(email="second@example.jp").count() == 2


def test_places_are_changed_and_a_mistake_is_taken_away(yuriko, misaki_client):
    misaki_client.post(url("contact-new", yuriko.number, "email"), {"email": "second@example.jp", "label": "work"})
    misaki_client.post(url("contact-primary", yuriko.number, ContactPoint.rows.get().pk))
    yuriko.refresh_from_db()
    assert yuriko.email == "second@example.jp"
    row = ContactPoint.rows.get(is_primary=False)
    assert row.email == "yuriko@example.jp"
    misaki_client.post(url("contact-remove", yuriko.number, row.pk))
    assert not ContactPoint.rows.filter(is_primary=False).exists()


def test_an_unknown_kind_or_contact_is_not_there(yuriko, misaki_client):
    for address in (
        url("contact-new", yuriko.number, "pager"),
        url("contact", yuriko.number, "address"),
        url("contact", yuriko.number, "99"),
    ):
        assert misaki_client.get(address).status_code == 404


# ---- the API ----------------------------------------------------------------------------------------------


def test_the_api_lists_adds_changes_and_removes(yuriko, api):
    made = api("POST", "/C-000501/contacts", {"kind": "email", "email": "Front@example.jp", "label": "work"})
    assert made.status_code == 201
    called = made.json()["contact"]
    listed = api("GET", "/C-000501/contacts").json()["items"]
    assert [(one["contact"], one["kind"], one["email"], one["is_primary"]) for one in listed] == [
        ("email", "email", "yuriko@example.jp", True),
        (called, "email", "front@example.jp", False),
        ("phone", "phone", "", True),
    ]
    put = api("PUT", f"/C-000501/contacts/{called}", {"email": "front@example.jp", "state": "invalid", "reason": "bounced"})
    assert (put.status_code, put.json()["state"], put.json()["label"]) == (200, "invalid", "")
    assert api("POST", f"/C-000501/contacts/{called}/primary").json()["error"]["code"] == "contact.stopped"
    assert api("PUT", f"/C-000501/contacts/{called}", {"email": "front@example.jp"}).status_code == 200
    swapped = api("POST", f"/C-000501/contacts/{called}/primary").json()["items"]
    assert [one["email"] for one in swapped][:2] == ["front@example.jp", "yuriko@example.jp"]
    assert api("DELETE", f"/C-000501/contacts/{swapped[1]['contact']}").status_code == 204
    assert [one["email"] for one in api("GET", "/C-000501?include=contacts").json()["contacts"]] == ["front@example.jp", ""]


def test_a_customer_comes_without_contacts_unless_they_are_asked_for(yuriko, api):
    assert api("GET", "/C-000501").json()["contacts"] is None


def test_the_api_refuses_what_the_screen_refuses(yuriko, api):
    for body, field in (
        ({"kind": "email", "email": "x"}, "email"),
        ({"kind": "pager"}, "kind"),
        ({"kind": "phone", "phone": "080-5550-0001", "colour": "red"}, "colour"),
    ):
        answer = api("POST", "/C-000501/contacts", body)
        assert answer.status_code == 422
        assert field in str(answer.json()["error"]["fields"])
