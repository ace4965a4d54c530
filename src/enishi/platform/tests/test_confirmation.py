"""The proof of who one is, asked for again before what hurts most; what was filled in is not lost on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from enishi.platform import time
from enishi.platform.models import ApiToken, Event, UserSession

CONFIRM = "/accounts/confirm/"
TOKENS = "/settings/tokens/"
FORM = {"name": "自社EC 﨑 連携", "reach": "read", "shows": "all"}
PASSWORD = {"password": "enishi-demo-2026"}


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


@pytest.fixture
def later(misaki_client, now):
    """A browser whose user signed in an hour ago."""
    misaki_client.get("/settings/account/")
    time.freeze(now + timedelta(hours=1))
    return misaki_client


def test_who_has_just_signed_in_is_not_asked(misaki_client, now):
    assert "トークンを作りました" in misaki_client.post(TOKENS, FORM).content.decode()


def test_a_form_is_held_back_and_carried_out_behind_the_proof(later):
    asked = later.post(TOKENS, FORM)
    assert (asked.status_code, asked.url) == (302, f"{CONFIRM}?next=%2Fsettings%2Ftokens%2F")
    assert not ApiToken.rows.exists()
    page = later.get(asked.url).content.decode()
    assert "ご本人の確認" in page
    assert FORM["name"] not in page

    done = later.post(CONFIRM, PASSWORD | {"next": TOKENS})
    assert done.status_code == 200
    assert "トークンを作りました" in done.content.decode()
    assert ApiToken.rows.get().name == FORM["name"]


def test_a_held_form_is_sealed_in_the_session_and_carried_out_once(later):
    later.post(TOKENS, FORM)
    assert FORM["name"] not in str(dict(later.session))
    later.post(CONFIRM, PASSWORD | {"next": TOKENS})
    later.post(CONFIRM, PASSWORD | {"next": TOKENS})
    assert ApiToken.rows.count() == 1


def test_a_held_form_goes_to_no_other_address(later):
    later.post(TOKENS, FORM)
    assert later.post(CONFIRM, PASSWORD | {"next": "/settings/account/"}).url == "/settings/account/"
    assert not ApiToken.rows.exists()


def test_reading_needs_no_proof(later):
    assert later.get(TOKENS).status_code == 200


def test_a_wrong_password_does_nothing_and_is_said_beside_the_field(later):
    later.post(TOKENS, FORM)
    answer = later.post(CONFIRM, {"password": "wrong", "next": TOKENS})
    assert answer.status_code == 422
    assert "パスワードが違います。" in answer.content.decode()
    assert later.post(TOKENS, FORM).status_code == 302
    assert not ApiToken.rows.exists()


def test_nothing_typed_is_asked_for(later):
    assert "入力してください" in later.post(CONFIRM, {"next": TOKENS}).content.decode()


def test_guessing_ends_here_too(later):
    for _number in range(5):
        later.post(CONFIRM, {"password": "wrong", "next": TOKENS})
    answer = later.post(CONFIRM, PASSWORD | {"next": TOKENS})
    assert answer.status_code == 422
    assert "続けて間違えたため" in answer.content.decode()


def test_a_proof_holds_for_ten_minutes(later, now):
    later.post(CONFIRM, PASSWORD | {"next": "/"})
    time.freeze(now + timedelta(hours=1, minutes=10))
    assert later.post(TOKENS, FORM).status_code == 200
    time.freeze(now + timedelta(hours=1, minutes=10, seconds=1))
    assert later.post(TOKENS, FORM).status_code == 302


def test_the_session_gets_a_new_key_and_stays_in_the_list(later):
    before = later.session.session_key
    later.post(CONFIRM, PASSWORD | {"next": "/"})
    after = later.session.session_key
    assert after != before
    assert [row.session_key for row in UserSession.rows.all()] == [after]


def test_htmx_is_asked_in_a_dialog_and_presses_again(later):
    htmx = {"HX-Request": "true"}
    asked = later.post(TOKENS, FORM, headers=htmx)
    assert asked.status_code == 403
    assert 'hx-target="#confirm-host"' in asked.content.decode()
    assert 'id="confirm"' in asked.content.decode()
    wrong = later.post(CONFIRM, {"password": "wrong"}, headers=htmx)
    assert wrong.status_code == 422
    assert "パスワードが違います。" in wrong.content.decode()
    right = later.post(CONFIRM, PASSWORD, headers=htmx)
    assert (right.status_code, right.headers["HX-Trigger"]) == (204, "enishi:confirmed")
    assert later.post(TOKENS, FORM, headers=htmx).status_code == 200


def test_the_way_onward_is_our_own_only(later):
    assert later.post(CONFIRM, PASSWORD | {"next": "https://evil.example/"}).url == "/"
    assert later.post(CONFIRM, PASSWORD | {"next": "//evil.example/"}).url == "/"


def test_strangers_are_led_to_sign_in(db):
    answer = Client().post(CONFIRM, PASSWORD)
    assert (answer.status_code, answer.url) == (302, f"{reverse('account_login')}?next={CONFIRM}")


def test_a_failed_proof_is_told_to_the_log_without_what_was_typed(later, misaki):
    later.post(CONFIRM, {"password": "hunter2-hunter2", "next": "/"})
    event = Event.rows.get(kind="user.sign_in_failed")
    assert event.subject_id == misaki.user_id
    assert "hunter2" not in str(event.data)
