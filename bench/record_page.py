"""Server time of the record page at 1,000,000 customers: customers with the longest and the shortest stories, by scope."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from bench import pages
from bench.pages import Pages

GOAL_MS = 150
RECORDS = 12
PART = {"HX-Request": "true"}
#: The first rows of these lists: who bought most, who came last, and who never bought.
LISTS = {"most": "/customers/?sort=count", "latest": "/customers/", "new": "/customers/?sort=created"}


def run(*, quick: bool) -> dict[str, Any]:
    found = pages.survey(_records, quick=quick, slowest=5)
    return {
        "figures": found.result(customers=found.seeded["customers_customer"], orders=found.seeded["commerce_order"]),
        "goal": f"server p95 < {GOAL_MS} ms for the page, its panels and later parts of its timeline, in every scope",
        "holds": all(part["p95_ms"] < GOAL_MS for part in found.groups.values()),
    }


def _records(who: str, client: Any) -> Iterator[Pages]:
    for name, address in LISTS.items():
        numbers = list(dict.fromkeys(re.findall(r'href="/customers/(C-\d+)/"', client.get(address).content.decode())))[:RECORDS]
        urls = [f"/customers/{number}/" for number in numbers]
        yield Pages(f"{who}/page", name, [partial(client.get, url) for url in urls])
        parts = {url: client.get(url).content.decode() for url in urls}
        yield Pages(
            f"{who}/panel", name, [partial(client.get, url, headers=PART) for page in parts.values() for url in _asked_on_load(page)]
        )
        older = [url for page in parts.values() for url in _asked_on_load(page, 'class="earlier"')]
        if older:
            yield Pages(f"{who}/older", name, [partial(client.get, url, headers=PART) for url in older])


def _asked_on_load(page: str, near: str = 'class="sheet panel-loading') -> list[str]:
    """Addresses of the parts that the page asks for, or offers, at elements that begin like this."""
    found = (re.search(r'(?:hx-get|href)="([^"]+)"', after) for after in page.split(near)[1:])
    return [html.unescape(url[1]) for url in found if url]
