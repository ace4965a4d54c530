"""Approvals: what waits for somebody's yes, who may say it, and who stands in for whom."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify


class ApprovalRule(models.Model):
    """承認のきまり of one kind of act: from how many rows on it takes somebody else's yes. Its steps stand in order."""

    kind = models.CharField(max_length=40, unique=True, help_text="A key of the wire APPROVAL_KINDS.")
    on = models.BooleanField(default=False)
    threshold = models.BigIntegerField(
        _("承認が要る件数"),
        default=1_000,
        validators=[MinValueValidator(0), MaxValueValidator(1_000_000_000)],
        help_text="More rows than this.",
    )
    days = models.PositiveSmallIntegerField(_("申請の期限（日）"), default=7, validators=[MinValueValidator(1), MaxValueValidator(90)])

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "kind", "on", "threshold", "days"))


class ApprovalRuleStep(models.Model):
    """One step of a rule: a role, of which anybody may decide, or one person."""

    rule = models.ForeignKey(ApprovalRule, models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField()
    role = models.ForeignKey("platform.Role", models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "rule", "place", "role", "person"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "place"], name="approval_rule_step_once"),
            models.CheckConstraint(
                condition=Q(role__isnull=False, person__isnull=True) | Q(role__isnull=True, person__isnull=False),
                name="approval_rule_step_by_one",
            ),
        ]


class ApprovalRequest(models.Model):
    """承認申請: one act that waits. It is decided once, step by step, and stays as the record."""

    class State(models.TextChoices):
        WAITING = "waiting", _("承認待ち")
        APPROVED = "approved", _("承認済み")
        REJECTED = "rejected", _("却下")
        CANCELLED = "cancelled", _("取り下げ")
        EXPIRED = "expired", _("期限切れ")

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, help_text="Table of what waits: model label, lower case.")
    subject_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)
    facts = models.JSONField(default=list, help_text="[[label, value]]: what the approver decides on; no personal values.")
    count = models.BigIntegerField(default=0)
    requester = models.ForeignKey("platform.User", models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    step = models.PositiveSmallIntegerField(default=1, help_text="The step whose turn it is.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            *("id", "kind", "subject", "subject_id", "title", "reason", "facts", "count", "requester", "state", "step"),
            *("created_at", "expires_at", "decided_at"),
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "subject_id"], condition=Q(state="waiting"), name="approval_waits_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None) | (~Q(state="waiting") & Q(decided_at__isnull=False)),
                name="approval_decided_iff_not_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="approval_waiting", condition=Q(state="waiting")),
            models.Index(fields=["requester", "-id"], name="approval_of_requester"),
        ]


class ApprovalStep(models.Model):
    """One step of a request, and how it was decided."""

    class Decision(models.TextChoices):
        APPROVED = "approved", _("承認")
        REJECTED = "rejected", _("却下")

    request = models.ForeignKey(ApprovalRequest, models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField()
    role = models.ForeignKey("platform.Role", models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")
    stands_in_for = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+", help_text="代理: whose turn it was.")
    comment = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=("id", "request", "place", "role", "person", "decision", "decided_by", "stands_in_for", "comment", "decided_at")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "place"], name="approval_step_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None, decided_by=None)
                | (~Q(decision="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="approval_step_decided_by_somebody",
            ),
        ]


class Deputy(models.Model):
    """代理: from one day until another (included) somebody decides in another's stead, with the rights of their own."""

    user = models.ForeignKey("platform.User", models.CASCADE, related_name="+")
    deputy = models.ForeignKey("platform.User", models.CASCADE, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When it was called off before its time.")

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "user", "deputy", "from_on", "until_on", "created_at", "ended_at"))

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="deputy_until_after_from"),
            models.CheckConstraint(condition=~Q(user=F("deputy")), name="deputy_is_another"),
        ]
        indexes = [models.Index(fields=["deputy", "until_on"], name="deputy_of_whom")]
