"""The types of values, and what every askable thing says about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from django.utils.functional import Promise

from enishi.platform.privacy import Privacy
from enishi.rules.operators import (
    ChoiceOp,
    ChoiceTest,
    ConsentOp,
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

#: A loaded value: text, number, day, flag, key of a choice, or the keys of all labels.
type Value = str | int | Decimal | date | bool | frozenset[str] | frozenset[int] | None

type AnyTest = TextTest | NumberTest | DateTest | ChoiceTest | LabelsTest | FlagTest | ConsentTest
type Words = str | Promise


class Kind(StrEnum):
    """The type of a fact; decides its operators. Money is whole yen."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    LABELS = "labels"
    FLAG = "flag"
    CONSENT = "consent"


#: The type of test that a kind of fact takes.
TEST_OF_KIND: Mapping[Kind, type[AnyTest]] = {
    Kind.TEXT: TextTest,
    Kind.NUMBER: NumberTest,
    Kind.MONEY: NumberTest,
    Kind.DATE: DateTest,
    Kind.CHOICE: ChoiceTest,
    Kind.LABELS: LabelsTest,
    Kind.FLAG: FlagTest,
    Kind.CONSENT: ConsentTest,
}

_MONTHS = (DateOp.MONTH_IS, DateOp.MONTH_FROM_NOW)
_OPERATORS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: tuple(TextOp),
    Kind.NUMBER: tuple(NumberOp),
    Kind.MONEY: tuple(NumberOp),
    Kind.DATE: tuple(op for op in DateOp if op not in _MONTHS),
    Kind.CHOICE: tuple(ChoiceOp),
    Kind.LABELS: tuple(LabelsOp),
    Kind.FLAG: tuple(FlagOp),
    Kind.CONSENT: tuple(ConsentOp),
}
BIRTHDAY_OPERATORS: tuple[str, ...] = (*_MONTHS, DateOp.ON_OR_AFTER, DateOp.BEFORE, DateOp.BETWEEN, DateOp.IS_EMPTY, DateOp.IS_FILLED)
#: For days of which nobody knows whether they come again every year: 契約日, 記念日.
DAY_OPERATORS: tuple[str, ...] = tuple(DateOp)
ABOUT_EMPTINESS = frozenset({"is_empty", "is_filled"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible value: its key as rules store it, and its name on the screen."""

    key: str
    label: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Trait:
    """What can be asked about: a fact of a customer, or a property of one of their rows."""

    key: str
    label: Words
    kind: Kind
    privacy: Privacy
    right: str = ""  # under which key roles speak of it, where they may say something else than of its class
    others: tuple[str, ...] = ()  # further rights that it takes: what is made of several things tells of each
    choices: Callable[[], Sequence[Choice]] | None = None
    numbered: bool = False  # choice keys are row ids
    fractions: bool = False  # numbers need not be whole
    unit: Words = ""
    never_empty: bool = False
    operators: tuple[str, ...] = field(default=())
    phrases: Mapping[str, tuple[Words, Words]] = field(default_factory=dict)  # operator → (メールを送れる, メールを送れて)

    def allowed_operators(self) -> tuple[str, ...]:
        """The operators in the order in which the builder offers them."""
        offered = self.operators or _OPERATORS[self.kind]
        return tuple(op for op in offered if not (self.never_empty and op in ABOUT_EMPTINESS))

    def choice_list(self) -> Sequence[Choice]:
        return self.choices() if self.choices else ()
