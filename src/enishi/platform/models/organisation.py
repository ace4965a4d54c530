"""The one organisation of this installation, its counters and its modules."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from enishi.platform.privacy import classify


class Organisation(models.Model):
    """One row. What the whole company shares: name, address, calendar, how long a send can be taken back."""

    name = models.CharField(_("会社名"), max_length=120)
    address = models.CharField(_("住所"), max_length=200, blank=True)
    contact = models.CharField(_("問い合わせ先"), max_length=200, blank=True)
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=4, validators=[MinValueValidator(1), MaxValueValidator(12)])
    closing_day = models.PositiveSmallIntegerField(default=31, validators=[MinValueValidator(1), MaxValueValidator(31)])
    extra_holidays = models.JSONField(
        default=list, blank=True, help_text="Dates (ISO) on which the company is closed beside Japan's holidays."
    )
    send_wait_minutes = models.PositiveSmallIntegerField(default=5, help_text="How long a send can still be taken back.")
    holdout_percent = models.PositiveSmallIntegerField(default=20, validators=[MaxValueValidator(50)])
    second_factor_from = models.DateField(
        null=True, blank=True, help_text="From this day on, roles that export, send, configure or reveal need one; null: nobody does."
    )
    networks = models.JSONField(
        default=list,
        db_default=models.Value([], models.JSONField()),
        blank=True,
        help_text="From where people may work: addresses and networks; empty: from anywhere.",
    )
    network_code_hash = models.BinaryField(
        max_length=32, default=b"", db_default=b"", blank=True, help_text="Of the code that opens the lists again, once."
    )
    words = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        help_text='What the company calls a few things: {"customer": {"ja", "en", "en_plural"}}; see platform.words.',
    )
    admins_see_nobody = models.BooleanField(
        default=False, db_default=False, help_text="Whoever configures roles sees personal data masked, whatever else they hold."
    )
    clock_offset_seconds = models.BigIntegerField(default=0, help_text="Demo only: how far the clock was moved.")
    installation_id = models.CharField(max_length=32, help_text="Equals var/installation_id, or nothing is sent (clone guard).")
    created_at = models.DateTimeField()

    rows = models.Manager()
    access = "reference"
    privacy = classify(
        public=("id", "name", "address", "contact"),
        internal=(
            "fiscal_year_start_month",
            "closing_day",
            "extra_holidays",
            "send_wait_minutes",
            "holdout_percent",
            "second_factor_from",
            "networks",
            "words",
            "admins_see_nobody",
            "clock_offset_seconds",
            "created_at",
        ),
        secret=("installation_id", "network_code_hash"),
    )

    class Meta:
        constraints = [models.UniqueConstraint(models.Value(1), name="one_organisation")]


class Counter(models.Model):
    """The last number given for a prefix (`C` → C-000042). Numbers are never given twice."""

    prefix = models.CharField(max_length=8, primary_key=True)
    last = models.BigIntegerField(default=0)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("prefix", "last"))


class ModuleState(models.Model):
    """A module that was switched away from its default."""

    key = models.CharField(max_length=40, unique=True)
    on = models.BooleanField()

    rows = models.Manager()
    access = "reference"
    privacy = classify(internal=("id", "key", "on"))
