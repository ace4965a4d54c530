"""What is kept with a customer as a file: a signed form, a drawing, a photo."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import GuardedManager
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify


class CustomerFile(models.Model):
    """ファイル. Whoever may see or change the customer may see or change it; its content is personal, like its name."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+", db_index=False)
    stored = models.ForeignKey("platform.StoredFile", models.PROTECT, related_name="+")
    preview = models.ForeignKey("platform.StoredFile", models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(_("ファイル名"), max_length=200)
    note = models.CharField(_("メモ"), max_length=400, blank=True)
    kind = models.CharField(max_length=8, help_text="A key of platform.file_kinds.KINDS, found in the content.")
    added_by = models.ForeignKey("platform.User", models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = GuardedManager()
    rows = models.Manager()
    access = "protected"
    guard = Guard("customer", owner="customer__owner_id", team="customer__team_id")
    privacy = classify(internal=("id", "customer", "stored", "preview", "kind", "added_by", "at", "archived_at"), personal=("name", "note"))

    class Meta:
        default_manager_name = base_manager_name = "rows"
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="customer_file_has_a_name")]
        indexes = [models.Index(F("customer"), F("at").desc(), F("id").desc(), name="file_of_customer")]
