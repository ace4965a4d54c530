"""A change of many customers at once: what is to be done, to whom, and how far it has come."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify
from enishi.platform.runs import RUN_INTERNAL, Run


class BulkRun(Run):
    """一括変更: staging → running → done. Chunks of customers commit with their checkpoint under one change set, so that
    a killed run goes on where it stopped; the whole of it can be undone by another run."""

    class Verb(models.TextChoices):
        TAG = "tag", _("タグを付ける")
        UNTAG = "untag", _("タグを外す")
        OWNER = "owner", _("担当を変える")
        TEAM = "team", _("部署を変える")
        ARCHIVE = "archive", _("ごみ箱へ入れる")
        TRY = "try", _("データ整備を試す")
        CLEANSE = "cleanse", _("データ整備")
        HANDOVER = "handover", _("引き継ぐ")

    class State(models.TextChoices):
        STAGING = "staging", _("準備中")
        RUNNING = "running", _("変更中")
        DONE = "done", _("完了")
        STOPPED = "stopped", _("停止")
        FAILED = "failed", _("失敗")

    owner = models.ForeignKey("platform.User", models.PROTECT, related_name="+")
    verb = models.CharField(max_length=10, choices=Verb)
    target_id = models.BigIntegerField(null=True, help_text="The tag, the new owner or the new team; null for nobody.")
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="+", help_text="The run that this one takes back.")
    tried = models.OneToOneField("self", models.PROTECT, null=True, related_name="+", help_text="The trial whose finds this one changes.")
    wishes = models.JSONField(
        default=dict, db_default={}, help_text="Of cleansing: its own copy of the rules, and their version. Of a hand-over: team and tasks."
    )
    note = models.TextField(max_length=2000, blank=True, db_default="", help_text="引き継ぎメモ: for whoever looks after them from now on.")
    noticed_at = models.DateTimeField(null=True, blank=True, help_text="When the new owner has seen that they were given them.")
    selection = models.JSONField(default=dict, help_text="Ids, or what the list was asked for.")
    state = models.CharField(max_length=10, choices=State, default=State.STAGING)
    change_set = models.ForeignKey("platform.ChangeSet", models.PROTECT, related_name="+")
    done = models.BigIntegerField(default=0, db_column="next_position", help_text="Checkpoint: rows below it are done.")
    changed_count = models.BigIntegerField(default=0)
    unchanged_count = models.BigIntegerField(default=0)
    refused_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    access = "system"
    privacy = classify(
        internal=(
            *RUN_INTERNAL,
            "id",
            "owner",
            "verb",
            "target_id",
            "undoes",
            "tried",
            "wishes",
            "noticed_at",
            "change_set",
            "changed_count",
            "unchanged_count",
            "refused_count",
            "created_at",
        ),
        personal=("selection", "note"),
    )

    class Meta:
        indexes = [models.Index(fields=["lease_until"], name="bulk_run_open", condition=Q(state__in=["staging", "running"]))]


class BulkRow(models.Model):
    """One customer of a run, in the order in which they are taken."""

    class Outcome(models.TextChoices):
        WAITING = "", _("未処理")
        CHANGED = "changed", _("変更")
        UNCHANGED = "unchanged", _("変更なし")
        NOT_ALLOWED = "not_allowed", _("権限がない")
        CHANGED_SINCE = "changed_since", _("その後に変更された")
        MERGED = "merged", _("その後に統合された")

    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="+", db_index=False)
    position = models.BigIntegerField()
    customer_id = models.BigIntegerField(help_text="The id the customer had at the time.")
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True, default="")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "run", "position", "customer_id", "outcome"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="bulk_row_once")]
        indexes = [models.Index(fields=["customer_id"], name="bulk_row_of_customer")]
