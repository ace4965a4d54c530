"""Gives the runtime roles exactly what they need; append-only tables can only be added to."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from psycopg import sql

from enishi.platform import wiring


class Command(BaseCommand):
    help = "Grant the database roles `app` and `worker` their rights (run after migrate, as the owner)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("roles", nargs="*", default=["enishi_app", "enishi_worker"])

    def handle(self, *, roles: list[str], **options: object) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for role in roles:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                if cursor.fetchone() is None:
                    continue  # a server that gives one role only
                name = sql.Identifier(role)
                for statement in (
                    "GRANT USAGE ON SCHEMA public TO {0}",
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0}",
                    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {0}",
                    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {0}",
                    "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {0}",
                ):
                    cursor.execute(sql.SQL(statement).format(name))
                for table in wiring.load("APPEND_ONLY"):
                    cursor.execute(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {1} FROM {0}").format(name, sql.Identifier(table)))
