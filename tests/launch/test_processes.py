import os
import subprocess
import sys

import pytest

from config.cli import processes, stamps

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


@pytest.fixture
def sleeper(tmp_path):
    """A process of ours that does nothing for a minute."""
    environ = os.environ | {processes.MARK: str(tmp_path)}
    process = subprocess.Popen(SLEEPER, env=environ, cwd=tmp_path, stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_zombie_is_not_alive(sleeper):
    assert processes.alive(sleeper.pid)
    os.kill(sleeper.pid, 9)
    assert processes.wait_until(lambda: processes.state(sleeper.pid) == "Z", 10)  # nobody has waited for it yet
    assert not processes.alive(sleeper.pid)


def test_nobody_has_pid_zero():
    assert not processes.alive(0)


def test_a_pid_file_knows_its_process_again(sleeper, tmp_path):
    processes.write_pid_file(tmp_path / "run", "web", sleeper.pid, port=8000)
    [running] = processes.running_in(tmp_path / "run")
    assert (running.name, running.pid, running.port) == ("web", sleeper.pid, 8000)


def test_a_number_that_was_given_to_another_process_does_not_count(tmp_path):
    (tmp_path / "web.pid").write_text(f'{{"name": "web", "pid": {os.getpid()}, "started": "long ago"}}')
    assert processes.running_in(tmp_path) == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"pid": 1}'])
def test_a_torn_pid_file_counts_as_none(tmp_path, text):
    (tmp_path / "web.pid").write_text(text)
    assert processes.running_in(tmp_path) == []


def test_orphans_are_found_by_their_mark_and_by_their_folder(sleeper, tmp_path):
    assert processes.marked(tmp_path) == [sleeper.pid]
    assert processes.working_in(tmp_path) == [sleeper.pid]
    processes.end_all([sleeper.pid], patience=10)
    assert processes.marked(tmp_path) == []


def test_what_does_not_listen_is_ended_by_force():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        processes.end_all([process.pid], patience=0.2)
        assert process.wait() == -9


def test_a_stamp_holds_until_a_file_changes(tmp_path):
    source, stamp = tmp_path / "frontend", tmp_path / "stamps" / "assets"
    (source / "styles").mkdir(parents=True)
    (source / "styles" / "button.css").write_text("a {}")
    before = stamps.digest([source])
    assert not stamps.holds(stamp, before)
    stamps.keep(stamp, before)
    assert stamps.holds(stamp, stamps.digest([source]))
    (source / "styles" / "button.css").write_text("b {}")
    assert not stamps.holds(stamp, stamps.digest([source]))


def test_a_renamed_file_changes_the_stamp_and_a_built_one_does_not(tmp_path):
    source = tmp_path / "frontend"
    (source / "dist").mkdir(parents=True)
    (source / "a.ts").write_text("1")
    before = stamps.digest([source])
    (source / "dist" / "a.js").write_text("1")
    assert stamps.digest([source]) == before
    (source / "a.ts").rename(source / "b.ts")
    assert stamps.digest([source]) != before
