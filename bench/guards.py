"""Take one guard of the source away at a time: does any test notice? Guards and what it means to take one away: `bench/mutants.py`.

First the tests about people who may not do everything run once, each writing down the guards that it passes; then, guard by guard, those
that pass it run until one fails. What none of them has noticed is asked once more with all other tests.
A run that was stopped goes on where it was, and asks again only what the files of guards and tests have changed: see
`bench/mutant_plugin.py`. Remove `var/bench/guards` to begin anew.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from bench import mutant_plugin, mutants, stage

GOAL = 0.98
PARTS = 2  # processes, each with a database of its own
_APART = ("--ignore=tests/browser", "--ignore=tests/launch", "--ignore=tests/conformance")  # they pass no guard that others do not
#: Of a quick run: the guards of tasks, and the tests that stand for them.
_FEW = ("src/enishi/customers/tests/test_tasks.py", "src/enishi/customers/tests/test_activity_doors.py", "tests/house/test_census.py")
_FEW_GUARDS = ("customers/actions/tasks.py", "customers/views/tasks.py")


def run(*, quick: bool, seed: int = 1) -> dict[str, Any]:
    folder = stage.DATA / ("guards-quick" if quick else "guards")
    folder.mkdir(parents=True, exist_ok=True)
    guards = mutants.guards()
    chosen = [guard.key for guard in guards if not quick or guard.path.endswith(_FEW_GUARDS)]
    random.Random(seed).shuffle(chosen)
    (folder / "chosen").write_text(json.dumps(chosen))
    began = time.monotonic()
    for what in ("likely", "judge", "rest", "judge"):
        _side_by_side(f"{what}:{folder}", _FEW if quick else _APART)
    verdicts = [verdict for key, verdict in mutant_plugin.verdicts(folder).items() if key in chosen]
    noticed = [verdict for verdict in verdicts if verdict["noticed"]]
    for verdict in sorted(verdicts, key=lambda verdict: verdict["guard"]):
        if not verdict["noticed"]:
            print(f"unnoticed: {verdict['guard']} ({verdict['by'] or 'no test failed'}, of {verdict['tests']})", file=sys.stderr)
    return {
        "figures": {
            "guards": len(guards),
            "taken_away": len(verdicts),
            "noticed": len(noticed),
            "of_them_by_the_census": sum(verdict["by"].startswith("tests/house") for verdict in noticed),
            "noticed_percent": round(100 * len(noticed) / len(verdicts), 1) if verdicts else 0,
            "minutes": round((time.monotonic() - began) / 60, 1),
        },
        "goal": f">= {GOAL:.0%} of the guards are missed by some test" + (" (those of tasks alone)" if quick else ""),
        "holds": len(verdicts) == len(chosen) and len(noticed) >= GOAL * len(verdicts),
    }


def _side_by_side(order: str, tests: Sequence[str]) -> None:
    """One pytest for each part, at once. What they find they write to the folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "bench.mutant_plugin", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(stage.ROOT)}
    processes = [
        subprocess.Popen(
            command, cwd=stage.ROOT, env={**environment, "ENISHI_GUARDS": f"{order}:{part}:{PARTS}"}, stdout=subprocess.DEVNULL
        )
        for part in range(PARTS)
    ]
    for process in processes:
        process.wait()
