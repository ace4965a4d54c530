"""広告費台帳 as its page shows it: twelve months of sources and media, with their sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from enishi.analytics.models import AdCost, Source
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.rules.days import months_before

SHOWN_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One source and medium; `amounts` of each month, None where nothing is booked."""

    source_id: int
    source: str
    medium: str
    amounts: list[int | None]

    @property
    def total_jpy(self) -> int:
        return sum(amount or 0 for amount in self.amounts)


@dataclass(frozen=True, slots=True)
class Ledger:
    months: list[date]
    lines: list[Line]
    totals: list[int]
    sources: list[tuple[int, str]]
    can_change: bool

    @property
    def total_jpy(self) -> int:
        return sum(self.totals)


def ledger(actor: Actor, *, until: date) -> Ledger:
    """The twelve months up to that of `until`. Raises NotAllowed. Two queries."""
    policy.require(actor, "cost", "read")
    last = until.replace(day=1)
    months = [months_before(last, back) for back in range(SHOWN_MONTHS - 1, -1, -1)]
    found: dict[tuple[str, str, int], dict[date, int]] = {}
    rows = AdCost.rows.filter(month__gte=months[0], month__lte=last).values_list(
        "source_id", "source__name", "medium", "month", "amount_jpy"
    )
    for source_id, source, medium, month, amount in rows:
        found.setdefault((source, medium, source_id), {})[month] = amount
    lines = [Line(key[2], key[0], key[1], [amounts.get(month) for month in months]) for key, amounts in sorted(found.items())]
    totals = [sum(line.amounts[place] or 0 for line in lines) for place in range(len(months))]
    sources = list(Source.rows.order_by("name").values_list("pk", "name"))
    return Ledger(months, lines, totals, sources, policy.allowed(actor, "cost", "update"))


def costs_by_source(since: date, until: date) -> Mapping[str, int]:
    """What each source cost in the months that begin within [since, until]; for analyses, which have judged. One query."""
    rows = AdCost.rows.filter(month__gte=since, month__lte=until).values_list("source__name").annotate(jpy=Sum("amount_jpy"))
    return dict(rows)
