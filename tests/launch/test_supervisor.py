import os
import signal
import sys
import time

import pytest

from config.cli import processes, welcome
from config.cli.supervisor import LOG_SIZE, Child, Supervisor, pause, turn_logs
from config.settings.environment import parse

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
FAILING = [sys.executable, "-c", "raise SystemExit('no luck')"]


@pytest.fixture
def make_supervisor(tmp_path):
    made = []

    def make(*children, database_pid=os.getpid, bring_up_database=lambda: None):
        base = parse({"ENISHI_DATA_DIR": str(tmp_path / "var")})
        supervisor = Supervisor(base, list(children), bring_up_database, database_pid)
        made.append(supervisor)
        return supervisor

    yield make
    for supervisor in made:
        supervisor.hurried = True
        supervisor.stop()


@pytest.fixture
def make_child(tmp_path):
    def make(command, name="worker-1"):
        return Child(name, command, os.environ | {processes.MARK: str(tmp_path / "var")}, tmp_path / "var" / "log" / f"{name}.log")

    return make


def look_until(supervisor, condition):
    def looked():
        supervisor.look()
        return condition()

    assert processes.wait_until(looked, 20)


def test_a_killed_child_is_started_again(make_supervisor, make_child):
    child = make_child(SLEEPER)
    supervisor = make_supervisor(child)
    supervisor.look()
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    look_until(supervisor, lambda: child.process is not None and child.process.pid != first)
    assert [running.pid for running in processes.running_in(supervisor.run_dir)] == [child.process.pid]


def test_a_child_that_cannot_run_is_tried_more_and_more_seldom(make_supervisor, make_child):
    child = make_child(FAILING)
    supervisor = make_supervisor(child)
    look_until(supervisor, lambda: child.failures == 2)
    assert child.process is None
    assert child.not_before > time.monotonic() + 0.5
    assert "no luck" in child.log.read_text()
    assert [pause(failures) for failures in (1, 2, 3, 10)] == [1, 2, 4, 30]


def test_what_a_killed_leader_leaves_behind_is_ended_too(make_supervisor, make_child, tmp_path):
    forks = "import os, time; os.fork(); time.sleep(60)"
    child = make_child([sys.executable, "-c", forks])
    supervisor = make_supervisor(child)
    supervisor.look()
    assert processes.wait_until(lambda: len(processes.marked(tmp_path / "var")) == 2, 20)
    leader = child.process.pid
    orphan = next(pid for pid in processes.marked(tmp_path / "var") if pid != leader)
    os.kill(leader, signal.SIGKILL)
    look_until(supervisor, lambda: not processes.alive(orphan))


def test_a_dead_database_is_brought_up_again(make_supervisor):
    pids, calls = [None], []

    def bring_up():
        calls.append(1)
        pids[0] = os.getpid()

    supervisor = make_supervisor(database_pid=lambda: pids[0], bring_up_database=bring_up)
    supervisor.look()
    supervisor.look()
    assert calls == [1]


def test_stopping_ends_the_children_and_their_pid_files(make_supervisor, make_child):
    child = make_child(SLEEPER)
    supervisor = make_supervisor(child)
    supervisor.look()
    supervisor.stop()
    assert child.process.returncode == -signal.SIGTERM
    assert list(supervisor.run_dir.glob("*.pid")) == []


def test_big_logs_are_turned_in_place(tmp_path):
    log = tmp_path / "web.log"
    log.write_text("small")
    turn_logs(tmp_path)
    assert log.read_text() == "small"
    for letter in "abcde":
        with log.open("a") as file:
            file.truncate(0)
            file.write(letter * LOG_SIZE)
            turn_logs(tmp_path)
    assert log.stat().st_size == 0
    assert [(path.name, path.read_text()[0]) for path in sorted(tmp_path.glob("web.log.*"))] == [
        ("web.log.1", "e"),
        ("web.log.2", "d"),
        ("web.log.3", "c"),
    ]


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://localhost:8000/"),
        ({"ENISHI_PORT": "80"}, "http://localhost/"),
        ({"ENISHI_APP_HOST": "crm.example.jp", "ENISHI_SCHEME": "https"}, "https://crm.example.jp/"),
        ({"ENISHI_SCHEME": "https", "ENISHI_PUBLIC_PORT": "8443"}, "https://localhost:8443/"),
    ],
)
def test_the_address_is_what_people_type(environ, address):
    assert welcome.address(parse(environ)) == address


def test_another_port_shows_in_the_address():
    assert welcome.address(welcome.at_port(parse({}), 8003)) == "http://localhost:8003/"
