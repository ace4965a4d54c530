"""What is kept with a customer as a file: a signed form, a drawing, a photo; beside the customer, or in a field of the company's own."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enishi.platform.fields import GuardedManager
from enishi.platform.policy import Guard
from enishi.platform.privacy import classify

#: Chosen in a form that nobody has saved yet.
HELD = Q(customer__isnull=True)


class CustomerFile(models.Model):
    """ファイル. Whoever may see or change the customer may see or change it; its content is personal, like its name.

    One that stands in a `field` is of the field's privacy class instead, is named in the field's value by its id, and comes
    and goes with that value. Until the form is saved in which it was chosen, it has no customer and is its sender's alone.
    """

    customer = models.ForeignKey("customers.Customer", models.CASCADE, null=True, related_name="+", db_index=False)
    field = models.ForeignKey("customers.CustomField", models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
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
    guard = Guard("customer", owner="customer__owner_id", team="customer__team_id", shared=("customer", "customer_id"))
    privacy = classify(
        internal=("id", "customer", "field", "stored", "preview", "kind", "added_by", "at", "archived_at"), personal=("name", "note")
    )

    class Meta:
        default_manager_name = base_manager_name = "rows"
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="customer_file_has_a_name"),
            models.CheckConstraint(condition=~HELD | Q(field__isnull=False), name="customer_file_stands_somewhere"),
        ]
        indexes = [
            models.Index(F("customer"), F("at").desc(), F("id").desc(), name="file_of_customer"),
            models.Index(fields=["added_by", "at"], name="file_held", condition=HELD),
        ]
