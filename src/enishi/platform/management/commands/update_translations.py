from __future__ import annotations

from django.core.management.base import BaseCommand

from enishi.platform import translations


class Command(BaseCommand):
    help = "Brings the list of the English catalogue to the Japanese texts of the source."
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        waiting = translations.update(translations.SOURCE)
        path = translations.catalogue_path(translations.SOURCE)
        self.stdout.write(f"{path}: " + (f"{waiting} texts wait for English" if waiting else "complete"))
