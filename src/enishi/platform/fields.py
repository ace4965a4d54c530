"""Column types and base columns that every top-level object shares."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Func
from django.utils.translation import gettext_lazy as _

from enishi.platform.errors import NoActor


class Xid8Field(models.BigIntegerField):  # type: ignore[type-arg]  # Django's fields take no arguments at run time
    """PostgreSQL's 64-bit transaction id: which transaction wrote the row last. The cursors read by it."""

    def db_type(self, connection: object) -> str:
        return "xid8"

    def rel_db_type(self, connection: object) -> str:
        return "xid8"

    def get_db_prep_value(self, value: object, connection: object, prepared: bool = False) -> object:
        return None if value is None else str(value)

    def from_db_value(self, value: object, expression: object, connection: object) -> int | None:
        return None if value is None else int(str(value))


class CurrentXid(Func):
    function = "pg_current_xact_id"
    template = "%(function)s()"
    output_field = Xid8Field()


class GuardedManager(models.Manager):  # type: ignore[type-arg]
    """`Model.objects` of a protected table: always a mistake. Ask `policy.scope`, or `Model.rows` in an action."""

    def get_queryset(self) -> models.QuerySet:  # type: ignore[type-arg]
        raise NoActor(f"{self.model._meta.label}.objects was used without an actor")


class BaseRecord(models.Model):
    """The columns of every top-level object.

    `row_xid` is set by a trigger on each update, and a deleted row leaves a tombstone, so that readers by
    watermark miss nothing.
    """

    number = models.CharField(_("番号"), max_length=20, unique=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("担当"))
    team = models.ForeignKey("platform.Team", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("部署"))
    created_at = models.DateTimeField(_("登録日時"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)
    row_xid = Xid8Field(db_default=CurrentXid(), editable=False)

    class Meta:
        abstract = True


BASE_INTERNAL = ("id", "number", "owner", "team", "created_at", "created_by", "archived_at", "row_xid")
