"""A member of staff's own ways to customers: those they looked at last, and those they keep at hand."""

from __future__ import annotations

from django.db import models

from enishi.platform.privacy import classify


class Visit(models.Model):
    """最近見た顧客: one row a customer, moved up by every look. The id is the one of that day, also of a merged customer."""

    user = models.ForeignKey("platform.User", models.CASCADE, related_name="+", db_index=False)
    customer_id = models.BigIntegerField()
    at = models.DateTimeField()
    before_at = models.DateTimeField(null=True, blank=True, help_text="The last look of the sitting before this one.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "user", "customer_id", "at", "before_at"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "customer_id"], name="visit_once")]
        indexes = [models.Index(fields=["user", "-at"], name="visit_latest")]


class Favourite(models.Model):
    """お気に入り: one person's star on one customer, whoever that is today; nobody else sees it."""

    user = models.ForeignKey("platform.User", models.CASCADE, related_name="+", db_index=False)
    customer_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "user", "customer_id", "at"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "customer_id"], name="favourite_once")]
