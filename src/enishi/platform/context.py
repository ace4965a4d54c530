"""Which door the running code came through; for the logs only, never for a decision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_route: ContextVar[str] = ContextVar("route", default="")


def route() -> str:
    """The name of the route, job or command being run; empty where none was entered."""
    return _route.get()


def enter(name: str) -> None:
    """From here on the running code came through this door; for a request, whose context ends with it."""
    _route.set(name[:120])


@contextmanager
def entered(name: str) -> Iterator[None]:
    token = _route.set(name[:120])
    try:
        yield
    finally:
        _route.reset(token)
