"""Signing in: no door for strangers, no word about who has an account, and an end to guessing."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

LOGIN = "/accounts/login/"
RIGHT = {"login": "misaki", "password": "enishi-demo-2026"}
GUESSES = 5


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


def try_in(client=None, **said):
    headers = said.pop("headers", {})
    return (client or Client()).post(LOGIN, RIGHT | said, headers=headers)


def is_in(client):
    return client.get("/customers/").status_code == 200


def test_the_right_password_leads_where_one_wanted_to_go(misaki_user):
    client = Client()
    wanted = client.get("/customers/").url
    assert wanted == f"{LOGIN}?next=/customers/"
    answer = client.post(wanted, RIGHT | {"next": "/customers/"})
    assert (answer.status_code, answer.url) == (302, "/customers/")
    assert is_in(client)


def test_the_way_onward_is_our_own_only(misaki_user):
    assert try_in(next="https://evil.example/").url == "/"


def test_a_wrong_password_and_a_stranger_read_the_same(misaki_user):
    wrong, stranger = try_in(password="wrong"), try_in(login="nobody", password="wrong")
    assert wrong.status_code == stranger.status_code == 200

    def errors(answer):
        return answer.context["form"].non_field_errors()

    assert errors(wrong) == errors(stranger)
    assert len(errors(wrong)) == 1


def test_guessing_ends_soon_for_an_account_whatever_the_guesser_says_of_itself(misaki_user):
    for number in range(GUESSES):
        try_in(password="wrong", headers={"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"})
    client = Client()
    try_in(client)
    assert not is_in(client)


def test_guessing_one_account_closes_no_other(misaki_user, make_user):
    make_user("ken", "ec_lead")
    for _ in range(GUESSES):
        try_in(password="wrong")
    client = Client()
    try_in(client, login="ken")
    assert is_in(client)


def test_one_address_cannot_guess_many_accounts(misaki_user):
    for number in range(12):
        try_in(login=f"somebody{number}", password="wrong")
    client = Client()
    try_in(client)
    assert not is_in(client)


def test_a_flood_of_addresses_does_not_make_the_limits_forget(misaki_user):
    for _ in range(GUESSES):
        try_in(password="wrong")
    for number in range(310):
        cache.set(f"another{number}", 1, 300)
    client = Client()
    try_in(client)
    assert not is_in(client)


def test_who_was_switched_off_is_out_at_the_next_request(misaki_client, misaki_user):
    assert is_in(misaki_client)
    misaki_user.is_active = False
    misaki_user.save()
    assert not is_in(misaki_client)
    client = Client()
    try_in(client)
    assert not is_in(client)


def test_nobody_signs_up(client, organisation):
    assert client.get("/accounts/signup/").status_code == 404
    assert "signup" not in client.get(LOGIN).content.decode()


def test_a_link_signs_nobody_out(misaki_client):
    misaki_client.get("/accounts/logout/")
    assert is_in(misaki_client)
    misaki_client.post("/accounts/logout/")
    assert not is_in(misaki_client)


def test_a_new_session_begins_with_signing_in(misaki_user):
    client = Client()
    client.session.save()
    before = client.session.session_key
    try_in(client)
    assert client.session.session_key != before
