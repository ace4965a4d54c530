"""Makes the demo company."""

from __future__ import annotations

from argparse import ArgumentParser

from django.conf import settings
from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from psycopg import sql

from enishi.platform import time
from enishi.platform.demo import run
from enishi.platform.demo.world.world import DEFAULT_CUSTOMERS


class Command(BaseCommand):
    help = "Make the demo company 株式会社縁日堂 in an empty base (as the owner of the database)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--customers", type=int, default=DEFAULT_CUSTOMERS)
        parser.add_argument("--reset", action="store_true", help="empty the base first")

    def handle(self, *, customers: int, reset: bool, **options: object) -> None:
        if not settings.DEMO:
            raise CommandError("デモではない環境には作れません。 / This installation is not a demo.")
        if reset:
            _empty()
        if run.exists():
            return
        now = time.now()
        self.stderr.write("縁日堂を作っています / making the demo company")
        run.make(customers=customers, today=time.today(now), now=now, tell=self.stderr.write)


def _empty() -> None:
    cache.clear()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN"
            " ('django_migrations', 'django_content_type', 'auth_permission', 'platform_cache')"
        )
        names = sql.SQL(", ").join(sql.Identifier(row[0]) for row in cursor.fetchall())
        cursor.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))
