"""Server time of the customer list at 1,000,000 customers: every tab and order, the first page and later ones, by scope."""

from __future__ import annotations

import html
import re
from functools import partial
from typing import Any

from bench import large

GOAL_MS, GOAL_CPU_MS = 150, 50
PAGES_DEEP = 3
ADDRESSES = {
    "last": "/customers/",
    "last_back": "/customers/?sort=last&dir=back",
    "revenue": "/customers/?sort=revenue",
    "count": "/customers/?sort=count",
    "created": "/customers/?sort=created",
    "created_back": "/customers/?sort=created&dir=back",
    "kana": "/customers/?sort=kana",
    "kana_back": "/customers/?sort=kana&dir=back",
    "mine": "/customers/?view=mine",
    "recent": "/customers/?view=recent",
    "recent_by_revenue": "/customers/?view=recent&sort=revenue",
    "recent_by_kana": "/customers/?view=recent&sort=kana",
    "falling_asleep": "/customers/?view=falling-asleep",
    "falling_asleep_by_created": "/customers/?view=falling-asleep&sort=created",
}


def run(*, quick: bool) -> dict[str, Any]:
    seeded = large.open_base(quick=quick)
    rounds = 1 if quick else 3
    by_scope: dict[str, list[large.Cost]] = {}
    by_address: dict[str, list[large.Cost]] = {}
    for who in large.PEOPLE:
        client = large.sign_in(who)
        for name, address in ADDRESSES.items():
            if who == "team_masked" and "kana" in address:
                continue  # who reads no names cannot sort by them
            found = large.costs([partial(client.get, url) for url in _pages(client, address)], rounds=rounds)
            by_scope.setdefault(who, []).extend(found)
            by_address.setdefault(f"{who}/{name}", []).extend(found)
    everything = [one for found in by_scope.values() for one in found]
    slowest = sorted(by_address, key=lambda name: -large.figures(by_address[name])["p95_ms"])[:5]
    total = large.figures(everything)
    return {
        "figures": {
            "customers": seeded["counts"]["customers_customer"],
            "orders": seeded["counts"]["commerce_order"],
            "requests": len(everything),
            **total,
            **{who: large.figures(found) for who, found in by_scope.items()},
            "slowest": {name: large.figures(by_address[name]) for name in slowest},
        },
        "goal": f"server p95 < {GOAL_MS} ms and CPU <= {GOAL_CPU_MS} ms for a page of 50 rows, for every scope, tab, order and page",
        "holds": all(
            large.figures(found)["p95_ms"] < GOAL_MS and large.figures(found)["cpu_ms"] <= GOAL_CPU_MS for found in by_scope.values()
        ),
    }


def _pages(client: Any, address: str) -> list[str]:
    """The first pages of a list, by the links that it offers."""
    pages = [address]
    while len(pages) < PAGES_DEEP:
        onward = re.search(r"after=\d+&amp;n=\d+", client.get(pages[-1]).content.decode())
        if onward is None:
            break
        pages.append(f"{address}{'&' if '?' in address else '?'}{html.unescape(onward[0])}")
    return pages
