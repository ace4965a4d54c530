"""What the staff did with a customer, what they will do next, and whom they told."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import GuardedManager
from enishi.platform.japanese.grams import grams
from enishi.platform.japanese.normalise import NORMALISER_VERSION
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify

#: Whoever may see or change a customer may see or change what was done and is to be done with them.
_AS_THE_CUSTOMER = Guard("customer", owner="customer__owner_id", team="customer__team_id", shared=("customer", "customer_id"))
_OPEN = Q(done_at__isnull=True, archived_at__isnull=True)


class Activity(models.Model):
    """活動: something that was done with a customer, written down by a member of staff."""

    class Kind(models.TextChoices):
        NOTE = "note", _("メモ")
        CALL = "call", _("電話")
        SHOP = "shop", _("来店")
        VISIT = "visit", _("訪問")
        MAIL = "mail", _("メール")

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    kind = models.CharField(_("種類"), max_length=8, choices=Kind, default=Kind.NOTE, db_default=Kind.NOTE)
    text = models.TextField(_("内容"), max_length=4000)
    author = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True, help_text="Since when it stands on top of the timeline.")

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = _AS_THE_CUSTOMER
    privacy = classify(internal=("id", "customer", "kind", "author", "at", "archived_at", "pinned_at"), personal=("text",))

    class Meta:
        default_manager_name = base_manager_name = "rows"
        indexes = [
            models.Index(fields=["customer", "-at"], name="activity_of_customer"),
            models.Index(fields=["customer"], name="activity_pinned", condition=Q(pinned_at__isnull=False, archived_at__isnull=True)),
        ]


class ActivityGrams(models.Model):
    """What a search by words reads of one activity: personal, like the text itself."""

    activity = models.OneToOneField(Activity, models.CASCADE, primary_key=True, related_name="+")
    grams = ArrayField(models.TextField())
    version = models.PositiveSmallIntegerField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("activity", "version"), personal=("grams",))

    class Meta:
        indexes = [GinIndex(fields=["grams"], name="activity_grams")]

    @classmethod
    def of(cls, activity: Activity, comments: Iterable[str] = ()) -> ActivityGrams:
        """The row to write beside an activity that was just written, or whose text or comments have changed."""
        return cls(activity=activity, grams=grams("\n".join((activity.text, *comments))), version=NORMALISER_VERSION)


class Comment(models.Model):
    """コメント: what colleagues say to each other about an activity, one below the other."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", help_text="That of the activity.")
    text = models.TextField(_("コメント"), max_length=1000)
    author = models.ForeignKey("platform.User", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = _AS_THE_CUSTOMER
    privacy = classify(internal=("id", "activity", "customer", "author", "at", "edited_at", "archived_at"), personal=("text",))

    class Meta:
        default_manager_name = base_manager_name = "rows"
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="comment_has_a_text")]
        indexes = [models.Index(fields=["activity", "at", "id"], name="comment_of_activity")]


class Mention(models.Model):
    """A colleague whom an activity, or a comment on it, calls by @. On their ホーム until they have seen it."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="+", db_index=False)
    comment = models.ForeignKey(Comment, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    user = models.ForeignKey("platform.User", models.PROTECT, related_name="+", db_index=False)
    seen_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "activity", "comment", "user", "seen_at"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["activity", "user"], name="mention_once", condition=Q(comment__isnull=True)),
            models.UniqueConstraint(fields=["comment", "user"], name="mention_once_in_a_comment", condition=Q(comment__isnull=False)),
        ]
        indexes = [models.Index(fields=["user", "-id"], name="mention_unseen", condition=Q(seen_at__isnull=True))]


class Task(models.Model):
    """タスク: the next action with a customer: who does it, and by when."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    activity = models.ForeignKey(Activity, models.CASCADE, null=True, blank=True, related_name="+", help_text="What it follows from.")
    title = models.CharField(_("やること"), max_length=200)
    due_on = models.DateField(_("期限"))
    assignee = models.ForeignKey("platform.User", models.PROTECT, related_name="+", db_index=False, verbose_name=_("担当"))
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = _AS_THE_CUSTOMER
    privacy = classify(
        internal=(
            "id",
            "customer",
            "activity",
            "due_on",
            "assignee",
            "created_at",
            "created_by",
            "done_at",
            "done_by",
            "archived_at",
        ),
        personal=("title",),
    )

    class Meta:
        default_manager_name = base_manager_name = "rows"
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="task_has_a_title"),
            models.CheckConstraint(condition=Q(done_by__isnull=True) | Q(done_at__isnull=False), name="task_is_done_by_somebody_once_done"),
        ]
        indexes = [
            models.Index(fields=["assignee", "due_on", "id"], name="task_open_of_assignee", condition=_OPEN),
            models.Index(fields=["customer", "due_on", "id"], name="task_open_of_customer", condition=_OPEN),
            models.Index(F("customer"), F("done_at").desc(), name="task_done_of_customer", condition=Q(done_at__isnull=False)),
        ]
