"""Rules as Ibis expressions over the mirror, for DuckDB and Spark: the third evaluator.

Every condition becomes one column of the customers that is true or false, never NULL; facts about rows are counted once for all
customers and met by the customer's id. See `operators.py` for the meaning; `python_eval.py` is the reference.

What the mirror does not hold (names, addresses, consents, the company's own fields) cannot be asked here: `NotMirrored`. The caller
asks PostgreSQL then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any

import ibis
from django.db.models import F

from enishi.platform.mirrored import MirrorTable
from enishi.rules.days import DayRange, months_of_test, range_of_test, range_of_window
from enishi.rules.facts import Fact, Registry, check, decoded
from enishi.rules.operators import ChoiceOp, ChoiceTest, DateOp, DateTest, FlagOp, FlagTest, NumberOp, NumberTest
from enishi.rules.shapes import Column, Derived, Measure, MirrorOf, Rows, Summary
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Rule, conditions
from enishi.rules.values import AnyTest, Trait, Value

if TYPE_CHECKING:
    import ibis.expr.types as ir

    type Told = Callable[[ir.Table], ir.BooleanValue]


class NotMirrored(Exception):
    """A fact of the rule is not in the mirror; its key."""


def is_mirrored(fact: Fact, registry: Registry, customers: MirrorTable) -> bool:
    """Whether rules about this fact can be asked of the mirror."""
    match fact.shape:
        case Column():
            return _own_column(fact, customers) is not None
        case Summary() | Rows():
            return _mirrored(fact.shape) is not None
        case Derived():
            return all(is_mirrored(registry.fact(found.fact), registry, customers) for found in conditions(fact.shape.rule))
        case _:
            return False


def matching(rule: Rule, tables: Any, *, today: date, registry: Registry, customers: MirrorTable) -> ir.Table:
    """The rows of `tables.customers` for whom the rule is true on this business day; no other columns, no order.

    `tables` are the mirror's (`warehouse.tables.Tables`), already narrowed to whom the asker may see; `customers` says what the
    first of them holds. Raises NotMirrored, RuleInvalid, RuleTooLarge.
    """
    check(rule, registry)
    asked = _Asked(registry, today, tables, customers)
    told = asked.rule(rule)
    return asked.people.filter(told(asked.people)).select(*tables.customers.columns)


@dataclass(slots=True)
class _Asked:
    registry: Registry
    today: date
    tables: Any
    customers: MirrorTable
    people: ir.Table = field(init=False)  # the customers, with one more column for each figure over rows
    _known: dict[object, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people = self.tables.customers

    def rule(self, rule: Rule) -> Told:
        match rule:
            case Not():
                inner = self.rule(rule.rule)
                return lambda people: ~inner(people)
            case AllOf():
                return self.together(and_, [self.rule(child) for child in rule.rules], nothing=True)
            case AnyOf():
                return self.together(or_, [self.rule(child) for child in rule.rules], nothing=False)
            case Condition():
                return self.condition(rule)

    def together(self, join: Callable[[Any, Any], Any], told: list[Told], *, nothing: bool) -> Told:
        return lambda people: reduce(join, [one(people) for one in told], ibis.literal(nothing))

    def condition(self, condition: Condition) -> Told:
        fact = self.registry.fact(condition.fact)
        match fact.shape:
            case Column():
                column = _own_column(fact, self.customers)
                if column is None:
                    raise NotMirrored(fact.key)
                return lambda people: passes(condition.test, people[column], fact, self.today)
            case Summary():
                return self.figure(condition, fact, self.summary(fact, fact.shape), absent=fact.shape.absent)
            case Rows():
                return self.figure(condition, fact, self.measured(condition, fact, fact.shape), absent=_absent(fact.shape))
            case Derived():
                inner = self.rule(fact.shape.rule)
                wanted = isinstance(condition.test, FlagTest) and condition.test.op is FlagOp.YES
                return inner if wanted else lambda people: ~inner(people)
            case _:
                raise NotMirrored(fact.key)

    # ---- what stands in other tables: (customer, figure), met once each

    def figure(self, condition: Condition, fact: Fact, figures: ir.Table, *, absent: Value) -> Told:
        key = (fact.key, condition.window, condition.where)
        if key not in self._known:
            name = self._known[key] = f"figure_{len(self._known)}"
            beside = figures.select(**{f"of_{name}": figures["customer"], name: figures["figure"]})
            self.people = self.people.left_join(beside, self.people.id == beside[f"of_{name}"]).drop(f"of_{name}")
        name = self._known[key]
        if absent is None:
            return lambda people: passes(condition.test, people[name], fact, self.today)
        return lambda people: passes(condition.test, people[name].fill_null(ibis.literal(absent)), fact, self.today)

    def summary(self, fact: Fact, shape: Summary) -> ir.Table:
        rows = self.mirrored(fact, shape)
        return rows.select(customer=rows[_path(shape.customer)], figure=rows[_path(shape.value)])

    def measured(self, condition: Condition, fact: Fact, shape: Rows) -> ir.Table:
        rows = self.mirrored(fact, shape)
        at = rows[_path(shape.source.at)]
        kept = []
        if condition.window is not None:
            kept.append(_within(at, range_of_window(condition.window, self.today)))
        properties = fact.properties()
        kept += [
            passes(where.test, rows[_path(properties[where.property].value)], properties[where.property], self.today)
            for where in condition.where
        ]
        rows = rows.filter(*kept) if kept else rows
        return rows.group_by(customer=rows[_path(shape.source.customer())]).agg(figure=_measure(rows, shape))

    def mirrored(self, fact: Fact, shape: Summary | Rows) -> ir.Table:
        rows = _mirrored(shape)
        if rows is None:
            raise NotMirrored(fact.key)
        return rows(self.tables)


def _mirrored(shape: Summary | Rows) -> MirrorOf | None:
    return shape.mirrored if isinstance(shape, Summary) else shape.source.mirrored


def _own_column(fact: Fact, customers: MirrorTable) -> str | None:
    """The mirror's column of customers that holds the fact as it is: an instant as its business day."""
    shape = fact.shape
    if not isinstance(shape, Column) or shape.sql is not None:
        return None
    path = _path(shape.source)
    for name, column in customers.columns.items():
        if column.source == path and (column.type == "date" if shape.instant else not column.sql):
            return name
    return None


def _path(expression: object) -> str:
    """The name of a plain `F`, which columns of the mirror bear as well. Raises TypeError for what is computed."""
    if not isinstance(expression, F):
        raise TypeError("the mirror knows plain columns")
    return str(expression.name)  # type: ignore[attr-defined]  # django-stubs leaves it out


def _measure(rows: ir.Table, shape: Rows) -> ir.Scalar:
    match shape.measure:
        case Measure.EXISTS:
            return rows.count() > 0
        case Measure.COUNT:
            return rows.count() if shape.of is None else rows[_path(shape.of)].nunique()
        case Measure.SUM if shape.of is not None:
            return rows[_path(shape.of)].sum()
        case Measure.LATEST:
            return rows[_path(shape.source.at)].max()
        case _:
            raise TypeError("a sum is of something")


def _absent(shape: Rows) -> Value:
    """The figure of those who have no such rows."""
    return {Measure.EXISTS: False, Measure.COUNT: 0, Measure.SUM: 0, Measure.LATEST: None}[shape.measure]


# ---- one value against one test ---------------------------------------------------------------------------


def passes(test: AnyTest, value: Any, trait: Trait, today: date) -> ir.BooleanValue:
    """True or false for every row as `python_eval.holds` says; never NULL."""
    match test:
        case NumberTest():
            return _number(test, value)
        case DateTest():
            return _date(test, value, today)
        case ChoiceTest():
            return _choice(test, value, trait)
        case FlagTest():
            yes = value.fill_null(ibis.literal(False))
            return yes if test.op is FlagOp.YES else ~yes
        case _:
            raise NotMirrored(trait.key)


def _surely(told: Any) -> ir.BooleanValue:
    return told.fill_null(ibis.literal(False))


def _number(test: NumberTest, value: Any) -> ir.BooleanValue:
    bounds = [ibis.literal(bound, "decimal(24, 4)" if isinstance(bound, Decimal) else "int64") for bound in test.values]
    match test.op:
        case NumberOp.IS_EMPTY:
            return value.isnull()
        case NumberOp.IS_FILLED:
            return value.notnull()
        case NumberOp.EQ:
            return _surely(value == bounds[0])
        case NumberOp.NOT_EQ:
            return ~_surely(value == bounds[0])
        case NumberOp.GTE:
            return _surely(value >= bounds[0])
        case NumberOp.LTE:
            return _surely(value <= bounds[0])
        case NumberOp.BETWEEN:
            return _surely((value >= bounds[0]) & (value <= bounds[1]))


def _date(test: DateTest, value: Any, today: date) -> ir.BooleanValue:
    match test.op:
        case DateOp.IS_EMPTY:
            return value.isnull()
        case DateOp.IS_FILLED:
            return value.notnull()
    days = range_of_test(test, today)
    return _surely(value.month().isin(months_of_test(test, today)) if days is None else _within(value, days))


def _within(value: Any, days: DayRange) -> ir.BooleanValue:
    told = value.notnull()
    if days.since is not None:
        told &= value >= ibis.literal(days.since)
    if days.until is not None:
        told &= value < ibis.literal(days.until)
    return _surely(told)


def _choice(test: ChoiceTest, value: Any, trait: Trait) -> ir.BooleanValue:
    there = value.notnull() if trait.numbered else _surely(value != "")
    match test.op:
        case ChoiceOp.IS_EMPTY:
            return ~there
        case ChoiceOp.IS_FILLED:
            return there
    found = there & _surely(value.isin(decoded(test, trait)))
    return found if test.op is ChoiceOp.IN else ~found
