"""COPY behind the back of whoever puts the next lines together: PostgreSQL and Python work at once within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from queue import SimpleQueue
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

_END = ""


class GivenUp(Exception):
    """Whoever put the lines together failed: what was written of them must not stay."""


class Lane:
    """The COPYs of one transaction, one after the other in the order in which they came, in a thread of their own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "copying")
        self._coming: list[Future[None]] = []

    def copy(self, command: sql.Composed, pieces: Iterable[str]) -> None:
        """Hand over pieces of text as they come. Says nothing of whether PostgreSQL takes them."""
        queue: SimpleQueue[str | None] = SimpleQueue()
        self._coming.append(self._thread.submit(_pour, connection.connection, command, queue))
        try:
            for piece in filter(None, pieces):
                queue.put(piece)
            queue.put(_END)
        except BaseException:
            queue.put(None)
            raise

    def settle(self) -> None:
        """Wait until everything is in. Raises what PostgreSQL objected to, as the ORM would."""
        coming, self._coming = self._coming, []
        with connection.wrap_database_errors:
            for copied in coming:
                copied.result()

    def close(self) -> None:
        self._thread.shutdown()


def _pour(server: psycopg.Connection, command: sql.Composed, queue: SimpleQueue[str | None]) -> None:
    with server.cursor() as cursor, cursor.copy(command) as copy:
        while piece := queue.get():
            copy.write(piece)
        if piece is None:
            raise GivenUp


lane: ContextVar[Lane | None] = ContextVar("lane", default=None)


@contextmanager
def copying_behind() -> Iterator[None]:
    """Inside a transaction: `copy_lines` does not wait for PostgreSQL while the block lasts.

    Any other statement waits until what was copied before it is in, and raises what PostgreSQL objected to; so does the end of the
    block. An error inside ends the block once the connection is free again.
    """
    own = Lane()
    token = lane.set(own)

    def after_copies(execute: Callable[..., Any], statement: str, params: object, many: bool, context: Mapping[str, Any]) -> Any:
        own.settle()
        return execute(statement, params, many, context)

    try:
        with connection.execute_wrapper(after_copies):
            yield
        own.settle()
    finally:
        lane.reset(token)
        own.close()
