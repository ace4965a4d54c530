"""Lists every route with its guard; the access matrix is made from it."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand

from enishi.platform.routes import all_routes


class Command(BaseCommand):
    help = "List the routes: host, methods, route, guard, public?"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *, as_json: bool, **options: object) -> None:
        found = all_routes()
        if as_json:
            self.stdout.write(json.dumps([route.as_dict() for route in found], ensure_ascii=False, indent=1))
            return
        for route in found:
            self.stdout.write(f"{route.host:6} {','.join(route.methods):10} /{route.route:60} {route.guard}")
