"""The event log and how far each subscriber has read it."""

from __future__ import annotations

from django.db import models

from enishi.platform.fields import CurrentXid, Xid8Field
from enishi.platform.privacy import classify


class Event(models.Model):
    """One thing that happened. Append-only; ids and primitives only, never names, addresses or text."""

    kind = models.CharField(max_length=60, help_text="noun.verb, past tense")
    subject_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True, help_text="The id the customer had at the time; resolve() for today's.")
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    door = models.CharField(
        max_length=10,
        default="",
        db_default="",
        help_text="screen, api, scim, import, job, schedule, command; empty: from before it was kept.",
    )
    ip = models.GenericIPAddressField(null=True, help_text="Where staff were as they did it; never of a customer.")
    row_xid = Xid8Field(db_default=CurrentXid())

    rows = models.Manager()
    access = "system"
    privacy = classify(
        internal=("id", "kind", "subject_id", "customer_id", "actor_kind", "actor_id", "at", "data", "door", "ip", "row_xid")
    )

    class Meta:
        indexes = [
            models.Index(fields=["row_xid", "id"], name="event_by_xid"),
            models.Index(fields=["at"], name="event_by_time"),
            models.Index(fields=["customer_id", "-at"], name="event_of_customer", condition=models.Q(customer_id__isnull=False)),
        ]


class EventCursor(models.Model):
    """Where one subscriber stands: everything up to (xid, id) was handled at least once."""

    subscriber = models.CharField(max_length=60, unique=True)
    last_xid = Xid8Field(default=0)
    last_id = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    next_try_at = models.DateTimeField(null=True)

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "subscriber", "last_xid", "last_id", "failures", "last_error", "next_try_at"))


class DeadLetter(models.Model):
    """An event that one subscriber could not take in three tries; set aside so that the rest goes on."""

    subscriber = models.CharField(max_length=60)
    event_id = models.BigIntegerField()
    error = models.TextField()
    at = models.DateTimeField()

    rows = models.Manager()
    access = "system"
    privacy = classify(internal=("id", "subscriber", "event_id", "error", "at"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscriber", "event_id"], name="dead_letter_once")]
