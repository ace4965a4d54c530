"""Duplicates among the customers of a demo company, planted with their truth: how many are found, how many wrongly, how fast.

Every search runs as a job's process does, reads from PostgreSQL and writes its pairs there; its time is from beginning to end.
`bench/planting.py` says what is planted. Recall is that of all second records, whatever happened to them, save for those of whom
nobody could say that the two are one (`unprovable`); it is told beside it of every kind of damage, of those, and of all together.
The goal for recall is one at 100,000 customers: among more people more resemble each other by chance.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from bench import stage
from bench.planting import Pair, Planted, Row, plant

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
began, burnt = time.perf_counter(), time.process_time()
search = doors.begin(sys.argv[1], owner_id=None, now=clock.now())
doors.run(search)
run = TwinSearch.rows.get(pk=search)
print(json.dumps({"seconds": round(time.perf_counter() - began, 1), "cpu_seconds": round(time.process_time() - burnt, 1),
 "state": run.state, "kind": run.kind, "customers": run.total, "found": run.found_count,
 "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def run(*, quick: bool) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    sizes = [QUICK] if quick else [ACCURACY, MILLION]
    for customers in sizes:
        stage.set_the_stage("dedupe")
        planted = plant(customers, today=TODAY)
        write(planted.rows, planted.besides)
        whole = _searched("whole")
        figures |= {f"{name}_{customers}": value for name, value in (_accuracy(planted) | whole).items()}
    new = QUICK_NEW if quick else NEW
    fresh = plant(new, seed=11, today=TODAY).rows
    for row in fresh:
        row["id"] += sizes[-1]
    for row, known in zip(fresh[::20], planted.rows, strict=False):  # one of twenty is there already
        row |= {name: known[name] for name in row if name != "id"}
    write(fresh, {})
    # `_accuracy` looked at the pairs of the whole search before these came.
    figures |= {f"new_{name}": value for name, value in _searched("changes").items()}
    size = sizes[-1]
    holds = (
        all(figures[f"precision_{n}"] >= GOAL_PRECISION for n in sizes)
        and figures[f"recall_{sizes[0]}"] >= GOAL_RECALL
        and figures[f"seconds_{size}"] < GOAL_SECONDS
        and figures[f"mib_{size}"] <= GOAL_MIB
        and figures["new_seconds"] < GOAL_NEW_SECONDS
        and figures["new_kind"] == "changes"
        and {figures[f"state_{n}"] for n in sizes} == {figures["new_state"]} == {"done"}
    )
    return {
        "figures": figures,
        "goal": (
            f"at the automatic threshold precision >= {GOAL_PRECISION}, and recall >= {GOAL_RECALL} at {ACCURACY:,} customers;"
            f" {MILLION:,} in {GOAL_SECONDS:.0f} s and {GOAL_MIB} MiB; {NEW:,} new ones against them in {GOAL_NEW_SECONDS:.0f} s"
        ),
        "holds": holds,
    }


def write(rows: Iterable[Row], besides: Mapping[int, list[Row]]) -> None:
    """Into the base of this process, numbered by their ids. `besides`: what was written of them before."""
    from django.db import connection, transaction

    from enishi.customers.models import ContactPoint, Customer
    from enishi.platform.bulk import copy_rows
    from enishi.platform.models import ChangeSet, FieldChange

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
    ended, renamed = _history(besides)
    with transaction.atomic():
        copy_rows(Customer, _COLUMNS, ([({**fixed, "number": f"C-{row['id']:07d}", **row})[name] for name in _COLUMNS] for row in rows))
        deed = ChangeSet.rows.create(actor_kind="system", actor_id=None, door="screen", reason="", at=f"{TODAY} 00:00+09:00")
        ContactPoint.rows.bulk_create([ContactPoint(**one) for one in ended], batch_size=2_000)
        FieldChange.rows.bulk_create([FieldChange(change_set=deed, **one) for one in renamed], batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customers_customer, customers_contactpoint, platform_fieldchange")


def _history(besides: Mapping[int, list[Row]]) -> tuple[list[Row], list[Row]]:
    """What first records said before: contact points that ended, and changes of the family name."""
    stopped = {"state": "invalid", "reason": "moved", "stopped_on": TODAY, "created_at": f"{TODAY} 00:00+09:00"}
    change = {"object": "customers.customer", "field": "family_name", "privacy_class": "personal"}
    ended: list[Row] = []
    renamed: list[Row] = []
    for pk, known in besides.items():
        for one in known:
            said = {name: value for name, value in one.items() if name != "is_past"}
            if "former_name" in said:
                renamed.append({**change, "object_id": pk, "before": said["former_name"]})
            else:
                kind = {"kind": "phone", "phone": said["phone_e164"]} if "phone_e164" in said else {"kind": "address"}
                ended.append({**stopped, **kind, **said, "customer_id": pk})
    return ended, renamed


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
    true = planted.all_twins()

    def recall(pairs: Iterable[Pair], among: set[Pair] = sure) -> float:
        wanted = set(pairs)
        return round(len(among & wanted) / max(len(wanted), 1), 4)

    by_kind = {
        f"recall_{kind}": recall(pair for pair, happened in planted.twins.items() if kind in happened)
        for kind in sorted(frozenset().union(*planted.twins.values()))
    }
    wrong = Counter(planted.likes[pair] for pair in sure & set(planted.likes))
    return {
        "precision": round(len(sure & true) / max(len(sure), 1), 4),
        "recall": recall(planted.twins),
        "recall_with_review": recall(planted.twins, every),
        **by_kind,
        "recall_unprovable": recall(planted.unprovable),
        "recall_of_all_planted": recall(true),
        "planted": len(planted.twins),
        "planted_unprovable": len(planted.unprovable),
        **{f"taken_for_one_{kind}": wrong[kind] for kind in sorted(set(planted.likes.values()))},
        "to_review": len(every) - len(sure),
    }
