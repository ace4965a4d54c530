"""Holds `docs/openapi.json` against the API as it is; `--write` takes the API's word."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from config.api import api
from config.settings.environment import env


class Command(BaseCommand):
    help = "Compare docs/openapi.json with the API (--write: make it anew)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true")

    def handle(self, *, write: bool, **options: object) -> None:
        file = Path(env.project_dir) / "docs" / "openapi.json"
        now = json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), ensure_ascii=False, indent=1, default=str) + "\n"
        if write:
            file.write_text(now, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != now:
            raise CommandError("docs/openapi.json is not what the API says; `./enishi manage check_openapi --write` writes it")
