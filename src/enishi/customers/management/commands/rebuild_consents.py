"""Makes today's consents what the append-only ledger says, or only tells whether they are."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from enishi.customers.actions.purposes import drift, rebuild_consents
from enishi.platform import context, time


class Command(BaseCommand):
    help = "Fold the ledger of consents anew. With --check nothing is written, and a difference is an error."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    @context.entered("command rebuild_consents", "command")
    def handle(self, *, check: bool, **options: object) -> None:
        found = drift() if check else rebuild_consents(now=time.now())
        self.stdout.write(f"missing {found.missing}, unfounded {found.unfounded}, different {found.different}")
        if check and found.total:
            raise CommandError("the states are not what the ledger says", returncode=1)
