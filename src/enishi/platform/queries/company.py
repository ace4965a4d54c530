"""会社のアカウント as the screens show it; the secret never leaves its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allauth.socialaccount.models import SocialAccount
from django.urls import reverse

from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.models import IdentityProvider
from enishi.platform.oidc import provider
from enishi.platform.origins import app_url


@dataclass(frozen=True, slots=True)
class CompanyLogin:
    """The provider as sign-in pages offer it."""

    name: str
    provider_id: str


def company_login() -> CompanyLogin | None:
    """Where the company's accounts are on. One query."""
    row = provider()
    return CompanyLogin(row.name, row.provider_id) if row else None


def is_linked(user_id: int) -> bool:
    """Whether the user comes in by the provider of today. Two queries."""
    row = provider()
    return row is not None and SocialAccount.objects.filter(user_id=user_id, provider=row.provider_id).exists()


@dataclass(frozen=True, slots=True)
class CompanyAccounts:
    initial: Mapping[str, object]
    has_secret: bool
    callback: str  # what the provider must be told; "" until it is known
    linked: int


def company_accounts(actor: Actor) -> CompanyAccounts:
    """The settings. Raises NotAllowed. Two queries."""
    policy.require(actor, "settings", "configure")
    row = IdentityProvider.rows.first()
    if row is None:
        return CompanyAccounts({"is_on": True}, False, "", 0)
    shown = ("name", "issuer", "client_id", "is_on", "makes_users", "trusts_second_factor")
    initial = {name: getattr(row, name) for name in shown}
    callback = app_url(reverse("openid_connect_callback", kwargs={"provider_id": row.provider_id}))
    return CompanyAccounts(initial, bool(row.secret_sealed), callback, SocialAccount.objects.filter(provider=row.provider_id).count())
