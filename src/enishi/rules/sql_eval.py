"""Rules as Django conditions over a queryset of customers, which may already be narrowed to a viewer's scope.

Built for a million customers: a condition on another table is an EXISTS that PostgreSQL turns into a semi-join or
an anti-join, also inside `any`; a figure over rows is counted once for all customers in one grouped subquery;
conditions on the same summary table share one look at it; nothing else is joined, so that a count touches only the
tables that the rule names.

`not` is carried down to the conditions (De Morgan) and each condition knows its exact opposite, so that NULL never
decides anything. See `operators.py` for the meaning; `python_eval.py` is the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.lookups import Overlap
from django.db.models import Aggregate, CharField, Count, Exists, F, Max, Model, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.lookups import Exact

from enishi.platform import time
from enishi.rules import python_eval
from enishi.rules.days import range_of_window
from enishi.rules.facts import Fact, Registry, check, decoded
from enishi.rules.operators import ConsentOp, ConsentTest, FlagOp, FlagTest, LabelsOp, LabelsTest, NumberOp, NumberTest
from enishi.rules.shapes import Column, Consent, CustomField, Derived, Measure, Membership, Rows, Summary
from enishi.rules.sql_custom import custom_value, holds_labels
from enishi.rules.sql_tests import Asked, before, fails, one_of, passes, since
from enishi.rules.tree import AllOf, AnyOf, Condition, Not, Rule, children
from enishi.rules.values import AnyTest


def to_queryset[M: Model](rule: Rule, queryset: QuerySet[M], *, now: datetime, registry: Registry) -> QuerySet[M]:
    """The customers of `queryset` for whom the rule is true on the business day of `now`.

    Adds conditions only: order, annotations and scope stay. Raises RuleInvalid, RuleTooLarge.
    """
    check(rule, registry)
    return queryset.filter(_Compiler(registry, time.today(now), queryset.model).rule(rule, negated=False))


@dataclass(frozen=True, slots=True)
class _Compiler:
    registry: Registry
    today: date
    customers: type[Model]

    def rule(self, rule: Rule, *, negated: bool) -> Q:
        match rule:
            case Not():
                return self.rule(rule.rule, negated=not negated)
            case AllOf():
                join = self.anything if negated else self.everything
                return join(rule.rules, negated=negated)
            case AnyOf():
                join = self.everything if negated else self.anything
                return join(rule.rules, negated=negated)
            case Condition():
                return self.condition(rule, negated=negated)

    def everything(self, rules: Sequence[Rule], *, negated: bool) -> Q:
        """All of them at once. Tests of columns of one summary table share one EXISTS: it has one row a customer."""
        result = everyone()
        shared: dict[object, tuple[Summary, Q]] = {}
        for rule in rules:
            if isinstance(rule, Condition) and isinstance(shape := self.registry.fact(rule.fact).shape, Summary):
                positive, test = self.on_summary(rule, shape, negated=negated)
                if positive:
                    shared[shape.rows] = (shape, shared[shape.rows][1] & test if shape.rows in shared else test)
                    continue
            result &= self.rule(rule, negated=negated)
        for shape, test in shared.values():
            result &= Q(Exists(_of_customer(shape.rows(), shape.customer).filter(test)))
        return result

    def anything(self, rules: Sequence[Rule], *, negated: bool) -> Q:
        """At least one of them. Where other tables take part: everybody but those for whom each is false, so that
        every table is joined once; an OR over subqueries would look them up customer by customer."""
        if all(self.on_customer(rule) for rule in rules):
            return reduce(or_, [self.rule(rule, negated=negated) for rule in rules], nobody())
        return self.opposite(self.everything(rules, negated=not negated))

    def opposite(self, condition: Q) -> Q:
        """Everybody for whom the condition is not true, as one anti-join."""
        return _whether(QuerySet(self.customers).filter(Q(pk=OuterRef("pk")) & condition), absent=True)

    def on_customer(self, rule: Rule) -> bool:
        """Whether the rule only asks for columns of the customer."""
        match rule:
            case Condition():
                shape = self.registry.fact(rule.fact).shape
                return self.on_customer(shape.rule) if isinstance(shape, Derived) else isinstance(shape, Column | CustomField)
            case _:
                return all(self.on_customer(child) for child in children(rule))

    def condition(self, condition: Condition, *, negated: bool) -> Q:
        fact = self.registry.fact(condition.fact)
        match fact.shape:
            case Column():
                expression = fact.shape.sql(self.today) if fact.shape.sql else fact.shape.source
                return self.tested(condition.test, Asked(expression, fact, self.today, fact.shape.instant), negated=negated)
            case CustomField() if isinstance(condition.test, LabelsTest):
                return holds_labels(fact.shape, condition.test, negated=negated)
            case CustomField():
                asked = Asked(custom_value(fact.shape, fact.kind), fact, self.today, fact.shape.instant)
                return self.tested(condition.test, asked, negated=negated)
            case Summary():
                positive, test = self.on_summary(condition, fact.shape, negated=negated)
                return _whether(_of_customer(fact.shape.rows(), fact.shape.customer).filter(test), absent=not positive)
            case Membership():
                return self.membership(condition.test, fact, fact.shape, negated=negated)
            case Consent():
                return self.consent(condition.test, fact.shape, negated=negated)
            case Rows():
                return self.rows(condition, fact, fact.shape, negated=negated)
            case Derived():
                wanted = (condition.test.op == FlagOp.YES) is not negated
                return self.rule(fact.shape.rule, negated=not wanted)

    def tested(self, test: AnyTest, asked: Asked, *, negated: bool) -> Q:
        return fails(test, asked) if negated else passes(test, asked)

    # ---- one row a customer

    def on_summary(self, condition: Condition, shape: Summary, *, negated: bool) -> tuple[bool, Q]:
        """(True, test): wanted are customers with a row that passes. (False, test): those without such a row,
        because customers who have no row at all are wanted too."""
        fact = self.registry.fact(condition.fact)
        asked = Asked(shape.value, fact, self.today)
        absent_wanted = python_eval.holds(condition.test, shape.absent, fact, self.today) is not negated
        return not absent_wanted, self.tested(condition.test, asked, negated=negated is not absent_wanted)

    # ---- labels

    def membership(self, test: AnyTest, fact: Fact, shape: Membership, *, negated: bool) -> Q:
        if not isinstance(test, LabelsTest):
            raise TypeError(f"{fact.key} takes tests of labels")
        mine = _of_customer(shape.rows(), shape.customer)
        keys = decoded(test, fact)
        if test.op is LabelsOp.ALL_OF:
            each = [mine.filter(_labelled(shape, [key], fact)) for key in keys]
            all_of_them = reduce(and_, [_whether(rows, absent=False) for rows in each])
            return self.opposite(all_of_them) if negated else all_of_them
        absent = test.op in (LabelsOp.NONE_OF, LabelsOp.IS_EMPTY)
        if keys:
            mine = mine.filter(_labelled(shape, keys, fact))
        return _whether(mine, absent=absent is not negated)

    def consent(self, test: AnyTest, shape: Consent, *, negated: bool) -> Q:
        if not isinstance(test, ConsentTest):
            raise TypeError("a consent takes tests of consents")
        allowed, denied = (_of_customer(rows(), shape.customer) for rows in (shape.allowed, shape.denied))
        match test.op:
            case ConsentOp.ALLOWED:
                return _whether(allowed, absent=negated)
            case ConsentOp.DENIED:
                return _whether(denied, absent=negated)
            case ConsentOp.UNKNOWN:
                nothing_said = _whether(allowed, absent=True) & _whether(denied, absent=True)
                return self.opposite(nothing_said) if negated else nothing_said

    # ---- figures over rows

    def rows(self, condition: Condition, fact: Fact, shape: Rows, *, negated: bool) -> Q:
        rows = self.narrowed(condition, fact, shape)
        wanted = _as_existence(condition.test, shape)
        if wanted is not None:
            return self.having_some(rows, shape, absent=wanted is negated)
        return self.grouped(condition, fact, shape, rows, negated=negated)

    def narrowed(self, condition: Condition, fact: Fact, shape: Rows) -> QuerySet[Any]:
        """The rows that count: in the window, with the properties asked for."""
        rows = shape.source.rows()
        if condition.window is not None:
            days = range_of_window(condition.window, self.today)
            first, beyond = (days.since_at, days.until_at) if shape.source.instant else (days.since, days.until)
            rows = rows.filter(since(shape.source.at, first) & before(shape.source.at, beyond))
        properties = fact.properties()
        for where in condition.where:
            trait = properties[where.property]
            rows = rows.filter(passes(where.test, Asked(trait.value, trait, self.today)))
        return rows

    def having_some(self, rows: QuerySet[Any], shape: Rows, *, absent: bool) -> Q:
        """Customers who have, or with `absent` have not, at least one of the rows."""
        customer = shape.source.customer()
        if isinstance(customer, F):
            return _whether(_of_customer(rows, customer), absent=absent)
        return self.among(rows.values(rule_customer=customer), absent=absent)

    def grouped(self, condition: Condition, fact: Fact, shape: Rows, rows: QuerySet[Any], *, negated: bool) -> Q:
        """Counted once for everybody who has rows; who has none is 0, or has no latest day."""
        nothing = None if shape.measure is Measure.LATEST else 0
        absent = python_eval.holds(condition.test, nothing, fact, self.today) is not negated
        asked = Asked(F("rule_measure"), fact, self.today, instant=shape.measure is Measure.LATEST and shape.source.instant)
        kept = self.tested(condition.test, asked, negated=negated is not absent)
        figures = rows.values(rule_customer=shape.source.customer()).annotate(rule_measure=_aggregate(shape))
        return self.among(figures.filter(kept).values("rule_customer"), absent=absent)

    def among(self, ids: QuerySet[Any], *, absent: bool) -> Q:
        """Customers whose id is among these: a semi-join; or is not, by an anti-join (NOT IN would be neither)."""
        among = Q(pk__in=ids)
        return self.opposite(among) if absent else among


def nobody() -> Q:
    return Q(pk__in=[])


def everyone() -> Q:
    return ~nobody()


def _of_customer(rows: QuerySet[Any], customer: F) -> QuerySet[Any]:
    return rows.filter(Exact(customer, OuterRef("pk")))


def _whether(rows: QuerySet[Any], *, absent: bool) -> Q:
    return ~Q(Exists(rows)) if absent else Q(Exists(rows))


def _as_existence(test: AnyTest, shape: Rows) -> bool | None:
    """True or False where the test only asks whether there is any row, or none; None where it asks for more."""
    match test:
        case FlagTest():
            return test.op is FlagOp.YES
        case NumberTest(op=NumberOp.GTE, values=(1,)) if shape.measure is Measure.COUNT:
            return True
        case NumberTest(op=NumberOp.EQ | NumberOp.LTE, values=(0,)) if shape.measure is Measure.COUNT:
            return False
        case _:
            return None


def _aggregate(shape: Rows) -> Aggregate:
    match shape.measure:
        case Measure.COUNT:
            return Count("*") if shape.of is None else Count(shape.of, distinct=True)
        case Measure.SUM:
            return Sum(shape.of, default=0)
        case Measure.LATEST:
            return Max(shape.source.at)
        case Measure.EXISTS:
            raise TypeError("existence is not counted")


def _labelled(shape: Membership, keys: Sequence[str | int], fact: Fact) -> Q:
    """Rows with one of the labels."""
    if not shape.several:
        return Q(one_of(shape.member, keys, numbered=fact.numbered))
    return Q(Overlap(shape.member, Value(list(keys), output_field=ArrayField(CharField()))))
