"""Asking whoever looks after a customer to be shown them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify


class AccessRequest(models.Model):
    """閲覧の依頼: somebody who met a customer whom they may not see asks to be shown them; whoever may share the customer answers, once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("返事待ち")
        GRANTED = "granted", _("共有されました")
        DECLINED = "declined", _("断られました")
        WITHDRAWN = "withdrawn", _("取り下げ")

    LONGEST = 200  # characters of a note, and of an answer

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    asker = models.ForeignKey("platform.User", models.PROTECT, related_name="+", db_index=False)
    owner_name = models.CharField(max_length=150, blank=True, help_text="Whose customer it was, as the asker was told.")
    note = models.CharField(_("見たい理由"), max_length=LONGEST)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    answer = models.CharField(_("返事"), max_length=LONGEST, blank=True)
    answered_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True, help_text="When the asker said that they saw the answer.")
    created_at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            *("id", "customer", "asker", "owner_name", "note", "state"),
            *("answer", "answered_by", "answered_at", "seen_at", "created_at"),
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "asker"], condition=Q(state="waiting"), name="access_request_waits_once"),
            models.CheckConstraint(condition=Q(state="waiting") ^ Q(answered_at__isnull=False), name="access_request_answered_iff_over"),
        ]
        indexes = [models.Index(fields=["asker", "-id"], name="access_request_of_asker")]
