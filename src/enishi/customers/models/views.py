"""What people keep of the list of customers: views under a name, and the columns that somebody likes to see."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify


class SavedView(models.Model):
    """保存したビュー: a tab, a filter, an order and columns under a name. Its owner's alone until it is shared.

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
    columns = models.JSONField(
        default=list, db_default=Value([], models.JSONField()), blank=True, help_text="Keys in their order; none: those of whoever looks."
    )
    board = models.CharField(max_length=20, blank=True, db_default="", help_text="By what its columns stand; blank: a table.")
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=(
            "id",
            "name",
            "owner",
            "is_shared",
            "opens_list",
            "tab",
            "sort",
            "backwards",
            "columns",
            "board",
            "position",
            "created_at",
            "archived_at",
        ),
        personal=("rule",),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once", condition=Q(archived_at=None)),
            models.UniqueConstraint(fields=["owner"], name="saved_view_opens_once", condition=Q(archived_at=None, opens_list=True)),
        ]
        indexes = [models.Index(fields=["name"], name="saved_view_shared", condition=Q(archived_at=None, is_shared=True))]


class ListSetting(models.Model):
    """How one user likes the list: the columns in their order (none: the usual ones), and rows a page."""

    class PageSize(models.IntegerChoices):
        SMALL = 50, _("50件")
        MEDIUM = 100, _("100件")
        LARGE = 200, _("200件")

    owner = models.OneToOneField("platform.User", models.CASCADE, primary_key=True, related_name="+")
    columns = models.JSONField(default=list, blank=True)
    page_size = models.PositiveSmallIntegerField(_("1ページの件数"), choices=PageSize, default=PageSize.SMALL)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("owner", "columns", "page_size"))

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(page_size__in=[50, 100, 200]), name="list_setting_page_size")]
