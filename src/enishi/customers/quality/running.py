"""Drives the day's look: marks of those who changed, chunk by chunk, then the figures of the day in a few statements."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import F, Max

from enishi.customers.details import details_of, written
from enishi.customers.models import ContactPoint, Customer, QualityFigure, QualityMark, QualityRun
from enishi.customers.models.contacts import VALUES
from enishi.customers.quality.marking import POOR, mark
from enishi.customers.quality.scoring import scored
from enishi.customers.standards import current
from enishi.customers.standards.book import Book
from enishi.platform import runs, time
from enishi.platform.action import action
from enishi.platform.once import asked_once
from enishi.platform.runs import Lease

logger = logging.getLogger(__name__)
CHUNK: Final = 2_000
JOB: Final = "customers.look_at_quality"
KEPT: Final = timedelta(days=400)
State, Part = QualityRun.State, QualityFigure.Part

# Ids of the next stretch of whom no mark is true any more. Those in the recycle bin are not counted.
_STALE = """
SELECT c.id FROM customers_customer c LEFT JOIN customers_qualitymark m ON m.customer_id = c.id
 WHERE c.id >= %s AND c.id < %s AND c.archived_at IS NULL
   AND (m.customer_id IS NULL OR m.seen_xid <> c.row_xid OR m.book <> %s)
"""
_GROUPED = """
INSERT INTO customers_qualityfigure ("on", part, key, customers, score, poor)
SELECT %s, %s, {key}, count(*), round(100 * avg(s.score)), count(*) FILTER (WHERE s.score < %s) FROM ({scored}) AS s {more} GROUP BY 3
"""
_NAMED = """
INSERT INTO customers_qualityfigure ("on", part, key, customers, score, poor)
SELECT %s, %s, one, count(*), 0, 0
  FROM customers_qualitymark m JOIN customers_customer c ON c.id = m.customer_id, unnest(m.{column}) AS one
 WHERE c.archived_at IS NULL GROUP BY 3
"""
_LATEST_IMPORTS = """
JOIN (SELECT DISTINCT r.object_id, r.run_id FROM customers_importresult r
       WHERE r.run_id IN (SELECT id FROM customers_importrun WHERE target = 'customers' AND state = 'done' ORDER BY id DESC LIMIT 20)
         AND r.outcome IN ('created', 'updated') AND r.object_id IS NOT NULL) AS i ON i.object_id = s.customer_id
"""


def run(run_id: int) -> None:
    """One stretch; orders the next while customers are left."""
    with runs.taken_up(QualityRun, run_id, State.RUNNING, set_aside=_set_aside) as lease:
        left = lease is not None and runs.Stretch().go_on(lease, lambda pace: look_at_chunk(lease=lease, pace_of=pace))
    if left:
        runs.order(QualityRun, run_id, JOB)


def _set_aside(lease: Lease[QualityRun]) -> None:
    fail(run_id=lease.run_id)


@action
def fail(*, run_id: int) -> None:
    """Set a day's look aside: the next day's begins anew."""
    found = QualityRun.rows.select_for_update().get(pk=run_id)
    if found.state == State.RUNNING:
        runs.leave(found, State.FAILED, at=time.now())


@action
def begin(*, now: datetime) -> int | None:
    """Order today's look; None where there is one. One query then."""
    today = time.today(now)
    if QualityRun.rows.filter(on=today).exists():
        return None
    fresh, made = QualityRun.rows.get_or_create(on=today, defaults={"total": (Customer.rows.aggregate(last=Max("pk"))["last"] or 0) + 1})
    if made:
        runs.order(QualityRun, fresh.pk, JOB)
    return fresh.pk


@action
def begin_again(*, now: datetime) -> int:
    """Look once more today, from the first customer to the last there is now. Where a look goes on, it is that one, and who was marked
    and did not change is passed by quickly."""
    today = time.today(now)
    found, made = QualityRun.rows.select_for_update().get_or_create(on=today)
    goes_on = found.state == State.RUNNING and not made
    found.done, found.total = 0, (Customer.rows.aggregate(last=Max("pk"))["last"] or 0) + 1
    if goes_on:
        runs.checkpoint(found, "total")
    else:
        runs.resume(found, State.RUNNING, "done", "total")
        runs.order(QualityRun, found.pk, JOB)
    return found.pk


@action
def look_at_chunk(*, lease: Lease[QualityRun], pace_of: Callable[[int], int] = lambda _done: 0) -> bool:
    """Mark the next stretch of ids and move the checkpoint, in one transaction; whether more are left. Raises LeaseLost."""
    found = lease.held()
    with asked_once():
        book = current.current()
        until = min(found.done + CHUNK, found.total)
        _mark(_stale(found.done, until, book), book)
    found.done = until
    found.pace = pace_of(until)
    runs.checkpoint(found)
    if until < found.total:
        return True
    _add_up(found.on)
    runs.leave(found, State.DONE, at=time.now())
    return False


def look_through(run_id: int | None, *, chunks: int | None = None) -> None:
    """A day's look from where it stands to its end, without jobs: for the demo and for tests. `chunks`: only so many."""
    if run_id is None:
        return
    with runs.taken_up(QualityRun, run_id, State.RUNNING, set_aside=_set_aside) as lease:
        done = 0
        while lease is not None and done != chunks and look_at_chunk(lease=lease):
            done += 1


def scan(now: datetime) -> int:
    """Begin today's look, and order again one whose worker is gone. The number of runs."""
    return runs.order_abandoned(QualityRun, {State.RUNNING: JOB}) + (begin(now=now) is not None)


def _stale(first: int, until: int, book: Book) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_STALE, [first, until, book.version])
        return [pk for (pk,) in cursor.fetchall()]


def _mark(ids: list[int], book: Book) -> None:
    if not ids:
        return
    stopped, further = _contacts(ids)
    marks = []
    for one in Customer.rows.filter(pk__in=ids).defer("name_grams", "contact_grams"):
        reachable = bool(one.phone or (one.email and one.pk not in stopped))
        made = mark(book, written(details_of(one), one.lifecycle), reachable=reachable, further=further.get(one.pk, ()))
        marks.append(
            QualityMark(
                customer_id=one.pk,
                points=made.points,
                gaps=list(made.gaps),
                breaches=list(made.breaches),
                book=book.version,
                seen_xid=one.row_xid,
            )
        )
    QualityMark.rows.bulk_create(
        marks,
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["points", "gaps", "breaches", "book", "seen_xid"],
        batch_size=1_000,
    )


def _contacts(ids: list[int]) -> tuple[set[int], dict[int, list[dict[str, object]]]]:
    """Whose own mail address works no more, and the values of further contact points that work, by customer. One query."""
    stopped, further = set[int](), dict[int, list[dict[str, object]]]()
    for row in ContactPoint.rows.filter(customer_id__in=ids).only("customer_id", "kind", "is_primary", "state", *VALUES):
        if row.is_primary:
            stopped |= {row.customer_id} if row.kind == "email" and row.state != ContactPoint.State.USABLE else set()
        elif row.state == ContactPoint.State.USABLE:
            further.setdefault(row.customer_id, []).append({name: getattr(row, name) for name in VALUES})
    return stopped, further


def _add_up(on: date) -> None:
    """The figures of a day, in place of those it had. Seven statements over the base, in the job alone."""
    QualityFigure.rows.filter(on=on).delete()
    QualityFigure.rows.filter(on__lt=on - KEPT).delete()
    QualityRun.rows.filter(on__lt=on - KEPT).delete()
    alive = scored(QualityMark.rows.filter(customer__archived_at__isnull=True), on)
    query, values = alive.values("customer_id", "score", team=F("customer__team_id"), owner=F("customer__owner_id")).query.sql_with_params()
    groups = {
        Part.ALL: ("''", ""),
        Part.TEAM: ("coalesce(s.team::text, '')", ""),
        Part.OWNER: ("coalesce(s.owner::text, '')", ""),
        Part.IMPORT: ("i.run_id::text", _LATEST_IMPORTS),
    }
    with connection.cursor() as cursor:
        for part, (key, more) in groups.items():
            cursor.execute(_GROUPED.format(key=key, more=more, scored=query), [on, part.value, POOR, *values])  # names of ours
        for part, column in ((Part.GAP, "gaps"), (Part.BREACH, "breaches")):
            cursor.execute(_NAMED.format(column=column), [on, part.value])
