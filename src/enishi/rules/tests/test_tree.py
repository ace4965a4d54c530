import json
import time as clock

import pytest

from enishi.rules.facts import check
from enishi.rules.tests.pretend import REGISTRY
from enishi.rules.tree import MAX_DEPTH, MAX_NODES, RuleInvalid, RuleTooLarge, dump, parse, parse_json

ONCE = {"type": "condition", "fact": "purchase.count", "test": {"type": "number", "op": "eq", "values": [1]}}


def condition(fact, test, **more):
    return {"type": "condition", "fact": fact, "test": test, **more}


def nested(depth, inner=None):
    rule = inner or ONCE
    for _level in range(depth):
        rule = {"type": "not", "rule": rule}
    return rule


def test_a_rule_is_stored_and_read_back_equal():
    raw = {"type": "all", "rules": [ONCE, {"type": "not", "rule": {"type": "any", "rules": [ONCE, ONCE]}}]}
    rule = parse(raw)
    assert parse(json.loads(json.dumps(dump(rule)))) == rule


def test_the_deepest_allowed_rule_is_read_and_one_deeper_is_not():
    parse(nested(MAX_DEPTH - 1))
    with pytest.raises(RuleTooLarge):
        parse(nested(MAX_DEPTH))


def test_too_many_conditions_are_refused():
    parse({"type": "all", "rules": [ONCE] * (MAX_NODES - 1)})
    with pytest.raises(RuleTooLarge):
        parse({"type": "all", "rules": [ONCE] * MAX_NODES})


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"not","rule":' * 10_000 + "1" + "}" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        '{"type":"all","rules":[' * 3_000 + "]}" * 3_000,
        '{"type":"not","rule":' * 150 + "1" + "}" * 150,
        "[" * 1_000_000,
        json.dumps({"type": "all", "rules": [ONCE] * 5_000}),
        json.dumps(condition("a.b", {"type": "choice", "op": "in", "values": ["x"] * 19_000})),
    ],
    ids=["not", "lists", "all", "150", "open", "wide", "values"],
)
def test_deep_and_wide_input_is_refused_within_100_ms(text):
    started = clock.perf_counter()
    with pytest.raises(RuleInvalid):
        parse_json(text)
    assert clock.perf_counter() - started < 0.1


def test_deep_input_that_was_already_decoded_is_refused_too():
    started = clock.perf_counter()
    with pytest.raises(RuleTooLarge):
        parse(nested(10_000))
    assert clock.perf_counter() - started < 0.1


@pytest.mark.parametrize(
    "raw",
    [
        {**ONCE, "_connector": "OR 1=1"},
        {"type": "all", "rules": [], "_negated": True},
        {**ONCE, "fact": 'email") OR 1=1--'},
        {**ONCE, "fact": "Customer.name"},
        {**ONCE, "fact": "a.b\n"},
        {**ONCE, "fact": ["purchase.count"]},
        condition("purchase.count", {"type": "number", "op": "exact", "values": [1]}),
        condition("purchase.count", {"type": "number", "op": "eq", "values": ["1 OR 1=1"]}),
        condition("purchase.count", {"type": "number", "op": "eq", "values": [True]}),
        condition("purchase.count", {"type": "number", "op": "eq", "values": [float("inf")]}),
        condition("purchase.count", {"type": "number", "op": "eq", "values": [10**16]}),
        condition("purchase.count", {"type": "number", "op": "between", "values": [2, 1]}),
        condition("purchase.count", {"type": "number", "op": "eq", "values": []}),
        condition("customer.city", {"type": "text", "op": "contains", "values": ["a\x00b"]}),
        condition("customer.city", {"type": "text", "op": "contains", "values": ["\ud800"]}),
        condition("customer.city", {"type": "text", "op": "contains", "values": [{"a": 1}]}),
        condition("customer.city", {"type": "text", "op": "regex", "values": ["(a+)+$"]}),
        condition("purchase.last", {"type": "date", "op": "on", "values": ["2026-02-30"]}),
        condition("purchase.last", {"type": "date", "op": "on", "values": ["1763769600"]}),
        condition("purchase.last", {"type": "date", "op": "on", "values": ["9999-12-31"]}),
        condition("purchase.last", {"type": "date", "op": "within_last_days", "values": [10**9]}),
        condition("purchase.last", {"type": "date", "op": "within_last_days", "values": ["30"]}),
        condition("customer.birthday", {"type": "date", "op": "month_is", "values": [13]}),
        condition("customer.tags", {"type": "labels", "op": "any_of", "values": []}),
        condition("customer.tags", {"type": "labels; drop table", "op": "any_of", "values": ["1"]}),
        condition("orders.count", ONCE["test"], window={"type": "last_days", "days": -1}),
        condition("orders.count", ONCE["test"], window={"type": "days_ago", "nearest": 90, "farthest": 30}),
        condition("orders.count", ONCE["test"], where=[{"property": "channel__x; --", "test": ONCE["test"]}]),
        {"type": "any", "rules": []},
        {"type": "sql", "text": "1=1"},
        [],
        None,
        "rule",
    ],
)
def test_what_is_no_rule_is_refused_with_a_place(raw):
    with pytest.raises(RuleInvalid) as refused:
        parse(raw)
    assert refused.value.code == "rule.invalid"
    assert refused.value.fields
    assert all(words for texts in refused.value.fields.values() for words in texts)


def test_a_refusal_says_where():
    with pytest.raises(RuleInvalid) as refused:
        parse({"type": "all", "rules": [ONCE, {**ONCE, "test": {"type": "number", "op": "eq", "values": ["x"]}}]})
    assert list(refused.value.fields) == ["rules.1.test.values.0"]


@pytest.mark.parametrize(
    "raw",
    [
        {**ONCE, "fact": "owner__password__startswith"},
        {**ONCE, "fact": "pk"},
        condition("customer.password", {"type": "text", "op": "is", "values": ["x"]}),
        condition("purchase.count", {"type": "text", "op": "is", "values": ["x"]}),
        condition("purchase.count", {"type": "number", "op": "is_empty"}),
        condition("purchase.count", {"type": "number", "op": "eq", "values": ["1.5"]}),
        condition("purchase.count", ONCE["test"], window={"type": "last_days", "days": 3}),
        condition("purchase.count", ONCE["test"], where=[{"property": "channel", "test": ONCE["test"]}]),
        condition("orders.count", ONCE["test"], where=[{"property": "channel", "test": ONCE["test"]}]),
        condition("orders.count", ONCE["test"], where=[{"property": "customer", "test": ONCE["test"]}]),
        condition("customer.owner", {"type": "choice", "op": "in", "values": ["7 or 1=1"]}),
        condition("customer.owner", {"type": "choice", "op": "in", "values": ["٣"]}),
        condition("customer.since", {"type": "date", "op": "month_is", "values": [3]}),
    ],
)
def test_a_rule_must_fit_its_facts(raw):
    rule = parse(raw)
    with pytest.raises(RuleInvalid):
        check(rule, REGISTRY)


def test_fractions_are_for_facts_that_have_them():
    check(parse(condition("customer.height", {"type": "number", "op": "gte", "values": ["170.5"]})), REGISTRY)


def test_a_rule_that_would_count_too_much_is_refused():
    counting = condition("orders.count", {"type": "number", "op": "gte", "values": [2]}, window={"type": "last_days", "days": 30})
    check(parse({"type": "all", "rules": [counting] * 40}), REGISTRY)
    with pytest.raises(RuleTooLarge):
        check(parse({"type": "all", "rules": [counting] * 41}), REGISTRY)
