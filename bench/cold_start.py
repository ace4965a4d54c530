"""From a fresh clone to the login page of the demo, with nothing installed and nothing in the environment; then once more, warm.

Cold means: a clone of the last commit in a new folder (with spaces and Japanese letters in its path), an empty home folder
and so no cache of packages, and of the environment only what leads to the network. `--quick` measures the warm start alone, on
a smaller company beside this checkout.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from bench.stage import DATA, ROOT

COLD_GOAL, WARM_GOAL = 240, 15  # seconds
PATIENCE = 600
FEW_CUSTOMERS = 200
# Where the machine's own programs are, and what a company's network asks of everybody in it.
KEPT = ("PATH", "LANG", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "PYENV_ROOT")
KEPT_BEGINNINGS = ("PIP_", "UV_DEFAULT", "UV_INDEX")


def run(*, quick: bool) -> dict[str, Any]:
    figures = _warm_here() if quick else _cold_and_warm()
    return {
        "figures": figures,
        "goal": f"warm < {WARM_GOAL} s" + ("" if quick else f", cold < {COLD_GOAL} s") + ", nothing left running",
        "holds": figures["warm_seconds"] < WARM_GOAL and figures.get("cold_seconds", 0) < COLD_GOAL and not figures["left_running"],
    }


def _cold_and_warm() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="enishi-") as folder:
        home, project = Path(folder) / "home", Path(folder) / "縁 テスト" / "enishi"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(project)], check=True)
        environ = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_BEGINNINGS)}
        environ |= {"HOME": str(home), "PATH": _without(ROOT, environ["PATH"])}
        cold = Start(project, environ)
        left = cold.stop()
        warm = Start(project, environ)
        left += warm.stop()
        return {
            "cold_seconds": cold.seconds,
            "warm_seconds": warm.seconds,
            "left_running": left,
            "disk_mb": _megabytes(Path(folder)),
        }


def _warm_here() -> dict[str, Any]:
    data = DATA / "cold-start"
    environ = {**os.environ, "ENISHI_DATA_DIR": str(data)}
    for name in [name for name in environ if name.startswith("ENISHI_DATABASE_URL") or name == "DATABASE_URL"]:
        del environ[name]
    words = ["--customers", str(FEW_CUSTOMERS)]
    left = [] if data.exists() else Start(ROOT, environ, *words).stop()  # the first start makes the company and is not measured
    warm = Start(ROOT, environ, *words)
    left += warm.stop()
    return {"warm_seconds": warm.seconds, "left_running": left, "customers": FEW_CUSTOMERS}


class Start:
    """One `enishi demo`, waited for until a browser would show the login page. `seconds`: how long that took."""

    def __init__(self, project: Path, environ: Mapping[str, str], *words: str) -> None:
        self.project, self.port = project, _free_port()
        began = time.monotonic()
        self._process = subprocess.Popen(
            [
                sys.executable if shutil.which("python3") is None else "python3",
                "enishi",
                "demo",
                "--no-browser",
                "--port",
                str(self.port),
                *words,
            ],
            cwd=project,
            env=dict(environ),
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
            start_new_session=True,
        )
        while not self._shows_login():
            if self._process.poll() is not None or time.monotonic() - began > PATIENCE:
                self.stop()
                raise SystemExit("the demo did not come up; its words are above")
            time.sleep(0.1)
        self.seconds = round(time.monotonic() - began, 1)

    def _shows_login(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/accounts/login/", headers={"Host": f"localhost:{self.port}"})
            answer = connection.getresponse()
            return answer.status == 200 and b'type="password"' in answer.read()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> list[str]:
        """Ask the supervisor to stop, as Ctrl-C does. Gives what of this project still runs afterwards."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)
        return [
            command
            for pid, command in _commands()
            if str(self.project) in command and pid != os.getpid() and f"--port {self.port}" in command
        ]


def _commands() -> list[tuple[int, str]]:
    """Every process of the machine that may be looked at, with its words."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            try:
                found.append((int(path.name), (path / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")))
            except OSError:
                continue
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _without(project: Path, path: str) -> str:
    """PATH without this checkout's own programs, which a fresh machine does not have."""
    return os.pathsep.join(folder for folder in path.split(os.pathsep) if not folder.startswith(str(project)))


def _megabytes(folder: Path) -> int:
    return sum(path.lstat().st_blocks for path in folder.rglob("*")) * 512 // 1_000_000
