"""Data quality at 1,000,000: the day's look at everybody, the next day's after some have changed, and a cleansing with its trial and undo.

Everything runs as a job's process does, one after the other, each in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench import stage
from bench.kill_cleansing import prepare

MILLION, QUICK, CHANGED = 1_000_000, 20_000, 10_000
GOAL_SECONDS, GOAL_NEXT_SECONDS, GOAL_MIB = 600.0, 60.0, 1024
_TIMED = """
import json, resource, sys, time
import django; django.setup()
from enishi.customers.actions.bulk import undo_many
from enishi.customers.actions.cleansing import cleanse, try_cleansing
from enishi.customers.bulk import running
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRun, QualityFigure
from enishi.customers.quality.running import begin_again, look_through
from enishi.customers.queries.asked import Asked
from enishi.customers.standards import current
from enishi.platform import time as clock
from enishi.platform.rights import actor_by_id
what, user_id, run_id = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
actor, now = actor_by_id(user_id), clock.now()
keys = [rule.key for rule in current.current().rules if rule.fixes]
began, used = time.perf_counter(), time.process_time()
if what == "look":
    run_id = begin_again(now=now)
    look_through(run_id)
    figure = QualityFigure.rows.get(part="all")
    told = {"customers": figure.customers, "score": figure.score / 100}
else:
    if what == "try":
        run_id = try_cleansing(rules=keys, selection=Selection(asked=Asked()), actor=actor, now=now)
    elif what == "cleanse":
        run_id = cleanse(run_id=run_id, actor=actor, now=now)
    else:
        run_id = undo_many(run_id=run_id, actor=actor, now=now)
    while running.run_stretch(run_id):
        pass
    run = BulkRun.rows.get(pk=run_id)
    told = {"state": run.state, "total": run.total, "changed": run.changed_count}
print(json.dumps({"run": run_id, "seconds": round(time.perf_counter() - began, 1), "cpu_seconds": round(time.process_time() - used, 1), **told,
 "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def run(*, quick: bool) -> dict[str, Any]:
    customers = QUICK if quick else MILLION
    changed = customers // (MILLION // CHANGED)
    stage.set_the_stage("quality")
    actor = prepare(customers)
    whole = _timed("look", actor.user_id)
    _change(changed)
    next_day = _timed("look", actor.user_id)
    trial = _timed("try", actor.user_id)
    deed = _timed("cleanse", actor.user_id, trial["run"])
    undo = _timed("undo", actor.user_id, deed["run"])
    done = {"look": whole, f"look_after_{changed}": next_day, "trial": trial, "cleansing": deed, "undo": undo}
    return {
        "figures": {f"{name}_{figure}": value for name, found in done.items() for figure, value in found.items() if figure != "run"},
        "goal": (
            f"{MILLION:,} measured in {GOAL_SECONDS:.0f} s, the next day with {CHANGED:,} changed in {GOAL_NEXT_SECONDS:.0f} s;"
            f" no process over {GOAL_MIB} MiB; everybody of the trial cleansed and taken back"
        ),
        "holds": (
            whole["customers"] == customers
            and whole["seconds"] < GOAL_SECONDS
            and next_day["seconds"] < GOAL_NEXT_SECONDS
            and max(found["mib"] for found in done.values()) <= GOAL_MIB
            and trial["changed"] == deed["changed"] == undo["changed"] > 0
        ),
    }


def _change(count: int) -> None:
    """Every so many customers somebody else's word on where they came from."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET acquisition_source = '紹介' WHERE id %% %s = 0", [MILLION // CHANGED])


def _timed(what: str, user_id: int | None, run_id: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", _TIMED, what, str(user_id), str(run_id)],
        check=True, cwd=stage.ROOT, env=stage.environment("worker"), capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
