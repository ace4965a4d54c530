"""What can be asked of one value: a closed set of operators per type, and windows of time.

Meaning, the same in every evaluator. Each test is true or false, never unknown:

* A value is *empty* when it is absent, NULL or, for texts and choices, "". A set of labels is empty when it
  has no member. Counts and sums are never empty: without rows they are 0.
* A positive test (`is`, `contains`, `gte`, `between`, `in`, `on_or_after` …) is false for an empty value.
* A negative test (`is_not`, `not_contains`, `not_eq`, `not_in`, `none_of`, `no`) is the exact opposite of its
  positive twin, so it is true for an empty value. `Not` around a rule is its exact opposite too.
* Texts are compared as `words.comparable` writes them, without regard to width and case; what was typed in one kana
  also finds the other (`words.spellings`).
* "n days ago" counts business days: today is 0 days ago. `within_last_days` 30 is 0 … 30 days ago,
  `days_ago_between` 30, 90 takes both ends, `more_than_days_ago` 30 begins at 31. Month windows begin on the
  same day of the earlier month (or its last day) and end today.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from re import ASCII, fullmatch
from typing import Annotated, ClassVar, Literal, Self
from unicodedata import category

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

MOST_VALUES = 200
MOST_DAYS = 36_500
MOST_FISCAL_YEARS = 2  # what lies farther back is a range of days
FIRST_DAY, LAST_DAY = date(1850, 1, 1), date(2200, 12, 31)
LARGEST = 10**15


class TextOp(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    IS_EMPTY = "is_empty"
    IS_FILLED = "is_filled"


class NumberOp(StrEnum):
    EQ = "eq"
    NOT_EQ = "not_eq"
    GTE = "gte"
    LTE = "lte"
    BETWEEN = "between"
    IS_EMPTY = "is_empty"
    IS_FILLED = "is_filled"


class DateOp(StrEnum):
    WITHIN_LAST_DAYS = "within_last_days"
    DAYS_AGO_BETWEEN = "days_ago_between"
    MORE_THAN_DAYS_AGO = "more_than_days_ago"
    FISCAL_YEARS_AGO = "fiscal_years_ago"
    ON_OR_AFTER = "on_or_after"
    BEFORE = "before"
    ON = "on"
    BETWEEN = "between"
    MONTH_IS = "month_is"
    MONTH_FROM_NOW = "month_from_now"
    IS_EMPTY = "is_empty"
    IS_FILLED = "is_filled"


class ChoiceOp(StrEnum):
    IN = "in"
    NOT_IN = "not_in"
    IS_EMPTY = "is_empty"
    IS_FILLED = "is_filled"


class LabelsOp(StrEnum):
    ANY_OF = "any_of"
    ALL_OF = "all_of"
    NONE_OF = "none_of"
    IS_EMPTY = "is_empty"
    IS_FILLED = "is_filled"


class FlagOp(StrEnum):
    YES = "yes"
    NO = "no"


class ConsentOp(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


def _no_controls(text: str) -> str:
    if any(category(character) in ("Cc", "Cs") for character in text):
        raise PydanticCustomError("control_character", "control character")
    return text


def _whole_if_it_is(value: int | Decimal) -> int | Decimal:
    return int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value


def _written_as_a_day(value: object) -> object:
    if isinstance(value, str) and not fullmatch(r"\d{4}-\d{2}-\d{2}", value, ASCII):
        raise PydanticCustomError("value_of_another_kind", "not a day")
    return value


def _sane_day(value: date) -> date:
    if not FIRST_DAY <= value <= LAST_DAY:
        raise PydanticCustomError("day_out_of_range", "day out of range")
    return value


Text = Annotated[str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(_no_controls)]
Whole = Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)]
Fraction = Annotated[Decimal, Field(ge=-LARGEST, le=LARGEST, decimal_places=4)]
Number = Annotated[Whole | Fraction, AfterValidator(_whole_if_it_is)]
Day = Annotated[date, BeforeValidator(_written_as_a_day), AfterValidator(_sane_day)]
Days = Annotated[StrictInt, Field(ge=0, le=MOST_DAYS)]


class Part(BaseModel):
    """A piece of a rule: unknown keys are refused, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Test(Part):
    """Shared check: each operator takes so many values."""

    ARITY: ClassVar[Mapping[str, tuple[int, int]]]

    @model_validator(mode="after")
    def _takes_so_many_values(self) -> Self:
        operator: str = self.op  # type: ignore[attr-defined]
        values: tuple[object, ...] = getattr(self, "values", ())
        least, most = self.ARITY[operator]
        if not least <= len(values) <= most:
            raise PydanticCustomError("number_of_values", "wrong number of values")
        if operator in ("between", "days_ago_between") and values[0] > values[1]:  # type: ignore[operator]
            raise PydanticCustomError("range_reversed", "range reversed")
        return self


NONE, ONE, TWO, SOME = (0, 0), (1, 1), (2, 2), (1, MOST_VALUES)


class TextTest(_Test):
    type: Literal["text"] = "text"
    op: TextOp
    values: tuple[Text, ...] = ()

    ARITY = {op: NONE if op in (TextOp.IS_EMPTY, TextOp.IS_FILLED) else ONE for op in TextOp}


class NumberTest(_Test):
    """Numbers and money (whole yen)."""

    type: Literal["number"] = "number"
    op: NumberOp
    values: tuple[Number, ...] = ()

    ARITY = {op: {NumberOp.BETWEEN: TWO, NumberOp.IS_EMPTY: NONE, NumberOp.IS_FILLED: NONE}.get(op, ONE) for op in NumberOp}


class DateTest(_Test):
    """Days. Values are dates, day counts, months 1–12, months from now, or fiscal years ago (0: this one), by operator."""

    type: Literal["date"] = "date"
    op: DateOp
    values: tuple[Days | Day, ...] = ()

    ARITY = {
        DateOp.WITHIN_LAST_DAYS: ONE,
        DateOp.DAYS_AGO_BETWEEN: TWO,
        DateOp.MORE_THAN_DAYS_AGO: ONE,
        DateOp.FISCAL_YEARS_AGO: ONE,
        DateOp.ON_OR_AFTER: ONE,
        DateOp.BEFORE: ONE,
        DateOp.ON: ONE,
        DateOp.BETWEEN: TWO,
        DateOp.MONTH_IS: (1, 12),
        DateOp.MONTH_FROM_NOW: ONE,
        DateOp.IS_EMPTY: NONE,
        DateOp.IS_FILLED: NONE,
    }

    @model_validator(mode="before")
    @classmethod
    def _values_are_of_the_operators_kind(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("values"), list | tuple):
            dated = data.get("op") in ("on_or_after", "before", "on", "between")
            most = {"month_is": 12, "month_from_now": 11, "fiscal_years_ago": MOST_FISCAL_YEARS}.get(str(data.get("op")), MOST_DAYS)
            for value in data["values"]:
                counted = isinstance(value, int)
                if counted == dated or (counted and not (data.get("op") == "month_is") <= value <= most):
                    raise PydanticCustomError("value_of_another_kind", "value of another kind")
        return data

    @property
    def days(self) -> tuple[date, ...]:
        """The values of a calendar operator."""
        return tuple(value for value in self.values if isinstance(value, date))

    @property
    def counts(self) -> tuple[int, ...]:
        """The values of a day-count or month operator."""
        return tuple(value for value in self.values if isinstance(value, int))


class ChoiceTest(_Test):
    type: Literal["choice"] = "choice"
    op: ChoiceOp
    values: tuple[Text, ...] = ()

    ARITY = {op: NONE if op in (ChoiceOp.IS_EMPTY, ChoiceOp.IS_FILLED) else SOME for op in ChoiceOp}


class LabelsTest(_Test):
    """For facts that hold several values at once, such as tags."""

    type: Literal["labels"] = "labels"
    op: LabelsOp
    values: tuple[Text, ...] = ()

    ARITY = {op: NONE if op in (LabelsOp.IS_EMPTY, LabelsOp.IS_FILLED) else (1, 20) for op in LabelsOp}


class FlagTest(_Test):
    type: Literal["flag"] = "flag"
    op: FlagOp

    ARITY = dict.fromkeys(FlagOp, NONE)


class ConsentTest(_Test):
    """What a customer allowed for one channel and purpose; `unknown` where nothing was ever said."""

    type: Literal["consent"] = "consent"
    op: ConsentOp

    ARITY = dict.fromkeys(ConsentOp, NONE)


Test = Annotated[
    TextTest | NumberTest | DateTest | ChoiceTest | LabelsTest | FlagTest | ConsentTest,
    Field(discriminator="type"),
]


class LastDays(Part):
    """0 … `days` days ago."""

    type: Literal["last_days"] = "last_days"
    days: Days


class LastMonths(Part):
    """Since the same day `months` months ago, until today."""

    type: Literal["last_months"] = "last_months"
    months: Annotated[StrictInt, Field(ge=1, le=240)]


class DaysAgo(Part):
    """`nearest` … `farthest` days ago, both included."""

    type: Literal["days_ago"] = "days_ago"
    nearest: Days
    farthest: Days

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.nearest > self.farthest:
            raise PydanticCustomError("range_reversed", "range reversed")
        return self


class Between(Part):
    """Calendar days `since` … `until`, both included."""

    type: Literal["between"] = "between"
    since: Day
    until: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since > self.until:
            raise PydanticCustomError("range_reversed", "range reversed")
        return self


Window = Annotated[LastDays | LastMonths | DaysAgo | Between, Field(discriminator="type")]
