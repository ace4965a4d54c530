"""統合: several customers who are one, what the deed changed in which table, and whether it was taken back."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from enishi.platform.privacy import classify


class Merge(models.Model):
    """統合: one customer carries on, the others live on as aliases. The row stays for ever; undone, it says by whom."""

    kept_id = models.BigIntegerField(help_text="The customer who carried on, by the id of that day.")
    gone_ids = ArrayField(models.BigIntegerField(), help_text="Those who were merged away, in the order in which they were named.")
    kept_number = models.CharField(max_length=20)
    gone_numbers = ArrayField(models.CharField(max_length=20))
    reason = models.CharField(max_length=200, blank=True)
    change_set = models.ForeignKey("platform.ChangeSet", models.PROTECT, related_name="+")
    said_until = models.BigIntegerField(default=0, help_text="The last entry of the ledger of consents that was written before.")
    at = models.DateTimeField()
    by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+", db_index=False)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            *("id", "kept_id", "gone_ids", "kept_number", "gone_numbers", "reason", "change_set", "said_until"),
            *("at", "by", "undone_at", "undone_by"),
        )
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(gone_ids=[]), name="merge_of_somebody")]
        indexes = [
            models.Index(fields=["kept_id", "-id"], name="merge_of_kept"),
            GinIndex(fields=["gone_ids"], name="merge_of_gone"),
        ]

    @property
    def ids(self) -> list[int]:
        """Everybody it was about, the one who carried on first."""
        return [self.kept_id, *self.gone_ids]


class MergeEntry(models.Model):
    """One row of one table that a merge changed: how it was and how it became, so that it can be put back exactly.

    A change holds the columns that differ, of the one who carried on all of them; a row that went has no `after`, one that came
    no `before`.
    """

    merge = models.ForeignKey(Merge, models.CASCADE, related_name="+")
    table = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "merge", "table", "row_id"), personal=("before", "after"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merge", "table", "row_id"], name="merge_entry_once"),
            models.CheckConstraint(condition=Q(before__isnull=False) | Q(after__isnull=False), name="merge_entry_says_something"),
        ]
