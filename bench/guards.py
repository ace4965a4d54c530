"""Take one guard of the source away at a time: does any test notice? Guards and what it means to take one away: `bench/mutants.py`.

First the tests run once, each writing down the guards that it passes; then, guard by guard, those that pass it run until one fails.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bench import mutants, stage

GOAL = 0.98
PARTS = 2  # processes, each with a database of its own
_APART = ("--ignore=tests/browser", "--ignore=tests/launch", "--ignore=tests/conformance")  # they pass no guard that others do not
#: Of a quick run: the guards of tasks, and the tests that stand for them.
_FEW = ("src/enishi/customers/tests/test_tasks.py", "src/enishi/customers/tests/test_activity_doors.py", "tests/house/test_census.py")
_FEW_GUARDS = ("customers/actions/tasks.py", "customers/views/tasks.py")


def run(*, quick: bool, seed: int = 1) -> dict[str, Any]:
    folder = stage.DATA / "guards"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    tests = _FEW if quick else _APART
    _side_by_side([f"record:{folder}/passed.{part}" for part in range(PARTS)], tests)
    passed = _together([json.loads((folder / f"passed.{part}").read_text()) for part in range(PARTS)])
    guards = mutants.guards()
    chosen = [guard.key for guard in guards if not quick or guard.path.endswith(_FEW_GUARDS)]
    random.Random(seed).shuffle(chosen)
    for part in range(PARTS):
        told = passed | {"guards": chosen[part::PARTS], "verdicts": f"{folder}/verdicts.{part}"}
        (folder / f"order.{part}").write_text(json.dumps(told))
    _side_by_side([f"judge:{folder}/order.{part}" for part in range(PARTS)], tests)
    verdicts = [json.loads(line) for part in range(PARTS) for line in (folder / f"verdicts.{part}").read_text().splitlines()]
    noticed = [verdict for verdict in verdicts if verdict["noticed"]]
    missed = sorted(f"{verdict['guard']} {verdict['function']}: {verdict['text']}" for verdict in verdicts if not verdict["noticed"])
    for line in missed:
        print(f"unnoticed: {line}", file=sys.stderr)
    return {
        "figures": {
            "guards": len(guards),
            "taken_away": len(verdicts),
            "noticed": len(noticed),
            "of_them_by_the_census": sum(verdict["by"].startswith("tests/house") for verdict in noticed),
            "noticed_percent": round(100 * len(noticed) / len(verdicts), 1) if verdicts else 0,
        },
        "goal": f">= {GOAL:.0%} of the guards are missed by some test" + (" (those of tasks alone)" if quick else ""),
        "holds": bool(verdicts) and len(noticed) >= GOAL * len(verdicts),
    }


def _side_by_side(orders: Sequence[str], tests: Sequence[str]) -> None:
    """One pytest for each order, at once. Each writes its file; tests that fail while the guards are there say so themselves."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "bench.mutant_plugin", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(stage.ROOT)}
    processes = [
        subprocess.Popen(
            command, cwd=stage.ROOT, env={**environment, "ENISHI_GUARDS": f"{order}:{part}:{len(orders)}"}, stdout=subprocess.DEVNULL
        )
        for part, order in enumerate(orders)
    ]
    for process in processes:
        process.wait()


def _together(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    seconds: dict[str, float] = {}
    passed: dict[str, list[str]] = {}
    for part in parts:
        seconds |= part["seconds"]
        for key, tests in part["passed"].items():
            passed.setdefault(key, []).extend(tests)
    return {"seconds": seconds, "passed": passed}
