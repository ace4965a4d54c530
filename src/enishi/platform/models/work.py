"""Long work that people watch, and the files it reads and writes."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import GuardedManager
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify


class StoredFile(models.Model):
    """A file under a random name in the data folder. Its own name is only ever shown, never used as a path."""

    token = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    owner = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = Guard("file", team=None)
    privacy = classify(internal=("id", "size_bytes", "sha256", "owner", "created_at"), personal=("name",), secret=("token",))

    class Meta:
        default_manager_name = base_manager_name = "rows"


class Work(models.Model):
    """実行中の仕事: an import, a send, an export, with its progress. The job tray reads it."""

    class State(models.TextChoices):
        RUNNING = "running", _("実行中")
        DONE = "done", _("完了")
        STOPPED = "stopped", _("停止")
        FAILED = "failed", _("失敗")

    kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    label = models.CharField(max_length=200)
    url = models.CharField(max_length=200)
    owner = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "kind", "subject_id", "label", "url", "owner", "total", "done", "state", "started_at", "changed_at"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject_id"], name="work_once")]
        indexes = [models.Index(fields=["state", "-changed_at"], name="work_by_state")]
