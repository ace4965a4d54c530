"""An import: one file, its mapping, its rows in the staging table, and how far it has come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import GuardedManager
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify
from enishi.platform.runs import RUN_INTERNAL, Run


class ImportRun(Run):
    """取り込み: staged → checked → running → done. Chunks of rows commit with their checkpoint, so that a
    killed import goes on where it stopped and ends with the same rows."""

    class State(models.TextChoices):
        STAGING = "staging", _("読み込み中")
        MAPPING = "mapping", _("列の確認")
        CHECKING = "checking", _("試し取り込み中")
        READY = "ready", _("取り込み前の確認")
        RUNNING = "running", _("取り込み中")
        DONE = "done", _("完了")
        STOPPED = "stopped", _("停止")
        FAILED = "failed", _("失敗")

    target = models.CharField(max_length=20, help_text="A key of the wire IMPORT_TARGETS.")
    file = models.ForeignKey("platform.StoredFile", models.PROTECT, related_name="+")
    error_file = models.ForeignKey("platform.StoredFile", models.PROTECT, null=True, blank=True, related_name="+")
    owner = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.STAGING)
    failure = models.TextField(blank=True)
    shape = models.JSONField(default=dict, help_text="Encoding, delimiter, header row, as sniffed or chosen.")
    columns = models.JSONField(default=list, help_text="Column heads and samples.")
    mapping = models.JSONField(default=dict, help_text="Column index → target field.")
    findings = models.JSONField(default=list, help_text="What was noticed in the file, with proposed repairs.")
    choices = models.JSONField(default=dict, help_text="Repairs accepted, basis of consent, policy for existing rows.")
    total = models.BigIntegerField(default=0, db_column="total_rows", help_text="While the file is read: how far. Then: its rows.")
    done = models.BigIntegerField(default=0, db_column="next_row", help_text="Checkpoint: rows below it are done.")
    created_count = models.BigIntegerField(default=0)
    updated_count = models.BigIntegerField(default=0)
    unchanged_count = models.BigIntegerField(default=0)
    rejected_count = models.BigIntegerField(default=0)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)

    objects = GuardedManager()
    access = "protected"
    guard = Guard("import", team=None)
    privacy = classify(
        internal=(
            *RUN_INTERNAL,
            "id",
            "target",
            "file",
            "error_file",
            "owner",
            "failure",
            "shape",
            "mapping",
            "findings",
            "choices",
            "created_count",
            "updated_count",
            "unchanged_count",
            "rejected_count",
            "report",
            "created_at",
            "started_at",
        ),
        personal=("columns",),
    )

    class Meta:
        default_manager_name = base_manager_name = "rows"
        indexes = [models.Index(fields=["-created_at"], name="import_run_newest")]


class ImportRow(models.Model):
    """One line of the file, as read. Removed when the run is older than the retention period."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="+", db_index=False)
    row_no = models.BigIntegerField(help_text="Line of the file, as an editor or Excel counts.")
    position = models.BigIntegerField(help_text="0-based order among the data rows; chunks go by it.")
    cells = models.JSONField()
    messages = models.JSONField(default=list, help_text="What was noticed while reading; once it is settled, why the row was rejected.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "run", "row_no", "position"), personal=("cells", "messages"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="import_row_once")]


class ImportResult(models.Model):
    """What became of one row, written beside it: to write it into the row would write the whole row again."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("登録")
        UPDATED = "updated", _("更新")
        UNCHANGED = "unchanged", _("変更なし")
        REJECTED = "rejected", _("エラー")

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="+", db_index=False)
    position = models.BigIntegerField(help_text="That of the ImportRow.")
    outcome = models.CharField(max_length=10, choices=Outcome)
    object_id = models.BigIntegerField(null=True, help_text="The customer or order that the row made or met.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "run", "position", "outcome", "object_id"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="import_result_once")]
        indexes = [models.Index(fields=["run", "position"], name="import_result_rejected", condition=models.Q(outcome="rejected"))]
