"""会社のアカウント: the one provider by which staff may sign in, and the answers of it that were used."""

from __future__ import annotations

from hashlib import sha256

from django.contrib.postgres.fields import ArrayField
from django.db import models

from enishi.platform.privacy import classify


class IdentityProvider(models.Model):
    """One row at most. Who somebody is there is (issuer, subject), and nothing else: the issuer is part of `provider_id`."""

    class Kind(models.TextChoices):
        OIDC = "oidc"
        SAML = "saml"
        LDAP = "ldap"

    class SubjectRule(models.TextChoices):
        """By what SAML tells one person from another, for ever."""

        PERSISTENT = "persistent"  # a NameID of the format that promises it
        ATTRIBUTE = "attribute"  # the attribute that the administrator named
        STABLE = "stable"  # any NameID: the administrator says that it is never given to somebody else

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.OIDC, db_default=Kind.OIDC)
    name = models.CharField(max_length=40)
    issuer = models.CharField(max_length=300, help_text="The issuer of OpenID Connect, the entity id of SAML, where LDAP searches.")
    client_id = models.CharField(max_length=300, blank=True, help_text="By what we are known there; of LDAP the name we bind as.")
    secret_sealed = models.BinaryField(default=b"", blank=True)
    saml_sso_url = models.CharField(max_length=500, blank=True, default="", db_default="")
    certificates = ArrayField(
        models.TextField(),
        default=list,
        db_default=[],
        help_text="Whose signatures count; of LDAP, on its certificate: DER in base64.",
    )
    subject_rule = models.CharField(max_length=12, choices=SubjectRule, default=SubjectRule.PERSISTENT, db_default=SubjectRule.PERSISTENT)
    subject_attribute = models.CharField(max_length=200, blank=True, default="", db_default="")
    ldap_host = models.CharField(max_length=253, blank=True, default="", db_default="")
    ldap_port = models.PositiveIntegerField(default=636, db_default=636)
    ldap_starts_plain = models.BooleanField(default=False, db_default=False, help_text="StartTLS in place of TLS from the first byte.")
    ldap_login = models.CharField(max_length=60, blank=True, default="", db_default="", help_text="The attribute that is typed to sign in.")
    is_on = models.BooleanField(default=True)
    makes_users = models.BooleanField(default=False, help_text="Whoever signs in there and is nobody here becomes a user without a role.")
    trusts_second_factor = models.BooleanField(
        default=False, db_default=False, help_text="Whoever came in there has proved a second factor, as the administrator says."
    )

    rows = models.Manager()
    access = "reference"
    privacy = classify(
        internal=(
            "id",
            "kind",
            "name",
            "issuer",
            "client_id",
            "saml_sso_url",
            "certificates",
            "subject_rule",
            "subject_attribute",
            "ldap_host",
            "ldap_port",
            "ldap_starts_plain",
            "ldap_login",
            "is_on",
            "makes_users",
            "trusts_second_factor",
        ),
        secret=("secret_sealed",),
    )

    class Meta:
        constraints = [models.UniqueConstraint(models.Value(1), name="one_identity_provider")]

    @property
    def provider_id(self) -> str:
        """Another issuer is another provider, and so is another way of telling people apart there: links to the one before
        do not count."""
        said = self.issuer if self.kind == self.Kind.OIDC else f"{self.issuer}\n{self.subject_rule}\n{self.subject_attribute}"
        return f"{self.kind}-{sha256(said.encode()).hexdigest()[:16]}"

    @property
    def secret_place(self) -> str:
        return f"platform_identityprovider|secret|{self.pk}"


class CompanyAnswer(models.Model):
    """An answer of the company's provider by SAML that was taken once, kept for as long as it could be sent again; until
    its browser has come for it, with what it says."""

    answer_hash = models.BinaryField(max_length=32, unique=True)
    good_until = models.DateTimeField(db_index=True, help_text="By the clock on the wall.")
    ticket_hash = models.BinaryField(max_length=32, null=True, blank=True, unique=True)
    said_sealed = models.BinaryField(default=b"", blank=True)
    taken_at = models.DateTimeField(help_text="By the clock on the wall.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "good_until", "taken_at"), secret=("answer_hash", "ticket_hash", "said_sealed"))

    @property
    def place(self) -> str:
        return f"platform_companyanswer|said|{bytes(self.answer_hash).hex()}"
