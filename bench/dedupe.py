"""Duplicates among the customers of a demo company, planted with their truth: how many are found, how many wrongly, how fast.

Every search runs as a job's process does, reads from PostgreSQL and writes its pairs there; its time is from beginning to end.
`bench/planting.py` says what is planted.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import date
from typing import Any

from bench import stage
from bench.planting import Planted, Row, plant

TODAY = date(2026, 11, 30)
ACCURACY, MILLION, NEW = 100_000, 1_000_000, 10_000
QUICK, QUICK_NEW = 20_000, 1_000
GOAL_PRECISION, GOAL_RECALL, GOAL_SECONDS, GOAL_NEW_SECONDS, GOAL_MIB = 0.99, 0.95, 120.0, 15.0, 4096
_COLUMNS = (
    *("id", "number", "kind", "name", "family_name", "given_name", "kana", "former_name", "sort_kana", "email", "phone", "phone_e164"),
    *("postal_code", "prefecture", "city", "street", "building", "birthday_on", "gender", "language", "acquisition_source"),
    *("lifecycle", "leave_alone", "name_grams", "contact_grams", "grams_version", "created_at", "custom"),
)
_SEARCH = """
import json, resource, sys, time
import django; django.setup()
from enishi.customers.models import TwinSearch
from enishi.customers.twins import doors
from enishi.platform import time as clock
began = time.perf_counter()
search = doors.begin(sys.argv[1], owner_id=None, now=clock.now())
doors.run(search)
run = TwinSearch.rows.get(pk=search)
print(json.dumps({"seconds": round(time.perf_counter() - began, 1), "state": run.state, "kind": run.kind, "customers": run.total,
 "found": run.found_count, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def run(*, quick: bool) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    sizes = [QUICK] if quick else [ACCURACY, MILLION]
    for customers in sizes:
        stage.set_the_stage("dedupe")
        planted = plant(customers, today=TODAY)
        _write(planted.rows)
        whole = _searched("whole")
        figures |= {f"{name}_{customers}": value for name, value in (_accuracy(planted) | whole).items()}
    new = QUICK_NEW if quick else NEW
    fresh = plant(new, seed=11, today=TODAY).rows
    for row in fresh:
        row["id"] += sizes[-1]
    for row, known in zip(fresh[::20], planted.rows, strict=False):  # one of twenty is there already
        row |= {name: known[name] for name in row if name != "id"}
    _write(fresh)
    # `_accuracy` looked at the pairs of the whole search before these came.
    figures |= {f"new_{name}": value for name, value in _searched("changes").items()}
    size = sizes[-1]
    holds = (
        all(figures[f"precision_{n}"] >= GOAL_PRECISION and figures[f"recall_{n}"] >= GOAL_RECALL for n in sizes)
        and figures[f"seconds_{size}"] < GOAL_SECONDS
        and figures[f"mib_{size}"] <= GOAL_MIB
        and figures["new_seconds"] < GOAL_NEW_SECONDS
        and figures["new_kind"] == "changes"
        and {figures[f"state_{n}"] for n in sizes} == {figures["new_state"]} == {"done"}
    )
    return {
        "figures": figures,
        "goal": (
            f"at the automatic threshold precision >= {GOAL_PRECISION} and recall >= {GOAL_RECALL}; {MILLION:,} customers in"
            f" {GOAL_SECONDS:.0f} s and {GOAL_MIB} MiB; {NEW:,} new ones against them in {GOAL_NEW_SECONDS:.0f} s"
        ),
        "holds": holds,
    }


def _write(rows: Iterable[Row]) -> None:
    from django.db import connection, transaction

    from enishi.customers.models import Customer
    from enishi.platform.bulk import copy_rows

    fixed = {
        "sort_kana": "",
        "phone": "",
        "language": "",
        "acquisition_source": "",
        "lifecycle": "prospect",
        "leave_alone": False,
        "name_grams": "{}",
        "contact_grams": "{}",
        "grams_version": 0,
        "created_at": "2026-01-01",
        "custom": "{}",
    }
    with transaction.atomic():
        copy_rows(Customer, _COLUMNS, ([({**fixed, "number": f"C-{row['id']:07d}", **row})[name] for name in _COLUMNS] for row in rows))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer")


def _searched(kind: str) -> dict[str, Any]:
    """One search in a process of its own, on the base of the stage."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _SEARCH, kind], check=True, cwd=stage.ROOT, env=stage.environment("worker"), capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1]) | {"seconds_with_start": round(time.perf_counter() - began, 1)}


def _accuracy(planted: Planted) -> dict[str, float]:
    from enishi.customers.models import TwinPair
    from enishi.customers.twins.model import AUTOMATIC_PPM

    found = TwinPair.rows.values_list("first_id", "second_id", "score_ppm", "held_by")
    rows = list(found)
    sure = {(first, second) for first, second, score, held in rows if score >= AUTOMATIC_PPM and not held}
    every = {(first, second) for first, second, _score, _held in rows}
    true = planted.twins | planted.thin
    return {
        "precision": round(len(sure & true) / max(len(sure), 1), 4),
        "recall": round(len(sure & planted.twins) / len(planted.twins), 4),
        "recall_with_review": round(len(every & planted.twins) / len(planted.twins), 4),
        "recall_thin": round(len(sure & planted.thin) / max(len(planted.thin), 1), 4),
        "look_alikes_taken_for_one": len(sure & planted.likes),
        "planted": len(planted.twins),
        "planted_thin": len(planted.thin),
        "to_review": len(every) - len(sure),
    }
