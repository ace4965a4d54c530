"""Keeps the processes of an installation running: starts them, restarts what dies, stops all.

A child that ends is restarted, soon at first and then more slowly. Each child leads a process group, so that
what a killed leader leaves behind (granian's workers go on answering on the port) is ended with it.
"""

import logging
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.cli import processes
from config.cli.terminal import Stop
from config.settings.environment import Environment

LOOK_EVERY = 0.25  # seconds
STOP_PATIENCE = 14  # seconds for web and workers; PostgreSQL has its own
LONGEST_PAUSE = 30  # seconds between restarts
CALM = 60  # seconds of running after which earlier failures are forgotten
LOG_SIZE, LOG_COUNT = 10_000_000, 3

logger = logging.getLogger("enishi.supervisor")


@dataclass(slots=True)
class Child:
    """One process that must be there."""

    name: str
    command: list[str]
    environ: dict[str, str]
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    not_before: float = 0.0

    def start(self, run: Path, cwd: Path) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environ,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        processes.write_pid_file(run, self.name, self.process.pid, port=self.port)

    def note_end(self) -> None:
        """Plan the next start: at once the first time, then after 1, 2, 4 … seconds."""
        now = time.monotonic()
        self.failures = 1 if now - self.started_at > CALM else self.failures + 1
        self.not_before = now + (0 if self.failures == 1 else pause(self.failures - 1))
        if self.process is not None:
            processes.send_group(self.process.pid, signal.SIGKILL)
        self.process = None


def pause(failures: int) -> float:
    """Seconds to wait before the next try."""
    return min(LONGEST_PAUSE, 2.0 ** (failures - 1))


@dataclass(slots=True)
class Supervisor:
    """Children of one base, watched until somebody asks to stop."""

    base: Environment
    children: list[Child]
    bring_up_database: Callable[[], None]
    database_pid: Callable[[], int | None]
    each_look: Callable[[], None] = lambda: None
    stopping: bool = False
    hurried: bool = False
    _database_failures: int = field(default=0)
    _database_not_before: float = field(default=0.0)
    _logs_looked_at: float = field(default=0.0)

    @property
    def run_dir(self) -> Path:
        return self.base.data_dir / "run"

    def listen_for_stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.hurried = self.stopping  # the second Ctrl-C does not wait
        self.stopping = True

    def watch(self) -> None:
        """Run until asked to stop."""
        while not self.stopping:
            self.look()
            time.sleep(LOOK_EVERY)

    def look(self) -> None:
        """One round: everything that died is started again, logs that grew are turned."""
        now = time.monotonic()
        self._look_at_database(now)
        for child in self.children:
            ended_with = child.process.poll() if child.process else None
            if ended_with is not None:
                logger.warning("%s ended with %s and is started again", child.name, ended_with)
                child.note_end()
            if child.process is None and now >= child.not_before and not self.stopping:
                child.start(self.run_dir, self.base.project_dir)
        if now - self._logs_looked_at > 60:
            self._logs_looked_at = now
            turn_logs(self.base.data_dir / "log")
        self.each_look()

    def _look_at_database(self, now: float) -> None:
        if now < self._database_not_before or self.base.database_url or self.database_pid() is not None:
            return
        logger.warning("the database ended and is started again")
        try:
            self.bring_up_database()
            self._database_failures = 0
        except Stop as refusal:
            self._database_failures += 1
            self._database_not_before = now + pause(self._database_failures)
            logger.error("%s", refusal)

    def stop(self) -> None:
        """End all children: TERM, and KILL for what is left. The database is not ours to stop here."""
        self.stopping = True
        living = [child.process for child in self.children if child.process is not None]
        for process in living:
            processes.send(process.pid, signal.SIGTERM)
        processes.wait_until(lambda: self.hurried or all(process.poll() is not None for process in living), STOP_PATIENCE)
        for process in living:
            processes.send_group(process.pid, signal.SIGKILL)
            process.wait()
        for child in self.children:
            (self.run_dir / f"{child.name}.pid").unlink(missing_ok=True)


def turn_logs(folder: Path) -> None:
    """Copy logs over 10 MB aside and empty them in place: their writers keep the file open, in append mode."""
    for path in folder.glob("*.log"):
        if path.stat().st_size < LOG_SIZE:
            continue
        for number in range(LOG_COUNT - 1, 0, -1):
            older = path.with_name(f"{path.name}.{number}")
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number + 1}"))
        shutil.copyfile(path, path.with_name(f"{path.name}.1"))
        with path.open("r+b") as file:
            file.truncate()
