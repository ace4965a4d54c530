"""What was changed, by whom, through which door; and who looked at whom. Append-only by database privilege."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import CurrentXid, Xid8Field
from enishi.platform.privacy import classify
from enishi.platform.runs import MADE_INTERNAL, RUN_INTERNAL, MadeFile, Run


class ChangeSet(models.Model):
    """One deed: an edit, a bulk edit, an import, a merge. Undo, history and audit all read it."""

    actor_kind = models.CharField(max_length=12)
    actor = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    door = models.CharField(max_length=40, help_text="screen, import, api, command, demo …")
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "actor_kind", "actor", "door", "reason", "at"))

    class Meta:
        indexes = [models.Index(fields=["at"], name="change_set_by_time")]


class FieldChange(models.Model):
    """One column of one object: before and after, with the privacy class it had."""

    change_set = models.ForeignKey(ChangeSet, models.PROTECT, related_name="+")
    object = models.CharField(max_length=60, help_text="model label, lower case")
    object_id = models.BigIntegerField()
    field = models.CharField(max_length=60)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    privacy_class = models.CharField(max_length=10)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "change_set", "object", "object_id", "field", "privacy_class"), personal=("before", "after"))

    class Meta:
        indexes = [models.Index(fields=["object", "object_id", "id"], name="field_change_of_object")]


class ViewLog(models.Model):
    """閲覧履歴: one row for each page, list, file or answer of the API that showed personal data in clear."""

    actor = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    token_id = models.BigIntegerField(null=True, help_text="The API token that asked; null where a person did.")
    object = models.CharField(max_length=60)
    object_ids = ArrayField(models.BigIntegerField())
    columns = ArrayField(
        models.CharField(max_length=60), default=list, db_default=[], help_text="Personal columns that were shown; empty: not told."
    )
    route = models.CharField(max_length=120)
    reason = models.CharField(max_length=200, blank=True, db_default="", help_text="Why, where it was asked for.")
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "actor", "token_id", "object", "object_ids", "columns", "route", "reason", "at"))

    class Meta:
        indexes = [
            models.Index(fields=["actor", "at"], name="view_log_of_actor"),
            models.Index(fields=["at"], name="view_log_by_time"),
            GinIndex(fields=["object_ids"], name="view_log_of_object"),
        ]


class Tombstone(models.Model):
    """A row that was deleted, left by a trigger for readers by watermark."""

    table_name = models.CharField(max_length=63)
    row_id = models.BigIntegerField()
    row_xid = Xid8Field(db_default=CurrentXid())

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "table_name", "row_id", "row_xid"))

    class Meta:
        indexes = [models.Index(fields=["row_xid", "id"], name="tombstone_by_xid")]


class Seal(models.Model):
    """One link of the chain over the append-only tables: hashes of the rows that were added since the link before it. Its own
    hash is written outside of the database as well, so that neither a cut nor a whole rewrite goes unseen."""

    number = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64, blank=True)
    tables = models.JSONField(help_text='{table: {"after", "until", "columns", "rows", "blocks": [[until, rows, hash]]}}')
    hash = models.CharField(max_length=64)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "number", "at", "previous_hash", "tables", "hash"))


class SealMark(models.Model):
    """How far the next seal will go: up to these ids, once every transaction that may still write below them is over."""

    at = models.DateTimeField()
    horizon = Xid8Field(help_text="Transactions below it must have ended.")
    limits = models.JSONField(help_text="{table: last id}")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "at", "horizon", "limits"))


class AuditCheck(Run):
    """検証: one walk along the whole chain, seal by seal; the checkpoint is the seal that was looked at last."""

    class State(models.TextChoices):
        RUNNING = "running", _("検証中")
        DONE = "done", _("完了")
        FAILED = "failed", _("中断")

    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    rows_count = models.BigIntegerField(default=0)
    problem_count = models.IntegerField(default=0)
    problems = models.JSONField(default=list, help_text="The first of them, in words of `platform.sealing`.")

    access = "system"
    privacy = classify(internal=(*RUN_INTERNAL, "id", "started_at", "rows_count", "problem_count", "problems"))

    class Meta:
        indexes = [models.Index(fields=["lease_until"], name="audit_check_open", condition=models.Q(state="running"))]


class AuditFile(MadeFile):
    """A file made of the audit: of the log, or of the people whom a leak concerns. The row stays; the file goes after some days."""

    class State(models.TextChoices):
        WAITING = "waiting", _("承認待ち")
        RUNNING = "running", _("書き出し中")
        DONE = "done", _("完了")
        FAILED = "failed", _("失敗")

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel（.xlsx）")
        CSV = "csv", _("CSV（UTF-8）")

    kind = models.CharField(max_length=20, help_text="A key of the wire AUDIT_FILES.")
    wishes = models.JSONField(default=dict, help_text="What was asked for.")
    format = models.CharField(max_length=6, choices=Format)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    position = models.CharField(max_length=80, blank=True, help_text="Where the next chunk begins, in the words of its kind.")

    access = "system"
    privacy = classify(
        internal=(*MADE_INTERNAL, "id", "kind", "format", "position"),
        personal=("wishes",),
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(reason=""), name="audit_file_has_a_reason")]
        indexes = [
            models.Index(fields=["lease_until"], name="audit_file_open", condition=models.Q(state="running")),
            models.Index(fields=["expires_at"], name="audit_file_expires", condition=models.Q(expires_at__isnull=False)),
            models.Index(fields=["owner", "-id"], name="audit_file_of_owner"),
        ]
