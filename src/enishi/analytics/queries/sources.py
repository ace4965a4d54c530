"""流入経路の一覧: every text that customers carry, what it is counted as, and what is booked under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from enishi.analytics.analyses.sources import SourcesParams
from enishi.analytics.models import AdCost, Source
from enishi.analytics.queries.asking import Asking, Shown, shown
from enishi.analytics.sources import spelling_key, spellings
from enishi.platform import policy
from enishi.platform.actor import Actor


@dataclass(frozen=True, slots=True)
class Row:
    """One text. `means`: the source it is counted as, "" where it is counted by itself; `alike`: a source that looks the same."""

    text: str
    customers: int
    means: str
    source_id: int | None
    has_costs: bool
    alike: str


@dataclass(frozen=True, slots=True)
class SourceList:
    rows: list[Row]
    nowhere: int  # customers without any
    sources: list[tuple[int, str]]
    can_change: bool


def source_list(actor: Actor, *, today: date) -> Shown[SourceList]:
    """Asks the engine for how many customers carry each text. Raises NotAllowed. Three queries."""
    policy.require(actor, "cost", "read")
    return shown(actor, lambda asking: _list(asking, actor, today))


def _list(asking: Asking, actor: Actor, today: date) -> SourceList:
    counts = {row["source"]: row["customers"] for row in asking.figures("sources", SourcesParams(as_of=today)).records()}
    named = {name: pk for pk, name in Source.rows.values_list("pk", "name")}
    means, booked = spellings(), set(AdCost.rows.values_list("source_id", flat=True).distinct())
    keys = {spelling_key(name): name for name in named}
    found = []
    for text in {*counts, *named, *means} - {""}:
        alike = keys.get(spelling_key(text), "") if text not in named and text not in means else ""
        found.append(Row(text, counts.get(text, 0), means.get(text, ""), named.get(text), named.get(text) in booked, alike))
    found.sort(key=lambda row: (-row.customers, row.text))
    return SourceList(
        found,
        counts.get("", 0),
        sorted(((pk, name) for name, pk in named.items()), key=lambda one: one[1]),
        policy.allowed(actor, "cost", "update"),
    )
