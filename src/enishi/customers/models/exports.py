"""A file of customers in the making, and what is left of it afterwards: who took which data of how many out, and why."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify
from enishi.platform.runs import MADE_INTERNAL, MadeFile


class ExportRun(MadeFile):
    """書き出し: staging → (waiting →) running → done. The row stays for ever; the file goes after some days."""

    class State(models.TextChoices):
        STAGING = "staging", _("準備中")
        WAITING = "waiting", _("承認待ち")
        RUNNING = "running", _("書き出し中")
        DONE = "done", _("完了")
        STOPPED = "stopped", _("停止")
        FAILED = "failed", _("失敗")

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel（.xlsx）")
        CSV = "csv", _("CSV（UTF-8）")
        CP932 = "cp932", _("CSV（Shift_JIS）")
        LABELS = "labels", _("宛名ラベル（PDF）")

    selection = models.JSONField(default=dict, help_text="Ids, or what the list was asked for.")
    sort = models.CharField(max_length=40, blank=True)
    backwards = models.BooleanField(default=False)
    columns = models.JSONField(default=list, help_text="Keys in their order. None for labels.")
    wishes = models.JSONField(default=dict, help_text="Of labels: sheet, order, where they begin. Empty for files of data.")
    format = models.CharField(max_length=6, choices=Format)
    rights = models.JSONField(default=dict, help_text="How much its maker might see when it was ordered.")
    state = models.CharField(max_length=10, choices=State, default=State.STAGING)
    left_out_count = models.BigIntegerField(default=0, help_text="Who was out of reach when it came to their row.")
    lost_count = models.BigIntegerField(default=0, help_text="Cells that the encoding could not hold as they are.")
    lost_bytes = models.BigIntegerField(default=0)
    lost_file = models.ForeignKey("platform.StoredFile", models.PROTECT, null=True, related_name="+")

    access = "system"
    privacy = classify(
        internal=(
            *(*MADE_INTERNAL, "id", "sort", "backwards", "columns", "wishes", "format", "rights"),
            *("left_out_count", "lost_count", "lost_bytes", "lost_file"),
        ),
        personal=("selection",),
    )

    #: What people take out as data; labels are ordered by their own dialog.
    FILES = (Format.XLSX, Format.CSV, Format.CP932)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="export_run_has_a_reason")]
        indexes = [
            models.Index(fields=["lease_until"], name="export_run_open", condition=Q(state__in=["staging", "running"])),
            models.Index(fields=["expires_at"], name="export_run_expires", condition=Q(expires_at__isnull=False)),
            models.Index(fields=["owner", "-id"], name="export_run_of_owner"),
        ]


class ExportChunk(models.Model):
    """Customers of a run in the order of the file, some hundreds a row; gone with the draft."""

    run = models.ForeignKey(ExportRun, models.CASCADE, related_name="+", db_index=False)
    number = models.BigIntegerField()
    customer_ids = ArrayField(models.BigIntegerField())

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "run", "number", "customer_ids"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="export_chunk_once")]
