"""The live count of the segment builder at 1,000,000 customers and 10,000,000 orders, at rest.

The builder's page holds three looks: how many are in the rule, how many there are, and the first people with whether
mail may go there. Rules over orders in a window are counted by the engine, and the page asks again until it has the number.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import large

GOAL_MS = 1000


def _all(*rules: dict[str, object]) -> dict[str, object]:
    return {"type": "all", "rules": list(rules)}


def _any(*rules: dict[str, object]) -> dict[str, object]:
    return {"type": "any", "rules": list(rules)}


def _is(fact: str, kind: str, op: str, *values: object, **more: object) -> dict[str, object]:
    test = {"type": kind, "op": op} | ({"values": list(values)} if values else {})
    return {"type": "condition", "fact": fact, "test": test, **more}


def _days(nearest: int, farthest: int) -> dict[str, object]:
    return {"type": "days_ago", "nearest": nearest, "farthest": farthest}


_ONCE, _LAST_30_90 = _is("purchase.count", "number", "eq", 1), _is("purchase.last", "date", "days_ago_between", 30, 90)
_MAIL = _is("contact.mailable", "flag", "yes")
_IN_90_DAYS = {"type": "last_days", "days": 90}
_TEA = {"property": "category", "test": {"type": "choice", "op": "in", "values": ["お茶"]}}
_IN_SHOPS = {"property": "channel", "test": {"type": "choice", "op": "in", "values": ["store"]}}

RULES = {
    "once_30_90_mail_allowed": _all(_ONCE, _LAST_30_90, _MAIL),
    "mailable": _all(_MAIL),
    "mail_not_allowed": _all({"type": "not", "rule": _MAIL}),
    "everybody": _all(),
    "in_tokyo_over_40": _all(_is("customer.prefecture", "choice", "in", "東京都"), _is("customer.age", "number", "gte", 40)),
    "birthday_next_month": _all(_is("customer.birthday", "date", "month_from_now", 1)),
    "best_or_repeat": _all(_is("customer.lifecycle", "choice", "in", "best", "repeat")),
    "name_contains": _all(_is("customer.name", "text", "contains", "佐藤")),
    "bought_in_90_days": _all(_is("orders.count", "number", "gte", 1, window=_IN_90_DAYS)),
    "three_orders_in_90_days": _all(_is("orders.count", "number", "gte", 3, window=_IN_90_DAYS)),
    "spent_30000_in_a_year": _all(_is("orders.revenue", "number", "gte", 30_000, window={"type": "last_days", "days": 365})),
    "nothing_for_a_year": _all(_is("orders.count", "number", "eq", 0, window={"type": "last_days", "days": 365})),
    "in_shops_in_90_days": _all(_is("orders.count", "number", "gte", 2, window=_IN_90_DAYS, where=[_IN_SHOPS])),
    "tea_30_90_days_ago": _all(_is("lines.bought", "flag", "yes", window=_days(30, 90), where=[_TEA])),
    "never_tea_in_90_days": _all(_is("lines.bought", "flag", "no", window=_IN_90_DAYS, where=[_TEA])),
    "cancelled_in_90_days": _all(
        _is(
            "orders.any",
            "flag",
            "yes",
            window=_IN_90_DAYS,
            where=[{"property": "state", "test": {"type": "choice", "op": "in", "values": ["cancelled", "returned"]}}],
        )
    ),
    "post_but_no_mail": _all(_is("consent.post", "consent", "allowed"), _is("consent.email", "consent", "unknown")),
    "either_of_two_tables": _any(_is("purchase.revenue", "number", "gte", 100_000), _is("consent.email", "consent", "denied")),
    "recent_or_rich_and_mailable": _all(_any(_is("purchase.last", "date", "within_last_days", 30), _is("purchase.revenue", "number", "gte", 100_000)), _MAIL),
}  # fmt: skip


def run(*, quick: bool) -> dict[str, Any]:
    seeded = large.open_base(quick=quick)
    rounds = 2 if quick else 4
    with tempfile.TemporaryDirectory() as folder, _engine(Path(folder)) as service:
        client = large.sign_in("all")
        by_rule = {name: [_until_counted(client, service, pk) for _ in range(rounds)] for name, pk in _segments().items()}
        counts = _people()
    answered = [first for found in by_rule.values() for first, _counted in found]
    told = {
        name: {
            "people": counts[name],
            "p95_ms": round(large.p95([counted for _first, counted in found]), 1),
            "page_p95_ms": round(large.p95([first for first, _counted in found]), 1),
        }
        for name, found in by_rule.items()
    }
    return {
        "figures": {
            "customers": seeded["counts"]["customers_customer"],
            "orders": seeded["counts"]["commerce_order"],
            "order_lines": seeded["counts"]["commerce_orderline"],
            "page_p95_ms": round(large.p95(answered), 1),
            "rules": told,
        },
        "goal": f"the builder's page with its count < {GOAL_MS} ms for every rule (p95 of the clock)",
        "holds": all(found["p95_ms"] < GOAL_MS for found in told.values()),
    }


@contextmanager
def _engine(folder: Path) -> Iterator[Any]:
    """An engine over the base, at the socket at which pages look for it."""
    from django.conf import settings

    from enishi.warehouse.engine.server import Engine, listening
    from enishi.warehouse.engine.socket import socket_path

    engine = Engine(folder, memory_mb=4_000, threads=2)
    engine.refresh()
    with listening(engine.service, socket_path(settings.DATA_DIR)):
        yield engine.service


def _until_counted(client: Any, service: Any, segment: int) -> tuple[float, float]:
    """Milliseconds until the page is there, and until it has its number, asked again as the page does; nothing is kept from before."""
    service.forget()
    began = time.perf_counter()
    page = client.get(f"/segments/{segment}/edit/").content.decode()
    first = 1000 * (time.perf_counter() - began)
    while again := re.search(r'hx-get="(/segments/count/[^"]+)"', page):
        page = client.get(again[1]).content.decode()
    return first, 1000 * (time.perf_counter() - began)


def _segments() -> dict[str, int]:
    """The rules as saved segments: name → id. Made once a base."""
    from enishi.platform import rights
    from enishi.platform import time as clock
    from enishi.platform.models import User
    from enishi.rules.tree import parse
    from enishi.segments.actions.segments import create_segment
    from enishi.segments.models import Segment

    actor = rights.actor_of(User.rows.get(username=large.PEOPLE["all"]))
    known = dict(Segment.rows.filter(archived_at__isnull=True).values_list("name", "pk"))
    found = {}
    for name, raw in RULES.items():
        rule = parse(raw)
        pk = known.get(name)
        if pk is None or Segment.rows.get(pk=pk).rule != rule.model_dump(mode="json"):
            pk = create_segment(actor=actor, name=name, rule=rule, now=clock.now())
        found[name] = pk
    return found


def _people() -> dict[str, int]:
    """How many are in each rule, as PostgreSQL counts them."""
    from enishi.platform import time as clock
    from enishi.segments.queries.members import members_of_rule

    return {name: members_of_rule(RULES[name], now=clock.now()).count() for name in RULES}
