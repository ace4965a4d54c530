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


# ---- U03 and U04 of the security cases -----------------------------------------------------------------------------


def test_five_hundred_guesses_with_changing_headers_are_five_guesses(misaki_user, monkeypatch):
    """The account's limit holds whatever the guesser says of itself, and however they write its name."""
    from enishi.platform.models import User

    checked = []
    check = User.check_password
    monkeypatch.setattr(User, "check_password", lambda user, password: checked.append(password) or check(user, password))
    client = Client()
    for number in range(500):
        forwarded = f"203.0.113.{number % 250}, 198.51.100.{number % 199}"
        name = ("misaki", "MISAKI", " misaki ")[number % 3]
        client.post(LOGIN, {"login": name, "password": f"guess{number}"}, headers={"X-Forwarded-For": forwarded, "X-Real-IP": forwarded})
    assert len(checked) <= GUESSES
    try_in(client)
    assert not is_in(client)


def test_the_mail_address_of_an_account_gives_no_further_guesses(misaki_user):
    misaki_user.email = "misaki@example.jp"
    misaki_user.save()
    for number in range(GUESSES):
        try_in(login=("misaki", "misaki@example.jp")[number % 2], password="wrong")
    client = Client()
    try_in(client)
    assert not is_in(client)


@pytest.mark.parametrize("login", ["misaki", "misaki@example.jp", "stopped", "nobody", "nobody@example.jp", "shared@example.jp"])
def test_as_much_is_hashed_for_somebody_as_for_nobody(login, misaki_user, make_user, monkeypatch):
    """Time tells nobody who has an account: one password is hashed, whatever was typed."""
    from django.contrib.auth import hashers

    from enishi.platform.models import User

    User.rows.filter(pk=misaki_user.pk).update(email="misaki@example.jp")
    for name in ("a", "b", "stopped"):
        make_user(name)
    User.rows.filter(username__in=("a", "b")).update(email="shared@example.jp")
    User.rows.filter(username="stopped").update(is_active=False)
    hashed = []
    encode = hashers.MD5PasswordHasher.encode
    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", lambda self, *given: hashed.append(1) or encode(self, *given))
    try_in(login=login, password="wrong")
    assert len(hashed) == 1


@pytest.mark.parametrize(
    "headers",
    [{"X-Remote-User": "misaki"}, {"Remote-User": "misaki"}, {"X-Forwarded-User": "misaki"}, {"Authorization": "Basic bWlzYWtpOng="}],
)
def test_no_header_says_who_one_is(headers, misaki_user):
    assert Client().get("/customers/", headers=headers).status_code == 302


def test_no_header_says_what_we_are_called_or_what_is_meant(misaki_client, misaki_user):
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-HTTP-Method-Override": "POST",
        "X-Original-URL": "/settings/",
        "Forwarded": "host=evil",
    }
    answer = misaki_client.get("/accounts/logout/", headers=forged)
    assert "evil" not in answer.content.decode() + repr(answer.headers)
    assert is_in(misaki_client)


def test_a_forgotten_password_is_a_job_for_whoever_asks_and_names_our_own_site(misaki_user, monkeypatch, organisation):
    from procrastinate.contrib.django.models import ProcrastinateJob

    from enishi.platform import notices
    from enishi.platform.models import User

    User.rows.filter(pk=misaki_user.pk).update(email="misaki@example.jp")
    known = Client().post("/accounts/password/reset/", {"email": "misaki@example.jp"}, headers={"Host": "127.0.0.1"})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@example.jp"}, headers={"Host": "127.0.0.1"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    jobs = ProcrastinateJob.objects.filter(task_name="platform.mail_reset_link").order_by("id").values_list("args", flat=True)
    assert list(jobs) == [{"user_id": misaki_user.pk}, {"user_id": 0}]
    mails = []
    monkeypatch.setattr(notices, "send", mails.append)
    notices.mail_reset_link(misaki_user.pk)
    notices.mail_reset_link(0)
    assert len(mails) == 1
    assert "http://localhost" in mails[0].text
    assert "127.0.0.1" not in mails[0].text
