"""Signing in by the company's own accounts, by django-allauth: OpenID Connect by its own means, SAML by `platform.saml`,
LDAP by `platform.ldap`.

Somebody is their issuer and subject. A mail address links nobody: a link is made by a user who is signed in, or by an
invitation; only where the company says so does a stranger become a user, and then one without a role.
"""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from enishi.platform import time, web_client
from enishi.platform.actions import invitations
from enishi.platform.errors import ActionError
from enishi.platform.models import IdentityProvider, User
from enishi.platform.origins import app_url
from enishi.platform.provider import CompanyProvider
from enishi.platform.rules_of_users import free_login
from enishi.platform.secrets import unseal

INVITATION = "invitation"  # key of the session: the link by which somebody came
LINKED_BY = "openid_connect"


def provider() -> IdentityProvider | None:
    """The company's provider where it is on. One query."""
    return IdentityProvider.rows.filter(is_on=True).first()


def directory_provider() -> IdentityProvider | None:
    """The company's directory where it is on. One query."""
    return IdentityProvider.rows.filter(kind=IdentityProvider.Kind.LDAP, is_on=True).first()


def saml_provider() -> IdentityProvider | None:
    """The company's provider by SAML, also while it is only being tried. One query."""
    return IdentityProvider.rows.filter(kind=IdentityProvider.Kind.SAML).first()


class CompanyAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[SocialApp]:
        """The one row, as the library wants it; its own table stays empty, since it would keep the secret in clear."""
        row = IdentityProvider.rows.filter(is_on=True).first()
        ours = LINKED_BY if row and row.kind == IdentityProvider.Kind.OIDC else CompanyProvider.id
        if row is None or provider not in (None, ours, row.provider_id) or client_id not in (None, row.client_id):
            return []
        if ours == CompanyProvider.id:
            return [SocialApp(provider=ours, provider_id=row.provider_id, name=row.name)]
        sealed = bytes(row.secret_sealed)
        secret = unseal(sealed, place=row.secret_place) if sealed else ""
        settings = {"server_url": row.issuer, "oauth_pkce_enabled": True, "uid_field": "sub", "fetch_userinfo": False}
        return [
            SocialApp(
                provider=LINKED_BY, provider_id=row.provider_id, name=row.name, client_id=row.client_id, secret=secret, settings=settings
            )
        ]

    def get_requests_session(self) -> Any:
        return web_client.session()

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("platform:security")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """The token must be of the issuer that the administrator named; what it says of mail addresses is not heard."""
        row = provider()
        said = _issuer(sociallogin.account.extra_data)
        if row is None or said.rstrip("/") != row.issuer.rstrip("/"):
            raise ImmediateHttpResponse(render(request, "socialaccount/authentication_error.html", status=403))
        sociallogin.email_addresses = []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        row = provider()
        return row is not None and (row.makes_users or INVITATION in request.session)

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """A new user: of the invitation by which they came, with its roles; else one without."""
        claims = _claims(sociallogin)
        name = str(claims.get("name") or claims.get("sub") or "")[:60]
        token = request.session.pop(INVITATION, None)
        try:
            user_id = invitations.join_by_company(
                token=token,
                username=free_login(str(claims.get("preferred_username") or claims.get("email") or claims.get("sub") or "")),
                display_name=name,
                language=get_language() or "ja",
                now=time.now(),
                wall=time.wall_clock(),
            )
        except ActionError as refusal:
            page = render(request, "platform/users/link_over.html", {"refusal": refusal}, status=refusal.status)
            raise ImmediateHttpResponse(page) from refusal
        user = User.rows.get(pk=user_id)
        sociallogin.user = user
        sociallogin.save(request, connect=True)
        return user


def _issuer(extra: dict[str, Any]) -> str:
    """Who says so, as it stands in what was verified."""
    return str(extra.get("issuer", "") if "id_token" not in extra else extra["id_token"].get("iss", ""))


def _claims(sociallogin: SocialLogin) -> dict[str, Any]:
    """How somebody is called there, in the words of OpenID Connect."""
    extra: dict[str, Any] = sociallogin.account.extra_data
    if "id_token" in extra:
        return dict(extra["id_token"])
    return {"name": extra.get("name"), "preferred_username": extra.get("login"), "sub": sociallogin.account.uid}


class CompanyOAuth2Adapter(OpenIDConnectOAuth2Adapter):
    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """From the settings, never from what a request calls us."""
        return app_url(reverse("openid_connect_callback", kwargs={"provider_id": self.provider_id}))
