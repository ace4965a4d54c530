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

    pk = models.CompositePrimaryKey("run_id", "position")
    # Without a constraint of the database: it would look the same run up, and lock it, once for every row.
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    row_no = models.BigIntegerField(help_text="Line of the file, as an editor or Excel counts.")
    position = models.BigIntegerField(help_text="0-based order among the data rows; chunks go by it.")
    cells = models.JSONField()
    messages = models.JSONField(default=list, help_text="What was noticed while reading; once it is settled, why the row was rejected.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("run", "row_no", "position"), personal=("cells", "messages"))


class ImportResult(models.Model):
    """What became of one row, written beside it: to write it into the row would write the whole row again."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("登録")
        UPDATED = "updated", _("更新")
        UNCHANGED = "unchanged", _("変更なし")
        REJECTED = "rejected", _("エラー")

    pk = models.CompositePrimaryKey("run_id", "position")
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    position = models.BigIntegerField(help_text="That of the ImportRow.")
    outcome = models.CharField(max_length=10, choices=Outcome)
    object_id = models.BigIntegerField(null=True, help_text="The customer or order that the row made or met.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("run", "position", "outcome", "object_id"))

    class Meta:
        indexes = [models.Index(fields=["run", "position"], name="import_result_rejected", condition=models.Q(outcome="rejected"))]


class ImportUndo(Run):
    """取り込みを元に戻す: what one import wrote is taken back, object by object: checking → ready → running → done.

    Everything it met is written down first; the check says of each what would become of it, the run does it. What somebody
    changed or used since is left alone.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("確認中")
        READY = "ready", _("実行前の確認")
        RUNNING = "running", _("元に戻しています")
        DONE = "done", _("完了")
        STOPPED = "stopped", _("停止")
        FAILED = "failed", _("失敗")

    run = models.OneToOneField(ImportRun, models.PROTECT, related_name="+")
    owner = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+", help_text="With whose rights.")
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    change_set = models.ForeignKey("platform.ChangeSet", models.PROTECT, null=True, related_name="+")
    removed_count = models.BigIntegerField(default=0)
    restored_count = models.BigIntegerField(default=0)
    kept_count = models.BigIntegerField(default=0, help_text="Left alone: changed or used since, out of reach, or gone already.")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)

    access = "system"
    privacy = classify(
        internal=(
            *RUN_INTERNAL,
            "id",
            "run",
            "owner",
            "change_set",
            "removed_count",
            "restored_count",
            "kept_count",
            "created_at",
            "started_at",
        )
    )

    class Meta:
        indexes = [
            models.Index(fields=["lease_until"], name="import_undo_open", condition=models.Q(state__in=["checking", "running"])),
        ]


class ImportUndoRow(models.Model):
    """One customer or order that the import made or changed, in the order in which they are taken back."""

    class Outcome(models.TextChoices):
        WAITING = "", _("未処理")
        REMOVED = "removed", _("登録を取り消した")
        RESTORED = "restored", _("元の内容に戻した")
        CHANGED_SINCE = "changed_since", _("取り込みのあとに変更された")
        USED_SINCE = "used_since", _("取り込みのあとに使われた")
        NOT_ALLOWED = "not_allowed", _("変更する権限がない")
        GONE = "gone", _("すでにない")

    undo = models.ForeignKey(ImportUndo, models.CASCADE, related_name="+", db_index=False)
    position = models.BigIntegerField()
    object_id = models.BigIntegerField(help_text="That of the ImportResult.")
    made = models.BooleanField(help_text="Whether the import made it; else it was there and was changed.")
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True, default="", help_text="Of the check, then of the run.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "undo", "position", "object_id", "made", "outcome"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["undo", "position"], name="import_undo_row_once")]
        indexes = [
            models.Index(
                fields=["undo", "position"],
                name="import_undo_row_kept",
                condition=models.Q(outcome__in=["changed_since", "used_since", "not_allowed", "gone"]),
            ),
        ]
