"""Verbs of 会社のアカウント: naming the provider, and letting go of one's link to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils.translation import gettext_lazy as _

from enishi.platform import changes, events, policy, web_client
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.models import IdentityProvider, User
from enishi.platform.secrets import seal


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
    _write(wanted={"name": name, "issuer": issuer, "client_id": client_id, **switches}, secret=secret, actor=actor, now=now)


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
def _write(*, wanted: Mapping[str, str | bool], secret: str, actor: Actor, now: datetime) -> None:
    policy.require(actor, "settings", "configure")
    row = IdentityProvider.rows.select_for_update().first() or IdentityProvider()
    changed = {key: (getattr(row, key), after) for key, after in wanted.items() if getattr(row, key) != after}
    if row.pk and row.issuer != wanted["issuer"] and not secret:
        raise Invalid(fields={"secret": [_("発行者を変えるときは、秘密鍵も入力してください。")]})
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
        events.record("user.login_unlinked", subject=user.pk, customer=None, actor=actor, at=now, data={"method": "oidc"})
