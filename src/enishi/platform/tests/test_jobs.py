"""The queue and the pulse: the outbox, one pulse at a time, jobs of dead workers, poison."""

from __future__ import annotations

from django.db import connection, transaction

from enishi.platform import jobs, tick, wiring

NAME = "commerce.refresh_lifecycles"


def row(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()


def job_of(worker, *, attempts=0, status="doing"):
    sql = "INSERT INTO procrastinate_jobs (queue_name, task_name, status, worker_id, attempts) VALUES ('default', %s, 'todo', %s, %s) RETURNING id"
    (pk,) = row(sql, NAME, worker, attempts)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s", [status, pk])
    return pk


def worker(*, silent_for="0 seconds"):
    return row("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s::interval) RETURNING id", silent_for)[0]


def state(job):
    return row("SELECT status::text, worker_id, attempts FROM procrastinate_jobs WHERE id = %s", job)


def test_a_job_exists_exactly_when_its_change_does(db):
    with transaction.atomic():
        jobs.enqueue("imports.run", queue="imports", run_id=1)
        transaction.set_rollback(True)
    assert not jobs.is_waiting_or_running("imports.run")
    jobs.enqueue("imports.run", queue="imports", run_id=1)
    assert jobs.is_waiting_or_running("imports.run", run_id=1)
    assert not jobs.is_waiting_or_running("imports.run", run_id=2)


def test_a_job_that_is_over_neither_waits_nor_runs(db):
    job_of(None, status="succeeded")
    assert not jobs.is_waiting_or_running(NAME)


def test_jobs_of_dead_workers_go_back_and_those_of_living_ones_are_left_alone(db):
    gone, silent, busy = job_of(None), job_of(worker(silent_for="31 seconds")), job_of(alive := worker(silent_for="10 seconds"))
    assert tick.rescue() == 2
    assert state(gone) == state(silent) == ("todo", None, 1)
    assert state(busy) == ("doing", alive, 0)
    assert tick.rescue() == 0


def test_a_job_that_kills_its_workers_is_set_aside_after_three_rescues(db, caplog):
    poison = job_of(None)
    for tries in range(1, 4):
        assert tick.rescue() == 1
        assert state(poison) == ("todo", None, tries)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [poison])
    assert tick.rescue() == 1
    assert state(poison)[0] == "failed"
    assert str(poison) in caplog.text
    assert tick.rescue() == 0


def test_a_job_that_somebody_wanted_to_end_is_rescued_like_any_other(db):
    asked = job_of(None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET abort_requested = true WHERE id = %s", [asked])
    assert tick.rescue() == 1
    assert state(asked)[0] == "todo"


def test_one_process_at_a_time_keeps_the_pulse(db, monkeypatch):
    beats = []
    monkeypatch.setattr(wiring, "load", {"EVENT_SUBSCRIBERS": {}, "DUE_SCANNERS": [lambda now: beats.append(now) or 1]}.get)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [tick.LOCK])
        assert tick.beat() == 0
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [tick.LOCK])
        assert tick.beat() == tick.beat() == 1  # it gives the pulse back each time
    finally:
        other.close()
    assert len(beats) == 2


def test_a_scanner_that_fails_holds_nobody_up(db, monkeypatch, caplog, now):
    asked = []

    def breaks(at):
        with connection.cursor() as cursor:
            cursor.execute("SELECT no_such_column")

    def goes_on(at):
        asked.append(at)
        return 3

    monkeypatch.setattr(wiring, "load", {"EVENT_SUBSCRIBERS": {}, "DUE_SCANNERS": [in_a_savepoint(breaks), goes_on]}.get)
    assert tick.beat() == 3
    assert asked == [now]
    assert "breaks failed in the pulse" in caplog.text


def in_a_savepoint(scan):
    """As a scanner outside of a test's transaction would: what it broke is rolled back."""

    def breaks(at):
        with transaction.atomic():
            return scan(at)

    return breaks
