"""Fills the base with a scenario and says what is there."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from enishi.platform.demo.scenarios import SCENARIOS, Asked
from enishi.platform.errors import ActionError


class Command(BaseCommand):
    help = "Fill the base with a scenario (as the owner of the database); prints users and ids as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scenario", required=True, choices=sorted(SCENARIOS))
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day on which the history ends; today")
        parser.add_argument("--customers", type=int, metavar="N", help="another size than the scenario's own")

    def handle(self, *, scenario: str, as_of: date | None, customers: int | None, **options: object) -> None:
        try:
            answer = SCENARIOS[scenario](Asked(as_of, customers, self.stderr.write))
        except ActionError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))
