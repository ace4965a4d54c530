"""Who a delivery goes to, who is held back to compare, and what it changed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.messaging.models import Delivery
from enishi.platform.fields import CurrentXid, Xid8Field
from enishi.platform.privacy import classify
from enishi.segments.models import Segment


class Audience(models.Model):
    """配信対象: the plan of one delivery's recipients; frozen at confirmation, before consent or send."""

    class Verdict(models.TextChoices):
        KEEP = "keep", _("続ける")
        STOP = "stop", pgettext_lazy("verdict", "やめる")
        RETEST = "retest", _("試し直す")

    delivery = models.OneToOneField(Delivery, models.PROTECT, primary_key=True, related_name="+")
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True, related_name="+")
    rule = models.JSONField(null=True, help_text="The segment's rule as it was at the freeze.")
    control_percent = models.PositiveSmallIntegerField(default=0)
    goal_days = models.PositiveSmallIntegerField(default=7, help_text="W: days in which a purchase counts.")
    assigned_at = models.DateTimeField(null=True, help_text="The instant from which both arms are counted.")
    next_customer_id = models.BigIntegerField(default=0, help_text="Checkpoint of the freeze.")
    frozen_at = models.DateTimeField(null=True)
    treated_count = models.BigIntegerField(default=0)
    control_count = models.BigIntegerField(default=0)
    hypothesis = models.TextField(blank=True)
    lesson = models.TextField(blank=True)
    verdict = models.CharField(max_length=8, blank=True, choices=Verdict)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            "delivery",
            "segment",
            "rule",
            "control_percent",
            "goal_days",
            "assigned_at",
            "next_customer_id",
            "frozen_at",
            "treated_count",
            "control_count",
            "hypothesis",
            "lesson",
            "verdict",
        )
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(control_percent__lte=50), name="audience_control_at_most_half")]


class AudienceMember(models.Model):
    """One customer in a frozen audience, and the arm a stable hash put them in. Append-only."""

    class Arm(models.TextChoices):
        TREATED = "treated", _("配信する人")
        CONTROL = "control", _("比較用に配信しない人")

    audience = models.ForeignKey(Audience, models.CASCADE, related_name="+")
    customer_id = models.BigIntegerField(help_text="As born; resolve() for today's.")
    arm = models.CharField(max_length=8, choices=Arm)
    row_xid = Xid8Field(db_default=CurrentXid(), editable=False)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "audience", "customer_id", "arm", "row_xid"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["audience", "customer_id"], name="audience_member_once")]
        indexes = [models.Index(fields=["customer_id"], name="audience_member_of_customer")]
