"""`./enishi bench` lists the benches; `./enishi bench NAME [--json] [--quick]` runs one.

A bench prints one object `{name, figures, goal, holds}` and exits 0 only where the goal holds.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

BENCHES = {
    "import-customers": "rows a second of a customer file of 100,000, end to end, two processes",
    "import-million": "rows a second and memory of a customer file of 1,000,000",
    "import-ordeal": "1,000,000 rows over 100,000 known people under ten kills, the same rows as an undisturbed one; then taken back",
    "export-customers": "rows a second of every column of 1,000,000 customers as a workbook and as CSV, and memory",
    "list-page": "server time of the customer list at 1,000,000 customers",
    "record-page": "server time of one customer's page, its panels and its timeline at 1,000,000 customers",
    "search": "server time of a two-letter search at 1,000,000 customers",
    "segment-count": "a live count at 1,000,000 customers",
    "send": "rendered, tracked, recorded and sent messages a second into a sink beside us",
    "kill-send": "kill -9 in the middle of a send to 10,000: nobody twice, everybody accounted for",
    "kill-import": "kill -9 in the middle of an import of 100,000: the same rows as an undisturbed one",
    "kill-cleansing": "kill -9 in the middle of a cleansing of 100,000, and of taking it back: the rows of an undisturbed one, and those before",
    "quality": "1,000,000 customers measured by the input standards, tried and cleansed: seconds and memory",
    "undo-import": "an import of 50,000 over 25,000 known people is taken back, under kill -9: the first rows, by table hash",
    "dedupe": "planted duplicates among 100,000 and 1,000,000 customers: precision, recall, time and memory; 10,000 new ones",
    "mirror": "1,000,000 customers and 10,000,000 orders into the mirror: rows a second; 10,000 changed rows until they are counted",
    "analysis": "RFM, decile, CPM and F2 over 10,000,000 orders as of today and of a past day, beside PostgreSQL, pandas and polars",
    "clv": "BG/NBD and Gamma-Gamma of 1,000,000 customers, fitted and scored, lifetimes beside it",
    "guards": "one guard of the source taken away at a time: how many of them some test misses",
    "cold-start": "from a fresh clone to the login page, cold and warm",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="enishi bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHES))
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("--quick", action="store_true", help="within a minute, at a smaller size that is stated")
    arguments = parser.parse_args()
    if arguments.name is None:
        for name, words in BENCHES.items():
            print(f"{name:18} {words}")
        return 0
    run: Callable[..., dict[str, Any]] = importlib.import_module(f"bench.{arguments.name.replace('-', '_')}").run
    loop = _loop_ms()
    result = {"name": arguments.name, **run(quick=arguments.quick)}
    result["figures"]["loop_ms"] = loop
    if arguments.as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        for figure, value in result["figures"].items():
            print(f"{figure:36} {value}")
        print(f"{'goal':36} {result['goal']}\n{'holds':36} {result['holds']}")
    return 0 if result["holds"] else 1


def _loop_ms() -> float:
    """How fast this machine is just now: a fixed loop, the best of three. Figures of two machines are read beside it."""

    def once() -> float:
        began, value = time.perf_counter(), 1
        for _ in range(1_000_000):
            value = value * 3 % 1_000_003
        return 1000 * (time.perf_counter() - began)

    return round(min(once() for _ in range(3)), 1)


if __name__ == "__main__":
    sys.exit(main())
