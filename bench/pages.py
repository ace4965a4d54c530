"""The shape of the benches of pages: everybody asks for the same pages of the large base, and their costs are summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bench import large

type Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Pages:
    """Requests that belong together. `group`: a scope, or a door in it, which must hold the goal by itself; `name`: what is
    told of them where they are among the slowest."""

    group: str
    name: str
    asks: list[Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Survey:
    """What the pages took: all of them, by group, and the slowest by name."""

    seeded: dict[str, int]
    requests: int
    total: Figures
    groups: dict[str, Figures]
    slowest: dict[str, Figures]

    def result(self, **counted: int) -> dict[str, Any]:
        """The figures of a bench, with what was counted of the base in front."""
        return {**counted, "requests": self.requests, **self.total, **self.groups, "slowest": self.slowest}


def survey(pages: Callable[[str, Any], Iterable[Pages]], *, quick: bool, slowest: int) -> Survey:
    """Ask for the pages that `pages(who, client)` names, on behalf of everybody; the `slowest` ones are told by name."""
    seeded, rounds = large.open_base(quick=quick), 1 if quick else 3
    by_group: dict[str, list[large.Cost]] = {}
    by_name: dict[str, list[large.Cost]] = {}
    for who in large.PEOPLE:
        for one in pages(who, large.sign_in(who)):
            found = large.costs(one.asks, rounds=rounds)
            by_group.setdefault(one.group, []).extend(found)
            by_name.setdefault(f"{one.group}/{one.name}", []).extend(found)
    everything = [cost for found in by_group.values() for cost in found]
    told = {name: large.figures(found) for name, found in by_name.items()}
    return Survey(
        seeded=seeded["counts"],
        requests=len(everything),
        total=large.figures(everything),
        groups={group: large.figures(found) for group, found in by_group.items()},
        slowest={name: told[name] for name in sorted(told, key=lambda name: -told[name]["p95_ms"])[:slowest]},
    )
