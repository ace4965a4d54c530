"""データ品質: what is known of how well each customer is written down, and the figures of each day."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.customers.models.customer import Customer
from enishi.platform.fields import Xid8Field
from enishi.platform.privacy import classify
from enishi.platform.runs import RUN_INTERNAL, Run


class QualityMark(models.Model):
    """What one customer was found to be like: `points` of 85; freshness, which changes by itself, is added where it is read.

    `gaps` and `breaches` name what is missing and which fields break a rule, never what stands there.
    """

    customer = models.OneToOneField(Customer, models.CASCADE, primary_key=True, related_name="+")
    points = models.PositiveSmallIntegerField()
    gaps = ArrayField(models.CharField(max_length=12), default=list)
    breaches = ArrayField(models.CharField(max_length=20), default=list)
    book = models.BigIntegerField(help_text="The version of the input standards by which it was looked at.")
    seen_xid = Xid8Field(help_text="The customer's own at the time: another one now is somebody to be looked at again.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("customer", "points", "gaps", "breaches", "book", "seen_xid"))

    class Meta:
        indexes = [models.Index(fields=["points", "customer"], name="quality_worst_first")]


class QualityRun(Run):
    """One day's look at the whole base: chunks of customers by their ids, then the figures of the day."""

    class State(models.TextChoices):
        RUNNING = "running", _("計算中")
        DONE = "done", _("完了")
        FAILED = "failed", _("失敗")

    on = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)

    access = "system"
    privacy = classify(internal=(*RUN_INTERNAL, "id", "on"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["on"], name="quality_run_once_a_day")]
        indexes = [models.Index(fields=["lease_until"], name="quality_run_open", condition=Q(state="running"))]


class QualityFigure(models.Model):
    """One day's figure of a part of the base: everybody, a team, an owner, an import, or one gap or broken field among everybody."""

    class Part(models.TextChoices):
        ALL = "all", _("全体")
        TEAM = "team", _("部署・店舗")
        OWNER = "owner", _("担当")
        IMPORT = "import", _("取り込み")
        GAP = "gap", _("足りない項目")
        BREACH = "breach", _("基準に合わない項目")

    on = models.DateField()
    part = models.CharField(max_length=8, choices=Part)
    key = models.CharField(max_length=20, blank=True, help_text="An id, or the name of a gap or field; blank for everybody, or nobody's.")
    customers = models.BigIntegerField()
    score = models.PositiveIntegerField(default=0, help_text="The mean of 100 points, in hundredths.")
    poor = models.BigIntegerField(default=0, help_text="Customers below 50 points.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "on", "part", "key", "customers", "score", "poor"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["on", "part", "key"], name="quality_figure_once")]
