"""Every column of 1,000,000 customers as a workbook and as CSV: rows a second from the order to the file, and memory."""

from __future__ import annotations

import resource
import time
from typing import Any

from bench import large

GOAL_ROWS, GOAL_GROWTH_MB = 3_000, 100


def run(*, quick: bool) -> dict[str, Any]:
    seeded = large.open_base(quick=quick)
    figures: dict[str, Any] = {"customers": seeded["counts"]["customers_customer"]}
    for form in ("csv", "xlsx"):
        before, began = _peak_mb(), time.perf_counter()
        run_id, rows, size = _export(form)
        seconds = time.perf_counter() - began
        figures[form] = {
            "rows_per_s": round(rows / seconds),
            "seconds": round(seconds, 1),
            "file_mb": round(size / 1e6, 1),
            "memory_growth_mb": round(_peak_mb() - before, 1),
        }
        _put_away(run_id)
    forms = (figures["csv"], figures["xlsx"])
    return {
        "figures": figures,
        "goal": f"at least {GOAL_ROWS:,} rows a second in one process, and less than {GOAL_GROWTH_MB} MB however many rows",
        "holds": all(one["rows_per_s"] >= GOAL_ROWS and one["memory_growth_mb"] < GOAL_GROWTH_MB for one in forms),
    }


def _export(form: str) -> tuple[int, int, int]:
    """Order a file of everybody and everything, and write it without a worker."""
    from enishi.customers.actions.exports import Wanted, export_customers
    from enishi.customers.bulk.selection import Selection
    from enishi.customers.exporting import running
    from enishi.customers.exporting.columns import all_keys
    from enishi.customers.models import ExportRun
    from enishi.customers.queries.asked import Asked
    from enishi.platform import time as clock

    actor = _actor()
    wanted = Wanted(Selection(asked=Asked()), tuple(all_keys(actor)), form)
    run_id = export_customers(wanted=wanted, reason="bench", actor=actor, now=clock.now())
    while running.run_stretch(run_id):
        pass
    done = ExportRun.rows.select_related("file").get(pk=run_id)
    if done.file is None:
        raise RuntimeError(f"no file: {done.state} {done.failure}")
    return run_id, done.written_count, done.file.size_bytes


def _put_away(run_id: int) -> None:
    from enishi.customers.actions.exports import discard_export
    from enishi.platform import time as clock

    discard_export(run_id=run_id, actor=_actor(), now=clock.now())


def _actor() -> Any:
    from enishi.platform.rights import actor_of_login

    return actor_of_login(large.PEOPLE["all"])


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
