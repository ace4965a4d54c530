"""会社のアカウント: the one OpenID Connect provider by which staff may sign in."""

from __future__ import annotations

from hashlib import sha256

from django.db import models

from enishi.platform.privacy import classify


class IdentityProvider(models.Model):
    """One row at most. Who somebody is there is (issuer, subject), and nothing else: the issuer is part of `provider_id`."""

    name = models.CharField(max_length=40)
    issuer = models.URLField(max_length=300)
    client_id = models.CharField(max_length=191)
    secret_sealed = models.BinaryField(default=b"", blank=True)
    is_on = models.BooleanField(default=True)
    makes_users = models.BooleanField(default=False, help_text="Whoever signs in there and is nobody here becomes a user without a role.")
    trusts_second_factor = models.BooleanField(
        default=False, db_default=False, help_text="Whoever came in there has proved a second factor, as the administrator says."
    )

    rows = models.Manager()
    access = "reference"
    privacy = classify(
        internal=("id", "name", "issuer", "client_id", "is_on", "makes_users", "trusts_second_factor"), secret=("secret_sealed",)
    )

    class Meta:
        constraints = [models.UniqueConstraint(models.Value(1), name="one_identity_provider")]

    @property
    def provider_id(self) -> str:
        """Another issuer is another provider: links to the one before do not count there."""
        return f"oidc-{sha256(self.issuer.encode()).hexdigest()[:16]}"

    @property
    def secret_place(self) -> str:
        return f"platform_identityprovider|secret|{self.pk}"
