"""Random rules over a random base: the database must agree with the plain Python reference, customer by customer.

`ENISHI_RULE_EXAMPLES=20000 ENISHI_RULE_SEED=7 pytest …/test_rules_agree.py` looks longer and elsewhere.
"""

import os
from datetime import datetime

import pytest
from django.db.models import F
from hypothesis import HealthCheck, assume, given, seed, settings

from enishi.customers.models import Customer, CustomerAlias
from enishi.platform import time
from enishi.platform.privacy import Privacy
from enishi.rules import python_eval
from enishi.rules.facts import Fact, Group, Registry, registry
from enishi.rules.loading import load
from enishi.rules.shapes import Column, CustomField
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tests.strategies import Rules
from enishi.rules.tree import RuleTooLarge, dump, parse
from enishi.rules.values import DAY_OPERATORS, Choice, Kind
from enishi.segments.tests.rule_base import TEXTS, Base

EXAMPLES = int(os.environ.get("ENISHI_RULE_EXAMPLES", "400"))
SEED = int(os.environ.get("ENISHI_RULE_SEED", "20261122"))

CUSTOM = Group("custom", "項目", "list")


def _custom(number: int, kind: Kind, **more) -> Fact:
    instant = more.pop("instant", False)
    return Fact(
        key=f"custom.cf_{number}",
        label=f"項目{number}",
        kind=kind,
        privacy=Privacy.INTERNAL,
        group=CUSTOM,
        shape=CustomField(number, instant=instant),
        **more,
    )


def _everything_askable() -> Registry:
    facts = [
        *registry(),
        _custom(1, Kind.TEXT),
        _custom(2, Kind.NUMBER, fractions=True),
        _custom(3, Kind.DATE, operators=DAY_OPERATORS),
        _custom(5, Kind.DATE, operators=DAY_OPERATORS, instant=True),
        _custom(4, Kind.FLAG),
        Fact(
            key="custom.colour",
            label="色",
            kind=Kind.CHOICE,
            privacy=Privacy.INTERNAL,
            group=CUSTOM,
            shape=CustomField(1),
            choices=lambda: [Choice("赤", "赤"), Choice("ABC", "ABC")],
        ),
        Fact(
            key="customer.lifecycle_on",
            label="ステージの日",
            kind=Kind.DATE,
            privacy=Privacy.INTERNAL,
            group=CUSTOM,
            shape=Column(F("lifecycle_on")),
        ),
    ]
    return Registry(facts)


def _keys(known: Registry) -> dict[str, list[str]]:
    """The choice keys in the base, and one that is not."""
    traits = [trait for fact in known for trait in (fact, *fact.properties().values())]
    return {trait.key: [choice.key for choice in trait.choice_list()][:8] + (["999"] if trait.numbered else ["ほか"]) for trait in traits}


@pytest.mark.django_db
@pytest.mark.parametrize("merged", [True, False], ids=["with merged customers", "without"])
def test_the_database_agrees_with_the_reference_on_random_rules(merged, now: datetime):
    base = Base(SEED, now)
    if not merged:
        CustomerAlias.rows.all().delete()
    known = _everything_askable()
    strategies = Rules(known, keys=_keys(known), texts=TEXTS, today=time.today(now))
    people = load(list(known), Customer.rows.all(), ids=base.ids, now=now, registry=known)
    seen: set[int] = set()

    @seed(SEED)
    @settings(max_examples=EXAMPLES // 2, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategies.rules())
    def agree(rule):
        try:
            found = set(to_queryset(rule, Customer.rows.all(), now=now, registry=known).values_list("pk", flat=True))
        except RuleTooLarge:
            assume(False)
        expected = {pk for pk, facts in people.items() if python_eval.matches(rule, facts, now=now)}
        assert found == expected
        assert parse(dump(rule)) == rule
        seen.add(len(found))

    agree()
    assert len(seen) > 20, "the rules hardly tell the customers apart"
