"""Verbs of 会社のアカウント: naming the provider, by OpenID Connect, SAML or LDAP, and letting go of one's link to it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificates
from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, ldap, policy, saml_metadata, saml_xml, web_client
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.models import IdentityProvider, User
from enishi.platform.saml_metadata import ProviderMetadata
from enishi.platform.secrets import seal, unseal

MOST_CERTIFICATES = 4


class OnlyWayIn(ActionError):
    code = "company.only_way_in"
    message = _("パスワードもパスキーもないので、外すとログインできなくなります。先にどちらかを登録してください。")


def save_company(
    *,
    name: str,
    issuer: str,
    client_id: str,
    secret: str,
    is_on: bool,
    makes_users: bool,
    trusts_second_factor: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Name the provider; an empty `secret` keeps the one there is. The provider is asked whether it calls itself so before
    anything is written. Records `company_login.changed`. Raises NotAllowed, Invalid."""
    policy.require(actor, "settings", "configure")
    issuer = issuer.strip()
    if is_on:
        _ask_it(issuer)
    switches = {"is_on": is_on, "makes_users": makes_users, "trusts_second_factor": trusts_second_factor}
    said = {"kind": IdentityProvider.Kind.OIDC, "name": name, "issuer": issuer, "client_id": client_id, **switches}
    _write(wanted=said, secret=secret, actor=actor, now=now)


def save_saml(
    *,
    name: str,
    metadata: bytes,
    metadata_url: str,
    keeps_certificates: bool,
    subject_rule: str,
    subject_attribute: str,
    is_on: bool,
    makes_users: bool,
    trusts_second_factor: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Name the provider by its metadata, as they are or as they stand at an address; without either, those of before stay.
    `keeps_certificates`: the ones of before count beside the new ones, while the provider goes from one key to the next.
    Records `company_login.changed`. Raises NotAllowed, Invalid."""
    policy.require(actor, "settings", "configure")
    if subject_rule == IdentityProvider.SubjectRule.ATTRIBUTE and not subject_attribute:
        raise Invalid(fields={"subject_attribute": [_("属性の名前を入力してください。")]})
    read_in = _metadata(metadata, metadata_url)
    wanted = {
        "kind": IdentityProvider.Kind.SAML,
        "name": name,
        "subject_rule": subject_rule,
        "subject_attribute": subject_attribute if subject_rule == IdentityProvider.SubjectRule.ATTRIBUTE else "",
        "is_on": is_on,
        "makes_users": makes_users,
        "trusts_second_factor": trusts_second_factor,
    }
    _write_saml(wanted=wanted, read_in=read_in, keeps_certificates=keeps_certificates, actor=actor, now=now)


def _metadata(document: bytes, url: str) -> ProviderMetadata | None:
    field = "metadata_url" if url and not document else "metadata"
    try:
        if url and not document:
            document = _fetched(url)
        return saml_metadata.read(document) if document else None
    except ActionError as refusal:
        raise Invalid(fields={field: [str(refusal)]}) from refusal


def _fetched(url: str) -> bytes:
    """Raises ActionError. Of an answer that is too long no more is read than shows that."""
    if urlsplit(url).scheme != "https":
        raise saml_metadata.BadMetadata(_("https:// で始まるアドレスを入力してください。"))
    try:
        with web_client.session() as session, session.get(url, stream=True) as answer:
            answer.raise_for_status()
            return bytes(answer.raw.read(saml_xml.LONGEST + 1, decode_content=True))
    except (requests.RequestException, OSError, ValueError) as trouble:
        raise saml_metadata.BadMetadata(
            _("このアドレスからメタデータを読めません。つづりを確かめるか、XML を貼り付けてください。")
        ) from trouble


def _ask_it(issuer: str) -> None:
    parts = urlsplit(issuer)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise Invalid(fields={"issuer": [_("https:// で始まる発行者のアドレスを入力してください。")]})
    try:
        with web_client.session() as session:
            answer = session.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        answer.raise_for_status()
        said = str(answer.json()["issuer"])
    except ActionError as refusal:
        raise Invalid(fields={"issuer": [str(refusal)]}) from refusal
    except (requests.RequestException, ValueError, KeyError, TypeError) as trouble:
        raise Invalid(fields={"issuer": [_("このアドレスから OpenID Connect の設定を読めません。つづりを確かめてください。")]}) from trouble
    if said.rstrip("/") != issuer.rstrip("/"):
        raise Invalid(
            fields={"issuer": [_("サーバーは自分を別の発行者だと言っています。案内にある発行者（issuer）をそのまま入力してください。")]}
        )


@dataclass(frozen=True, slots=True)
class Tried:
    """What a trial of the directory has found."""

    login: str  # who was looked for; "" for nobody
    person: ldap.Person | None


def try_directory(
    *,
    product: str,
    ldap_host: str,
    starts_plain: bool,
    ldap_port: int,
    authorities: str,
    base: str,
    ldap_login: str,
    client_id: str,
    secret: str,
    login: str,
    actor: Actor,
) -> Tried:
    """試す: ask the directory as it stands in the form, for one person where a name is given. Changes nothing. Raises
    NotAllowed, Invalid."""
    policy.require(actor, "settings", "configure")
    place = Place(ldap_host.strip().lower(), ldap_port, starts_plain, client_id.strip())
    found = _asked(
        ldap.Directory(
            host=place.host,
            port=place.port,
            starts_plain=place.starts_plain,
            authorities=_authorities(authorities)[0],
            base=base.strip(),
            service=place.service,
            password=secret or _kept_password(place),
            login_attribute=ldap_login,
            id_attribute=product,
        ),
        login,
    )
    return Tried(login, found)


def save_directory(
    *,
    name: str,
    product: str,
    ldap_host: str,
    starts_plain: bool,
    ldap_port: int,
    authorities: str,
    base: str,
    ldap_login: str,
    client_id: str,
    secret: str,
    is_on: bool,
    makes_users: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Name the directory; an empty `secret` keeps the one there is, where server and service are those of before. Where it is
    switched on it is asked before anything is written. Records `company_login.changed`. Raises NotAllowed, Invalid."""
    if is_on:
        try_directory(
            product=product,
            ldap_host=ldap_host,
            starts_plain=starts_plain,
            ldap_port=ldap_port,
            authorities=authorities,
            base=base,
            ldap_login=ldap_login,
            client_id=client_id,
            secret=secret,
            login="",
            actor=actor,
        )
    wanted = {
        "kind": IdentityProvider.Kind.LDAP,
        "name": name,
        "issuer": base.strip(),
        "client_id": client_id.strip(),
        "certificates": _authorities(authorities)[1],
        "ldap_host": ldap_host.strip().lower(),
        "ldap_port": ldap_port,
        "ldap_starts_plain": starts_plain,
        "ldap_login": ldap_login,
        "subject_rule": IdentityProvider.SubjectRule.ATTRIBUTE,
        "subject_attribute": product,
        "is_on": is_on,
        "makes_users": makes_users,
        "trusts_second_factor": False,  # a directory has asked for a password alone
    }
    _write_directory(wanted=wanted, secret=secret, actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class Place:
    """To whom the password of the service goes: it is kept for this place alone."""

    host: str
    port: int
    starts_plain: bool
    service: str


def _place_of(row: IdentityProvider) -> Place:
    return Place(row.ldap_host, row.ldap_port, row.ldap_starts_plain, row.client_id)


def _kept_password(place: Place) -> str:
    """Raises Invalid where it is another server's, or none is kept: a password that nobody can read does not leave for
    wherever somebody types."""
    row = IdentityProvider.rows.filter(kind=IdentityProvider.Kind.LDAP).first()
    if row is None or not row.secret_sealed or _place_of(row) != place:
        raise Invalid(fields={"secret": [_("接続用アカウントのパスワードを入力してください。接続先を変えるときも必要です。")]})
    return unseal(bytes(row.secret_sealed), place=row.secret_place)


def _authorities(pem: str) -> tuple[str, list[str]]:
    """As text, and as they are kept. Raises Invalid."""
    try:
        found = load_pem_x509_certificates(pem.encode()) if pem.strip() else []
    except ValueError as error:
        raise Invalid(fields={"authorities": [_("証明書として読めません。PEM 形式の文字列を、そのまま貼り付けてください。")]}) from error
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in found), [
        base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in found
    ]


def directory_of(row: IdentityProvider) -> ldap.Directory:
    """How the directory that is set up is asked."""
    certificates = [load_der_x509_certificate(base64.b64decode(each)) for each in row.certificates]
    return ldap.Directory(
        host=row.ldap_host,
        port=row.ldap_port,
        starts_plain=row.ldap_starts_plain,
        authorities="".join(each.public_bytes(Encoding.PEM).decode() for each in certificates),
        base=row.issuer,
        service=row.client_id,
        password=unseal(bytes(row.secret_sealed), place=row.secret_place) if row.secret_sealed else "",
        login_attribute=row.ldap_login,
        id_attribute=row.subject_attribute,
    )


_FIELDS: Mapping[str, str] = {"ldap.certificate": "authorities", "ldap.service": "secret", "ldap.base": "base", "ldap.no_tls": "security"}


def _asked(directory: ldap.Directory, login: str) -> ldap.Person | None:
    try:
        return ldap.look(directory, login)
    except ActionError as refusal:
        field = _FIELDS.get(refusal.code, "product" if refusal.code == "ldap.id" else "ldap_host")
        raise Invalid(fields={field: [str(refusal)]}) from refusal


@action
def _write_directory(*, wanted: Mapping[str, Any], secret: str, actor: Actor, now: datetime) -> None:
    policy.require(actor, "settings", "configure")
    row = IdentityProvider.rows.select_for_update().first() or IdentityProvider(kind=IdentityProvider.Kind.LDAP)
    place = Place(wanted["ldap_host"], wanted["ldap_port"], wanted["ldap_starts_plain"], wanted["client_id"])
    kept = row.kind == IdentityProvider.Kind.LDAP and row.secret_sealed and _place_of(row) == place
    if not secret and not kept:
        raise Invalid(fields={"secret": [_("接続用アカウントのパスワードを入力してください。接続先を変えるときも必要です。")]})
    _store(row, {"saml_sso_url": "", **wanted}, secret=secret, actor=actor, now=now)


@action
def _write(*, wanted: Mapping[str, Any], secret: str, actor: Actor, now: datetime) -> None:
    policy.require(actor, "settings", "configure")
    row = IdentityProvider.rows.select_for_update().first() or IdentityProvider()
    if row.pk and (row.kind, row.issuer) != (wanted["kind"], wanted["issuer"]) and not secret:
        raise Invalid(fields={"secret": [_("発行者を変えるときは、秘密鍵も入力してください。")]})
    _store(row, {**_NO_SAML, **_NO_LDAP, **wanted}, secret=secret, actor=actor, now=now)


_NO_LDAP: Mapping[str, Any] = {"ldap_host": "", "ldap_port": 636, "ldap_starts_plain": False, "ldap_login": ""}
_NO_SAML: Mapping[str, Any] = {
    "saml_sso_url": "",
    "certificates": [],
    "subject_rule": IdentityProvider.SubjectRule.PERSISTENT,
    "subject_attribute": "",
}


@action
def _write_saml(
    *, wanted: Mapping[str, Any], read_in: ProviderMetadata | None, keeps_certificates: bool, actor: Actor, now: datetime
) -> None:
    policy.require(actor, "settings", "configure")
    row = IdentityProvider.rows.select_for_update().first() or IdentityProvider(kind=IdentityProvider.Kind.SAML)
    was_saml = bool(row.pk) and row.kind == IdentityProvider.Kind.SAML
    if read_in is None and not was_saml:
        raise Invalid(fields={"metadata": [_("会社のログインサーバーのメタデータを入力してください。")]})
    said = {**_NO_LDAP, **wanted, "client_id": ""}
    if read_in is not None:
        before = row.certificates if keeps_certificates and was_saml and row.issuer == read_in.entity_id else []
        certificates = list(dict.fromkeys([*read_in.certificates, *before]))
        if len(certificates) > MOST_CERTIFICATES:
            raise Invalid(fields={"keeps_certificates": [_("証明書が多すぎます。古い証明書を残さずに保存してください。")]})
        said |= {"issuer": read_in.entity_id, "saml_sso_url": read_in.sso_url, "certificates": certificates}
    row.secret_sealed = b""
    _store(row, said, secret="", actor=actor, now=now)


def _store(row: IdentityProvider, wanted: Mapping[str, Any], *, secret: str, actor: Actor, now: datetime) -> None:
    changed = {key: (_told(getattr(row, key)), _told(after)) for key, after in wanted.items() if getattr(row, key) != after}
    for key, after in wanted.items():
        setattr(row, key, after)
    row.save()
    if secret:
        row.secret_sealed = seal(secret, place=row.secret_place)
        row.save(update_fields=["secret_sealed"])
    if changed or secret:
        deed = changes.open_change_set(actor=actor, door="screen", at=now)
        changes.record_changes(deed, IdentityProvider, [(row.pk, changed)])
        events.record("company_login.changed", subject=row.pk, customer=None, actor=actor, at=now)


def _told(value: Any) -> Any:
    """As it stands in the history: of certificates the fingerprints, as administrators compare them."""
    return ", ".join(sha256(base64.b64decode(each)).hexdigest()[:16] for each in value) if isinstance(value, list) else value


@action
def unlink_company(*, actor: Actor, now: datetime) -> None:
    """The actor's company account signs them in no more. Records `user.login_unlinked`. Raises NotFound, OnlyWayIn."""
    user = User.rows.select_for_update().filter(pk__in=[actor.user_id]).first()
    if user is None or actor.kind != "staff":
        raise NotFound
    if not user.has_usable_password() and not Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).exists():
        raise OnlyWayIn
    deleted, _by_model = SocialAccount.objects.filter(user=user).delete()
    if deleted:
        events.record("user.login_unlinked", subject=user.pk, customer=None, actor=actor, at=now, data={"method": "company"})
