"""Verbs of 会社のアカウント: naming the provider, by OpenID Connect or by SAML, and letting go of one's link to it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, policy, saml_metadata, saml_xml, web_client
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.models import IdentityProvider, User
from enishi.platform.saml_metadata import ProviderMetadata
from enishi.platform.secrets import seal

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


@action
def _write(*, wanted: Mapping[str, Any], secret: str, actor: Actor, now: datetime) -> None:
    policy.require(actor, "settings", "configure")
    row = IdentityProvider.rows.select_for_update().first() or IdentityProvider()
    if row.pk and (row.kind, row.issuer) != (wanted["kind"], wanted["issuer"]) and not secret:
        raise Invalid(fields={"secret": [_("発行者を変えるときは、秘密鍵も入力してください。")]})
    _store(row, {**_NO_SAML, **wanted}, secret=secret, actor=actor, now=now)


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
    said = dict(wanted) | {"client_id": ""}
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
