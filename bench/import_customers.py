"""Rows a second of a customer file, end to end: the command from its start to its report, every rule on, durable."""

from __future__ import annotations

from typing import Any

from bench import files, importing, stage

GOAL = 4_000  # customer rows a second
QUICK_GOAL = 1_500  # at a tenth of the size, where the start of two processes weighs as much as the rows


def run(*, quick: bool) -> dict[str, Any]:
    count, goal = (10_000, QUICK_GOAL) if quick else (100_000, GOAL)
    stage.set_the_stage("enishi_import")
    customers = files.customer_file(stage.DATA / f"customers-{count}.csv", count)
    orders = files.order_file(stage.DATA / f"orders-{count}.csv", count, count)
    people = importing.measured("customers", customers, "--consent", "relation")
    bought = importing.measured("orders", orders)
    return {
        "figures": people.figures() | {f"orders_{name}": figure for name, figure in bought.figures().items() if name != "cores"},
        "goal": f">= {goal} customer rows/s from the start of the command to its end, all rules on, two processes beside PostgreSQL",
        "holds": people.rate >= goal,
    }
