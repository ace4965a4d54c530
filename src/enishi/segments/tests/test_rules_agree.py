"""Random rules over a random base: PostgreSQL and the mirror must agree with the plain Python reference, customer by customer.

`ENISHI_RULE_EXAMPLES=20000 ENISHI_RULE_SEED=7 pytest …/test_rules_agree.py` looks longer and elsewhere.
"""

import os
from datetime import datetime

import ibis
import pytest
from django.db.models import F
from hypothesis import HealthCheck, assume, given, seed, settings

from enishi.commerce import summaries
from enishi.customers.mirrored import CUSTOMERS
from enishi.customers.models import Customer, CustomerAlias
from enishi.platform import time
from enishi.platform.privacy import Privacy
from enishi.rules import python_eval
from enishi.rules.facts import Fact, Group, Registry, registry
from enishi.rules.ibis_eval import NotMirrored, is_mirrored, matching
from enishi.rules.loading import load
from enishi.rules.operators import FlagTest, LabelsTest, NumberTest, TextTest
from enishi.rules.shapes import Column, CustomField
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tests.strategies import Rules
from enishi.rules.tree import AllOf, Condition, RuleTooLarge, dump, parse
from enishi.rules.values import DAY_OPERATORS, Choice, Kind
from enishi.segments.tests.rule_base import TEXTS, Base
from enishi.warehouse.tests.worlds import as_the_base_is, working_set

EXAMPLES = int(os.environ.get("ENISHI_RULE_EXAMPLES", "400"))
MIRROR_EXAMPLES = EXAMPLES // 8  # each is compiled by Ibis first, which takes longer than to answer it
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


@pytest.mark.django_db
def test_the_mirror_agrees_with_the_reference_on_random_rules(now: datetime, tmp_path):
    base = Base(SEED, now)
    summaries.recompute(base.ids)  # the mirror tells them of the orders themselves
    known = Registry(fact for fact in _everything_askable() if is_mirrored(fact, registry(), CUSTOMERS))
    assert {"orders.count", "orders.revenue", "lines.bought", "purchase.last", "customer.registered"} <= {fact.key for fact in known}
    strategies = Rules(known, keys=_keys(known), texts=TEXTS, today=time.today(now))
    people = load(list(known), Customer.rows.all(), ids=base.ids, now=now, registry=known)
    working = as_the_base_is(tmp_path)
    seen: set[int] = set()

    @seed(SEED)
    @settings(max_examples=MIRROR_EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strategies.rules())
    def agree(rule):
        try:
            rows = matching(rule, working.names(), today=time.today(now), registry=known, customers=CUSTOMERS)
        except RuleTooLarge:
            assume(False)
        with working.cursor() as cursor:
            found = [pk for (pk,) in cursor.execute(ibis.to_sql(rows.select("id"), dialect="duckdb")).fetchall()]
        expected = {pk for pk, facts in people.items() if python_eval.matches(rule, facts, now=now)}
        assert sorted(found) == sorted(expected)
        seen.add(len(found))

    agree()
    assert len(seen) > 20, "the rules hardly tell the customers apart"


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["customer.name", "customer.age", "contact.mailable", "customer.tags"])
def test_what_the_mirror_does_not_hold_is_not_asked_of_it(key, tmp_path, now: datetime):
    known = registry()
    fact = known.fact(key)
    test = {
        Kind.TEXT: TextTest(op="contains", values=("田",)),
        Kind.NUMBER: NumberTest(op="is_filled"),
        Kind.LABELS: LabelsTest(op="is_filled"),
    }
    rule = AllOf(rules=(Condition(fact=key, test=test.get(fact.kind, FlagTest(op="yes"))),))
    tables = working_set(tmp_path, customers=(), orders=()).names()
    assert not is_mirrored(fact, known, CUSTOMERS)
    with pytest.raises(NotMirrored):
        matching(rule, tables, today=time.today(now), registry=known, customers=CUSTOMERS)
