"""Many merges at once: the groups of duplicates that were surely one customer each, and what became of each group."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.customers.models.merging import Merge
from enishi.platform.privacy import classify
from enishi.platform.runs import RUN_INTERNAL, Run


class MergeBatch(Run):
    """一括統合: planning → planned → running → done. Whom it would merge is written down first and shown; each merge then commits
    by itself with its checkpoint, and the whole is taken back by another batch, the last merge first."""

    class State(models.TextChoices):
        PLANNING = "planning", _("対象の確認中")
        PLANNED = "planned", _("確認待ち")
        RUNNING = "running", _("統合中")
        DONE = "done", _("完了")
        STOPPED = "stopped", _("停止")
        FAILED = "failed", _("失敗")

    OPEN = (State.PLANNING, State.RUNNING)

    owner = models.ForeignKey("platform.User", models.PROTECT, related_name="+")
    at_least_ppm = models.PositiveIntegerField(help_text="Pairs of at least this score, in parts of a million.")
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="+", help_text="The batch that this one takes back.")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNING)
    pair_count = models.BigIntegerField(default=0, help_text="Pairs of that score whom the owner may decide about.")
    gone_count = models.BigIntegerField(default=0, help_text="Customers who would go.")
    left_out = models.JSONField(default=dict, help_text="Why pairs are left out → how many.")
    merged_count = models.BigIntegerField(default=0, help_text="Groups that were merged, or parted again.")
    refused_count = models.BigIntegerField(default=0, help_text="Groups that were left as they are.")
    created_at = models.DateTimeField()

    access = "system"
    privacy = classify(
        internal=(
            *(*RUN_INTERNAL, "id", "owner", "at_least_ppm", "undoes", "pair_count", "gone_count", "left_out"),
            *("merged_count", "refused_count", "created_at"),
        )
    )

    class Meta:
        indexes = [models.Index(fields=["lease_until"], name="merge_batch_open", condition=Q(state__in=["planning", "running"]))]
        constraints = [models.CheckConstraint(condition=Q(at_least_ppm__lte=1_000_000), name="merge_batch_score")]


class MergeBatchRow(models.Model):
    """One group of a batch, the surest first."""

    class Outcome(models.TextChoices):
        WAITING = "", _("未処理")
        DONE = "done", _("統合・取り消し済み")
        LEFT = "left", _("そのまま")

    batch = models.ForeignKey(MergeBatch, models.CASCADE, related_name="+", db_index=False)
    position = models.BigIntegerField()
    customer_ids = ArrayField(models.BigIntegerField(), help_text="Who is one customer, by the ids of that time.")
    score_ppm = models.PositiveIntegerField(help_text="Of its least sure pair.")
    outcome = models.CharField(max_length=4, choices=Outcome, blank=True, default="")
    refusal = models.CharField(max_length=40, blank=True, help_text="The code of why it was left.")
    merge = models.ForeignKey(Merge, models.PROTECT, null=True, related_name="+")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "batch", "position", "customer_ids", "score_ppm", "outcome", "refusal", "merge"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "position"], name="merge_batch_row_once")]
        indexes = [GinIndex(fields=["customer_ids"], name="merge_batch_row_of_customer")]
