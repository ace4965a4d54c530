"""Writes the send ledger of one delivery as CSV: a recipient's key, state, attempts and message id. No address, no name."""

from __future__ import annotations

import csv
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from enishi.messaging.models import Delivery, Message


class Command(BaseCommand):
    help = "The ledger of one delivery, by its number or id, as CSV on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("delivery")

    def handle(self, *, delivery: str, **options: object) -> None:
        rows = Delivery.rows.filter(pk=int(delivery)) if delivery.isdecimal() else Delivery.rows.filter(number=delivery.upper())
        found = rows.values_list("pk", flat=True).first()
        if found is None:
            raise CommandError(f"no such delivery: {delivery}", returncode=2)
        writer = csv.writer(self.stdout, lineterminator="\n")
        writer.writerow(["recipient", "customer", "state", "reason", "attempts", "message_id", "handed_at", "finished_at"])
        ledger = Message.rows.filter(delivery_id=found).order_by("pk")
        columns = ("address_hash", "customer_id", "state", "reason", "attempts", "message_uuid", "handed_at", "finished_at")
        for key, customer, state, reason, attempts, uuid, *times in ledger.values_list(*columns).iterator(2_000):
            when = [at.isoformat() if at else "" for at in times]
            writer.writerow([bytes(key).hex() if key else "", customer, state, reason, attempts, uuid or "", *when])
