"""Who stands behind a line of an analysis: those who bought most, and the rule that finds them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from enishi.analytics.analyses.periods import WindowParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.customers.queries.names import customer_names
from enishi.platform.actor import Actor
from enishi.rules.address import packed
from enishi.rules.operators import Between, LastMonths
from enishi.rules.tree import Rule
from enishi.warehouse.analysis import Params


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    url: str
    last_on: date
    purchases: int
    revenue_jpy: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """`rule`: packed, "" where no rule tells who they are; `note` says why, or how exact it is."""

    title: str
    about: str
    customers: int
    revenue_jpy: int | None  # None: the figure that it is of is of none
    people: list[Person]
    rule: str
    note: str = ""


def people_of(asking: Asking, actor: Actor, analysis: str, params: Params) -> list[Person]:
    """The people of an analysis that gives `customer_id`, `last_on`, `purchases`, `revenue_jpy`, as far as the actor reads who they
    are. One query and one line of the view log. Raises NotYet."""
    rows = asking.figures(analysis, params).records()
    names = customer_names(actor, [row["customer_id"] for row in rows])
    return [
        Person(name, f"/customers/{number}/", date.fromisoformat(row["last_on"]), row["purchases"], row["revenue_jpy"])
        for row in rows
        if (told := names.get(row["customer_id"]))
        for name, number in [told]
    ]


def window_of(asked: Asked, params: WindowParams) -> LastMonths | Between:
    """The window of a rule: of today one that moves with the days, of an earlier day one of calendar days."""
    return LastMonths(months=params.months) if asked.as_of == asked.today else Between(since=params.since, until=asked.as_of)


def packed_rule(rule: Rule | None) -> str:
    return packed(rule) if rule is not None else ""
