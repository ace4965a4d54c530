"""pytest plugin of `bench guards`: which tests pass by which guard, and which of them notice that one is gone.

`ENISHI_GUARDS=record:FILE:PART:PARTS` runs its share of the tests once and writes down the guards that each passes. `judge:FILE:…` takes
the guards that the file names away, one at a time, each in a process of its own, and runs the tests that pass it until one fails.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from bench import mutants

#: Seconds of tests for one guard; what nothing has noticed by then counts as unnoticed.
MOST_SECONDS = 150.0
CENSUS = "tests/house/test_census.py::test_every_route_declares_its_guard"
_TOOL = 4


def _words() -> list[str]:
    return os.environ["ENISHI_GUARDS"].split(":")


def _load(guards: list[mutants.Guard]) -> None:
    """Import whatever holds a guard."""
    for path in {guard.path for guard in guards}:
        importlib.import_module(path.removeprefix("src/").removesuffix(".py").replace("/", ".").removesuffix(".__init__"))


class _Watch:
    """Who passes by which guard, by the interpreter's own monitoring of the functions around them."""

    def __init__(self, guards: list[mutants.Guard]) -> None:
        self.test, self.passed = "", defaultdict[str, set[str]](set)
        self._lines: dict[tuple[str, int], list[str]] = defaultdict(list)
        sys.monitoring.use_tool_id(_TOOL, "guards")
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, self._line)
        for guard in guards:
            if guard.actor < 0:
                self._watch_view(guard)
            else:
                self._lines[str(mutants.ROOT / guard.path), guard.line].append(guard.key)
                for function in mutants.live(guard):
                    self._watch(function.__code__)

    def _watch(self, code: CodeType) -> None:
        sys.monitoring.set_local_events(_TOOL, code, sys.monitoring.events.LINE)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._watch(constant)

    def _watch_view(self, guard: mutants.Guard) -> None:
        from enishi.platform import guards as guards_module

        guards_module.__dict__["_passed"] = self._pass
        for wrapper in mutants.wrappers(guard):
            wrapper.__dict__["guard_key"] = guard.key
            view = wrapper.__dict__["__wrapped__"]
            view.__dict__["guard_key"] = guard.key
            wrapper.__code__ = _telling("", "", None).__code__

    def _pass(self, view: Any) -> None:
        self.passed[view.guard_key].add(self.test)

    def _line(self, code: CodeType, line: int) -> object:
        for key in self._lines.get((code.co_filename, line), ()):
            self.passed[key].add(self.test)
        return sys.monitoring.DISABLE

    def begin(self, test: str) -> None:
        self.test = test
        sys.monitoring.restart_events()


def _telling(object_key: str, action: str, view: Any) -> Any:
    def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
        _passed(view)  # type: ignore[name-defined]  # noqa: F821 - of the module it runs in
        policy.require(request.actor, object_key, action)  # type: ignore[name-defined]  # noqa: F821
        return view(request, *args, **kwargs)

    return guarded


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    _load(mutants.guards())
    (_record if _words()[0] == "record" else _judge)(session)
    return True


def _record(session: pytest.Session) -> None:
    part, parts = map(int, _words()[2:4])
    watch, seconds, mine = _Watch(mutants.guards()), {}, session.items[part::parts]
    for item, following in zip(mine, [*mine[1:], None], strict=True):
        watch.begin(item.nodeid)
        began = time.monotonic()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        seconds[item.nodeid] = time.monotonic() - began
    passed = {key: sorted(tests) for key, tests in watch.passed.items()}
    Path(_words()[1]).write_text(json.dumps({"seconds": seconds, "passed": passed}))


def _judge(session: pytest.Session) -> None:
    known = json.loads(Path(_words()[1]).read_text())
    guards = {guard.key: guard for guard in mutants.guards()}
    items = {item.nodeid: item for item in session.items}
    first = next(item for item in session.items if "django_db_setup" in getattr(item, "fixturenames", ()))
    _run(first, session.items[0] if first is not session.items[0] else session.items[-1])  # the database of this process is made
    for guard in map(guards.__getitem__, known["guards"]):
        tests = sorted(known["passed"].get(guard.key, ()), key=lambda test: known["seconds"].get(test, 1.0))
        census = [CENSUS] if guard.actor < 0 else []
        verdict = _verdict(guard, [items[test] for test in (*census, *_in_turn(tests)) if test in items], session)
        with Path(known["verdicts"]).open("a") as told:
            told.write(
                json.dumps({"guard": guard.key, "function": guard.function, "text": guard.text, "tests": len(tests), **verdict}) + "\n"
            )


def _in_turn(tests: list[str]) -> list[str]:
    """Quick ones first, then those that ask every door, then the rest."""
    doors = [test for test in tests if "access_matrix" in test]
    quick = [test for test in tests if test not in doors]
    return [*quick[:60], *doors, *quick[60:]]


def _run(item: pytest.Item, another: pytest.Item) -> bool:
    """Whether the test holds. `another` keeps what belongs to the session alive."""
    from _pytest.runner import runtestprotocol

    return all(report.passed or report.skipped for report in runtestprotocol(item, log=False, nextitem=another))


def _verdict(guard: mutants.Guard, items: list[pytest.Item], session: pytest.Session) -> dict[str, Any]:
    from django.db import connections

    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.write(writing, json.dumps(_in_child(guard, items, session)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else {"noticed": True, "by": "the process ended"}


def _in_child(guard: mutants.Guard, items: list[pytest.Item], session: pytest.Session) -> dict[str, Any]:
    try:
        if not mutants.take_away(guard):
            return {"noticed": None, "by": "not found"}
        began = time.monotonic()
        for item in items:
            another = session.items[0] if session.items[0].path != item.path else session.items[-1]
            if not _run(item, another):
                return {"noticed": True, "by": item.nodeid}
            if time.monotonic() - began > MOST_SECONDS:
                return {"noticed": False, "by": "out of time"}
    except BaseException as error:
        return {"noticed": None, "by": repr(error)[:200]}
    return {"noticed": False, "by": ""}
