"""Which door the running code came through; for the logs only, never for a decision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal

type Door = Literal["", "screen", "api", "scim", "import", "job", "schedule", "command"]


@dataclass(frozen=True, slots=True)
class _Way:
    route: str = ""
    door: Door = ""
    peer: str | None = None


_way: ContextVar[_Way] = ContextVar("way", default=_Way())  # noqa: B039 — frozen


def route() -> str:
    """The name of the route, job or command being run; empty where none was entered."""
    return _way.get().route


def door() -> Door:
    """The kind of the door; empty where none was entered."""
    return _way.get().door


def peer() -> str | None:
    """The address at the other end of a request; None anywhere else."""
    return _way.get().peer


def arrive(door: Door, peer: str | None) -> None:
    """A request begins; its context ends with it."""
    _way.set(_Way("", door, peer))


def enter(name: str) -> None:
    """From here on the request is one of this route."""
    _way.set(replace(_way.get(), route=name[:120]))


@contextmanager
def entered(name: str, door: Door) -> Iterator[None]:
    """Inside of this block the running code came through a job or a command, and nobody is at the other end."""
    token = _way.set(_Way(name[:120], door))
    try:
        yield
    finally:
        _way.reset(token)
