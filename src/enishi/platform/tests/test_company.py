"""Signing in by the company's accounts, against a real OpenID Connect provider on this machine."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core.cache import cache
from django.test import Client
from django.utils.html import escape
from oidc_provider_mock import User as Claims
from oidc_provider_mock import run_server_in_thread

from enishi.platform import rights, time, web_client
from enishi.platform.actions import company as actions_company
from enishi.platform.actions import invitations, sign_in_links
from enishi.platform.egress import EgressRefused
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import Event, FieldChange, IdentityProvider, Organisation, Role, User, UserRole

ACCOUNT = "/settings/account/"
PEOPLE = (
    Claims(sub="misaki-at-work", claims={"name": "髙橋 美咲", "email": "misaki@example.jp", "email_verified": True}),
    Claims(sub="stranger", claims={"name": "見知らぬ 人", "email": "misaki@example.jp", "email_verified": True}),
)


@pytest.fixture(scope="module")
def server():
    with run_server_in_thread(user_claims=PEOPLE) as running:
        yield running


@pytest.fixture
def issuer(server, settings, db):
    cache.clear()
    settings.EGRESS_ALLOW = (f"localhost:{server.server_port}",)
    settings.APP_HOST, settings.PUBLIC_PORT = "testserver", None
    return f"http://localhost:{server.server_port}"


@pytest.fixture
def admin(make_user):
    return rights.actor_of(make_user("boss", "admin"))


@pytest.fixture
def company(issuer, admin, now):
    save(admin, now, issuer)
    return IdentityProvider.rows.get()


def save(admin, now, issuer, **said):
    given = {
        "name": "社員アカウント",
        "client_id": "enishi",
        "secret": "s3cret-of-the-client",
        "is_on": True,
        "makes_users": False,
        "trusts_second_factor": False,
    }
    actions_company.save_company(**given | {"issuer": issuer} | said, actor=admin, now=now)


def go(client, company, sub, **said):
    """To the provider, sign in there as `sub`, and back; the answer to coming back."""
    leaving = client.post(f"/accounts/company/{company.provider_id}/login/", said)
    away = leaving.context["url"]
    assert f'content="0;url={escape(away)}"' in leaving.content.decode()
    asked = parse_qs(urlsplit(away).query)
    assert (asked["client_id"], asked["code_challenge_method"]) == (["enishi"], ["S256"])
    back = requests.post(away, data={"sub": sub}, allow_redirects=False, timeout=5)
    target = urlsplit(back.headers["location"])
    assert target.netloc == "testserver"
    return client.get(f"{target.path}?{target.query}")


def is_in(client):
    return client.get(ACCOUNT).status_code == 200


def link(user, company, sub="misaki-at-work"):
    return SocialAccount.objects.create(user=user, provider=company.provider_id, uid=sub)


def test_a_linked_account_signs_in(company, misaki_user, now):
    link(misaki_user, company)
    client = Client()
    assert "社員アカウントでログインする" in client.get("/accounts/login/").content.decode()
    assert go(client, company, "misaki-at-work", next="/customers/").url == "/customers/"
    assert is_in(client)
    assert Event.rows.get(kind="user.signed_in").data["method"] == "socialaccount"


def test_the_same_mail_address_links_nobody(company, misaki_user, now):
    User.rows.filter(pk=misaki_user.pk).update(email="misaki@example.jp")
    client = Client()
    page = go(client, company, "stranger")
    assert "登録は受け付けていません" in page.content.decode()
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_a_user_links_their_own_account_behind_a_fresh_proof(company, misaki_client, misaki_user, now):
    assert go(misaki_client, company, "misaki-at-work", process="connect").url == ACCOUNT
    assert SocialAccount.objects.get().user_id == misaki_user.pk
    assert Event.rows.get(kind="user.login_linked").subject_id == misaki_user.pk
    time.freeze(now + sign_in_links.HOLDS_FOR)
    asked = misaki_client.post(f"/accounts/company/{company.provider_id}/login/", {"process": "connect"})
    assert asked.url.startswith("/accounts/confirm/")


def test_an_account_that_is_anothers_is_not_taken_over(company, misaki_client, make_user, now):
    ken = make_user("ken", "admin")
    link(ken, company)
    go(misaki_client, company, "misaki-at-work", process="connect")
    assert SocialAccount.objects.get().user_id == ken.pk


def test_strangers_link_nothing(company, db):
    assert Client().post(f"/accounts/company/{company.provider_id}/login/", {"process": "connect"}).status_code == 404


def test_an_invitation_is_accepted_by_the_companys_account(company, admin, now):
    roles = [Role.rows.get(key="sales").pk]
    made = invitations.invite(
        email="", display_name="美咲", title="", language="ja", role_ids=roles, team_ids=[], actor=admin, now=now, wall=now
    )
    client = Client()
    assert "社員アカウントで参加する" in client.get(f"/accounts/invitation/{made.token}/").content.decode()
    go(client, company, "misaki-at-work")
    assert is_in(client)
    account = SocialAccount.objects.get()
    assert (account.uid, account.user.has_usable_password()) == ("misaki-at-work", False)
    assert list(UserRole.rows.filter(user=account.user).values_list("role__key", flat=True)) == ["sales"]
    with pytest.raises(invitations.LinkIsOver):
        invitations.join_by_company(token=made.token, username="x", display_name="x", language="ja", now=now, wall=now)


def test_a_stranger_becomes_a_user_without_a_role_only_where_the_company_says_so(company, admin, issuer, now):
    save(admin, now, issuer, makes_users=True, secret="")
    client = Client()
    go(client, company, "stranger")
    user = SocialAccount.objects.get().user
    assert not UserRole.rows.filter(user=user).exists()
    assert client.get("/customers/").status_code == 403


def test_a_second_factor_is_asked_for_all_the_same(company, misaki_user, now):
    from allauth.mfa.models import Authenticator

    link(misaki_user, company)
    Authenticator.objects.create(user=misaki_user, type="totp", data={"secret": "x"})
    client = Client()
    assert go(client, company, "misaki-at-work").url == "/accounts/code/"
    assert not is_in(client)


def test_who_was_switched_off_stays_out(company, misaki_user, now):
    link(misaki_user, company)
    User.rows.filter(pk=misaki_user.pk).update(is_active=False)
    client = Client()
    go(client, company, "misaki-at-work")
    assert not is_in(client)


def test_links_to_another_issuer_do_not_count(company, misaki_user, now):
    """The same subject at another provider is somebody else."""
    SocialAccount.objects.create(user=misaki_user, provider="oidc-0123456789abcdef", uid="misaki-at-work")
    client = Client()
    go(client, company, "misaki-at-work")
    assert not is_in(client)


def test_coming_back_without_having_left_leads_nowhere(company, misaki_user, now):
    link(misaki_user, company)
    there = Client()
    leaving = there.post(f"/accounts/company/{company.provider_id}/login/")
    back = requests.post(leaving.context["url"], data={"sub": "misaki-at-work"}, allow_redirects=False, timeout=5)
    target = urlsplit(back.headers["location"])
    other = Client()
    answer = other.get(f"{target.path}?{target.query}")
    assert "ログインできませんでした" in answer.content.decode()
    assert not is_in(other)
    there.get(f"{target.path}?{target.query}")
    assert is_in(there)
    replayed = Client()
    replayed.cookies = other.cookies
    replayed.get(f"{target.path}?{target.query}")
    assert not is_in(replayed)


def test_the_secret_is_sealed_and_shown_nowhere(company, admin, sign_in, now):
    assert b"s3cret" not in bytes(company.secret_sealed)
    assert not SocialApp.objects.exists()
    client = sign_in(admin)
    page = client.get("/settings/company-login/").content.decode()
    assert "s3cret" not in page
    assert f"/accounts/company/{company.provider_id}/login/callback/" in page
    assert "s3cret" not in str(list(FieldChange.rows.values()))


def test_a_provider_is_asked_before_it_is_kept(issuer, admin, settings, now):
    for wrong in ("ftp://localhost", "localhost", f"{issuer}/elsewhere", "https://127.0.0.1:9", "http://10.0.0.1"):
        with pytest.raises(Invalid) as refusal:
            save(admin, now, wrong)
        assert set(refusal.value.fields) == {"issuer"}
    assert not IdentityProvider.rows.exists()


def test_the_server_calls_nobody_inside(issuer, server, settings):
    settings.EGRESS_ALLOW = ()
    for url in (f"http://localhost:{server.server_port}/", "http://127.0.0.1/", "https://169.254.169.254/", "https://[::1]/"):
        with pytest.raises(EgressRefused), web_client.session() as session:
            session.get(url)


def test_only_who_configures_names_a_provider(misaki, misaki_client, issuer, now):
    assert misaki_client.get("/settings/company-login/").status_code == 403
    with pytest.raises(NotAllowed):
        save(misaki, now, issuer)


def test_a_link_is_let_go_unless_it_is_the_only_way_in(company, misaki_client, misaki_user, now):
    link(misaki_user, company)
    assert "結び付き済み" in misaki_client.get(ACCOUNT).content.decode()
    misaki_client.post(f"{ACCOUNT}company/unlink/")
    assert not SocialAccount.objects.exists()
    link(misaki_user, company)
    misaki_user.set_unusable_password()
    misaki_user.save()
    actor = rights.actor_of(misaki_user)
    with pytest.raises(actions_company.OnlyWayIn):
        actions_company.unlink_company(actor=actor, now=now)
    assert SocialAccount.objects.exists()


def test_a_company_without_a_provider_shows_no_button(organisation, db):
    assert "company" not in Client().get("/accounts/login/").content.decode()
    assert Client().post("/accounts/company/oidc-x/login/").status_code == 404


# ---- the company's second factor -----------------------------------------------------------------------------------------


@pytest.fixture
def second_factor_is_due(organisation, now):
    Organisation.rows.update(second_factor_from=time.today(now))


def test_who_came_by_the_company_needs_no_second_factor_of_ours_where_it_is_trusted(
    company, admin, issuer, misaki_user, second_factor_is_due, now
):
    link(misaki_user, company)
    strict = Client()
    go(strict, company, "misaki-at-work")
    assert strict.get("/customers/").url == ACCOUNT
    save(admin, now, issuer, trusts_second_factor=True, secret="")
    trusting = Client()
    go(trusting, company, "misaki-at-work")
    assert trusting.get("/customers/").status_code == 200
    assert "会社のアカウントで確認済み" in trusting.get(ACCOUNT).content.decode()


def test_the_same_user_by_a_password_needs_one_all_the_same(company, admin, issuer, misaki_user, second_factor_is_due, now):
    link(misaki_user, company)
    save(admin, now, issuer, trusts_second_factor=True, secret="")
    by_password = Client()
    by_password.post("/accounts/login/", {"login": "misaki", "password": "enishi-demo-2026"})
    assert by_password.get("/customers/").url == ACCOUNT


def test_trust_ends_with_the_provider(company, admin, issuer, misaki_user, second_factor_is_due, now):
    link(misaki_user, company)
    save(admin, now, issuer, trusts_second_factor=True, secret="")
    client = Client()
    go(client, company, "misaki-at-work")
    save(admin, now, issuer, trusts_second_factor=True, is_on=False, secret="")
    assert client.get("/customers/").url == ACCOUNT


def test_no_server_is_asked_for_who_may_not_configure(misaki, now):
    with pytest.raises(NotAllowed):
        actions_company.save_company(
            name="x",
            issuer="no address",
            client_id="x",
            secret="x",
            is_on=True,
            makes_users=False,
            trusts_second_factor=False,
            actor=misaki,
            now=now,
        )
