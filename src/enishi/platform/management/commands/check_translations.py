from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from enishi.platform import translations


class Command(BaseCommand):
    help = "Fails where the English catalogue is not what the Japanese texts of the source need."
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        problems = translations.problems(translations.SOURCE)
        for problem in problems:
            self.stdout.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problems. `./enishi translations` brings the list up to date; English is written by hand.")
