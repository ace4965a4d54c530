"""Who works on a run: one process at a time, by a lease; and no late writer, by a fence. The database's clock judges."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from enishi.customers.models import ImportRun

LEASE = "20 seconds"
#: A run that was taken up so often without getting on is set aside with a reason.
TRIES = 5

# A run taken up again at the row where it stood last time may be what kills its workers: counted in the report.
_CLAIM = """
UPDATE customers_importrun
   SET fence = fence + 1, lease_until = clock_timestamp() + %(lease)s::interval,
       report = report || jsonb_build_object('tries',
         CASE WHEN report -> 'tried' = jsonb_build_array(state, next_row, total_rows) THEN coalesce((report ->> 'tries')::int, 0) + 1 ELSE 1 END,
         'tried', jsonb_build_array(state, next_row, total_rows))
 WHERE id = %(run)s AND state = ANY(%(states)s) AND (lease_until IS NULL OR lease_until < clock_timestamp())
RETURNING fence, (report ->> 'tries')::int
"""
_RENEW = "UPDATE customers_importrun SET lease_until = clock_timestamp() + %s::interval WHERE id = %s AND fence = %s AND state = ANY(%s)"
_RELEASE = "UPDATE customers_importrun SET lease_until = NULL WHERE id = %s AND fence = %s"
_WAIT = (
    "UPDATE customers_importrun SET report = report || jsonb_build_object('looked_at', extract(epoch FROM clock_timestamp())) WHERE id = %s"
)
# A run whose job was ordered a moment ago is not abandoned.
_EXPIRED = """
SELECT id, state FROM customers_importrun
 WHERE state = ANY(%s) AND (lease_until IS NULL OR lease_until < clock_timestamp())
   AND coalesce((report ->> 'looked_at')::float8, 0) < extract(epoch FROM clock_timestamp()) - 15
"""

WORKED_ON = (ImportRun.State.STAGING, ImportRun.State.CHECKING, ImportRun.State.RUNNING)


class LeaseLost(RuntimeError):
    """Somebody else works on the run, or it was stopped: this worker's chunk must not be written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one run in one state."""

    run_id: int
    fence: int
    state: str
    tries: int


def claim(run_id: int, *states: str) -> Lease | None:
    """Take a run in one of the states up; None where another worker holds it or it needs no work."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"run": run_id, "states": list(states), "lease": LEASE})
        found = cursor.fetchone()
        if found is None:
            return None
        state = ImportRun.rows.values_list("state", flat=True).get(pk=run_id)
    return Lease(run_id, found[0], state, found[1])


def held_run(lease: Lease) -> ImportRun:
    """The run, locked until commit, with its lease renewed. Raises LeaseLost. Inside a transaction; two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [LEASE, lease.run_id, lease.fence, [lease.state]])
        if cursor.rowcount == 0:
            raise LeaseLost
    return ImportRun.rows.select_related("file").get(pk=lease.run_id)


def renew(lease: Lease) -> None:
    """Keep the lease while reading on. Raises LeaseLost."""
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, [LEASE, lease.run_id, lease.fence, [lease.state]])
        if cursor.rowcount == 0:
            raise LeaseLost


def release(lease: Lease) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [lease.run_id, lease.fence])


def wait(run_id: int) -> None:
    """A job for the run is on its way: look at it again only when that had time to begin."""
    with connection.cursor() as cursor:
        cursor.execute(_WAIT, [run_id])


def abandoned() -> list[tuple[int, str]]:
    """Runs that should be worked on and are not, with their states."""
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, [list(WORKED_ON)])
        return [(pk, state) for pk, state in cursor.fetchall()]
