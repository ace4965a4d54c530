"""入力基準: the rules by which customers are written, version by version."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from enishi.platform.privacy import classify


class StandardBook(models.Model):
    """One version of the input standards. The newest published one is in use; at most one is a draft. A published version is never
    changed: to go back is to publish an earlier one again."""

    rules = models.JSONField(default=list, help_text="Checked by `customers.standards.rule`.")
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "rules", "note", "created_at", "published_at", "published_by"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["published_at"], condition=Q(published_at__isnull=True), nulls_distinct=False, name="one_draft_of_the_standards"
            ),
        ]
