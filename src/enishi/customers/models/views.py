"""What people keep of the list of customers: views under a name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify


class SavedView(models.Model):
    """保存したビュー: a tab, a filter and an order under a name. Its owner's alone until it is shared.

    It holds no customers: everybody who opens it sees those of their own scope, and nobody opens one that asks about
    what they may not read.
    """

    name = models.CharField(_("ビューの名前"), max_length=40)
    owner = models.ForeignKey("platform.User", models.PROTECT, related_name="+")
    is_shared = models.BooleanField(default=False)
    opens_list = models.BooleanField(default=False, help_text="The list begins with it, for its owner.")
    tab = models.CharField(max_length=40, blank=True, help_text="Key of the built-in tab that it stands on.")
    rule = models.JSONField(null=True, help_text="The rule tree of enishi.rules; null narrows nothing.")
    sort = models.CharField(max_length=40, blank=True)
    backwards = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=("id", "name", "owner", "is_shared", "opens_list", "tab", "sort", "backwards", "position", "created_at", "archived_at"),
        personal=("rule",),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once", condition=Q(archived_at=None)),
            models.UniqueConstraint(fields=["owner"], name="saved_view_opens_once", condition=Q(archived_at=None, opens_list=True)),
        ]
        indexes = [models.Index(fields=["name"], name="saved_view_shared", condition=Q(archived_at=None, is_shared=True))]
