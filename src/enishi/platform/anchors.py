"""Copies of the seals' hashes outside of the database: in the system log, and in a file of the data folder that an auditor may
carry away. A line says the same in both: `enishi audit seal 42 2026-11-29T18:00:00+00:00 sha256:…`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from enishi.platform.models import Seal

_LINE = re.compile(r"enishi audit seal (\d{1,18}) \S+ sha256:([0-9a-f]{64})")
_LOG_SOCKETS = ("/dev/log", "/var/run/syslog", "/var/run/log")


def own_file() -> Path:
    """The installation's own copy."""
    return Path(settings.DATA_DIR) / "audit" / "seals.log"


def line_of(seal: Seal) -> str:
    return f"enishi audit seal {seal.number} {seal.at.isoformat()} sha256:{seal.hash}"


def read(path: Path) -> dict[int, set[str]]:
    """Number → the hashes that a file says it has: one, unless somebody made the seals anew. Any text with such lines will do,
    the system log as well. Raises OSError."""
    found: dict[int, set[str]] = {}
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if said := _LINE.search(line):
                found.setdefault(int(said[1]), set()).add(said[2])
    return found


def own() -> dict[int, set[str]]:
    """What the installation's own file says; nothing where there is none."""
    return read(own_file()) if own_file().exists() else {}


def publish() -> int:
    """Write the seals that the own file does not have into it, and to the system log; how many. A worker that died between
    sealing and this leaves them to the next."""
    last = max(own(), default=0)
    fresh = [line_of(seal) for seal in Seal.rows.filter(number__gt=last).order_by("number").defer("tables")]
    if fresh:
        _append(fresh)
        _tell(fresh)
    return len(fresh)


def _append(lines: Iterable[str]) -> None:
    path = own_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640), "w") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())


def _tell(lines: Iterable[str]) -> None:
    """To the system log; where there is none, to standard output, which the service manager keeps."""
    if any(Path(place).exists() for place in _LOG_SOCKETS):
        import syslog  # not on every system

        syslog.openlog("enishi", facility=syslog.LOG_AUTH)
        for line in lines:
            syslog.syslog(syslog.LOG_NOTICE, line)
        syslog.closelog()
        return
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
