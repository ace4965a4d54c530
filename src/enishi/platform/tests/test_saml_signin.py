"""Signing in by SAML from the sign-in page to the provider and back, with a provider that signs for real."""

from __future__ import annotations

import base64
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client

from enishi.platform import rights, saml, scanners, time
from enishi.platform.actions import company as actions_company
from enishi.platform.actions import invitations
from enishi.platform.actions.company_answers import WAITS_FOR
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import CompanyAnswer, Event, FieldChange, IdentityProvider, Organisation, Role, User, UserRole
from enishi.platform.tests.saml_provider import NS, Provider, question_of, wrapped

ACCOUNT, SETTINGS = "/settings/account/", "/settings/company-login/"
ANSWER = "/accounts/company/saml/answer/"


@pytest.fixture
def idp(now, settings, db):
    cache.clear()
    settings.APP_HOST, settings.PUBLIC_PORT = "testserver", None
    return Provider(now)


@pytest.fixture
def admin(make_user):
    return rights.actor_of(make_user("boss", "admin"))


@pytest.fixture
def company(idp, admin, now):
    save(admin, now, metadata=idp.metadata())
    return IdentityProvider.rows.get()


def save(admin, now, **said):
    given = {
        "name": "社員アカウント",
        "metadata": b"",
        "metadata_url": "",
        "keeps_certificates": False,
        "subject_rule": "persistent",
        "subject_attribute": "",
        "is_on": True,
        "makes_users": False,
        "trusts_second_factor": False,
    }
    actions_company.save_saml(**given | said, actor=admin, now=now)


def ask(client, company, **said):
    """To the provider's page; the id of the question."""
    leaving = client.post(f"/accounts/company/{company.provider_id}/login/", said)
    question, root = question_of(leaving.context["url"])
    assert leaving.context["url"].startswith("https://idp.example.co.jp/sso?tenant=1&SAMLRequest=")
    assert "RelayState" not in leaving.context["url"]
    assert root.get("AssertionConsumerServiceURL") == f"http://testserver{ANSWER}"
    return question


def post(document, **said):
    """The answer as a browser brings it from the provider's page: without a cookie of ours, checked as such."""
    return Client(enforce_csrf_checks=True).post(ANSWER, {"SAMLResponse": base64.b64encode(document).decode(), **said})


def come_back(client, document, **said):
    sent = post(document, **said)
    if sent.status_code != 303:
        return sent
    where = urlsplit(sent.url)
    assert not where.netloc
    return client.get(sent.url)


def is_in(client):
    return client.get(ACCOUNT).status_code == 200


def link(user, company, subject="7f3c1a52"):
    return SocialAccount.objects.create(user=user, provider=company.provider_id, uid=subject)


def test_a_linked_account_signs_in(company, idp, misaki_user, now):
    link(misaki_user, company)
    client = Client()
    assert "社員アカウントでログインする" in client.get("/accounts/login/").content.decode()
    question = ask(client, company, next="/customers/")
    assert come_back(client, idp.answer(question)).url == "/customers/"
    assert is_in(client)
    assert Event.rows.get(kind="user.signed_in").data["method"] == "socialaccount"


def test_an_answer_counts_once(company, idp, misaki_user, now):
    link(misaki_user, company)
    client = Client()
    document = idp.answer(ask(client, company))
    sent = post(document)
    assert client.get(sent.url).status_code == 302
    client.post("/accounts/logout/")
    for again in (post(document), client.get(sent.url)):
        assert again.status_code == 403
        assert "もう使われています" in again.content.decode()
    assert not is_in(client)
    assert Event.rows.filter(kind="user.sign_in_failed", data__step="saml.replay").count() == 1


def test_an_answer_is_forgotten_only_when_it_is_too_old_to_be_sent_again(company, idp, misaki_user, now):
    link(misaki_user, company)
    document = idp.answer(ask(Client(), company))
    post(document)
    time.freeze(now + WAITS_FOR)
    scanners.sessions(now)
    assert (CompanyAnswer.rows.get().ticket_hash, bytes(CompanyAnswer.rows.get().said_sealed)) == (None, b"")
    time.freeze(now + timedelta(minutes=5) + saml.SKEW + timedelta(seconds=1))
    assert post(document).status_code == 403
    scanners.sessions(now)
    assert not CompanyAnswer.rows.exists()


def test_what_an_answer_says_is_sealed(company, idp, now):
    post(idp.answer("_q1"))
    assert b"7f3c1a52" not in bytes(CompanyAnswer.rows.get().said_sealed)


def test_an_answer_to_another_browsers_question_signs_nobody_in(company, idp, misaki_user, now):
    """Neither is a victim signed in as the attacker, nor an attacker by a ticket that they got hold of."""
    link(misaki_user, company)
    asker, other = Client(), Client()
    ask(other, company)
    page = come_back(other, idp.answer(ask(asker, company)))
    assert "こちらから頼んでいないログイン" in page.content.decode()
    assert not is_in(other)


def test_what_the_provider_begins_by_itself_signs_nobody_in(company, idp, misaki_user, now):
    link(misaki_user, company)
    client = Client()
    for question in ("", "_made-up"):
        page = come_back(client, idp.answer(question, id=f"_{question}"))
        assert "こちらから頼んでいないログイン" in page.content.decode()
    assert not is_in(client)


def test_a_question_is_out_for_ten_minutes(company, idp, misaki_user, now):
    link(misaki_user, company)
    client = Client()
    question = ask(client, company)
    time.freeze(now + timedelta(minutes=11))
    come_back(client, idp.answer(question, at=time.wall_clock()))
    assert not is_in(client)


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil"])
def test_nobody_is_led_away(away, company, idp, misaki_user, now):
    link(misaki_user, company)
    client = Client()
    question = ask(client, company, next=away)
    assert come_back(client, idp.answer(question), RelayState=away).url == "/"


@pytest.mark.parametrize("variant", range(1, 9))
def test_a_wrapped_answer_signs_nobody_in(variant, company, idp, misaki_user, make_user, now):
    link(misaki_user, company)
    link(make_user("president", "admin"), company, "the-president")
    client = Client()
    question = ask(client, company)
    assert come_back(client, wrapped(variant, idp.answer(question, whole=True))).status_code == 403
    assert not is_in(client)


def test_rubbish_is_answered_calmly(company):
    client = Client()
    for posted in ("", "???", "AAAA", base64.b64encode(b"<x/>").decode(), "QUFB" * 200_000):
        assert client.post(ANSWER, {"SAMLResponse": posted}).status_code == 403
    assert client.get(ANSWER).status_code == 405
    assert client.get("/accounts/company/saml/finish/").status_code == 403


def test_the_same_mail_address_links_nobody(company, idp, misaki_user, admin, now):
    save(admin, now, subject_rule="stable")
    User.rows.filter(pk=misaki_user.pk).update(email="misaki@example.jp")
    row, client = IdentityProvider.rows.get(), Client()
    page = come_back(
        client, idp.answer(ask(client, row), format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", subject="misaki@example.jp")
    )
    assert "登録は受け付けていません" in page.content.decode()
    assert not SocialAccount.objects.exists()


def test_a_user_links_their_own_account_behind_a_fresh_proof(company, idp, misaki_client, misaki_user, now):
    question = ask(misaki_client, company, process="connect")
    assert come_back(misaki_client, idp.answer(question)).url == ACCOUNT
    assert SocialAccount.objects.get().user_id == misaki_user.pk
    assert Event.rows.get(kind="user.login_linked").subject_id == misaki_user.pk


def test_a_link_is_only_made_by_who_asked_for_it_and_is_still_there(company, idp, misaki_client, misaki_user, now):
    question = ask(misaki_client, company, process="connect")
    sent = post(idp.answer(question))
    misaki_client.post("/accounts/logout/")
    misaki_client.get(sent.url)
    assert not SocialAccount.objects.exists()


def test_an_account_that_is_anothers_is_not_taken_over(company, idp, misaki_client, make_user, now):
    ken = make_user("ken", "admin")
    link(ken, company)
    come_back(misaki_client, idp.answer(ask(misaki_client, company, process="connect")))
    assert SocialAccount.objects.get().user_id == ken.pk


def test_an_invitation_is_accepted_by_the_companys_account(company, idp, admin, now):
    roles = [Role.rows.get(key="sales").pk]
    made = invitations.invite(
        email="", display_name="美咲", title="", language="ja", role_ids=roles, team_ids=[], actor=admin, now=now, wall=now
    )
    client = Client()
    client.get(f"/accounts/invitation/{made.token}/")
    come_back(client, idp.answer(ask(client, company)))
    assert is_in(client)
    user = SocialAccount.objects.get().user
    assert (user.username, user.display_name, user.has_usable_password()) == ("misaki.takahashi", "美咲", False)
    assert list(UserRole.rows.filter(user=user).values_list("role__key", flat=True)) == ["sales"]


def test_a_stranger_becomes_a_user_without_a_role_only_where_the_company_says_so(company, idp, admin, now):
    save(admin, now, makes_users=True)
    client = Client()
    come_back(client, idp.answer(ask(client, company)))
    user = SocialAccount.objects.get().user
    assert user.display_name == "髙橋 美咲"
    assert not UserRole.rows.filter(user=user).exists()
    assert client.get("/customers/").status_code == 403


def test_who_was_switched_off_stays_out(company, idp, misaki_user, now):
    link(misaki_user, company)
    User.rows.filter(pk=misaki_user.pk).update(is_active=False)
    client = Client()
    come_back(client, idp.answer(ask(client, company)))
    assert not is_in(client)


def test_a_second_factor_is_asked_for_all_the_same_and_trusted_only_where_the_company_says_so(company, idp, admin, misaki_user, now):
    link(misaki_user, company)
    Organisation.rows.update(second_factor_from=time.today(now))
    strict = Client()
    come_back(strict, idp.answer(ask(strict, company)))
    assert strict.get("/customers/").url == ACCOUNT
    save(admin, now, trusts_second_factor=True)
    trusting = Client()
    come_back(trusting, idp.answer(ask(trusting, company), id="_a2"))
    assert trusting.get("/customers/").status_code == 200
    Authenticator.objects.create(user=misaki_user, type="totp", data={"secret": "x"})
    own = Client()
    assert come_back(own, idp.answer(ask(own, company), id="_a3")).url == "/accounts/code/"


def test_the_keys_go_from_one_to_the_next(company, idp, admin, misaki_user, now):
    following = Provider(now)
    save(admin, now, metadata=following.metadata(), keeps_certificates=True)
    link(misaki_user, company)
    for number, signer in enumerate((idp, following)):
        client = Client()
        come_back(client, signer.answer(ask(client, company), id=f"_{number}"))
        assert is_in(client)
    save(admin, now, metadata=following.metadata())
    client = Client()
    page = come_back(client, idp.answer(ask(client, company), id="_last"))
    assert "登録してある証明書のものではありません" in page.content.decode()
    assert not is_in(client)
    told = FieldChange.rows.filter(object="platform.identityprovider", field="certificates")
    assert following.der not in str(list(told.values()))
    assert told.count() == 3


def test_links_to_another_issuer_do_not_count(company, idp, admin, misaki_user, now):
    link(misaki_user, company)
    elsewhere = Provider(now, entity_id="https://idp.example.co.jp/other")
    save(admin, now, metadata=elsewhere.metadata())
    row, client = IdentityProvider.rows.get(), Client()
    come_back(client, elsewhere.answer(ask(client, row)))
    assert not is_in(client)
    assert Client().post(f"/accounts/company/{company.provider_id}/login/").status_code == 404


# ---- settings ------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin_client(sign_in, admin):
    return sign_in(admin)


def test_the_provider_is_tried_before_it_is_offered(idp, admin, admin_client, now):
    save(admin, now, metadata=idp.metadata(), is_on=False)
    assert "でログインする" not in Client().get("/accounts/login/").content.decode().replace("パスキーでログインする", "")
    question, _root = question_of(admin_client.post(f"{SETTINGS}try/").context["url"])
    page = come_back(admin_client, idp.answer(question, subject="8c1d")).content.decode()
    assert "うまくいきました" in page
    assert "8c1d" in page
    assert not SocialAccount.objects.exists()
    question, _root = question_of(admin_client.post(f"{SETTINGS}try/").context["url"])
    refused = come_back(admin_client, idp.answer(question, id="_a2", audience="https://wrong.example/"))
    assert "エンティティID と応答URL をそのまま登録してください" in refused.content.decode()


def test_what_a_trial_said_is_shown_to_nobody_who_may_set_it_up_no_more(idp, admin, admin_client, now):
    save(admin, now, metadata=idp.metadata(), is_on=False)
    question, _root = question_of(admin_client.post(f"{SETTINGS}try/").context["url"])
    UserRole.rows.filter(user_id=admin.user_id).update(role=Role.rows.get(key="viewer"))
    told = come_back(admin_client, idp.answer(question))
    assert told.status_code == 403


def test_nobody_else_makes_us_read_metadata_from_an_address(misaki, now, monkeypatch):
    fetched = []
    monkeypatch.setattr(actions_company, "_fetched", fetched.append)
    with pytest.raises(NotAllowed):
        save(misaki, now, metadata_url="https://idp.example.co.jp/metadata")
    assert fetched == []


def test_an_attempt_of_nobody_shows_nothing(company, idp, misaki_client):
    assert misaki_client.post(f"{SETTINGS}try/").status_code == 403
    assert Client().post(f"{SETTINGS}try/").status_code == 302


def test_the_settings_are_typed_and_shown(idp, admin_client, now):
    page = admin_client.get(f"{SETTINGS}?kind=saml").content.decode()
    assert "http://testserver/accounts/company/saml/metadata/" in page
    said = {"name": "社員", "metadata": idp.metadata().decode(), "subject_rule": "persistent", "is_on": "on"}
    assert admin_client.post(f"{SETTINGS}?kind=saml", said).url == SETTINGS
    page = admin_client.get(SETTINGS).content.decode()
    for shown in (idp.entity_id, "idp.example.co.jp", "試しにログインする"):
        assert shown in page
    assert Event.rows.filter(kind="company_login.changed").count() == 1


def test_a_certificate_that_ends_is_told_before(admin, admin_client, db, now, settings):
    settings.APP_HOST, settings.PUBLIC_PORT = "testserver", None
    for lasts, told in ((31, set()), (30, {"の期限は"}), (0, {"に切れました"})):
        save(admin, now, metadata=Provider(now, lasts=timedelta(days=lasts)).metadata())
        page = admin_client.get(SETTINGS).content.decode()
        assert {each for each in ("の期限は", "に切れました") if each in page} == told


def test_what_cannot_be_read_is_told_beside_its_field(admin, admin_client, now):
    for said, field in (
        ({}, "metadata"),
        ({"metadata": b"<html/>"}, "metadata"),
        ({"metadata_url": "http://idp.example.co.jp/metadata"}, "metadata_url"),
        ({"metadata_url": "https://127.0.0.1/metadata"}, "metadata_url"),
        ({"subject_rule": "attribute"}, "subject_attribute"),
    ):
        with pytest.raises(Invalid) as refusal:
            save(admin, now, **said)
        assert set(refusal.value.fields) == {field}
    answer = admin_client.post(f"{SETTINGS}?kind=saml", {"name": "x", "metadata": "<html/>", "subject_rule": "persistent"})
    assert answer.status_code == 422
    assert not IdentityProvider.rows.exists()


def test_only_who_configures_names_a_provider(misaki, idp, now):
    with pytest.raises(NotAllowed):
        save(misaki, now, metadata=idp.metadata())


def test_our_metadata_are_there_for_whoever_sets_the_provider_up(db, settings):
    answer = Client(headers={"host": "testserver"}).get("/accounts/company/saml/metadata/")
    assert answer["content-type"] == "application/samlmetadata+xml"
    assert NS["saml"] not in answer.content.decode()
    assert settings.APP_HOST in answer.content.decode()


def test_the_ways_in_follow_one_another(company, idp, admin, admin_client, now):
    """From SAML to OpenID Connect and back nothing of the one is left in the other."""
    page = admin_client.get(f"{SETTINGS}?kind=oidc").content.decode()
    assert "保存すると入れ替わり" in page
    assert idp.entity_id not in page
