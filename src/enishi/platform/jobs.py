"""The queue: Procrastinate over our own PostgreSQL.

An enqueue in an action's transaction is the outbox: it exists exactly when the change does. Jobs carry ids
only, may run twice, and are rescued when their worker dies; after three rescues a job is set aside.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from django.db import close_old_connections, connection
from procrastinate import App
from procrastinate.contrib.django import app as django_app

from enishi.platform import context

app: App = django_app
QUEUES = ("default", "imports", "messaging")


def task[**P](*, name: str, queue: str = "default", door: context.Door = "job") -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Register a task under a stable name. Arguments: ids and primitives, keyword-only. `door`: by which the log
    says that its changes came."""

    def register(function: Callable[P, None]) -> Callable[P, None]:
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            close_old_connections()  # a server that was restarted in the meantime is met with a new connection
            try:
                with context.entered(f"job {name}", door):
                    function(*args, **kwargs)
            finally:
                close_old_connections()

        run.__doc__ = function.__doc__
        app.task(name=name, queue=queue)(run)
        return function

    return register


def enqueue(name: str, *, queue: str = "default", lock: str | None = None, **ids: int | str | bool | None) -> None:
    """Add a job in the current transaction. `name` is a registered task's; jobs of one `lock` run one after another."""
    app.configure_task(name, queue=queue, lock=lock).defer(**ids)


def is_waiting_or_running(name: str, **ids: int | str) -> bool:
    """Whether a job of this name and these arguments is in the queue or in hand. One query."""
    return _is(["todo", "doing"], name, ids)


def is_waiting(name: str, **ids: int | str) -> bool:
    """Whether a job of this name and these arguments is in the queue, and in nobody's hand. One query."""
    return _is(["todo"], name, ids)


def _is(states: Sequence[str], name: str, ids: Mapping[str, int | str]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM procrastinate_jobs WHERE task_name = %s AND status = ANY(%s::procrastinate_job_status[]) AND args @> %s::jsonb LIMIT 1",
            [name, list(states), json.dumps(ids)],
        )
        return cursor.fetchone() is not None
