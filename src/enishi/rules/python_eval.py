"""The reference: one customer's plainly loaded facts against a rule, in plain Python.

What `operators.py` says in words is said here in code; every other evaluator must agree with it. It also tells why
somebody is in or out, and judges one customer against many rules without asking the database again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from enishi.platform import time
from enishi.rules.days import months_of_test, range_of_test, range_of_window
from enishi.rules.facts import Fact, Registry, decoded
from enishi.rules.operators import (
    ChoiceOp,
    ChoiceTest,
    ConsentTest,
    DateOp,
    DateTest,
    FlagOp,
    FlagTest,
    LabelsOp,
    LabelsTest,
    NumberOp,
    NumberTest,
    TextOp,
    TextTest,
)
from enishi.rules.shapes import Derived, Measure, Rows
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Rule
from enishi.rules.values import AnyTest, Trait, Value
from enishi.rules.words import comparable, spellings


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a source: its business day, what measures count or sum by fact key, its properties."""

    day: date | None
    of: Mapping[str, Value] = field(default_factory=dict)
    properties: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadedFacts:
    """What is known of one customer: values by fact key, rows by source name. Missing means empty."""

    registry: Registry
    values: Mapping[str, Value] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """One condition of a rule for one customer.

    `holds`: whether the condition is true. `negated`: it stands under a `not`. `actual`: the value that was tested.
    """

    path: tuple[int, ...]
    condition: Condition
    actual: Value
    holds: bool
    negated: bool

    @property
    def speaks_for(self) -> bool:
        """Whether this clause, as far as it goes, lets the customer in."""
        return self.holds is not self.negated


def matches(rule: Rule, facts: LoadedFacts, *, now: datetime) -> bool:
    """Whether the rule is true for this customer on the business day of `now`."""
    return _matches(rule, facts, time.today(now))


def explain(rule: Rule, facts: LoadedFacts, *, now: datetime) -> list[ClauseResult]:
    """Every condition with its value and whether it held, in reading order."""
    today = time.today(now)
    results: list[ClauseResult] = []
    waiting: list[tuple[tuple[int, ...], Rule, bool]] = [((), rule, False)]
    while waiting:
        path, node, negated = waiting.pop()
        match node:
            case AllOf() | AnyOf():
                waiting.extend(reversed([((*path, index), child, negated) for index, child in enumerate(node.rules)]))
            case Not():
                waiting.append(((*path, 0), node.rule, not negated))
            case Condition():
                actual = actual_value(node, facts, today)
                results.append(ClauseResult(path, node, actual, holds(node.test, actual, facts.registry.fact(node.fact), today), negated))
    return results


def _matches(rule: Rule, facts: LoadedFacts, today: date) -> bool:
    match rule:
        case AllOf():
            return all(_matches(child, facts, today) for child in rule.rules)
        case AnyOf():
            return any(_matches(child, facts, today) for child in rule.rules)
        case Not():
            return not _matches(rule.rule, facts, today)
        case Condition():
            return holds(rule.test, actual_value(rule, facts, today), facts.registry.fact(rule.fact), today)


def actual_value(condition: Condition, facts: LoadedFacts, today: date) -> Value:
    """What the condition's fact is for this customer, within the condition's window and filters."""
    fact = facts.registry.fact(condition.fact)
    match fact.shape:
        case Rows():
            rows = facts.rows.get(fact.shape.source.name, ())
            return _measure(fact, fact.shape, [row for row in rows if _row_counts(row, condition, fact, today)])
        case Derived():
            return _matches(fact.shape.rule, facts, today)
        case _:
            return facts.values.get(condition.fact)


def _row_counts(row: Row, condition: Condition, fact: Fact, today: date) -> bool:
    if condition.window is not None and (row.day is None or row.day not in range_of_window(condition.window, today)):
        return False
    properties = fact.properties()
    return all(holds(where.test, row.properties.get(where.property), properties[where.property], today) for where in condition.where)


def _measure(fact: Fact, shape: Rows, rows: Sequence[Row]) -> Value:
    match shape.measure:
        case Measure.EXISTS:
            return bool(rows)
        case Measure.COUNT:
            return len(rows) if shape.of is None else len({row.of[fact.key] for row in rows if row.of[fact.key] is not None})
        case Measure.SUM:
            return sum(value for row in rows if isinstance(value := row.of[fact.key], int | Decimal))
        case Measure.LATEST:
            return max((row.day for row in rows if row.day is not None), default=None)


# ---- one value against one test ---------------------------------------------------------------------------


def holds(test: AnyTest, value: Value, trait: Trait, today: date) -> bool:
    """The meaning of every operator. `trait` tells how choice keys are stored."""
    match test:
        case TextTest():
            return _text_holds(test, value if isinstance(value, str) else "")
        case NumberTest():
            return _number_holds(test, value if isinstance(value, int | Decimal) else None)
        case DateTest():
            return _date_holds(test, value if isinstance(value, date) else None, today)
        case ChoiceTest():
            return _choice_holds(test, value, decoded(test, trait))
        case LabelsTest():
            return _labels_hold(test, value if isinstance(value, frozenset) else frozenset(), decoded(test, trait))
        case FlagTest():
            return (value is True) is (test.op is FlagOp.YES)
        case ConsentTest():
            return (value or "unknown") == test.op


def _text_holds(test: TextTest, value: str) -> bool:
    empty = value == ""
    match test.op:
        case TextOp.IS_EMPTY:
            return empty
        case TextOp.IS_FILLED:
            return not empty
    text, sought = comparable(value), spellings(test.values[0])
    match test.op:
        case TextOp.IS:
            return not empty and text in sought
        case TextOp.IS_NOT:
            return empty or text not in sought
        case TextOp.CONTAINS:
            return not empty and any(spelling in text for spelling in sought)
        case TextOp.NOT_CONTAINS:
            return empty or not any(spelling in text for spelling in sought)
        case TextOp.STARTS_WITH:
            return not empty and text.startswith(sought)


def _number_holds(test: NumberTest, value: int | Decimal | None) -> bool:
    if value is None:
        return test.op in (NumberOp.IS_EMPTY, NumberOp.NOT_EQ)
    match test.op:
        case NumberOp.IS_EMPTY:
            return False
        case NumberOp.IS_FILLED:
            return True
        case NumberOp.EQ:
            return value == test.values[0]
        case NumberOp.NOT_EQ:
            return value != test.values[0]
        case NumberOp.GTE:
            return value >= test.values[0]
        case NumberOp.LTE:
            return value <= test.values[0]
        case NumberOp.BETWEEN:
            return test.values[0] <= value <= test.values[1]


def _date_holds(test: DateTest, value: date | None, today: date) -> bool:
    if value is None:
        return test.op is DateOp.IS_EMPTY
    if test.op in (DateOp.IS_EMPTY, DateOp.IS_FILLED):
        return test.op is DateOp.IS_FILLED
    days = range_of_test(test, today)
    return value in days if days is not None else value.month in months_of_test(test, today)


def _choice_holds(test: ChoiceTest, value: Value, sought: Sequence[str | int]) -> bool:
    empty = value is None or value == ""
    verdicts: Mapping[ChoiceOp, Callable[[], bool]] = {
        ChoiceOp.IS_EMPTY: lambda: empty,
        ChoiceOp.IS_FILLED: lambda: not empty,
        ChoiceOp.IN: lambda: not empty and value in sought,
        ChoiceOp.NOT_IN: lambda: empty or value not in sought,
    }
    return verdicts[test.op]()


def _labels_hold(test: LabelsTest, value: frozenset[str] | frozenset[int], sought: Sequence[str | int]) -> bool:
    has = [label in value for label in sought]
    verdicts: Mapping[LabelsOp, Callable[[], bool]] = {
        LabelsOp.IS_EMPTY: lambda: not value,
        LabelsOp.IS_FILLED: lambda: bool(value),
        LabelsOp.ANY_OF: lambda: any(has),
        LabelsOp.ALL_OF: lambda: all(has),
        LabelsOp.NONE_OF: lambda: not any(has),
    }
    return verdicts[test.op]()
