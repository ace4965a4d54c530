"""Signing in by the company's directory, against a real one on this machine that other hands have written."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sansldap import LDAPResultCode, LDAPServer

from enishi.platform import ldap, rights, time
from enishi.platform.actions import company as actions_company
from enishi.platform.actions import invitations
from enishi.platform.egress import EgressRefused
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import Event, FieldChange, IdentityProvider, Organisation, Role, User, UserRole
from enishi.platform.tests.directory_server import BASE, PEOPLE, SERVICE, SERVICE_PASSWORD

ACCOUNT, SETTINGS, PAGE = "/settings/account/", "/settings/company-login/", "/accounts/company/directory/"
MISAKI, NAOTO = str(PEOPLE["misaki"][2]), str(PEOPLE["naoto"][2])


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    """An authority of the company's own, and a certificate of it for `localhost`."""
    folder = tmp_path_factory.mktemp("directory")
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    began, ends = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2049, 1, 1, tzinfo=dt.UTC)

    def build(name, key, signer, issuer, *more):
        builder = x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(issuer)).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(began).not_valid_after(ends)
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        for extension, critical in more:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(signer, hashes.SHA256())

    signs = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    root = build("社内認証局", authority, authority, "社内認証局", (x509.BasicConstraints(True, None), True), (signs, True))
    leaf = build("localhost", server, authority, "社内認証局", (x509.SubjectAlternativeName([x509.DNSName("localhost")]), False))
    (folder / "server.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(server.private_bytes(*private))
    (folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    return folder


def _name(common):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


@contextmanager
def served(identity, *, refuses_tls=False):
    script = Path(__file__).with_name("directory_server.py")
    command = [sys.executable, str(script), str(identity / "server.pem"), str(identity / "server.key"), "yes" if refuses_tls else "no"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield tuple(int(port) for port in process.stdout.readline().split())
        finally:
            process.stdin.close()
            process.wait(10)


@pytest.fixture(scope="module")
def ports(identity):
    with served(identity) as found:
        yield found


@pytest.fixture
def allowed(settings, ports):
    settings.APP_HOST, settings.PUBLIC_PORT = "testserver", None
    settings.EGRESS_ALLOW = tuple(f"localhost:{port}" for port in ports)


@pytest.fixture
def directory(allowed, ports, identity):
    return ldap.Directory(
        host="localhost",
        port=ports[0],
        starts_plain=False,
        authorities=(identity / "root.pem").read_text(),
        base=BASE,
        service=SERVICE,
        password=SERVICE_PASSWORD,
        login_attribute="sAMAccountName",
        id_attribute=ldap.AD_ID,
    )


def but(directory, **said):
    from dataclasses import replace

    return replace(directory, **said)


def prove(directory, login, password):
    return ldap.prove(directory, login, password, may_try=lambda _about: True)


# ---- the directory --------------------------------------------------------------------------------------------------


def test_somebody_is_who_has_their_password(directory):
    person = prove(directory, "misaki", "桜-company-1")
    assert (person.subject, person.name, person.login) == (MISAKI, "髙橋 美咲", "misaki")
    for login, password in (("misaki", "company-2"), ("nobody", "桜-company-1"), ("enishi", SERVICE_PASSWORD), ("misaki", "桜-company-1 ")):
        assert prove(directory, login, password) is None


def test_the_same_person_has_the_same_id_in_both_kinds_and_by_starttls(directory, ports):
    other = but(directory, port=ports[1], starts_plain=True, login_attribute="uid", id_attribute=ldap.OPEN_ID)
    assert prove(other, "misaki", "桜-company-1").subject == MISAKI


def test_no_password_is_no_proof(directory, settings):
    """A bind without a password succeeds as nobody (RFC 4513, 5.1.2): none is made, and nobody is asked."""
    settings.EGRESS_ALLOW = ()
    assert prove(directory, "misaki", "") is None
    assert prove(directory, "", "x") is None


@pytest.mark.parametrize("login", ["*", "mis*", "misaki)(uid=*", "misaki)(|(uid=*", "\\6disaki", "(", "\x00", "a*b(c)\\\\d", "a*b", " "])
def test_what_is_typed_is_a_value_and_no_filter(directory, login):
    assert ldap.look(directory, login) is None


def test_signs_of_filters_may_stand_in_a_name(directory):
    assert ldap.look(directory, "a*b(c)\\d").name == "記号 太郎"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=20))
def test_only_the_very_name_finds_anybody(directory, login):
    found = ldap.look(directory, login)
    assert found is None or found.login.casefold() == login.casefold()


def test_of_two_of_one_name_nobody_comes_in(directory):
    assert prove(directory, "twice", "company-4") is None


def test_what_is_wrong_is_told_apart(directory, ports, identity, settings, monkeypatch):
    monkeypatch.setattr(ldap, "SECONDS", 3.0)  # TLS to a server that waits for something else takes them all
    with served(identity, refuses_tls=True) as (_under_tls, plain):
        settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"localhost:{plain}", "localhost:9", "127.0.0.1")
        cases = [
            (but(directory, authorities=""), ldap.UntrustedServer),
            (but(directory, host="127.0.0.1"), ldap.UntrustedServer),
            (but(directory, port=ports[1]), ldap.DirectoryTrouble),
            (but(directory, port=9), ldap.DirectoryTrouble),
            (but(directory, port=plain, starts_plain=True), ldap.NoTls),
            (but(directory, password="wrong"), ldap.ServiceRefused),
            (but(directory, service=""), ldap.ServiceRefused),
            (but(directory, password=""), ldap.ServiceRefused),
            (but(directory, base="dc=nowhere"), ldap.WrongBase),
        ]
        for asked, trouble in cases:
            with pytest.raises(trouble):
                ldap.look(asked, "misaki")
    with pytest.raises(ldap.NoLastingId):
        ldap.look(directory, "bare")


def test_only_listed_servers_inside_are_called(directory, settings):
    settings.EGRESS_ALLOW = ()
    for host, port in (
        ("localhost", directory.port),
        ("127.0.0.1", 636),
        ("10.0.0.1", 389),
        ("169.254.169.254", 636),
        ("example.co.jp", 22),
    ):
        with pytest.raises(EgressRefused):
            ldap.look(but(directory, host=host, port=port), "misaki")


# ---- a directory that means harm ------------------------------------------------------------------------------------


@contextmanager
def harmful(identity, talk):
    """A server with the right certificate that answers as `talk` says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity / "server.pem", identity / "server.key")
    listening = socket.create_server(("127.0.0.1", 0))
    heard = []

    def serve():
        try:
            connection, _from = listening.accept()
            with context.wrap_socket(connection, server_side=True) as under_tls:
                talk(under_tls, heard)
                while under_tls.recv(65_536):
                    pass
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], heard
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def welcoming(connection, heard, answer):
    """Take the bind of the service, then let `answer` say what comes of the search."""
    session = LDAPServer()
    (bind,) = session.receive(connection.recv(65_536))
    heard.append(bind)
    session.bind_response(bind.message_id)
    connection.sendall(session.data_to_send())
    (search,) = session.receive(connection.recv(65_536))
    answer(session, search)
    connection.sendall(session.data_to_send())


def test_referrals_lead_nowhere(directory, identity, settings):
    def refer(session, search):
        session.search_result_reference(search.message_id, ["ldap://127.0.0.1:9/dc=elsewhere"])
        session.search_result_done(search.message_id, result_code=LDAPResultCode.SUCCESS)

    def refuse(session, search):
        session.search_result_done(search.message_id, result_code=LDAPResultCode.REFERRAL)

    for answer, expected in ((refer, None), (refuse, ldap.WrongBase)):
        with harmful(identity, lambda connection, heard, answer=answer: welcoming(connection, heard, answer)) as (port, _heard):
            settings.EGRESS_ALLOW = (f"localhost:{port}",)
            if expected is None:
                assert ldap.look(but(directory, port=port), "misaki") is None
            else:
                with pytest.raises(expected):
                    ldap.look(but(directory, port=port), "misaki")


def test_rubbish_silence_and_endless_answers_end(directory, identity, settings, monkeypatch):
    monkeypatch.setattr(ldap, "SECONDS", 1.0)
    monkeypatch.setattr(ldap, "_MOST_BYTES", 100_000)
    endless = b"\x30\x84\x7f\xff\xff\xff"  # a message of two gigabytes begins
    for said in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", endless + b"\x00" * 200_000, b"\x30\x03\x02\x01\x01", b"\x30\x80"):
        with harmful(identity, lambda connection, _heard, said=said: said and connection.sendall(said)) as (port, _heard):
            settings.EGRESS_ALLOW = (f"localhost:{port}",)
            with pytest.raises(ldap.DirectoryTrouble):
                ldap.look(but(directory, port=port), "misaki")


# ---- signing in -----------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(make_user):
    return rights.actor_of(make_user("boss", "admin"))


def given_of(directory, **said):
    given = {
        "name": "社内アカウント",
        "product": directory.id_attribute,
        "ldap_host": directory.host,
        "starts_plain": directory.starts_plain,
        "ldap_port": directory.port,
        "authorities": directory.authorities,
        "base": directory.base,
        "ldap_login": directory.login_attribute,
        "client_id": directory.service,
        "secret": directory.password,
        "is_on": True,
        "makes_users": False,
    }
    return given | said


@pytest.fixture
def company(directory, admin, now):
    cache.clear()
    actions_company.save_directory(**given_of(directory), actor=admin, now=now)
    return IdentityProvider.rows.get()


def link(user, company, subject=MISAKI):
    return SocialAccount.objects.create(user=user, provider=company.provider_id, uid=subject)


RIGHT = PEOPLE["misaki"][1]


def sign(client, login="misaki", password=RIGHT, **query):
    return client.post(PAGE, {"login": login, "password": password}, query_params=query)


def is_in(client):
    return client.get(ACCOUNT).status_code == 200


def test_a_linked_account_signs_in(company, misaki_user, now):
    link(misaki_user, company)
    client = Client()
    assert "社内アカウントでログインする" in client.get("/accounts/login/").content.decode()
    going = client.post(f"/accounts/company/{company.provider_id}/login/", {"next": "/customers/"})
    assert "会社のパスワード" in client.get(going.url).content.decode()
    answer = client.post(going.url, {"login": "misaki", "password": "桜-company-1"})
    assert answer.url == "/customers/"
    assert is_in(client)
    assert Event.rows.get(kind="user.signed_in").data["method"] == "socialaccount"


def test_a_wrong_password_signs_nobody_in_and_is_told_as_an_unknown_name_is(company, misaki_user, now):
    link(misaki_user, company)
    pages = []
    for login, password in (("misaki", "wrong"), ("nobody", "wrong")):
        client = Client()
        page = sign(client, login, password)
        assert page.status_code == 422
        assert not is_in(client)
        pages.append([str(error) for error in page.context["form"].non_field_errors()])
    assert pages[0] == pages[1]
    assert Event.rows.filter(kind="user.sign_in_failed", data__step="ldap.password").count() == 2


def test_guesses_count_however_the_name_is_written(company, misaki_user, now):
    link(misaki_user, company)
    for login in ("misaki", "MISAKI", "Misaki", "mISAKI", "misakI"):
        assert sign(Client(), login, "wrong").status_code == 422
    refused = sign(Client())
    assert "続けて間違えたため" in refused.content.decode()
    naoto = Client()
    assert "登録は受け付けていません" in sign(naoto, "naoto", "company-2").content.decode()


def test_being_right_is_no_guess(company, misaki_user, now):
    link(misaki_user, company)
    for _time in range(7):
        client = Client()
        sign(client)
        assert is_in(client)


def test_a_name_that_was_given_to_somebody_else_links_nobody(company, misaki_user, now):
    """Somebody left, and the next has their name: another id, another person."""
    link(misaki_user, company, "11111111-0000-4000-8000-000000000009")
    User.rows.filter(pk=misaki_user.pk).update(email="misaki@example.co.jp")
    client = Client()
    assert "登録は受け付けていません" in sign(client).content.decode()
    assert SocialAccount.objects.count() == 1


def test_a_user_links_their_own_account_behind_a_fresh_proof(company, misaki_client, misaki_user, now):
    going = misaki_client.post(f"/accounts/company/{company.provider_id}/login/", {"process": "connect"})
    assert misaki_client.post(going.url, {"login": "misaki", "password": "桜-company-1"}).url == ACCOUNT
    assert SocialAccount.objects.get().user_id == misaki_user.pk
    time.freeze(now + dt.timedelta(minutes=11))
    assert misaki_client.get(going.url).url.startswith("/accounts/confirm/")
    assert Client().get(going.url).status_code == 404


def test_an_invitation_is_accepted_and_a_stranger_comes_in_only_where_the_company_says_so(company, directory, admin, now):
    roles = [Role.rows.get(key="sales").pk]
    made = invitations.invite(
        email="", display_name="美咲", title="", language="ja", role_ids=roles, team_ids=[], actor=admin, now=now, wall=now
    )
    client = Client()
    client.get(f"/accounts/invitation/{made.token}/")
    sign(client)
    assert list(UserRole.rows.filter(user=SocialAccount.objects.get().user).values_list("role__key", flat=True)) == ["sales"]
    actions_company.save_directory(**given_of(directory, makes_users=True, secret=""), actor=admin, now=now)
    stranger = Client()
    sign(stranger, "naoto", "company-2")
    user = SocialAccount.objects.get(uid=NAOTO).user
    assert (user.username, user.display_name, user.has_usable_password()) == ("naoto", "𠮷田 直人", False)
    assert stranger.get("/customers/").status_code == 403


def test_the_second_step_and_who_was_switched_off_stay_as_they_are(company, misaki_user, now):
    link(misaki_user, company)
    Organisation.rows.update(second_factor_from=time.today(now))
    client = Client()
    sign(client)
    assert client.get("/customers/").url == ACCOUNT
    Authenticator.objects.create(user=misaki_user, type="totp", data={"secret": "x"})
    assert sign(Client()).url == "/accounts/code/"
    User.rows.filter(pk=misaki_user.pk).update(is_active=False)
    away = Client()
    sign(away)
    assert not is_in(away)


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_away(away, company, misaki_user, now):
    link(misaki_user, company)
    assert sign(Client(), next=away).url == "/"


def test_while_the_directory_is_away_passwords_of_ours_still_do(company, misaki_user, settings, now):
    link(misaki_user, company)
    IdentityProvider.rows.update(ldap_port=9)
    settings.EGRESS_ALLOW = ("localhost:9",)
    page = sign(Client())
    assert "いま会社のディレクトリに確かめられません" in page.content.decode()
    client = Client()
    client.post("/accounts/login/", {"login": "misaki", "password": "enishi-demo-2026"})
    assert is_in(client)


def test_a_password_of_the_directory_is_none_of_ours(company, misaki_user, now):
    link(misaki_user, company)
    client = Client()
    client.post("/accounts/login/", {"login": "misaki", "password": "桜-company-1"})
    assert not is_in(client)


def test_without_a_directory_there_is_no_such_page(db):
    assert Client().get(PAGE).status_code == 404


# ---- settings -------------------------------------------------------------------------------------------------------


def form_of(directory, **said):
    given = given_of(directory, **said)
    given["security"] = "starttls" if given.pop("starts_plain") else "tls"
    return {key: value for key, value in given.items() if value is not False}


def test_the_password_of_the_service_is_sealed_and_shown_nowhere(company, directory, admin, sign_in, now):
    assert SERVICE_PASSWORD.encode() not in bytes(company.secret_sealed)
    page = sign_in(admin).get(SETTINGS).content.decode()
    assert SERVICE in page
    assert SERVICE_PASSWORD not in page
    assert SERVICE_PASSWORD not in str(list(FieldChange.rows.values()))


def test_the_kept_password_goes_to_no_other_server(company, directory, identity, admin, sign_in, settings, now):
    client = sign_in(admin)
    with harmful(identity, lambda connection, heard: heard.append(connection.recv(1))) as (port, heard):
        settings.EGRESS_ALLOW = (*settings.EGRESS_ALLOW, f"localhost:{port}")
        for said in ({"ldap_port": port}, {"client_id": f"cn=other,{BASE}"}, {"starts_plain": True}):
            for deed in ({"try": "1"}, {}):
                answer = client.post(f"{SETTINGS}?kind=ldap", form_of(directory, secret="", **said) | deed)
                assert answer.context["form"].errors.keys() == {"secret"}
        with pytest.raises(Invalid):
            actions_company.save_directory(**given_of(directory, secret="", ldap_port=port, is_on=False), actor=admin, now=now)
    assert heard == []
    assert client.post(f"{SETTINGS}?kind=ldap", form_of(directory, secret="", name="別の名前")).status_code == 302


def test_a_trial_finds_somebody_and_keeps_nothing(directory, admin, sign_in, now):
    client = sign_in(admin)
    for login, told in (("misaki", "髙橋 美咲 さん"), ("nobody", "が見つからないか"), ("", "接続用アカウントも正しく")):
        page = client.post(f"{SETTINGS}?kind=ldap", form_of(directory, try_login=login) | {"try": "1"})
        assert told in page.content.decode()
    assert not IdentityProvider.rows.exists()


def test_what_is_wrong_stands_beside_its_field(directory, admin, settings, now):
    for said, field in (
        ({"authorities": ""}, "authorities"),
        ({"authorities": "rubbish"}, "authorities"),
        ({"secret": "wrong"}, "secret"),
        ({"secret": ""}, "secret"),
        ({"base": "dc=nowhere"}, "base"),
        ({"ldap_host": "10.0.0.1"}, "ldap_host"),
        ({"ldap_port": 22}, "ldap_host"),
    ):
        with pytest.raises(Invalid) as refusal:
            actions_company.save_directory(**given_of(directory, **said), actor=admin, now=now)
        assert set(refusal.value.fields) == {field}, said
    assert not IdentityProvider.rows.exists()


def test_no_server_is_asked_for_who_may_not_configure(directory, misaki, settings, now):
    settings.EGRESS_ALLOW = ()
    with pytest.raises(NotAllowed):
        actions_company.save_directory(**given_of(directory), actor=misaki, now=now)
    given = {key: value for key, value in given_of(directory).items() if key not in ("name", "is_on", "makes_users")}
    with pytest.raises(NotAllowed):
        actions_company.try_directory(**given, login="", actor=misaki)


def test_links_hang_on_where_is_searched_and_by_what_id(company):
    elsewhere = IdentityProvider(kind="ldap", issuer=f"ou=staff,{BASE}", subject_rule="attribute", subject_attribute=ldap.AD_ID)
    other_id = IdentityProvider(kind="ldap", issuer=BASE, subject_rule="attribute", subject_attribute=ldap.OPEN_ID)
    assert len({company.provider_id, elsewhere.provider_id, other_id.provider_id}) == 3
