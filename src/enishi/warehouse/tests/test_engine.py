"""The engine as pages meet it: over its socket, with answers kept, refused and given up."""

from __future__ import annotations

import json
import stat
import threading
from datetime import date

import ibis
import pytest

from enishi.warehouse.analysis import Analysis, Params, Reach
from enishi.warehouse.engine import client, service
from enishi.warehouse.engine.server import listening
from enishi.warehouse.engine.service import Service
from enishi.warehouse.engine.socket import socket_path
from enishi.warehouse.tests import worlds
from enishi.warehouse.working import WorkingSet

DAY = date(2026, 3, 2)
EVERYBODY = Reach(everybody=True)


class Nothing(Params):
    pass


class Numbers(Params):
    count: int


def _people(tables, params):
    return {"people": tables.customers.aggregate(customers=tables.customers.count())}


def _numbers(tables, params):
    return {"numbers": ibis.range(0, params.count, 1).unnest().name("n").as_table()}


def _endless(tables, params):
    n = ibis.range(0, 3_000_000, 1).unnest().name("n").as_table()
    return {"sum": n.cross_join(n.view()).aggregate(total=ibis._.n.sum())}


KNOWN = {"people": Analysis(Nothing, _people), "numbers": Analysis(Numbers, _numbers), "endless": Analysis(Nothing, _endless)}


@pytest.fixture
def working(tmp_path):
    people = [worlds.customer(1), worlds.customer(2, archived=True), worlds.customer(3, owner_id=7)]
    return worlds.working_set(tmp_path, customers=people, orders=[worlds.order(1, 1, DAY)])


@pytest.fixture
def answering(working, tmp_path):
    path = tmp_path / "run" / "engine.sock"
    with listening(Service(working, KNOWN), path):
        yield path


def asked(serving, name, *, wait_ms=20_000, reach=EVERYBODY, **params):
    line = {"analysis": name, "params": params, "reach": reach.model_dump(mode="json"), "wait_ms": wait_ms}
    return serving.answer(json.dumps(line).encode())


def test_a_page_asks_over_the_socket(answering):
    answer = client.ask("people", Nothing(), EVERYBODY, wait_ms=20_000, path=answering)
    assert answer.state == "done"
    assert answer.tables["people"].records() == [{"customers": 2}]
    assert answer.at is not None


def test_nobody_else_may_open_the_socket(answering):
    assert stat.S_IMODE(answering.stat().st_mode) & 0o077 == 0


def test_without_an_engine_a_page_is_told_so(tmp_path):
    assert client.ask("people", Nothing(), EVERYBODY, path=tmp_path / "nobody.sock").state == "away"


def test_a_long_path_gets_a_socket_elsewhere(tmp_path):
    long = tmp_path / ("縁" * 60)
    assert len(str(socket_path(long)).encode()) < 100
    assert socket_path(long) == socket_path(long) != socket_path(tmp_path / ("縁" * 61))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"nonsense",
        b'{"analysis": "nobody", "reach": {}}',
        b'{"analysis": "numbers", "params": {"count": "DROP TABLE orders"}, "reach": {}}',
        b'{"analysis": "people", "params": {"more": 1}, "reach": {}}',
        b'{"analysis": "people", "reach": {"everybody": true, "also": 1}}',
    ],
)
def test_what_is_no_question_is_refused(working, line):
    assert Service(working, KNOWN).answer(line).state == "refused"


def test_an_answer_is_kept_for_the_same_question_of_the_same_data_alone(working):
    serving = Service(working, KNOWN)
    first = asked(serving, "people")
    working.at_us += 15_000_000  # looked at again, and nothing has changed
    again = asked(serving, "people")
    assert again.tables is first.tables
    assert again.at_us == first.at_us + 15_000_000
    assert asked(serving, "people", reach=Reach(owner_id=7)).tables["people"]["rows"] == [[1]]
    working.version += 1
    assert asked(serving, "people").tables is not first.tables


def test_before_the_mirror_is_read_it_is_starting(tmp_path, working):
    empty = WorkingSet(working._store, list(working._tables.values()), memory_mb=300, threads=1, spill=tmp_path / "other")
    assert asked(Service(empty, KNOWN), "people").state == "starting"


def test_a_long_question_is_worked_on_meanwhile_and_given_up_when_nobody_asks_again(working, monkeypatch):
    serving = Service(working, KNOWN)
    assert asked(serving, "endless", wait_ms=1).state == "running"
    assert asked(serving, "people").state == "done"  # it holds nobody else up
    serving.drop_unwanted()
    assert asked(serving, "endless", wait_ms=1).state == "running"  # wanted just now
    monkeypatch.setattr(service, "UNWANTED_AFTER", -1.0)
    [running] = serving._running.values()
    serving.drop_unwanted()
    assert running.done.wait(30)
    assert running.answer.error == "dropped"
    serving.close()


def test_too_many_rows_are_no_answer(working, monkeypatch):
    monkeypatch.setattr(service, "MOST_ROWS", 10)
    serving = Service(working, KNOWN)
    assert len(asked(serving, "numbers", count=10).tables["numbers"]["rows"]) == 10
    assert asked(serving, "numbers", count=11).state == "failed"


def test_who_comes_when_too_many_wait_is_told_to_come_again(working, monkeypatch):
    monkeypatch.setattr(service, "MOST_WAITING", 1)
    serving = Service(working, KNOWN)
    assert asked(serving, "endless", wait_ms=1).state == "running"
    assert asked(serving, "people").state == "busy"
    assert asked(serving, "endless", wait_ms=1).state == "running"  # the same question is not another
    serving.close()


def test_many_at_once_get_one_computation(working):
    serving, seen = Service(working, KNOWN), []
    threads = [threading.Thread(target=lambda: seen.append(asked(serving, "people"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(answer.tables) for answer in seen}) == 1
