"""Asks the engine, from a page or a job, and never waits long for it."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from enishi.warehouse.analysis import Params, Reach
from enishi.warehouse.engine.socket import socket_path

WAIT_MS = 150
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE = 2.0  # seconds for the socket itself, beyond what the engine was told to wait


@dataclass(frozen=True, slots=True)
class Figures:
    """One table of an answer."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Answer:
    """`state` "done" has tables; with "running" and "starting" the question may be asked again soon; "away" where no engine runs."""

    state: str
    tables: Mapping[str, Figures] = field(default_factory=dict)
    version: int = 0
    at: datetime | None = None
    took_ms: int = 0
    error: str = ""


def ask(analysis: str, params: Params, reach: Reach, *, wait_ms: int = WAIT_MS, path: Path | None = None) -> Answer:
    """What the engine knows now. At most `wait_ms` are waited for a figure that has to be computed first."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(wait_ms / 1000 + _PATIENCE)
            line.connect(str(path or socket_path(settings.DATA_DIR)))
            line.sendall(question(analysis, params, reach, wait_ms=wait_ms) + b"\n")
            with line.makefile("rb") as answers:
                return answered(answers.readline())
    except (OSError, ValueError):
        return Answer("away")


def question(analysis: str, params: Params, reach: Reach, *, wait_ms: int) -> bytes:
    """One question, as the engine reads it."""
    told = {"analysis": analysis, "params": params.model_dump(mode="json"), "reach": reach.model_dump(mode="json"), "wait_ms": wait_ms}
    return json.dumps(told).encode()


def answered(line: bytes) -> Answer:
    """What the engine answered. Raises ValueError where that is no answer."""
    told = json.loads(line)
    at = _EPOCH + timedelta(microseconds=told["at_us"]) if told["at_us"] else None
    tables = {name: Figures(tuple(table["columns"]), tuple(map(tuple, table["rows"]))) for name, table in told["tables"].items()}
    return Answer(told["state"], tables, told["version"], at, told["took_ms"], told["error"])
