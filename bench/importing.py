"""Importing a file by the command that people use, measured from outside: the clock, and who spent how much CPU."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench import stage

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """One import. CPU in seconds, user and system; `others` is what strangers on the machine took meanwhile."""

    rows: int
    seconds: float
    importing_cpu: float
    preparing_cpu: float
    postgres_cpu: float
    others_cpu: float
    peak_mib: int  # of the two processes together: the sum of their own peaks

    @property
    def rate(self) -> float:
        return self.rows / self.seconds

    def figures(self) -> dict[str, float | int]:
        return {
            "rows": self.rows,
            "seconds": round(self.seconds, 2),
            "rows_per_second": round(self.rate),
            "cpu_us_per_row_importing_process": round(self.importing_cpu / self.rows * 1e6),
            "cpu_us_per_row_preparing_process": round(self.preparing_cpu / self.rows * 1e6),
            "cpu_us_per_row_postgres": round(self.postgres_cpu / self.rows * 1e6),
            "cores": os.cpu_count() or 1,
            "cores_taken_by_other_programs": round(self.others_cpu / self.seconds, 2),
        }


def measured(target: str, path: Path, *options: str) -> Measured:
    """Run `import_file` from its start to its end, with every rule on. Raises where rows are missing in the end."""
    from enishi.customers.models import ImportRun

    begun, busy = time.monotonic(), _machine_cpu()
    server = _server_cpu()
    child = stage.Process(sys.executable, "-m", "django", "import_file", target, str(path), *options)
    watch = _Watch(child.child.pid)
    os.waitid(os.P_PID, child.child.pid, os.WEXITED | os.WNOWAIT)
    seconds = time.monotonic() - begun
    watch.stop()
    own, preparing, server = _cpu(child.child.pid), watch.seconds, _server_cpu() - server
    code = child.child.wait()
    run = ImportRun.rows.filter(target=target).latest("pk")
    done = run.created_count + run.updated_count + run.unchanged_count + run.rejected_count
    if code not in (0, 2) or run.state != ImportRun.State.DONE or done != run.total:
        raise SystemExit(f"the import of {path.name} ended with {code}: {run.state} {run.failure}, {done} of {run.total} rows")
    others = _machine_cpu() - busy - own - preparing - server
    return Measured(run.total, seconds, own, preparing, server, max(others, 0.0), watch.peak_kib // 1024)


class _Watch:
    """Reads the CPU time of the preparing process, and the greatest memory of both, while they live: it ends with its parent and
    nobody waits for it."""

    def __init__(self, parent: int) -> None:
        self._parent, self.seconds, self._over = parent, 0.0, threading.Event()
        self._peaks: dict[int, int] = {}
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            children = _children(self._parent)
            for pid in children:
                self.seconds = max(self.seconds, _cpu(pid))
            for pid in (self._parent, *children):
                self._peaks[pid] = max(self._peaks.get(pid, 0), _peak_kib(pid))

    @property
    def peak_kib(self) -> int:
        return sum(self._peaks.values())

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _peak_kib(pid: int) -> int:
    """The most memory that a process has held; 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _cpu(pid: int, *, with_reaped: bool = False) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11 : 15 if with_reaped else 13])) / _TICK


def _server_cpu() -> float:
    """All that the database server has used: what ended is counted by the postmaster, what lives by itself."""
    from config.cli import cluster, postgres, processes
    from config.settings import environment

    here = cluster.at(environment.parse(os.environ), "bench")
    postmaster = postgres.postmaster(here)
    living = [pid for pid in processes.working_in(here.data) if pid != postmaster]
    return sum(map(_cpu, living)) + (_cpu(postmaster, with_reaped=True) if postmaster else 0.0)


def _machine_cpu() -> float:
    """Busy seconds of all cores since the machine's start."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICK
