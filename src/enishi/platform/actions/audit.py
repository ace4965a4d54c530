"""Verbs of the audit: sealing what was added to the append-only tables, and walking along the seals every night."""

from __future__ import annotations

from datetime import datetime, timedelta

from enishi.platform import anchors, events, jobs, runs, sealing, time
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM
from enishi.platform.models import AuditCheck, Seal, SealMark

SEAL_JOB, CHECK_JOB = "platform.seal", "platform.check_audit"
#: Between the mark and the seal: an id may be drawn before its transaction has a number of its own, and that takes moments.
SETTLES = timedelta(minutes=10)
PROBLEMS_KEPT = 100


@action
def prepare_seal(*, now: datetime) -> bool:
    """Once a business day: say how far the next seal will go, and order it when nobody can write below that any more; then order
    the walk along the chain. Whether anything was done. Two or three queries."""
    mark = SealMark.rows.first()
    if mark is not None:
        settled = now - mark.at >= SETTLES and events.settled_before() >= mark.horizon
        if not settled or jobs.is_waiting_or_running(SEAL_JOB):
            return False
        jobs.enqueue(SEAL_JOB)
        return True
    last = Seal.rows.order_by("-number").values_list("at", flat=True).first()
    if last is None or time.today(last) < time.today(now):
        SealMark.rows.bulk_create([SealMark(at=now, horizon=sealing.next_transaction(), limits=sealing.last_ids())])
        return True
    return _order_check(now)


def _order_check(now: datetime) -> bool:
    last = AuditCheck.rows.order_by("-pk").values_list("started_at", flat=True).first()
    if last is not None and time.today(last) >= time.today(now):
        return False
    check = AuditCheck.rows.create(started_at=now, total=Seal.rows.count())
    runs.order(AuditCheck, check.pk, CHECK_JOB)
    return True


@action
def write_seal(*, now: datetime) -> int | None:
    """Seal the rows up to the mark, at most a million ids of a table at once; the seal's number, None where nothing is marked.
    Records `audit.sealed`. The mark stays while something is left below it."""
    mark = SealMark.rows.select_for_update().first()
    if mark is None:
        return None
    last = Seal.rows.order_by("-number").first()
    tables, left = {}, False
    for table, limit in mark.limits.items():
        after = _sealed_until(table)
        until = min(limit, max(after, 0) + sealing.MOST)
        left = left or until < limit
        if until > after:
            tables[table] = sealing.part(table, after, until)
    number, previous = (last.number + 1, last.hash) if last else (1, "")
    said = sealing.hash_of(number=number, at=now, previous=previous, tables=tables)
    Seal.rows.create(number=number, at=now, previous_hash=previous, tables=tables, hash=said)
    if not left:
        mark.delete()
    events.record("audit.sealed", subject=number, customer=None, actor=SYSTEM, at=now)
    return number


def _sealed_until(table: str) -> int:
    """The last id of a table that a seal covers. One query, two where the last seals say nothing of it."""
    said = Seal.rows.filter(tables__has_key=table).order_by("-number").values_list("tables", flat=True).first()
    return sealing.BEFORE_ALL if said is None else said[table]["until"]


def seal_on(*, now: datetime) -> None:
    """Seal until the mark is reached, and write what was sealed outside of the database."""
    anchors.publish()
    while write_seal(now=now) is not None:
        anchors.publish()


@action
def keep_looked(*, lease: runs.Lease[AuditCheck], looked: sealing.Looked) -> None:
    """The checkpoint of a walk: one more seal was looked at. Raises LeaseLost."""
    check = lease.held()
    check.done = looked.number
    check.rows_count += looked.rows
    check.problem_count += len(looked.problems)
    check.problems = [*check.problems, *(problem.as_json() for problem in looked.problems)][:PROBLEMS_KEPT]
    runs.checkpoint(check, "rows_count", "problem_count", "problems")


@action
def close_check(*, lease: runs.Lease[AuditCheck], now: datetime) -> None:
    """The walk is over. Records `audit.verified`. Raises LeaseLost."""
    check = lease.held()
    runs.leave(check, AuditCheck.State.DONE, at=now)
    found: dict[str, events.Primitive] = {"seals": check.done, "problems": check.problem_count}
    events.record("audit.verified", subject=check.pk, customer=None, actor=SYSTEM, at=now, data=found)


@action
def set_check_aside(*, lease: runs.Lease[AuditCheck], now: datetime) -> None:
    """The walk never got on. Records `audit.check_failed`."""
    check = lease.held()
    runs.leave(check, AuditCheck.State.FAILED, at=now)
    events.record("audit.check_failed", subject=check.pk, customer=None, actor=SYSTEM, at=now)


def check_on(*, check_id: int, now: datetime, seconds: float = runs.STRETCH_SECONDS) -> bool:
    """Go on with a nightly walk for a while, against the installation's own anchors; whether something is left."""

    def set_aside(lease: runs.Lease[AuditCheck]) -> None:
        set_check_aside(lease=lease, now=now)

    with runs.taken_up(AuditCheck, check_id, AuditCheck.State.RUNNING, set_aside=set_aside) as lease:
        if lease is None:
            return False
        stretch = runs.Stretch(seconds)
        first = AuditCheck.rows.values_list("done", flat=True).get(pk=check_id) + 1
        for looked in sealing.walk(first=first, anchors=anchors.own(), between=lease.renew):
            keep_looked(lease=lease, looked=looked)
            if stretch.is_over:
                return True
        close_check(lease=lease, now=now)
    return False


@action
def order_check_on(*, check_id: int) -> None:
    """The next stretch of a walk."""
    runs.order(AuditCheck, check_id, CHECK_JOB)
