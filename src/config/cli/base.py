"""Which installation a command works on, and how the product's own management commands run there.

The demo company lives in a base of its own, `var/demo`, so that trying the demo can never touch real customers.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psycopg
from psycopg import sql

from config.cli import postgres, processes, stamps
from config.cli.postgres import Urls
from config.cli.terminal import Stop, say
from config.settings.environment import Environment, env

DJANGO = (sys.executable, "-P", "-m", "django")
SMALLEST_FREE = 500 * 1024 * 1024  # bytes


def real() -> Environment:
    return env


def demo() -> Environment:
    """The base of the demo company; with ENISHI_DEMO=1 the data folder itself is one."""
    return env if env.demo else replace(env, data_dir=env.data_dir / "demo", demo=True, test_clock=True)


def chosen(*, demo_wanted: bool) -> Environment:
    """The base for a command that does not bring one up: the one asked for, else the one that runs, else the real one."""
    if demo_wanted:
        return demo()
    up = [base for base in (real(), demo()) if supervisor_of(base)]
    return up[0] if up else real()


def supervisor_of(base: Environment) -> processes.Running | None:
    """The `enishi up`, `demo` or `dev` that serves this base now."""
    written = processes.read_pid_file(base.data_dir / "run" / "supervisor.pid")
    return written if written and processes.is_same(written) else None


def child_environment(base: Environment, urls: Urls | None, role: str = "app") -> dict[str, str]:
    """What a process that works on this base is told. `role`: owner (migrations), app (web), worker (jobs)."""
    told = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ENISHI_DATA_DIR": str(base.data_dir),
        "ENISHI_DEMO": "1" if base.demo else "0",
        "ENISHI_DEBUG": "1" if base.debug else "0",
        "ENISHI_HOST": base.host,
        "ENISHI_PORT": str(base.port),
        "ENISHI_ROLE": role,
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    return os.environ | told | (urls.environment() if urls else {})


def manage(base: Environment, urls: Urls | None, role: str, *arguments: str, clean: bool = True) -> int:
    """Run one management command and give its exit code. `clean`: its output goes to stderr, ours stays for answers."""
    done = subprocess.run([*DJANGO, *arguments], env=child_environment(base, urls, role), check=False, stdout=sys.stderr if clean else None)
    return done.returncode


def must_manage(base: Environment, urls: Urls, role: str, *arguments: str) -> None:
    """The same, and a failure ends the command. Raises Stop."""
    code = manage(base, urls, role, *arguments)
    if code:
        raise Stop(f"「{arguments[0]}」が失敗しました（上の表示をご覧ください）。", f"`{arguments[0]}` failed, see above.", code=code)


def prepared(base: Environment) -> Urls:
    """The database server up and its tables current. Warm, this costs one short query. Raises Stop."""
    _check_space(base.data_dir)
    urls = postgres.ensure_running(base)
    wanted = _schema_version(base)
    if _kept_version(urls) != wanted:
        say("データベースの表を整えています", "bringing the tables up to date")
        command = [sys.executable, "-P", "-m", "config.cli.schema"]
        if subprocess.run(command, env=child_environment(base, urls, "owner"), check=False, stdout=sys.stderr).returncode:
            raise Stop(
                "データベースの表を整えられませんでした（上の表示をご覧ください）。",
                "The tables could not be brought up to date, see above.",
            )
        _keep_version(urls, wanted)
    return urls


def _check_space(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(data_dir).free
    if free < SMALLEST_FREE:
        raise Stop(
            f"ディスクの空きが足りません（残り {free // 1_000_000} MB、{data_dir}）。500 MB 以上を空けてください。",
            f"Only {free // 1_000_000} MB of disk are free at {data_dir}; at least 500 MB are needed.",
        )


def _schema_version(base: Environment) -> str:
    """A hash over everything that `migrate` and `grant_roles` would read."""
    sources = base.source_dir / "enishi"
    try:
        release = version("enishi")
    except PackageNotFoundError:
        release = ""
    parts = [*sorted(sources.glob("*/migrations")), sources / "platform" / "management", sources / "platform" / "sql"]
    return stamps.digest([*parts, base.project_dir / "uv.lock"], release)


def _kept_version(urls: Urls) -> str:
    """Kept as the database's comment: a restored or foreign database carries none, and so is migrated."""
    query = "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
    with psycopg.connect(urls.owner) as connection:
        row = connection.execute(query).fetchone()
    return str(row[0]).removeprefix("enishi schema ") if row and row[0] else ""


def _keep_version(urls: Urls, value: str) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        try:
            connection.execute(sql.SQL("comment on database {} is {}").format(name, sql.Literal(f"enishi schema {value}")))
        except psycopg.errors.InsufficientPrivilege:
            return  # a user's server whose database belongs to another role: migrate looks each time
