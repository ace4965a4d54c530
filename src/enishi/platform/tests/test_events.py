"""The event log: written with the change, read in commit-safe order, at least once, by subscribers that fail alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from enishi.customers.imports import doors
from enishi.platform import context, events, jobs, wiring
from enishi.platform.actor import SYSTEM, Actor
from enishi.platform.models import DeadLetter, Event, EventCursor, Team

AT = datetime(2026, 11, 22, 1, 11, tzinfo=UTC)
NEVER = 2**63 - 1


def record(*subjects, kind="thing.happened"):
    for subject in subjects:
        events.record(kind, subject=subject, customer=None, actor=SYSTEM, at=AT)


@pytest.fixture
def subscribe(monkeypatch):
    """`subscribe(name=function)`: these and no others listen to `thing.happened`."""

    def wire(**functions):
        table = {name: (("thing.happened",), function) for name, function in functions.items()}
        monkeypatch.setattr(wiring, "load", lambda name: table)

    return wire


@pytest.fixture
def heard(subscribe):
    """What a subscriber that never fails was told, batch by batch."""
    batches: list[list[int]] = []
    subscribe(listener=lambda batch: batches.append([event.subject_id for event in batch]))
    return batches


@pytest.fixture
def settled(db, monkeypatch):
    """Every transaction is over, also the one that holds the test."""
    monkeypatch.setattr(events, "settled_before", lambda: NEVER)


@pytest.fixture
def elsewhere(db):
    """A connection of another process, in a transaction of its own."""
    other = connection.copy()
    other.set_autocommit(False)
    yield other
    other.close()


def record_elsewhere(other, subject):
    with other.cursor() as cursor:
        cursor.execute(
            "INSERT INTO platform_event (kind, subject_id, actor_kind, at, data, row_xid)"
            " VALUES ('thing.happened', %s, 'system', now(), '{}', pg_current_xact_id()) RETURNING row_xid::text",
            [subject],
        )
        return int(cursor.fetchone()[0])


def due_again():
    EventCursor.rows.update(next_try_at=None)


# ---- writing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, events.FEW, events.FEW + 1])
def test_few_and_many_events_are_written_alike(db, count, django_assert_num_queries):
    data = {"words": 'タブ\tと\n改行と\\と"引用符"', "yen": 1_200_000, "flag": True, "nothing": None}
    with django_assert_num_queries(1):
        events.record_many([events.NewEvent("deal.won", number, number or None, AT, data) for number in range(count)], actor=SYSTEM)
    rows = list(Event.rows.order_by("subject_id").values_list("kind", "subject_id", "customer_id", "actor_kind", "actor_id", "at", "data"))
    assert rows == [("deal.won", number, number or None, "system", None, AT, data) for number in range(count)]


def test_an_event_dies_with_its_change(db):
    with transaction.atomic():
        record(1)
        transaction.set_rollback(True)
    assert not Event.rows.exists()


# ---- reading ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_event_of_a_transaction_still_open_is_not_overtaken(heard, elsewhere, monkeypatch):
    still_open = record_elsewhere(elsewhere, 1)
    record(2)  # committed first, by a younger transaction
    assert events.settled_before() <= still_open
    assert events.run_subscribers() == 0
    elsewhere.commit()
    monkeypatch.setattr(events, "settled_before", lambda: NEVER)  # other tests may hold the server's oldest transaction
    with elsewhere.cursor() as cursor:  # another pulse has the cursor in hand
        cursor.execute("SELECT 1 FROM platform_eventcursor FOR UPDATE")
    assert events.run_subscribers() == 0
    elsewhere.rollback()
    assert events.run_subscribers() == 2
    assert heard == [[1, 2]]
    assert events.run_subscribers() == 0


@pytest.mark.usefixtures("settled")
def test_other_kinds_are_passed_over_once(heard):
    record(1, kind="other.happened")
    record(2)
    record(3, kind="other.happened")
    assert events.run_subscribers() == 1
    last = Event.rows.order_by("pk").last()
    assert EventCursor.rows.values_list("last_xid", "last_id").get() == (last.row_xid, last.pk)
    assert heard == [[2]]


@pytest.mark.usefixtures("settled")
def test_a_long_log_is_read_batch_by_batch(heard, monkeypatch):
    monkeypatch.setattr(events._take_batch, "__kwdefaults__", {"size": 2})
    record(1, 2, 3)
    assert [events.run_subscribers() for _ in range(3)] == [2, 1, 0]
    assert heard == [[1, 2], [3]]


@pytest.mark.usefixtures("settled")
def test_a_failure_loses_nothing_undoes_its_own_work_and_holds_nobody_else_up(subscribe):
    told, works = [], []

    def fails_once(batch):
        told.append([event.subject_id for event in batch])
        Team.rows.create(name=f"try {len(told)}")
        if len(told) == 1:
            raise ValueError("out of order")

    subscribe(broken=fails_once, sound=lambda batch: works.append([event.subject_id for event in batch]))
    record(1, 2)
    assert events.run_subscribers() == 2
    assert works == [[1, 2]]
    cursor = EventCursor.rows.get(subscriber="broken")
    assert (cursor.last_id, cursor.failures, cursor.last_error) == (0, 1, "out of order")
    assert events.run_subscribers() == 0  # not before its time
    due_again()
    assert events.run_subscribers() == 2
    assert told == [[1, 2], [1, 2]]
    assert list(Team.rows.values_list("name", flat=True)) == ["try 2"]
    assert EventCursor.rows.get(subscriber="broken").failures == 0


@pytest.mark.usefixtures("settled")
def test_an_event_that_fails_three_times_is_set_aside_and_the_rest_goes_on(subscribe):
    done = []

    def chokes_on_two(batch):
        for event in batch:
            if event.subject_id == 2:
                raise ValueError("cannot swallow")
        done.extend(event.subject_id for event in batch)

    subscribe(picky=chokes_on_two)
    record(1, 2, 3)
    waits = []
    for _ in range(3):
        events.run_subscribers()
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM next_try_at - now()) FROM platform_eventcursor")
            waits.append(cursor.fetchone()[0])
        due_again()
    assert done == [1, 3]
    letter = DeadLetter.rows.get()
    assert (letter.subscriber, letter.error) == ("picky", "cannot swallow")
    assert Event.rows.get(pk=letter.event_id).subject_id == 2
    assert [wait and round(wait) for wait in waits] == [2, 4, None]
    record(4)
    assert events.run_subscribers() == 1
    assert done == [1, 3, 4]


# ---- by which door, and from where --------------------------------------------------------------------------------------


@pytest.fixture
def colleague():
    return Actor("staff", "髙橋 美咲", user_id=7)


def of_kind(kind):
    return [(event.door, event.ip) for event in Event.rows.filter(kind=kind).order_by("pk")]


def test_an_event_says_by_which_door_it_came_and_where_staff_were(db, colleague):
    context.arrive("screen", "203.0.113.7")
    events.record("thing.happened", subject=1, customer=None, actor=colleague, at=AT)
    events.record("thing.happened", subject=2, customer=None, actor=Actor("capability", "a mailed link"), at=AT)
    with context.entered("job import", "import"):
        events.record("thing.happened", subject=3, customer=None, actor=colleague, at=AT)
    with context.entered("pulse", "schedule"):
        record(4)
    context.arrive("", None)
    assert of_kind("thing.happened") == [("screen", "203.0.113.7"), ("screen", None), ("import", None), ("schedule", None)]


def test_the_thousand_events_of_an_import_say_the_same(db, colleague):
    made = [events.NewEvent("thing.imported", pk, None, AT, {}) for pk in range(events.FEW + 1)]
    with context.entered("job import", "import"):
        events.record_many(made, actor=colleague)
    context.arrive("api", "203.0.113.7")
    events.record_many(made, actor=colleague)
    context.arrive("", None)
    assert set(of_kind("thing.imported")) == {("import", None), ("api", "203.0.113.7")}


def test_the_jobs_of_an_import_are_known_as_such(db, monkeypatch):
    seen = []
    monkeypatch.setattr(doors, "undo", lambda run_id: seen.append(context.door()))
    context.arrive("", None)
    jobs.app.tasks["customers.undo_import"].func(run_id=1)
    assert (seen, context.door()) == (["import"], "")
