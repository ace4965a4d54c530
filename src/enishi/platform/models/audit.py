"""What was changed, by whom, through which door; and who looked at whom. Append-only by database privilege."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from enishi.platform.fields import CurrentXid, Xid8Field
from enishi.platform.privacy import classify


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
    """閲覧履歴: one row for each page or list that showed personal data in clear."""

    actor = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    object = models.CharField(max_length=60)
    object_ids = ArrayField(models.BigIntegerField())
    route = models.CharField(max_length=120)
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "actor", "object", "object_ids", "route", "at"))

    class Meta:
        indexes = [models.Index(fields=["actor", "at"], name="view_log_of_actor")]


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
