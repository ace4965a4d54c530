"""The pulse: every couple of seconds one process looks for what is due, feeds the subscribers and rescues jobs.

An advisory lock makes sure that only one process of an installation does so at a time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from enishi.platform import context, events, modules, time

logger = logging.getLogger(__name__)
LOCK = 0x656E6973  # "enis"
RESCUES = 3


def beat() -> int:
    """One pulse; the number of things done, 0 where another process holds the pulse. Each part on its own.

    Scanners of a module that is off rest; subscribers go on, so that what they keep stays true.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    try:
        with context.entered("pulse", "schedule"):
            return _beat()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _beat() -> int:
    done = _guarded("subscribers", events.run_subscribers) + _guarded("rescue", rescue)
    scanners: list[Callable[[datetime], int]] = modules.wired("DUE_SCANNERS")
    for scan in scanners:
        done += _guarded(scan.__name__, partial(_scan, scan))
    return done


def _scan(scan: Callable[[datetime], int]) -> int:
    return scan(time.now())


def _guarded(name: str, part: Callable[[], int]) -> int:
    try:
        return part()
    except Exception:
        logger.exception("%s failed in the pulse", name)
        return 0


def rescue() -> int:
    """Put jobs of dead workers back, or set them aside after three rescues. Exclusivity lives in our own
    tables (leases and fences), so a worker that was only asleep does no harm when it wakes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT j.id, j.attempts FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id"
            " WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - interval '30 seconds')"
            " FOR UPDATE OF j SKIP LOCKED"
        )
        stalled = cursor.fetchall()
        for job_id, attempts in stalled:
            status = "failed" if attempts >= RESCUES else "todo"
            if status == "failed":
                logger.error("job %s was set aside after %s tries", job_id, attempts)
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status, worker_id = NULL, abort_requested = false,"
                " attempts = attempts + 1 WHERE id = %s",
                [status, job_id],
            )
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM procrastinate_jobs WHERE status = 'succeeded' LIMIT 1000)"
        )
    return len(stalled)
