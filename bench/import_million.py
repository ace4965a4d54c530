"""An import of 1,000,000 people by the command: rows a second, and the memory of its two processes, which must not grow."""

from __future__ import annotations

from typing import Any

from bench import files, importing, stage

GOAL, MOST_MIB = 6_000, 500
#: At a fiftieth of the size, where the start of two processes weighs as much as the rows.
QUICK_GOAL = 500


def run(*, quick: bool) -> dict[str, Any]:
    count, goal = (20_000, QUICK_GOAL) if quick else (1_000_000, GOAL)
    stage.set_the_stage("enishi_import")
    path = files.customer_file(stage.DATA / f"customers-{count}.csv", count)
    people = importing.measured("customers", path, "--consent", "relation")
    return {
        "figures": people.figures() | {"peak_mib_of_both_processes": people.peak_mib},
        "goal": f">= {goal} customer rows/s at {count:,} rows, and both processes together < {MOST_MIB} MiB at their peak",
        "holds": people.rate >= goal and people.peak_mib < MOST_MIB,
    }
