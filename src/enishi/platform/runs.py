"""Long work over many rows, chunk by chunk: one worker at a time, a checkpoint in every chunk's own transaction, stop, resume,
what to do about dead workers, rate and time left. Imports, their undo and changes of many are such work (ADR 0020).

A run is one row of a table that is built on `Run`. Kill its worker at any moment: the chunk in hand is rolled back together
with its checkpoint, and whoever takes the run up next goes on where it stood. The database's clock judges the lease; a worker
that slept through its own finds another fence, and its chunk is not written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.platform import jobs
from enishi.platform.errors import ActionError

logger = logging.getLogger(__name__)

#: How long a worker may be silent. A chunk takes a second or two and renews it.
LEASE = timedelta(seconds=20)
#: A run that was taken up so often without getting on may be what kills its workers: it is set aside.
TRIES = 5
#: A job that was ordered so recently has not had the time to begin.
GRACE = timedelta(seconds=15)
#: A stretch of work; then the job ends and orders its successor, so that a worker can stop politely.
STRETCH_SECONDS = 12.0


class Run(models.Model):
    """The columns of a run. The model adds its states, whose it is, and what it counts."""

    state = models.CharField(max_length=10)
    total = models.BigIntegerField(default=0, help_text="How many there are to do; 0 while they are being counted.")
    done = models.BigIntegerField(default=0, help_text="Checkpoint: those below it are done.")
    pace = models.IntegerField(default=0, db_default=0, help_text="How many a second, as of the last checkpoint.")
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0, help_text="How often it was taken up since the last checkpoint.")
    ordered_at = models.DateTimeField(null=True, blank=True, help_text="When its job was ordered last, by the database's clock.")
    finished_at = models.DateTimeField(null=True, blank=True)

    rows = models.Manager()

    class Meta:
        abstract = True


RUN_INTERNAL = ("state", "total", "done", "pace", "fence", "lease_until", "tries", "ordered_at", "finished_at")


class MadeFile(Run):
    """A run that makes a file for one person: see `platform.made_files`. The row stays; the file goes after some days."""

    owner = models.ForeignKey("platform.User", models.PROTECT, related_name="+")
    reason = models.CharField(gettext_lazy("書き出す理由"), max_length=200)
    failure = models.CharField(max_length=300, blank=True)
    written_count = models.BigIntegerField(default=0, help_text="Rows in the file.")
    draft_bytes = models.BigIntegerField(default=0)
    file = models.ForeignKey("platform.StoredFile", models.PROTECT, null=True, related_name="+")
    taken_count = models.PositiveIntegerField(default=0, help_text="How often the file was downloaded.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, help_text="When the file goes; null once it has gone.")

    class Meta:
        abstract = True


MADE_INTERNAL = (
    *(*RUN_INTERNAL, "owner", "reason", "failure", "written_count", "draft_bytes"),
    *("file", "taken_count", "created_at", "expires_at"),
)


class LeaseLost(RuntimeError):
    """Somebody else works on the run, or it was stopped: this worker's chunk must not be written."""


@dataclass(frozen=True, slots=True)
class Lease[R: Run]:
    """The right to work on one run while it is in one of the states."""

    model: type[R]
    run_id: int
    fence: int
    states: tuple[str, ...]
    tries: int

    def renew(self) -> None:
        """Keep the run. Locks its row where a transaction is open. Raises LeaseLost. One query."""
        mine = self.model.rows.filter(pk=self.run_id, fence=self.fence, state__in=self.states)
        if not mine.update(lease_until=Now() + LEASE):
            raise LeaseLost

    def held(self, *related: str) -> R:
        """The run, locked until commit, with its lease renewed. Raises LeaseLost. Inside a transaction; two queries."""
        self.renew()
        rows = self.model.rows.select_related(*related) if related else self.model.rows.all()
        return rows.get(pk=self.run_id)

    def release(self) -> None:
        """Let the next worker have it at once. One query."""
        self.model.rows.filter(pk=self.run_id, fence=self.fence).update(lease_until=None)


def claim[R: Run](model: type[R], run_id: int, *states: str) -> Lease[R] | None:
    """Take a run in one of the states up; None where another worker holds it or it needs no work. Two queries."""
    with transaction.atomic():
        free = model.rows.filter(_is_free(), pk=run_id, state__in=states)
        if not free.update(fence=F("fence") + 1, lease_until=Now() + LEASE, tries=F("tries") + 1):
            return None
        fence, tries = model.rows.values_list("fence", "tries").get(pk=run_id)
    return Lease(model, run_id, fence, states, tries)


def _is_free() -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=Now())


@contextmanager
def taken_up[R: Run](
    model: type[R],
    run_id: int,
    *states: str,
    set_aside: Callable[[Lease[R]], object],
    refused: Callable[[ActionError], object] | None = None,
) -> Iterator[Lease[R] | None]:
    """A run for as long as the block lasts: None where another worker holds it, where it needs no work, or where it never
    got on and `set_aside` was called instead. A lease that is lost inside ends the block quietly; so does a refusal, where `refused`
    says what becomes of the run."""
    lease = claim(model, run_id, *states)
    try:
        if lease is not None and lease.tries > TRIES:
            set_aside(lease)
            yield None
        else:
            yield lease
    except LeaseLost:
        logger.warning("%s %s: this worker's lease is gone, its chunk was not written", model._meta.label_lower, run_id)
    except ActionError as refusal:
        if refused is None:
            raise
        logger.warning("%s %s was refused: %s", model._meta.label_lower, run_id, refusal.code)
        refused(refusal)
    finally:
        if lease is not None:
            lease.release()


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time that a worker spends on a run before it lets others have their turn."""

    seconds: float = STRETCH_SECONDS
    began: float = field(default_factory=perf_counter)

    @property
    def is_over(self) -> bool:
        return perf_counter() - self.began > self.seconds

    def pace(self, count: int) -> int:
        """What `count` since the beginning comes to in a second; 0 for a run that was sent back to before it."""
        return max(0, round(count / max(perf_counter() - self.began, 0.001)))

    def go_on(self, lease: Lease[Any], chunk: Callable[[Callable[[int], int]], bool]) -> bool:
        """Do chunk after chunk until nothing is left or the time is over; whether something is left. `chunk` is given what tells the pace
        of this stretch, and says whether it leaves anything."""
        first = lease.model.rows.values_list("done", flat=True).get(pk=lease.run_id)
        while chunk(lambda done: self.pace(done - first)):
            if self.is_over:
                return True
        return False


# ---- inside the transaction of a chunk or of a verb, with the run locked ----------------------------------------------


def commit_soon() -> None:
    """Do not wait for the disk in this transaction: a chunk lost in a crash takes its checkpoint with it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def checkpoint(run: Run, *columns: str) -> None:
    """Write how far the run is, with the chunk that brought it there. `columns`: what else changed. One query."""
    run.tries = 0
    run.save(update_fields=["done", "pace", "tries", *columns])


def leave(run: Run, state: str, *columns: str, at: datetime | None = None) -> None:
    """Stop or close the run: no chunk of it is written from now on. `at`: when it was over. One query."""
    run.state, run.lease_until, run.finished_at = state, None, at
    run.save(update_fields=["state", "lease_until", "finished_at", *columns])


def resume(run: Run, state: str, *columns: str) -> None:
    """Let workers go on from the last checkpoint. The caller orders the job. One query."""
    run.state, run.lease_until, run.finished_at, run.tries = state, None, None, 0
    run.save(update_fields=["state", "lease_until", "finished_at", "tries", *columns])


# ---- jobs -------------------------------------------------------------------------------------------------------------


def expect(model: type[Run], run_id: int) -> None:
    """Somebody is about to take the run up: it is not abandoned. One query."""
    model.rows.filter(pk=run_id).update(ordered_at=Now())


def order(model: type[Run], run_id: int, job: str, *, queue: str = "default") -> None:
    """Put the run's job into the queue, in the current transaction. Two queries."""
    expect(model, run_id)
    jobs.enqueue(job, queue=queue, run_id=run_id)


def order_abandoned(model: type[Run], jobs_by_state: Mapping[str, str], *, queue: str = "default") -> int:
    """Order again the jobs of runs that should be worked on and are not; how many. For the pulse.

    A job that waits in the queue is not ordered twice. One that a dead worker had in hand is: to wait for its rescue would
    cost half a minute, and it does no harm when it comes back.
    """
    rows = model.rows.filter(_is_free(), state__in=list(jobs_by_state)).exclude(ordered_at__gt=Now() - GRACE)
    found = [(pk, jobs_by_state[state]) for pk, state in rows.values_list("pk", "state")]
    found = [(pk, job) for pk, job in found if not jobs.is_waiting(job, run_id=pk)]
    for pk, job in found:
        order(model, pk, job, queue=queue)
    return len(found)


# ---- words ------------------------------------------------------------------------------------------------------------


def time_left(*, done: int, total: int, pace: int) -> str:
    """「2分05秒」 as of the pace; "" where nobody can know."""
    if not pace or not total:
        return ""
    seconds = max(1, round((total - done) / pace))
    if seconds < 60:
        return _("%(n)d秒") % {"n": seconds}
    return _("%(m)d分%(s)02d秒") % {"m": seconds // 60, "s": seconds % 60}
