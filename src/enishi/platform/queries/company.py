"""会社のアカウント as the screens show it; the secret never leaves its row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from django.urls import reverse

from enishi.platform import policy, saml, time
from enishi.platform.actor import Actor
from enishi.platform.models import IdentityProvider
from enishi.platform.oidc import provider
from enishi.platform.origins import app_url
from enishi.platform.saml_metadata import named


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
class CertificateRow:
    """One of the provider's keys, as the settings show it."""

    name: str
    fingerprint: str
    ends_at: datetime
    state: str  # "over", "soon" (within `WARNED_BEFORE`) or "good"


@dataclass(frozen=True, slots=True)
class CompanyAccounts:
    kind: str  # "" while nothing is set up
    initial: Mapping[str, object]
    has_secret: bool
    callback: str  # what the provider must be told; "" until it is known
    linked: int
    issuer: str = ""
    sso_url: str = ""
    certificates: Sequence[CertificateRow] = ()
    entity_id: str = ""
    answers_url: str = ""


def _directory(row: IdentityProvider) -> dict[str, object]:
    """Of a directory, as its form shows it."""
    if row.kind != row.Kind.LDAP:
        return {}
    return {
        "product": row.subject_attribute,
        "ldap_host": row.ldap_host,
        "security": "starttls" if row.ldap_starts_plain else "tls",
        "ldap_port": row.ldap_port,
        "authorities": "".join(each.public_bytes(Encoding.PEM).decode() for each in saml.certificates_of(row)),
        "base": row.issuer,
        "ldap_login": row.ldap_login,
    }


WARNED_BEFORE = timedelta(days=30)


def company_accounts(actor: Actor) -> CompanyAccounts:
    """The settings. Raises NotAllowed. Two queries."""
    policy.require(actor, "settings", "configure")
    row = IdentityProvider.rows.first()
    entity_id, answers_url = saml.entity_id(), saml.answers_url()
    if row is None:
        return CompanyAccounts("", {"is_on": True}, False, "", 0, entity_id=entity_id, answers_url=answers_url)
    shown = ("name", "issuer", "client_id", "is_on", "makes_users", "trusts_second_factor", "subject_rule", "subject_attribute")
    return CompanyAccounts(
        kind=row.kind,
        initial={name: getattr(row, name) for name in shown} | _directory(row),
        has_secret=bool(row.secret_sealed),
        callback=app_url(reverse("openid_connect_callback", kwargs={"provider_id": row.provider_id})) if row.kind == row.Kind.OIDC else "",
        linked=SocialAccount.objects.filter(provider=row.provider_id).count(),
        issuer=row.issuer,
        sso_url=row.saml_sso_url,
        certificates=certificate_rows(row, time.wall_clock()),
        entity_id=entity_id,
        answers_url=answers_url,
    )


def certificate_rows(row: IdentityProvider, wall: datetime) -> list[CertificateRow]:
    """The provider's certificates, the first to end first."""
    found = []
    for certificate in saml.certificates_of(row):
        ends = certificate.not_valid_after_utc
        state = "over" if ends <= wall else "soon" if ends - wall <= WARNED_BEFORE else "good"
        found.append(CertificateRow(named(certificate), certificate.fingerprint(SHA256()).hex(":")[:23].upper(), ends, state))
    return sorted(found, key=lambda each: each.ends_at)
