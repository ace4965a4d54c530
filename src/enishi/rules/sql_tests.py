"""Tests as Django conditions over one expression.

NULL in SQL is neither true nor false; the rules know only true and false. So each test is given in two forms,
`passes` and `fails`, and the evaluator never writes NOT around either. A form may yield NULL for rows where it
should be false, which WHERE treats the same, never for rows where it should be true.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BigIntegerField, CharField, DateField, DateTimeField, DecimalField, Func, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, ExtractMonth, Lower
from django.db.models.lookups import Contains, Exact, GreaterThanOrEqual, In, IsNull, LessThan, LessThanOrEqual, StartsWith

from enishi.rules.days import months_of_test, range_of_test
from enishi.rules.facts import decoded
from enishi.rules.operators import (
    ChoiceOp,
    ChoiceTest,
    ConsentTest,
    DateOp,
    DateTest,
    FlagOp,
    FlagTest,
    LabelsTest,
    NumberOp,
    NumberTest,
    TextOp,
    TextTest,
)
from enishi.rules.values import AnyTest, Trait
from enishi.rules.words import spellings


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression of the database, what it is, and the business day on which it is asked about."""

    expression: Combinable
    trait: Trait
    today: date
    instant: bool = False


class Normalised(Func):
    """NFKC. With lower() around it the twin of `words.comparable`."""

    function = "normalize"
    template = "%(function)s(%(expressions)s, NFKC)"
    output_field = TextField()


def passes(test: AnyTest, asked: Asked) -> Q:
    """True for exactly the rows for which the Python reference says true."""
    core, opposite = _core(test, asked)
    return _empty(test, asked) | ~core if opposite else core


def fails(test: AnyTest, asked: Asked) -> Q:
    """True for exactly the rows for which the Python reference says false."""
    core, opposite = _core(test, asked)
    return core if opposite else _empty(test, asked) | ~core


def _core(test: AnyTest, asked: Asked) -> tuple[Q, bool]:
    """The positive condition (never true for an empty value), and whether the test asks for its opposite."""
    match test:
        case TextTest():
            return _text(test, asked), test.op in (TextOp.IS_NOT, TextOp.NOT_CONTAINS, TextOp.IS_EMPTY)
        case NumberTest():
            return _number(test, asked), test.op in (NumberOp.NOT_EQ, NumberOp.IS_EMPTY)
        case DateTest():
            return _date(test, asked), test.op is DateOp.IS_EMPTY
        case ChoiceTest():
            return _choice(test, asked), test.op in (ChoiceOp.NOT_IN, ChoiceOp.IS_EMPTY)
        case FlagTest():
            return Q(Exact(asked.expression, Value(True))), test.op is FlagOp.NO
        case LabelsTest() | ConsentTest():
            raise TypeError(f"{test.type} is asked of rows, not of one expression")


def _empty(test: AnyTest, asked: Asked) -> Q:
    absent = Q(IsNull(asked.expression, True))
    if isinstance(test, TextTest) or (isinstance(test, ChoiceTest) and not asked.trait.numbered):
        return absent | Q(Exact(asked.expression, Value("")))
    return absent


def _filled(test: AnyTest, asked: Asked) -> Q:
    there = Q(IsNull(asked.expression, False))
    if isinstance(test, TextTest) or (isinstance(test, ChoiceTest) and not asked.trait.numbered):
        return there & ~Q(Exact(asked.expression, Value("")))
    return there


def _text(test: TextTest, asked: Asked) -> Q:
    if test.op in (TextOp.IS_EMPTY, TextOp.IS_FILLED):
        return _filled(test, asked)
    text = Lower(Normalised(Cast(asked.expression, TextField())))
    sought = spellings(test.values[0])
    match test.op:
        case TextOp.STARTS_WITH:
            return reduce(or_, [Q(StartsWith(text, spelling)) for spelling in sought])
        case TextOp.CONTAINS | TextOp.NOT_CONTAINS:
            return reduce(or_, [Q(Contains(text, spelling)) for spelling in sought])
        case _:
            return Q(In(text, [Value(spelling) for spelling in sought]))


def _number(test: NumberTest, asked: Asked) -> Q:
    values = [_number_value(value) for value in test.values]
    match test.op:
        case NumberOp.GTE:
            return Q(GreaterThanOrEqual(asked.expression, values[0]))
        case NumberOp.LTE:
            return Q(LessThanOrEqual(asked.expression, values[0]))
        case NumberOp.BETWEEN:
            return Q(GreaterThanOrEqual(asked.expression, values[0])) & Q(LessThanOrEqual(asked.expression, values[1]))
        case NumberOp.EQ | NumberOp.NOT_EQ:
            return Q(Exact(asked.expression, values[0]))
        case NumberOp.IS_EMPTY | NumberOp.IS_FILLED:
            return _filled(test, asked)


def _number_value(value: int | Decimal) -> Value:
    """Typed by the value, not by the column: a bound beyond the column's size is compared, not an error."""
    if isinstance(value, int):
        return Value(value, output_field=BigIntegerField())
    return Value(value, output_field=DecimalField(max_digits=24, decimal_places=4))


def _date(test: DateTest, asked: Asked) -> Q:
    if test.op in (DateOp.IS_EMPTY, DateOp.IS_FILLED):
        return _filled(test, asked)
    days = range_of_test(test, asked.today)
    if days is None:
        return Q(In(ExtractMonth(asked.expression), months_of_test(test, asked.today)))
    first, beyond = (days.since_at, days.until_at) if asked.instant else (days.since, days.until)
    return since(asked.expression, first) & before(asked.expression, beyond)


def since(expression: Combinable, first: date | datetime | None) -> Q:
    """Not before; nothing to check where there is no beginning."""
    return Q() if first is None else Q(GreaterThanOrEqual(expression, _day_value(first)))


def before(expression: Combinable, beyond: date | datetime | None) -> Q:
    return Q() if beyond is None else Q(LessThan(expression, _day_value(beyond)))


def _day_value(value: date | datetime) -> Value:
    return Value(value, output_field=DateTimeField() if isinstance(value, datetime) else DateField())


def _choice(test: ChoiceTest, asked: Asked) -> Q:
    if test.op in (ChoiceOp.IS_EMPTY, ChoiceOp.IS_FILLED):
        return _filled(test, asked)
    return Q(one_of(asked.expression, decoded(test, asked.trait), numbered=asked.trait.numbered))


def one_of(expression: Combinable, keys: Sequence[str | int], *, numbered: bool) -> In[Any]:
    """Whether the expression is one of the keys, each a query parameter."""
    field = BigIntegerField() if numbered else CharField()
    return In(expression, [Value(key, output_field=field) for key in keys])
