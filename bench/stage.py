"""What the benches share: a database of their own, Django on it, and processes that are started and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "var" / "bench"


def set_the_stage(database: str, *, fresh: bool = True) -> None:
    """A durable database server under var/bench, a migrated database, and Django in this process as its worker role."""
    for name in [name for name in os.environ if name.startswith("ENISHI_DATABASE_URL")]:
        del os.environ[name]
    os.environ |= {
        "ENISHI_DATA_DIR": str(DATA),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ENISHI_DEMO": "1",
        "ENISHI_LOG_LEVEL": "ERROR",
    }
    sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
    from config.cli import postgres
    from config.settings import environment as settings_of_process

    urls = postgres.ensure_running(settings_of_process.parse(os.environ), name="bench", database=database)
    os.environ |= urls.environment()
    if fresh:
        _empty(urls.owner)
    manage("migrate", "--verbosity", "0", role="owner")
    manage("grant_roles", role="owner")
    become_worker()


def become_worker() -> None:
    """Django in this process, in the role of a worker, on the base that the environment names."""
    os.environ["ENISHI_ROLE"] = "worker"
    for name in [name for name in sys.modules if name == "config.settings" or name.startswith("config.settings.")]:
        del sys.modules[name]  # read to find the database, before there was one
    import django

    django.setup()


def _empty(owner_url: str) -> None:
    import psycopg

    with psycopg.connect(owner_url, autocommit=True) as connection:
        tables = [
            row[0]
            for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'django_%'")
        ]
        if tables:
            connection.execute("TRUNCATE " + ", ".join(f'"{name}"' for name in tables) + " RESTART IDENTITY CASCADE")


def manage(*words: str, role: str = "worker", **extra: str) -> None:
    """Run a management command in a process of its own. Raises where it fails."""
    subprocess.run([sys.executable, "-m", "django", *words], check=True, cwd=ROOT, env=environment(role, extra))


def environment(role: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Of a process of the product, which finds its modules compiled, as it does where it is installed."""
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(DATA / "bytecode")}
    return {**os.environ, **compiled, "ENISHI_ROLE": role, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", **(extra or {})}


class Process:
    """A child that can be killed like a machine that loses power."""

    def __init__(self, *words: str, role: str = "worker", extra: Mapping[str, str] | None = None, quiet: bool = True) -> None:
        self.words, self.role, self.extra, self.quiet = words, role, extra, quiet
        self.start()

    def start(self) -> None:
        output = subprocess.DEVNULL if self.quiet else None
        self.child = subprocess.Popen(
            self.words, cwd=ROOT, env=environment(self.role, self.extra), stdout=output, stderr=output, start_new_session=True
        )

    def kill(self) -> None:
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def stop(self) -> None:
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)
            try:
                self.child.wait(25)
            except subprocess.TimeoutExpired:
                self.kill()


def worker(*, pulse: bool = True) -> Process:
    return Process(sys.executable, "-m", "django", "run_worker", *([] if pulse else ["--no-pulse"]))


@dataclass(frozen=True, slots=True)
class Sink:
    port: int
    pid: int


@contextmanager
def sink(record: Path, *options: str) -> Iterator[Sink]:
    """A mail server of our own beside us."""
    record.unlink(missing_ok=True)
    command = [sys.executable, "-m", "bench.sinks", "--port", "0", "--record", str(record), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment("worker"))
    assert process.stdout is not None
    words = process.stdout.readline().split()
    try:
        yield Sink(int(words[-1]), process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def wait_until(condition: object, *, seconds: float, every: float = 0.1) -> bool:
    """Ask again and again until it is true or the time is over."""
    assert callable(condition)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(every)
    return bool(condition())


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and the children it has reaped."""
    return sum(int(value) for value in _stat(pid)[11:15]) / os.sysconf("SC_CLK_TCK")


def cpu_of_database() -> float:
    """User and system time of the benches' database server and all its processes, ended ones included."""
    from config.cli import cluster, postgres
    from config.settings import environment as settings_of_process

    postmaster = postgres.postmaster(cluster.at(settings_of_process.parse(os.environ), "bench"))
    assert postmaster is not None
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return sum(cpu_seconds(pid) for pid in pids if pid == postmaster or _stat(pid)[1:2] == [str(postmaster)])


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; empty where the process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
