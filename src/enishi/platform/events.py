"""The event log: written with the change itself, read by subscribers in commit-safe order.

A subscriber never misses the event of a slow transaction: it reads only what is older than the oldest
transaction still running (`pg_snapshot_xmin`), ordered by (transaction, id), and stores where it stands in the
same transaction as its own work. At least once; an event that fails three times is set aside.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from enishi.platform import context, time, wiring
from enishi.platform.actor import Actor
from enishi.platform.bulk import copy_lines, copy_value
from enishi.platform.models import DeadLetter, Event, EventCursor

logger = logging.getLogger(__name__)
BATCH = 500
FEW = 20
TRIES = 3
Primitive = str | int | bool | None
Subscriber = Callable[[Sequence[Event]], None]


class NewEvent(NamedTuple):
    """An event to record. A tuple: an import makes a hundred thousand of them."""

    kind: str
    subject: int
    customer: int | None
    at: datetime
    data: Mapping[str, Primitive]


def record(
    kind: str, *, subject: int, customer: int | None, actor: Actor, at: datetime, data: Mapping[str, Primitive] | None = None
) -> int:
    """One event, in the transaction of the change it tells of; gives its id. One query."""
    event = _row(NewEvent(kind, subject, customer, at, data or {}), actor)
    event.save(force_insert=True)
    return event.pk


def record_many(events: Sequence[NewEvent], *, actor: Actor) -> None:
    """Many events of one deed. One query, by COPY where they are more than a few."""
    if len(events) > FEW:
        by = f"{actor.kind}\t{copy_value(actor.user_id)}\t{context.door()}\t{copy_value(_peer_of(actor))}"
        # Events of one deed share their instant and mostly their data: each is put into words once.
        when = {key: str(at) for key, at in {id(e.at): e.at for e in events}.items()}
        texts = {key: copy_value(json.dumps(dict(data), ensure_ascii=False)) for key, data in {id(e.data): e.data for e in events}.items()}
        columns = ("kind", "subject_id", "customer_id", "actor_kind", "actor_id", "door", "ip", "at", "data")
        copy_lines(
            Event,
            columns,
            [f"{e.kind}\t{e.subject}\t{copy_value(e.customer)}\t{by}\t{when[id(e.at)]}\t{texts[id(e.data)]}" for e in events],
        )
        return
    Event.rows.bulk_create([_row(event, actor) for event in events])


def _peer_of(actor: Actor) -> str | None:
    """Where a colleague, or who tries to come in as one, is; the address of a customer at a mailed link is nobody's business."""
    return context.peer() if actor.kind in ("staff", "token", "scim", "anonymous") else None


def _row(event: NewEvent, actor: Actor) -> Event:
    return Event(
        kind=event.kind,
        subject_id=event.subject,
        customer_id=event.customer,
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        door=context.door(),
        ip=_peer_of(actor),
        at=event.at,
        data=dict(event.data),
    )


def run_subscribers() -> int:
    """Let every subscriber take its next batch; the number of events handled. Called by the tick."""
    wires: Mapping[str, tuple[tuple[str, ...], Subscriber]] = wiring.load("EVENT_SUBSCRIBERS")
    return sum(_run_one(name, kinds, take) for name, (kinds, take) in wires.items())


def _run_one(name: str, kinds: Sequence[str], take: Subscriber) -> int:
    EventCursor.rows.get_or_create(subscriber=name)
    try:
        with transaction.atomic():
            return _take_batch(name, kinds, take)
    except Exception as error:
        logger.exception("subscriber %s failed", name)
        _count_failure(name, kinds, take, str(error))
        return 0


def _take_batch(name: str, kinds: Sequence[str], take: Subscriber, *, size: int = BATCH) -> int:
    may_try = Q(next_try_at=None) | Q(next_try_at__lte=Now())
    cursor = EventCursor.rows.select_for_update(skip_locked=True).filter(may_try, subscriber=name).first()
    if cursor is None:
        return 0
    batch = next_batch(cursor, size)
    if not batch:
        return 0
    wanted = [event for event in batch if event.kind in kinds]
    if wanted:
        take(wanted)
    cursor.last_xid, cursor.last_id = batch[-1].row_xid, batch[-1].pk
    cursor.failures, cursor.last_error, cursor.next_try_at = 0, "", None
    cursor.save()
    return len(wanted)


def settled_before() -> int:
    """The oldest transaction still running on the server: what an older one wrote can no longer be overtaken. One query."""
    with connection.cursor() as db:
        db.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(db.fetchone()[0])


def next_batch(cursor: EventCursor, size: int) -> list[Event]:
    """Events after the cursor that can no longer be overtaken, oldest transaction first. Three queries."""
    until = settled_before()
    with connection.cursor() as db:
        db.execute(
            "SELECT id FROM platform_event WHERE (row_xid, id) > (%s::xid8, %s) AND row_xid < %s::xid8 ORDER BY row_xid, id LIMIT %s",
            [str(cursor.last_xid), cursor.last_id, str(until), size],
        )
        ids = [row[0] for row in db.fetchall()]
    found = Event.rows.in_bulk(ids)
    return [found[pk] for pk in ids]


def _count_failure(name: str, kinds: Sequence[str], take: Subscriber, error: str) -> None:
    """After three failures of a batch, try its events one by one and set aside those that fail alone."""
    with transaction.atomic():
        cursor = EventCursor.rows.select_for_update().get(subscriber=name)
        cursor.failures += 1
        cursor.last_error = error[:2000]
        wait: datetime | Combinable | None = Now() + timedelta(seconds=2**cursor.failures)
        batch = next_batch(cursor, BATCH) if cursor.failures >= TRIES else []
        for event in batch:
            if event.kind in kinds:
                try:
                    with transaction.atomic():
                        take([event])
                except Exception as alone:
                    DeadLetter.rows.get_or_create(
                        subscriber=name, event_id=event.pk, defaults={"error": str(alone)[:2000], "at": time.now()}
                    )
            cursor.last_xid, cursor.last_id = event.row_xid, event.pk
        if batch:
            cursor.failures, wait = 0, None
        cursor.next_try_at = wait
        cursor.save()
