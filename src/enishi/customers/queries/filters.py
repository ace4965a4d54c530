"""The filter of a list: its conditions in words, and how many customers a rule finds while it is being built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from enishi.customers import access
from enishi.customers.filtering import filtered, list_registry
from enishi.platform.actor import Actor
from enishi.platform.listing import COUNT_CAP, capped_count, count_words
from enishi.rules.readback import sentence
from enishi.rules.tree import AllOf, Rule


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition read back, and the rule that is left without it."""

    words: str
    without: Rule | None


def filter_chips(actor: Actor, rule: Rule | None) -> list[Chip]:
    """The conditions that all must hold, one chip each; a rule of another form is one chip. Raises RuleInvalid."""
    if rule is None:
        return []
    known = list_registry(actor)
    if not isinstance(rule, AllOf):
        return [Chip(str(sentence(rule, known)), None)]
    return [
        Chip(str(sentence(part, known)), AllOf(rules=rest) if (rest := rule.rules[:at] + rule.rules[at + 1 :]) else None)
        for at, part in enumerate(rule.rules)
    ]


@dataclass(frozen=True, slots=True)
class Headcount:
    words: str  # 12,430 or 10,000+
    count: int


def headcount(actor: Actor, rule: Rule, *, now: datetime) -> Headcount:
    """How many customers the actor sees for whom the rule is true, counted to the cap. One query. Raises RuleInvalid,
    RuleRefused."""
    count = capped_count(filtered(actor, access.visible_customers(actor), rule, now=now))
    return Headcount(count_words(count), min(count, COUNT_CAP))
