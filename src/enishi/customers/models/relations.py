"""Ties between customers: 所属・世帯・グループ・紹介, and the kinds that a company adds."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from enishi.customers.models.customer import Customer
from enishi.platform.privacy import classify


class RelationType(models.Model):
    """関係の種類 of the company's own, named from both ends. Those that everybody has are in `customers.ties`.

    A relation carries the `code`, which the server makes and nobody changes; a type is retired, never removed.
    """

    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(_("関係の名前"), max_length=20)
    target_label = models.CharField(_("相手の呼び方"), max_length=20, help_text="What the target is to the source: 顧問先.")
    source_label = models.CharField(_("相手から見た呼び方"), max_length=20, help_text="What the source is to the target: 顧問.")
    source_kind = models.CharField(max_length=8, choices=Customer.Kind, blank=True, help_text="Blank: a person or a company.")
    target_kind = models.CharField(max_length=8, choices=Customer.Kind, blank=True)
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()
    access = "reference"
    privacy = classify(
        internal=("id", "code", "name", "target_label", "source_label", "source_kind", "target_kind", "created_at", "retired_at")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name"], condition=Q(retired_at__isnull=True), name="relation_type_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Relation(models.Model):
    """関係: a dated tie between two customers, read from `source` to `target` (所属: person → company).

    `kind` is a code of `customers.ties.BUILT_IN` or of a RelationType. `one_at_a_time` is written with it from there, so
    that the base itself keeps a second household or a second parent company away.
    """

    source = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    target = models.ForeignKey(Customer, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=16)
    department = models.CharField(_("部署"), max_length=80, blank=True)
    title = models.CharField(_("役職・続柄"), max_length=80, blank=True)
    is_primary = models.BooleanField(_("主な関係"), default=False)
    one_at_a_time = models.BooleanField(default=False)
    from_on = models.DateField(_("いつから"), null=True, blank=True)
    until_on = models.DateField(_("いつまで"), null=True, blank=True, help_text="The last day. Empty: it goes on.")

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=("id", "source", "target", "kind", "is_primary", "one_at_a_time", "from_on", "until_on"), personal=("department", "title")
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="relation_between_two"),
            models.CheckConstraint(
                condition=Q(until_on__isnull=True) | Q(from_on__isnull=True) | Q(until_on__gte=F("from_on")),
                name="relation_ends_after_it_begins",
            ),
            models.UniqueConstraint(fields=["source", "target", "kind"], condition=Q(until_on__isnull=True), name="relation_goes_on_once"),
            models.UniqueConstraint(
                fields=["source", "kind"], condition=Q(until_on__isnull=True, one_at_a_time=True), name="relation_one_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["source", "kind"], condition=Q(until_on__isnull=True, is_primary=True), name="relation_one_primary"
            ),
        ]
        indexes = [
            models.Index(fields=["target", "kind"], name="relation_to_target"),
            models.Index(fields=["source", "kind"], name="relation_of_source"),
        ]
