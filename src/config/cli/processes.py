"""What is running: process states, pid files, and the end of whole process trees.

A pid alone says little: it may be a zombie that nobody reaps, or may have been given to a stranger since.
So a pid file also keeps the start time, and processes of ours carry `MARK` in their environment.
"""

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

MARK = "ENISHI_SUPERVISED"  # its value is the data folder the process works for
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Running:
    """One line of `var/run`: a process that we started."""

    name: str
    pid: int
    started: str  # the kernel's own words, only ever compared for equality
    port: int = 0
    demo: bool = False


def state(pid: int) -> str:
    """One letter as `ps` gives it (R, S, Z …); `X` when there is no such process."""
    if (_PROC / "self").exists():
        return _stat_fields(pid)[0]
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.strip()
    return shown[:1] or "X"


def start_time(pid: int) -> str:
    """When the process began, as an opaque word; empty when there is no such process."""
    if (_PROC / "self").exists():
        fields = _stat_fields(pid)
        return fields[19] if len(fields) > 19 else ""
    return subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.strip()


def _stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; the name before it may hold spaces and brackets."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return ["X"]


def alive(pid: int) -> bool:
    """Is it there and more than a zombie?"""
    return pid > 0 and state(pid) not in "ZX"


def is_same(running: Running) -> bool:
    """Is this still the process that was written down, and not a later one with its number?"""
    return alive(running.pid) and start_time(running.pid) == running.started


def write_pid_file(folder: Path, name: str, pid: int, *, port: int = 0, demo: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{name}.pid"
    fresh.write_text(json.dumps(asdict(Running(name, pid, start_time(pid), port, demo))))
    fresh.replace(folder / f"{name}.pid")


def read_pid_file(path: Path) -> Running | None:
    """What the file says, whether or not it is still true; None when it is missing or torn."""
    try:
        return Running(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def running_in(folder: Path) -> list[Running]:
    """The processes that the pid files of a folder name and that still run."""
    found = (read_pid_file(path) for path in sorted(folder.glob("*.pid")))
    return [running for running in found if running is not None and is_same(running)]


def marked(data_dir: Path) -> list[int]:
    """Every process that works for this data folder, also orphans whose parent was killed. Linux only."""
    wanted = f"{MARK}={data_dir}".encode()
    found = []
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            pid = int(folder.name)
            if wanted in (folder / "environ").read_bytes().split(b"\0") and alive(pid):
                found.append(pid)
    return [pid for pid in found if pid != os.getpid()]


def working_in(folder: Path) -> list[int]:
    """Processes whose working folder this is: PostgreSQL's own, also those that outlived their postmaster."""
    found = []
    for link in _PROC.glob("[0-9]*/cwd"):
        with suppress(OSError):
            pid = int(link.parent.name)
            if os.readlink(link) == str(folder) and alive(pid):
                found.append(pid)
    return found


def wait_until(condition: Callable[[], bool], seconds: float, step: float = 0.05) -> bool:
    """Look until the condition holds; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def send(pid: int, signal_number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal_number)


def send_group(group: int, signal_number: int) -> None:
    """Signal every process of a group, also when its leader is long dead."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal_number)


def end_all(pids: list[int], patience: float) -> None:
    """Ask with TERM, and KILL what is left after `patience` seconds."""
    for pid in pids:
        send(pid, signal.SIGTERM)
    if not wait_until(lambda: not any(alive(pid) for pid in pids), patience):
        for pid in pids:
            send(pid, signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in pids), 5)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a lock file; the kernel lets go of it when the process dies, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
