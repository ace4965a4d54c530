"""A real installation of its own under var/bench: supervisor, web, workers, PostgreSQL. Its parts can be killed.

It is started by `enishi up` and recovers by itself; nothing here helps it. Django in this process works on the same base,
so that what is left behind can be counted.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench import stage

READY_SECONDS = 120
#: What stays when a base is emptied: how Django and the queue know themselves, and who may log in.
_KEPT = ("django_", "procrastinate_", "platform_user", "platform_role", "platform_team", "platform_cache", "auth_", "account_")
_TRIES = 5


class Installation:
    """Serves `folder` on a port of its own. `start` brings it up, `kill` takes a part away, `stop` ends it politely."""

    def __init__(self, folder: Path, *, workers: int, environ: Mapping[str, str]) -> None:
        self.folder, self.port = folder, _free_port()
        told = {
            "ENISHI_DATA_DIR": str(folder),
            "ENISHI_PORT": str(self.port),
            "ENISHI_WORKER_COUNT": str(workers),
            "ENISHI_WEB_COUNT": "1",
            "ENISHI_DEMO": "0",
            "ENISHI_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        for name in [name for name in os.environ if name.startswith("ENISHI_")]:
            del os.environ[name]
        os.environ |= told | dict(environ)
        self._environ = dict(os.environ)
        self.supervisor: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Database up, tables current and empty, Django in this process on it."""
        from config.cli import base
        from config.settings import environment

        urls = base.prepared(environment.parse(os.environ))
        os.environ |= urls.environment()
        self._owner = urls.owner
        self.empty()
        stage.become_worker()

    def empty(self) -> None:
        """Take away all that work has left in the base; also while the installation runs idle."""
        import psycopg

        with psycopg.connect(self._owner, autocommit=True) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            tables = ", ".join(f'"{name}"' for (name,) in found if not name.startswith(_KEPT))
            for left in reversed(range(_TRIES)):
                try:
                    connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
                except psycopg.errors.DeadlockDetected:  # an idle worker was asking its tables in another order
                    if not left:
                        raise
                else:
                    return

    def start(self) -> None:
        """Run `enishi up` and wait until it answers and its workers are there. Raises where it does not come up."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "up.log").open("ab") as log:
            command = [sys.executable, "-m", "config.cli", "up", "--no-browser", "--port", str(self.port)]
            environ = self._environ | {"PYTHONPATH": f"{stage.ROOT / 'src'}:{stage.ROOT}"}
            self.supervisor = subprocess.Popen(
                command, cwd=stage.ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        if not stage.wait_until(self.is_up, seconds=READY_SECONDS, every=0.25):
            self.stop()
            raise SystemExit(f"the installation did not come up, see {self.folder / 'up.log'}")

    def is_up(self) -> bool:
        """Does it answer, and is every process there?"""
        from config.cli import welcome
        from config.settings import environment

        wanted = {"supervisor", "web", "postgres", *(f"worker-{n + 1}" for n in range(int(self._environ["ENISHI_WORKER_COUNT"])))}
        return wanted <= self.processes().keys() and welcome.is_ready(environment.parse(self._environ))

    def processes(self) -> dict[str, int]:
        """Name → pid of what runs now."""
        from config.cli import processes

        return {running.name: running.pid for running in processes.running_in(self.folder / "run")}

    def kill(self, part: str, number: int = signal.SIGKILL) -> bool:
        """Send one process a signal, kill -9 unless said otherwise; False where it is not there at the moment."""
        pid = self.processes().get(part)
        if pid is None:
            return False
        os.kill(pid, number)
        return True

    def terminate_backends(self) -> int:
        """End every connection to the database as its administrator may (pg_terminate_backend); their number."""
        from config.cli import cluster, processes
        from config.settings import environment

        data = cluster.at(environment.parse(self._environ), "").data
        found = [pid for pid in processes.working_in(data) if b"postgres: enishi_" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        for pid in found:
            processes.send(pid, signal.SIGTERM)
        return len(found)

    def kill_supervisor(self) -> None:
        """kill -9 of the supervisor alone: its children live on as orphans."""
        assert self.supervisor is not None
        self.supervisor.kill()
        self.supervisor.wait()

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.terminate()
            try:
                self.supervisor.wait(60)
            except subprocess.TimeoutExpired:
                self.supervisor.kill()
                self.supervisor.wait()


@contextmanager
def running(*, workers: int = 2, folder: Path | None = None, environ: Mapping[str, str] | None = None) -> Iterator[Installation]:
    """An empty installation under var/bench, up; stopped in the end, whatever happened."""
    from config.cli import processes

    folder = folder or stage.DATA / "house"
    with processes.exclusive(folder / "in-use.lock"):  # a second bench waits for its turn
        one = Installation(folder, workers=workers, environ=environ or {})
        one.prepare()
        try:
            one.start()
            yield one
        finally:
            one.stop()
            _end_what_is_left(one)


def _end_what_is_left(one: Installation) -> None:
    """Orphans of a killed supervisor; the database goes with the last process that uses it."""
    from config.cli import cluster, postgres, processes
    from config.settings import environment

    processes.end_all(processes.marked(one.folder), patience=10)
    postgres.release(cluster.at(environment.parse(one._environ), ""))  # noqa: SLF001


def asked[T](question: Callable[[], T], *, seconds: float = 60) -> T:
    """An answer from the base, asked again while the database is away. Raises the last refusal."""
    from django.db import Error, connection

    until = time.monotonic() + seconds
    while True:
        try:
            return question()
        except Error:
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
