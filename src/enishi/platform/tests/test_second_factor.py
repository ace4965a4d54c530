"""認証アプリ, passkeys and recovery codes: enrolment, the second step, and that there is no way around it."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from cryptography.exceptions import InvalidTag
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from fido2.utils import websafe_encode

from enishi.platform import second_factor, time
from enishi.platform.models import Event, Organisation, User
from enishi.platform.tests.passkey import SoftPasskey

LOGIN = "/accounts/login/"
CODE = "/accounts/code/"
ACCOUNT = "/settings/account/"
RIGHT = {"login": "misaki", "password": "enishi-demo-2026"}
STEP = 59_000_000


@pytest.fixture(autouse=True)
def at_half_past(db, monkeypatch, settings):
    """The app's half minute stands still; nobody tried before. Passkeys are for localhost."""
    cache.clear()
    settings.APP_HOST = "localhost"
    monkeypatch.setattr(totp, "yield_hotp_counters_from_time", lambda: iter((STEP - 1, STEP, STEP + 1)))


def code_of(secret, step=STEP):
    return totp.format_hotp_value(totp.hotp_value(secret, step))


def enrol_app(client):
    """Through the page; gives the secret that it showed, and the recovery codes."""
    page = client.get("/settings/account/app/add/")
    secret = page.context["form"].secret
    answer = client.post("/settings/account/app/add/", {"code": code_of(secret, STEP - 1)})
    assert answer.url == reverse("mfa_view_recovery_codes")
    return secret, client.get(answer.url).context["unused_codes"]


def add_passkey(client, name="会社のノートPC", **made):
    passkey = SoftPasskey(**made)
    options = client.get("/settings/account/passkeys/add/").context["passkey_options"]
    answer = client.post("/settings/account/passkeys/add/", {"name": name, "credential": passkey.create(options), "passwordless": "on"})
    return passkey, answer


def first_step(**said):
    client = Client()
    return client, client.post(LOGIN, RIGHT | said)


def is_in(client):
    return client.get(ACCOUNT).status_code == 200


# ---- the app ----------------------------------------------------------------------------------------------------


def test_an_app_is_added_and_asked_for_from_then_on(misaki_client, now):
    secret, _codes = enrol_app(misaki_client)
    client, answer = first_step(next="/customers/")
    assert answer.url == CODE
    assert not is_in(client)
    assert "2段階認証" in client.get(CODE).content.decode()
    done = client.post(CODE, {"code": code_of(secret)})
    assert (done.status_code, done.url) == (302, "/customers/")
    assert is_in(client)
    assert [event.data["method"] for event in Event.rows.filter(kind="user.signed_in")] == ["totp"]


def test_a_code_is_read_as_people_type_it(misaki_client, now):
    secret, _codes = enrol_app(misaki_client)
    client, _answer = first_step()
    code = code_of(secret)
    wide = f"{code[:3]} {code[3:]}".translate({ord(str(n)): ord("０") + n for n in range(10)})
    client.post(CODE, {"code": wide})
    assert is_in(client)


def test_a_code_counts_once(misaki_client, now):
    secret, _codes = enrol_app(misaki_client)
    first, _answer = first_step()
    first.post(CODE, {"code": code_of(secret)})
    second, _answer = first_step()
    answer = second.post(CODE, {"code": code_of(secret)})
    assert "もう使われています" in answer.content.decode()
    assert not is_in(second)


def test_the_code_of_enrolment_signs_nobody_in(misaki_client, now):
    secret, _codes = enrol_app(misaki_client)
    client, _answer = first_step()
    client.post(CODE, {"code": code_of(secret, STEP - 1)})
    assert not is_in(client)


def test_wrong_codes_are_counted_and_told_to_the_log(misaki_client, misaki, now):
    secret, _codes = enrol_app(misaki_client)
    client, _answer = first_step()
    for _number in range(5):
        client.post(CODE, {"code": "000000"})
    answer = client.post(CODE, {"code": code_of(secret)})
    assert "続けて間違えたため" in answer.content.decode()
    assert not is_in(client)
    failed = Event.rows.filter(kind="user.sign_in_failed", subject_id=misaki.user_id)
    assert {event.data["step"] for event in failed} == {"second_factor"}


def test_a_wrong_first_code_adds_nothing_and_shows_the_same_picture(misaki_client, now):
    secret = misaki_client.get("/settings/account/app/add/").context["form"].secret
    answer = misaki_client.post("/settings/account/app/add/", {"code": "000000"})
    assert answer.context["form"].secret == secret
    assert "確認コードが違う" in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_seeds_are_sealed_for_their_owner_alone(misaki_client, make_user, now):
    secret = misaki_client.get("/settings/account/app/add/").context["form"].secret
    assert secret not in str(dict(misaki_client.session))
    misaki_client.post("/settings/account/app/add/", {"code": code_of(secret)})
    row = Authenticator.objects.get(type="totp")
    assert secret not in str(row.data)
    Authenticator.objects.filter(pk=row.pk).update(user=make_user("ken", "sales"))
    row.refresh_from_db()
    with pytest.raises(InvalidTag), second_factor.of(row.user_id):
        row.wrap().validate_code(code_of(secret))


def test_an_app_is_taken_off_again(misaki_client, now):
    enrol_app(misaki_client)
    assert "リカバリーコード" in misaki_client.get("/settings/account/app/remove/").content.decode()
    misaki_client.post("/settings/account/app/remove/")
    assert not Authenticator.objects.exists()  # the codes went with it
    _client, answer = first_step()
    assert answer.url == "/"
    kinds = list(Event.rows.filter(kind__startswith="user.second_factor").order_by("id").values_list("kind", "data__method"))
    assert kinds == [("user.second_factor_added", "totp"), ("user.second_factor_removed", "totp")]


def test_changing_it_needs_a_fresh_proof(misaki_client, now):
    misaki_client.get(ACCOUNT)
    time.freeze(now + timedelta(hours=1))
    for name in ("mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"):
        assert misaki_client.get(reverse(name)).url.startswith("/accounts/confirm/")


# ---- recovery codes -----------------------------------------------------------------------------------------------


def test_a_recovery_code_stands_in_once(misaki_client, now):
    _secret, codes = enrol_app(misaki_client)
    assert len(codes) == 10
    first, _answer = first_step()
    first.post(CODE, {"code": codes[0]})
    assert is_in(first)
    second, _answer = first_step()
    second.post(CODE, {"code": codes[0]})
    assert not is_in(second)
    assert "残り 9個" in first.get(ACCOUNT).content.decode()


def kept_codes(user):
    return Authenticator.objects.get(user=user, type="recovery_codes")


def test_once_they_were_shown_recovery_codes_are_salted_hashes_and_cannot_be_read_again(misaki_client, misaki_user, now):
    """A dump of the table, and the keys beside it, are no use: ASVS 6.5.2."""
    _secret, codes = enrol_app(misaki_client)
    data = kept_codes(misaki_user).data
    assert "seed" not in data
    assert len(data["migrated_codes"]) == 10
    assert all(kept.startswith("scrypt$") for kept in data["migrated_codes"])
    assert not any(code in repr(data) for code in codes)
    entering, _answer = first_step()
    entering.post(CODE, {"code": data["migrated_codes"][0]})
    assert not is_in(entering)
    assert "残り 10個" in misaki_client.get("/settings/account/").content.decode()


def test_a_used_recovery_code_leaves_the_list_and_the_others_go_on(misaki_client, misaki_user, now):
    _secret, codes = enrol_app(misaki_client)
    for code in (codes[3], codes[7]):
        entering, _answer = first_step()
        entering.post(CODE, {"code": f"{code[:5]} {code[5:]}"})
        assert is_in(entering)
    assert len(kept_codes(misaki_user).data["migrated_codes"]) == 8
    assert Event.rows.filter(kind="user.signed_in", data__method="recovery_codes").count() == 2


def test_codes_from_before_they_were_hashed_work_and_are_hashed_at_the_next_one(misaki_client, misaki_user, now):
    enrol_app(misaki_client)
    row = kept_codes(misaki_user)
    with second_factor.of(misaki_user.pk):
        row.data = {"seed": second_factor.MFAAdapter().encrypt("an old seed"), "used_mask": 1, "viewed_at": 1.0}
        row.save()
        codes = row.wrap().get_unused_codes()
    entering, _answer = first_step()
    entering.post(CODE, {"code": codes[0]})
    assert is_in(entering)
    data = kept_codes(misaki_user).data
    assert ("seed" in data, len(data["migrated_codes"])) == (False, 8)


def test_recovery_codes_are_shown_once_and_made_anew(misaki_client, now):
    _secret, codes = enrol_app(misaki_client)
    again = misaki_client.get("/settings/account/recovery-codes/").content.decode()
    assert codes[0] not in again
    answer = misaki_client.post("/settings/account/recovery-codes/renew/", follow=True)
    fresh = answer.context["unused_codes"]
    assert set(fresh).isdisjoint(codes)
    client, _answer = first_step()
    client.post(CODE, {"code": codes[1]})
    assert not is_in(client)
    assert Event.rows.filter(kind="user.recovery_codes_renewed").count() == 1


# ---- passkeys -----------------------------------------------------------------------------------------------------


def passkey_login(passkey, **said):
    client = Client()
    options = client.get("/accounts/passkey/", headers={"Accept": "application/json"}).json()["request_options"]
    return client, client.post("/accounts/passkey/", {"credential": passkey.get(options)} | said)


def test_a_passkey_signs_in_by_itself(misaki_client, now):
    passkey, answer = add_passkey(misaki_client)
    assert answer.status_code == 302
    assert "会社のノートPC" in misaki_client.get(ACCOUNT).content.decode()
    client, answer = passkey_login(passkey, next="/customers/")
    assert (answer.status_code, answer.url) == (302, "/customers/")
    assert is_in(client)
    assert Event.rows.filter(kind="user.signed_in").latest("id").data["method"] == "webauthn"


def test_a_passkey_is_a_second_step_behind_the_password(misaki_client, now):
    passkey, _answer = add_passkey(misaki_client)
    client, answer = first_step()
    assert answer.url == CODE
    options = client.get(CODE).context["js_data"]["request_options"]
    client.post(CODE, {"credential": passkey.get(options)})
    assert is_in(client)


def test_a_passkey_proves_who_one_is(misaki_client, now):
    passkey, _answer = add_passkey(misaki_client)
    misaki_client.get(ACCOUNT)
    time.freeze(now + timedelta(hours=1))
    options = misaki_client.get("/accounts/confirm/?next=/tasks/").context["passkey_options"]
    answer = misaki_client.post("/accounts/confirm/", {"credential": passkey.get(options), "next": ACCOUNT})
    assert answer.url == ACCOUNT
    assert misaki_client.get(reverse("mfa_add_webauthn")).status_code == 200


def test_a_passkey_of_another_site_or_person_opens_nothing(misaki_client, make_user, now):
    passkey, _answer = add_passkey(misaki_client)
    passkey.origin = "https://enishi.evil.example"
    client, _answer = passkey_login(passkey)
    assert not is_in(client)
    passkey.origin = "http://localhost:8000"
    ken = make_user("ken", "admin")
    passkey.user_handle = websafe_encode(user_pk_to_url_str(ken).encode())
    client, answer = passkey_login(passkey)
    assert not is_in(client)
    assert "確認コードが違う" in client.get(answer.url).content.decode()


def test_an_answer_to_a_passkeys_question_counts_once(misaki_client, now):
    passkey, _answer = add_passkey(misaki_client)
    first = Client()
    options = first.get("/accounts/passkey/", headers={"Accept": "application/json"}).json()["request_options"]
    said = passkey.get(options)
    first.post("/accounts/passkey/", {"credential": said})
    assert is_in(first)
    second = Client()
    second.get("/accounts/passkey/", headers={"Accept": "application/json"})
    second.post("/accounts/passkey/", {"credential": said})
    assert not is_in(second)


def test_a_passkey_without_finger_face_or_pin_is_refused(misaki_client, now):
    from fido2.webauthn import AuthenticatorData

    passkey = SoftPasskey()
    options = misaki_client.get("/settings/account/passkeys/add/").context["passkey_options"]
    told = passkey.create(options, flags=AuthenticatorData.FLAG.UP)
    assert misaki_client.post("/settings/account/passkeys/add/", {"name": "x", "credential": told}).status_code == 200
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("junk", ["", "{}", "[]", '"x"', '{"id": 1}', '{"response": {"userHandle": "AA"}}', "\x00"])
def test_junk_is_refused_in_words(junk, db, organisation):
    client = Client()
    client.get("/accounts/passkey/", headers={"Accept": "application/json"})
    assert client.post("/accounts/passkey/", {"credential": junk}).status_code == 302
    assert not is_in(client)


def test_a_passkey_gets_another_name_and_is_taken_off(misaki_client, now):
    passkey, _answer = add_passkey(misaki_client)
    key = Authenticator.objects.get(type="webauthn")
    misaki_client.post(f"/settings/account/passkeys/{key.pk}/rename/", {"name": "自宅の 﨑"})
    assert "自宅の 﨑" in misaki_client.get(ACCOUNT).content.decode()
    misaki_client.post(f"/settings/account/passkeys/{key.pk}/remove/")
    client, _answer = passkey_login(passkey)
    assert not is_in(client)


def test_nobody_takes_off_the_passkey_of_another(misaki_client, make_user, now):
    add_passkey(misaki_client)
    key = Authenticator.objects.get(type="webauthn")
    other = Client()
    other.force_login(make_user("ken", "admin"), backend="enishi.platform.signin.ActiveUserBackend")
    assert other.post(f"/settings/account/passkeys/{key.pk}/remove/").status_code == 404
    assert Authenticator.objects.filter(pk=key.pk).exists()


# ---- no way around ------------------------------------------------------------------------------------------------


def test_a_new_password_by_mail_signs_nobody_in_and_leaves_the_second_step(misaki_client, misaki_user, now, monkeypatch):
    from enishi.platform import notices

    secret, _codes = enrol_app(misaki_client)
    User.rows.filter(pk=misaki_user.pk).update(email="misaki@example.jp")
    mails = []
    monkeypatch.setattr(notices, "send", mails.append)
    notices.mail_reset_link(misaki_user.pk)
    link = re.search(r"http\S+", mails[0].text).group(0)
    client = Client()
    page = client.get(link.partition("localhost:8000")[2] or link, follow=True)
    new = {"password1": "yanaka-no-ennichi", "password2": "yanaka-no-ennichi"}
    client.post(page.redirect_chain[-1][0], new)
    assert not is_in(client)
    entering, answer = first_step(password="yanaka-no-ennichi")
    assert answer.url == CODE
    assert not is_in(entering)
    entering.post(CODE, {"code": code_of(secret)})
    assert is_in(entering)
    again = Client().get(link.partition("localhost:8000")[2] or link, follow=True)
    assert "もう使えません" in again.content.decode()


def test_the_second_step_alone_leads_nowhere(misaki_client, now):
    enrol_app(misaki_client)
    assert Client().get(CODE).url == LOGIN
    assert Client().post(CODE, {"code": "123456"}).url == LOGIN


# ---- who must have one --------------------------------------------------------------------------------------------


@pytest.fixture
def required(organisation):
    def from_(day):
        Organisation.rows.update(second_factor_from=day)

    return from_


def test_until_the_day_everybody_works_and_is_told_of_it(misaki_client, required, now):
    required(date(2026, 12, 1))
    page = misaki_client.get("/tasks/")
    assert page.status_code == 200
    assert "2026/12/01(火)からは" in page.content.decode()


def test_from_the_day_on_roles_that_can_do_harm_get_no_further_without(misaki_client, required, now):
    required(date(2026, 11, 22))
    assert misaki_client.get("/customers/").url == ACCOUNT
    assert misaki_client.post("/settings/tokens/", {"name": "x", "reach": "read"}).url == ACCOUNT
    part = misaki_client.get("/customers/", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["HX-Redirect"]) == (403, ACCOUNT)
    assert misaki_client.get("/settings/account/app/add/").status_code == 200
    enrol_app(misaki_client)
    assert misaki_client.get("/customers/").status_code == 200


def test_roles_that_only_look_are_not_asked(sign_in, yoshida, required, now):
    required(date(2026, 11, 1))
    assert sign_in(yoshida).get("/customers/").status_code == 200


def test_without_the_rule_a_password_is_enough(misaki_client, now):
    assert misaki_client.get("/customers/").status_code == 200
    assert "デモでは、パスワードだけで" in misaki_client.get(ACCOUNT).content.decode()
