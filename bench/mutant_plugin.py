"""pytest plugin of `bench guards`: which tests pass by which guard, and which of them notice that one is gone.

`ENISHI_GUARDS=likely:FOLDER:PART:PARTS` runs its share of the tests about people who may not do everything, once, and writes down the
guards that each passes; `rest:…` those of the others. `judge:…` takes its share of the guards away, one at a time, each in a process of
its own, and runs the tests that pass it until one fails.

Both write line by line, and leave out what is already written and still true (`Kept`), so that a run may be stopped and gone on with.
A test that asks every route (it goes through an `all_routes` of its module) counts route by route: `test@route`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from bench import mutants

#: Seconds of this process's own work on the tests for one guard; what nothing has noticed by then counts as unnoticed.
MOST_SECONDS = 30.0
#: Tests that go through a whole room notice most of what is gone from it, and are asked before all others.
FIRST = {
    "/actions/": ("tests/doors/test_actions_alone.py::test_each_asks_for_what_is_told_of_it", "/test_inner_walls.py"),
    "/queries/": ("tests/doors/test_queries_alone.py", "tests/doors/test_parts_alone.py"),
    "/views/": ("tests/doors/test_what_pages_offer.py",),
}
ELSEWHERE = ("tests/doors/test_parts_alone.py", "/test_inner_walls.py")
CENSUS = "tests/house/test_census.py::test_every_route_declares_its_guard"
#: Fixtures of people who may do less than everything. Tests without one can hardly notice that a guard is gone, and come last.
_LIMITED = frozenset({"stage", "planted", "yoshida", "hayashi", "onlooker", "admin_only", "make_user", "person", "said", "loss", "seller"})
_TOOL = 4


@cache
def digest(path: str) -> str:
    """Of one file of the project."""
    return hashlib.sha256((mutants.ROOT / path).read_bytes()).hexdigest()[:16]


@cache
def digest_of_tests() -> str:
    paths = sorted(str(path.relative_to(mutants.ROOT)) for path in mutants.ROOT.rglob("test_*.py") if "var" not in path.parts)
    return hashlib.sha256("".join(map(digest, paths)).encode()).hexdigest()[:16]


def file_of(test: str) -> str:
    return test.partition("::")[0]


def passed(folder: Path) -> dict[str, dict[str, Any]]:
    """What was recorded of each test and is still true: its file is the same."""
    return {line["test"]: line for line in _lines(folder, "passed") if _is(file_of(line["test"]), line["digest"])}


def verdicts(folder: Path) -> dict[str, dict[str, Any]]:
    """The verdict on each guard that is still true: the guard's file is the same, and so is that of the test that noticed, or all tests."""
    asked = _asked(passed(folder))
    return {
        line["guard"]: line
        for line in _lines(folder, "verdicts")
        if _is(line["path"], line["digest"])
        and (_is(file_of(line["by"]), line["by_digest"]) if line["noticed"] else line["by_digest"] == asked)
    }


def _asked(known: Mapping[str, Any]) -> str:
    """What could have noticed: all tests, and how many of them have been recorded."""
    return f"{digest_of_tests()} {len(known)}"


def _is(path: str, was: str) -> bool:
    return (mutants.ROOT / path).is_file() and digest(path) == was


def _lines(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(f"{name}.*"), key=lambda path: path.stat().st_mtime):
        yield from map(json.loads, path.read_text().splitlines())


def _load(guards: list[mutants.Guard]) -> None:
    """Import whatever holds a guard."""
    for path in {guard.path for guard in guards}:
        importlib.import_module(path.removeprefix("src/").removesuffix(".py").replace("/", ".").removesuffix(".__init__"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    what, folder, part, parts = os.environ["ENISHI_GUARDS"].split(":")
    _load(mutants.guards())
    if what == "judge":
        _judge(session, Path(folder), int(part), int(parts))
    else:
        items = [item for item in session.items if what != "likely" or _is_likely(item)]
        _record(items[int(part) :: int(parts)], Path(folder), part)
    return True


def _is_likely(item: pytest.Item) -> bool:
    return item.nodeid == CENSUS or bool(_LIMITED & set(getattr(item, "fixturenames", ())))


def _run(item: pytest.Item, following: pytest.Item | None = None, *, loud: bool = False) -> bool:
    """Whether the test holds. Where no test of its own follows, one that lies elsewhere keeps what belongs to the session alive."""
    from _pytest.runner import runtestprotocol

    another = following or next(other for other in item.session.items if other.nodeid.split("/")[0] != item.nodeid.split("/")[0])
    failed = [report for report in runtestprotocol(item, log=False, nextitem=another) if report.failed]
    if failed and loud:
        print(f"fails with every guard in place: {item.nodeid}\n{str(failed[0].longrepr)[-800:]}", file=sys.stderr)
    return not failed


# ---- which test passes which guard ----------------------------------------------------------------------------------


class _Watch:
    """Who passes by which guard, by the interpreter's own monitoring of the functions around them."""

    def __init__(self, guards: list[mutants.Guard]) -> None:
        self._passed, self._lines = set[str](), defaultdict[tuple[str, int], list[str]](list)
        self._views = {(str(mutants.ROOT / guard.path), guard.function): guard for guard in guards if guard.actor < 0}
        sys.monitoring.use_tool_id(_TOOL, "guards")
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, self._line)
        for guard in guards:
            if guard.actor >= 0:
                self._lines[str(mutants.ROOT / guard.path), guard.line].append(guard.key)
                for function in mutants.live(guard):
                    self._watch(function.__code__)
        self._watch_views()

    def _watch(self, code: CodeType) -> None:
        sys.monitoring.set_local_events(_TOOL, code, sys.monitoring.events.LINE)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._watch(constant)

    def _watch_views(self) -> None:
        import inspect

        from enishi.platform import guards as guarding

        as_before = guarding.stop

        def stop(view: Any, *asked: Any) -> None:
            code = inspect.unwrap(view).__code__
            if guard := self._views.get((code.co_filename, code.co_qualname)):
                self._passed.add(guard.key)
            as_before(view, *asked)

        guarding.stop = stop

    def _line(self, code: CodeType, line: int) -> object:
        self._passed.update(self._lines.get((code.co_filename, line), ()))
        return sys.monitoring.DISABLE

    def since(self) -> list[str]:
        """The guards passed since it was last asked."""
        found, self._passed = self._passed, set()
        sys.monitoring.restart_events()
        return sorted(found)


def _record(items: Sequence[pytest.Item], folder: Path, part: str) -> None:
    watch, known = _Watch(mutants.guards()), passed(folder)
    mine = [item for item in items if item.nodeid not in known]
    with (folder / f"passed.{part}").open("a", buffering=1) as told:
        for item, following in zip(mine, [*mine[1:], None], strict=True):
            watch.since()
            began, by_route = time.monotonic(), _watch_routes(item, watch)
            holds = _run(item, following, loud=True)
            found = {"passed": watch.since(), "routes": by_route, "holds": holds, "seconds": time.monotonic() - began}
            told.write(json.dumps({"test": item.nodeid, "digest": digest(file_of(item.nodeid)), **found}) + "\n")


def _watch_routes(item: pytest.Item, watch: _Watch) -> dict[str, list[str]]:
    """The guards passed at each route, filled while the test runs; empty for a test that does not go through the routes."""
    module, found = item.module, {}  # type: ignore[attr-defined]
    if "all_routes" not in vars(module) or "tests/doors" not in item.nodeid:
        return {}
    routes = vars(module).setdefault("_all_routes", module.all_routes)

    def watched() -> Iterator[Any]:
        for route in routes():
            watch.since()
            yield route
            found[route.name] = watch.since()

    module.all_routes = watched
    return found


# ---- without one ----------------------------------------------------------------------------------------------------


def _judge(session: pytest.Session, folder: Path, part: int, parts: int) -> None:
    items = {item.nodeid: item for item in session.items}
    _run(next(item for item in session.items if "django_db_setup" in getattr(item, "fixturenames", ())))  # the database is made
    mutants.live(mutants.guards()[0])  # found once, before the children
    recorded = passed(folder)
    judge = _Judge(items, {test: line for test, line in recorded.items() if test in items and line["holds"]})
    done, chosen = verdicts(folder), json.loads((folder / "chosen").read_text())
    guards = {guard.key: guard for guard in mutants.guards()}
    with (folder / f"verdicts.{part}").open("a", buffering=1) as told:
        for guard in [guards[key] for key in chosen[part::parts] if key not in done]:
            began = time.monotonic()
            verdict = judge.verdict(guard)
            by_digest = digest(file_of(verdict["by"])) if verdict["noticed"] else _asked(recorded)
            said = {"guard": guard.key, "path": guard.path, "digest": digest(guard.path), "by_digest": by_digest}
            told.write(json.dumps({**said, **verdict, "seconds": round(time.monotonic() - began, 1)}) + "\n")


class _Judge:
    def __init__(self, items: Mapping[str, pytest.Item], known: Mapping[str, Mapping[str, Any]]) -> None:
        self._items, self._known = items, known
        self._noticed = defaultdict[str, int](int)  # how often a test has noticed something
        self._sound: dict[str, bool] = {}

    def verdict(self, guard: mutants.Guard) -> dict[str, Any]:
        """`noticed` and `by` which test; a test that also fails with the guard in place notices nothing."""
        tests = self._in_turn(guard)
        while True:
            said = _in_a_child(lambda left: self._first_to_fail(guard, left), tests)
            if not said["noticed"] or self._is_sound(said["by"], said["routes"]):
                break
            tests = [test for test in tests if test[0] != said["by"]]
        self._noticed[said["by"]] += 1
        return {"noticed": said["noticed"], "by": said["by"], "tests": len(tests)}

    def _in_turn(self, guard: mutants.Guard) -> list[tuple[str, list[str]]]:
        """The tests that pass the guard, with the routes at which they do: likely ones first."""
        passing = [(test, self._routes(line, guard)) for test, line in self._known.items() if guard.key in line["passed"]]
        passing += [
            (test, routes)
            for test, line in self._known.items()
            if guard.key not in line["passed"] and (routes := self._routes(line, guard))
        ]
        census = [(CENSUS, [])] if guard.actor < 0 and CENSUS in self._known else []
        first = next((tests for room, tests in FIRST.items() if room in guard.path), ELSEWHERE)
        return [*census, *sorted(passing, key=lambda one: (not any(test in one[0] for test in first), *self._late(*one)))]

    def _routes(self, line: Mapping[str, Any], guard: mutants.Guard) -> list[str]:
        return [name for name, keys in line["routes"].items() if guard.key in keys]

    def _late(self, test: str, routes: Sequence[str]) -> tuple[bool, float]:
        """Small for a test that is likely to notice, and quick: about somebody who may not do everything, at few guards, or known to notice."""
        line = self._known[test]
        seconds = 1.0 + 0.1 * len(routes) if routes else line["seconds"]
        return (
            not (_is_likely(self._items[test]) or self._noticed[test]),
            seconds * (10 + len(line["passed"])) / (1 + self._noticed[test]),
        )

    def _first_to_fail(self, guard: mutants.Guard | None, tests: Sequence[tuple[str, list[str]]]) -> dict[str, Any]:
        if guard and not mutants.take_away(guard):
            return {"noticed": None, "by": "not found", "routes": []}
        began, empties = time.process_time(), False
        for test, routes in tests:
            item = self._items[test]
            empties |= _empties_the_base(item)
            if routes:
                _narrow(item, routes)
            if not _run(item, loud=guard is None):
                return {"noticed": True, "by": test, "routes": routes, "empties": empties}
            if time.process_time() - began > MOST_SECONDS:
                return {"noticed": False, "by": "out of time", "routes": [], "empties": empties}
        return {"noticed": False, "by": "", "routes": [], "empties": empties}

    def _is_sound(self, test: str, routes: list[str]) -> bool:
        key = f"{test}@{routes}"
        if key not in self._sound:
            self._sound[key] = not _in_a_child(lambda tests: self._first_to_fail(None, tests), [(test, routes)])["noticed"]
        return self._sound[key]


def _narrow(item: pytest.Item, names: Sequence[str]) -> None:
    """Let the test go through these routes alone."""
    module = item.module  # type: ignore[attr-defined]
    routes = vars(module).setdefault("_all_routes", module.all_routes)
    module.all_routes = lambda: [route for route in routes() if route.name in names]


def _in_a_child(ask: Any, tests: Sequence[tuple[str, list[str]]]) -> dict[str, Any]:
    """The answer of a process of its own, which ends with it and leaves this one as it was."""
    from django.db import connections

    connections.close_all()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            said = ask(tests)
        except BaseException as error:
            said = {"noticed": None, "by": repr(error)[:200], "routes": []}
        os.write(writing, json.dumps(said).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = answer.read()
    os.waitpid(child, 0)
    said = json.loads(told) if told else {"noticed": None, "by": "the process ended", "routes": []}
    if said.get("empties", True):
        _renew_the_base()
    return said


def _empties_the_base(item: pytest.Item) -> bool:
    """Whether the test commits, and so leaves nothing in the base behind it, not even what the migrations wrote."""
    marker = item.get_closest_marker("django_db")
    return "transactional_db" in getattr(item, "fixturenames", ()) or bool(marker and marker.kwargs.get("transaction"))


def _renew_the_base() -> None:
    """The base of this process, once more copied from the template."""
    from django.conf import settings

    tests, name = sys.modules["conftest"], settings.DATABASES["default"]["NAME"]
    tests.drop_database(name)
    tests.copy_database(tests.template_name(), name)
