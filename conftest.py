"""Test set-up: a real PostgreSQL, one migrated template database, tests as the `app` role, no network, time as a value."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

ROOT = Path(__file__).parent
pytest_plugins = ["tests.cast"]

# The same examples on every machine, and no time limit per example: a busy machine is no failure.
hypothesis.settings.register_profile("enishi", deadline=None, derandomize=True)
hypothesis.settings.load_profile("enishi")


def pytest_configure() -> None:
    """People of the tests get cheap hashes of passwords and recovery codes: the real ones cost a second a person, on purpose."""
    from django.conf import settings
    from django.contrib.auth.hashers import ScryptPasswordHasher

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    ScryptPasswordHasher.work_factor = 2**4


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes never name a test: a workbook holds the second it was made, and workers would collect different tests."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def addresses_are_known() -> None:
    """Views that name our own origin read it once, with the addresses: before some test gives us another host."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns


def template_name() -> str:
    """Of the empty base for the migrations as they are."""
    from config.wiring import APPEND_ONLY

    digest = hashlib.sha256(repr(APPEND_ONLY).encode())
    for file in sorted([*ROOT.glob("src/enishi/*/migrations/*.py"), ROOT / "uv.lock", *ROOT.glob("src/enishi/platform/sql/*.py")]):
        digest.update(file.read_bytes())
    return f"enishi_template_{digest.hexdigest()[:12]}"


@pytest.fixture(scope="session")
def template_database(django_db_blocker: pytest.FixtureRequest) -> str:
    """The name of an empty base, migrated once per set of migrations, to be copied."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection, connections

    from config.settings.databases import parse_url

    owner_url = os.environ["ENISHI_DATABASE_URL_OWNER"]
    owner, template = parse_url(owner_url), template_name()
    with psycopg.connect(owner_url, autocommit=True) as admin, django_db_blocker.unblock():
        admin.execute("SELECT pg_advisory_lock(727272)")
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            building = f"{template}_building"
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(building)))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
            connections["default"].close()
            settings.DATABASES["default"].update(owner | {"NAME": building})
            connections["default"].settings_dict.update(owner | {"NAME": building})
            call_command("migrate", verbosity=0, interactive=False)
            call_command("grant_roles", verbosity=0)
            connection.close()
            admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(template)))
        admin.execute("SELECT pg_advisory_unlock(727272)")
    return template


@contextmanager
def database_copy(template: str, name: str) -> Iterator[str]:
    """A database of its own, copied from the template and thrown away at the end; gives its name."""
    copy_database(template, name)
    yield name
    drop_database(name)


def copy_database(template: str, name: str) -> None:
    with psycopg.connect(os.environ["ENISHI_DATABASE_URL_OWNER"], autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(727272)")  # a template is copied by one at a time
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        admin.execute("SELECT pg_advisory_unlock(727272)")


def drop_database(name: str) -> None:
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    with psycopg.connect(os.environ["ENISHI_DATABASE_URL_OWNER"], autocommit=True) as admin:
        try:
            admin.execute(drop)  # ends autovacuum by itself, which by force the owner may not
        except psycopg.errors.ObjectInUse:
            admin.execute(sql.SQL("{} WITH (FORCE)").format(drop))


@pytest.fixture(scope="session")
def django_db_setup(template_database: str) -> Iterator[None]:
    """A database per worker."""
    from django.conf import settings
    from django.db import connections

    from config.settings.databases import parse_url

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with database_copy(template_database, f"enishi_test_{worker}_{os.getpid()}") as name:
        app = parse_url(os.environ["ENISHI_DATABASE_URL_APP"]) | {"NAME": name}
        connections["default"].close()
        connections["default"].settings_dict.update(app)
        settings.DATABASES["default"].update(app)
        _let_flush_run_as_owner(f"{os.environ['ENISHI_DATABASE_URL_OWNER'].rpartition('/')[0]}/{name}")
        yield
        connections["default"].close()


def _let_flush_run_as_owner(url: str) -> None:
    """Tests run as the app role, which may not empty tables; the clean-up of transactional tests is the owner's."""
    from django.apps import apps
    from django.test import TransactionTestCase

    def empty_tables(self: object) -> None:
        tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed}
        tables |= {"platform_cache", "procrastinate_jobs", "procrastinate_events", "procrastinate_workers", "procrastinate_periodic_defers"}
        tables -= {"django_content_type", "auth_permission", "django_migrations"}
        with psycopg.connect(url, autocommit=True) as owner:
            present = {row[0] for row in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
            names = sql.SQL(", ").join(sql.Identifier(table) for table in sorted(tables & present))
            owner.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))

    TransactionTestCase._fixture_teardown = empty_tables


@pytest.fixture(autouse=True)
def through_no_door() -> None:
    """A test comes by no door; the client of the test before came by one, in this same thread."""
    from enishi.platform import context

    context.arrive("", None)


@pytest.fixture
def now() -> Iterator[datetime]:
    """Sunday 22 November 2026, 10:11 in Tokyo; the clock of the code under test stands still there."""
    from enishi.platform import time

    instant = datetime(2026, 11, 22, 1, 11, tzinfo=UTC)
    time.freeze(instant)
    yield instant
    time.freeze(None)
