"""Invitations: how somebody becomes a user."""

from __future__ import annotations

from django.db import models

from enishi.platform.models.people import User
from enishi.platform.privacy import classify


class Invitation(models.Model):
    """招待: a link by which one person makes their own account, once, with the roles and teams that were chosen for them."""

    email = models.EmailField(blank=True)
    display_name = models.CharField(max_length=60)
    title = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=2, choices=User.Language, default=User.Language.JAPANESE)
    role_ids = models.JSONField(default=list)
    team_ids = models.JSONField(default=list)
    token_hash = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField(help_text="By the clock on the wall.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    mailed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", help_text="Who came of it.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(
        internal=(
            "id",
            "email",
            "display_name",
            "title",
            "language",
            "role_ids",
            "team_ids",
            "expires_at",
            "created_at",
            "created_by",
            "mailed_at",
            "withdrawn_at",
            "accepted_at",
            "user",
        ),
        secret=("token_hash",),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(accepted_at=None, user=None) | models.Q(accepted_at__isnull=False, user__isnull=False),
                name="invitation_accepted_by_somebody",
            )
        ]
