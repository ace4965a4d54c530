"""What the benches of pages share: the large base, its people signed in, and the cost of one request in this process.

A request goes through the whole middleware stack as in the web server. The clock of this process stands on the day on
which the base's history ends, so that 「30〜90日前」 always means the same orders.
"""

from __future__ import annotations

import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MILLION, QUICK = 1_000_000, 10_000

#: Who asks: each sees another part of the base.
PEOPLE = {
    "all": "takahashi",  # EC責任者
    "team": "kobayashi",  # 店長 of 谷中本店
    "team_masked": "hayashi",  # 店舗スタッフ: contact points masked
    "own": "yoshida",  # 営業
}


def open_base(*, quick: bool) -> dict[str, Any]:
    """Make the base where it is missing, and start Django on it as the web server's role. What was seeded."""
    from config.cli import assets, base, seeding

    customers = QUICK if quick else MILLION
    here = seeding.large_base(customers)
    assets.build(here)
    seeded = seeding.made_large(here, customers, any_code=True)
    (here.data_dir / "static").mkdir(exist_ok=True)
    os.environ |= base.child_environment(here, base.prepared(here), "app") | {"ENISHI_LOG_LEVEL": "ERROR"}
    for name in [name for name in sys.modules if name == "config.settings" or name.startswith("config.settings.")]:
        del sys.modules[name]  # read to find the database, before there was one
    importlib.import_module("config.wsgi")  # as the web server does
    from enishi.platform import time as clock

    clock.freeze(clock.start_of_day(date.fromisoformat(str(seeded["as_of"]))) + timedelta(hours=10))
    return seeded


def sign_in(who: str) -> Any:
    """A client of the person who sees this part of the base."""
    from django.conf import settings
    from django.test import Client

    from enishi.platform.models import User

    client = Client(SERVER_NAME=settings.APP_HOST)
    client.force_login(User.rows.get(username=PEOPLE[who]), backend="enishi.platform.signin.ActiveUserBackend")
    return client


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one request, in milliseconds. `alone` is the clock less what this process and the database's stood in line for
    a processor that others used: what a machine at rest would have taken."""

    clock: float
    alone: float
    cpu: float  # of this process
    database_cpu: float  # of the database's process, without helpers of a parallel query
    queries: int


def cost(ask: Callable[[], Any]) -> Cost:
    """Ask once. Raises where the answer is not a page."""
    from django.db import connection

    queries = 0

    def counting(execute: Callable[..., Any], *args: Any) -> Any:
        """Counted, and not kept as text: putting their values in would take longer than some of them."""
        nonlocal queries
        queries += 1
        return execute(*args)

    us, database = os.getpid(), _backend()
    with connection.execute_wrapper(counting):
        our_cpu, our_wait = _ran_and_waited(us)
        their_cpu, their_wait = _ran_and_waited(database)
        began = time.perf_counter()
        answer = ask()
        clock = 1000 * (time.perf_counter() - began)
        our_end, our_waits = _ran_and_waited(us)
        their_end, their_waits = _ran_and_waited(database)
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code} {answer.request['PATH_INFO']}?{answer.request['QUERY_STRING']}")
    waited = our_waits - our_wait + their_waits - their_wait
    ours, theirs = our_end - our_cpu, their_end - their_cpu
    return Cost(clock, max(clock - waited, ours + theirs), ours, theirs, queries)  # waits of the two may overlap


def costs(asks: Iterable[Callable[[], Any]], *, rounds: int) -> list[Cost]:
    """Each of them so many times, after one time that does not count: the pages of the base are warm, as at work."""
    asked = list(asks)
    for ask in asked:
        cost(ask)
    return [cost(ask) for _ in range(rounds) for ask in asked]


def figures(found: list[Cost]) -> dict[str, float]:
    """What requests took: p95 as on a machine at rest, beside it the plain clock; processor times."""
    return {
        "p50_ms": round(statistics.median(one.alone for one in found), 1),
        "p95_ms": round(p95([one.alone for one in found]), 1),
        "p95_clock_ms": round(p95([one.clock for one in found]), 1),
        "cpu_ms": round(statistics.median(one.cpu for one in found), 1),
        "database_cpu_ms": round(statistics.median(one.database_cpu for one in found), 1),
        "queries": max(one.queries for one in found),
    }


def p95(values: list[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def _backend() -> int:
    from django.db import connection

    connection.ensure_connection()
    return int(connection.connection.info.backend_pid)


def _ran_and_waited(pid: int) -> tuple[float, float]:
    """Milliseconds a process has run, and stood ready without being let to, so far."""
    ran, waited, _ = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(ran) / 1e6, int(waited) / 1e6
