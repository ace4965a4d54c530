"""Saved rules over customers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import BASE_INTERNAL, BaseRecord, GuardedManager
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify


class Segment(BaseRecord):
    """セグメント: a named rule. Who is in it is asked anew each time; `last_count` is only what was seen."""

    name = models.CharField(_("セグメント名"), max_length=120)
    rule = models.JSONField(help_text="The rule tree of enishi.rules.")
    last_count = models.BigIntegerField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = Guard("segment")
    privacy = classify(internal=(*BASE_INTERNAL, "custom", "name", "rule", "last_count", "counted_at"))

    class Meta:
        default_manager_name = base_manager_name = "rows"
