"""Records that may be one customer: the pairs that were found, what was decided, and the searches that found them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import Xid8Field
from enishi.platform.privacy import classify
from enishi.platform.runs import RUN_INTERNAL, Run


class TwinKey(models.Model):
    """The short hashes by which a customer is found beside others: see `twins.traits`. Made anew whenever the customer changes."""

    customer_id = models.BigIntegerField(
        primary_key=True, help_text="No foreign key: whoever was merged away or erased is left out when it is read."
    )
    keys = ArrayField(models.IntegerField(), default=list)
    version = models.PositiveSmallIntegerField(default=0, help_text="The way in which they were made.")

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("customer_id", "version"), personal=("keys",))

    class Meta:
        # What waits to be sorted in is read by every look-up: with the usual 4 MB a thousand of them took 50 s.
        indexes = [GinIndex(fields=["keys"], name="twin_key_by_key", gin_pending_list_limit=128)]


class TwinSearch(Run):
    """重複の検索: staging → running → done. Of everybody, or of who is new or changed since the last one."""

    class Kind(models.TextChoices):
        WHOLE = "whole", _("すべての顧客")
        CHANGES = "changes", _("新しい顧客と変わった顧客")

    class State(models.TextChoices):
        RUNNING = "running", _("検索中")
        DONE = "done", _("完了")
        STOPPED = "stopped", _("停止")
        FAILED = "failed", _("失敗")

    owner = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+", help_text="Null: nobody ordered it.")
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    since_xid = Xid8Field(default=0, help_text="Who was written by this transaction or a later one is new to it.")
    until_xid = Xid8Field(default=0, help_text="Where the next one begins.")
    snapshot = models.TextField(blank=True, default="", db_default="", help_text="What was written when it began to read.")
    compared_count = models.BigIntegerField(default=0)
    found_count = models.BigIntegerField(default=0, help_text="Pairs that were not known before.")
    failure = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    access = "system"
    privacy = classify(
        internal=(
            *(*RUN_INTERNAL, "id", "owner", "kind", "since_xid", "until_xid", "snapshot"),
            *("compared_count", "found_count", "failure", "created_at"),
        )
    )

    class Meta:
        indexes = [models.Index(fields=["lease_until"], name="twin_search_open", condition=Q(state="running"))]
        constraints = [
            # Two at a time would compare the same people, and each would take the memory.
            models.UniqueConstraint(fields=["state"], name="twin_search_one_at_a_time", condition=Q(state="running")),
        ]


class TwinPair(models.Model):
    """Two records that may be one customer, with how sure that is and why. No names, no values: who reads a reason is asked by
    the rights to what it speaks of."""

    class State(models.TextChoices):
        OPEN = "open", _("未確認")
        DISTINCT = "distinct", _("同じ人ではない")
        MERGED = "merged", _("統合済み")
        GONE = "gone", _("対象外")  # one of them is in the bin, or nothing speaks for it any more

    first_id = models.BigIntegerField(help_text="The lower id of the two, as it was born.")
    second_id = models.BigIntegerField()
    score_ppm = models.PositiveIntegerField(help_text="How likely the two are one, in parts of a million.")
    outcomes = models.JSONField(default=dict, help_text="Comparison → outcome: see `twins.model`.")
    held_by = ArrayField(models.CharField(max_length=20), default=list, help_text="Why they are not merged by themselves.")
    group_id = models.BigIntegerField(help_text="The lowest id of all that hang together by open pairs.")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    snoozed_until = models.DateField(null=True, help_text="あとで: not in the list before this day.")
    decided_by = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    search = models.ForeignKey(TwinSearch, models.PROTECT, null=True, related_name="+", help_text="The one that saw it last.")
    found_at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            *("id", "first_id", "second_id", "score_ppm", "outcomes", "held_by", "group_id", "state", "snoozed_until"),
            *("decided_by", "decided_at", "search", "found_at"),
        )
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first_id", "second_id"], name="twin_pair_once"),
            models.CheckConstraint(condition=Q(first_id__lt=F("second_id")), name="twin_pair_in_order"),
            models.CheckConstraint(condition=Q(score_ppm__lte=1_000_000), name="twin_pair_score"),
            models.CheckConstraint(condition=~Q(state="distinct") | Q(decided_at__isnull=False), name="twin_pair_decided"),
        ]
        indexes = [
            models.Index(F("score_ppm").desc(), F("id").desc(), name="twin_pair_by_score", condition=Q(state="open")),
            models.Index(fields=["second_id"], name="twin_pair_by_second"),
            models.Index(fields=["group_id"], name="twin_pair_by_group", condition=Q(state="open")),
        ]
