"""Between what people type and the values of a rule: numbers with commas, days, choices, windows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from django.utils.translation import gettext as _
from pydantic import TypeAdapter, ValidationError

from enishi.platform.japanese.dates import parse_date
from enishi.rules.facts import Fact, problems_of_test
from enishi.rules.operators import MOST_FISCAL_YEARS, MOST_VALUES, Between, DateOp, DaysAgo, LastDays, LastMonths, Test, Window
from enishi.rules.tree import Condition, Where, words_of
from enishi.rules.values import TEST_OF_KIND, AnyTest, Kind, Trait

if TYPE_CHECKING:
    from enishi.rules.builder.draft import FilterLine, Line

_TESTS: TypeAdapter[AnyTest] = TypeAdapter(Test)
_WINDOWS: TypeAdapter[Window] = TypeAdapter(Window)
#: Operators whose one value is chosen from a list, and the values that it may have.
ONE_OF_A_FEW: Final[Mapping[str, Sequence[str]]] = {
    DateOp.MONTH_FROM_NOW: [str(months) for months in range(12)],
    DateOp.FISCAL_YEARS_AGO: [str(years) for years in range(MOST_FISCAL_YEARS + 1)],
}
CALENDAR: Final = frozenset({"on_or_after", "before", "on", "between"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps a line from being a condition. `missing`: nothing was typed yet, which is no mistake while editing."""

    place: Literal["values", "window", "filters"]
    words: str
    missing: bool = False


class _NotReadable(Exception):
    def __init__(self, words: str, *, missing: bool = False) -> None:
        super().__init__(words)
        self.words, self.missing = words, missing


def usual(trait: Trait) -> tuple[str, tuple[str, ...]]:
    """The operator and values with which a new line begins."""
    operators = trait.allowed_operators()
    match trait.kind:
        case Kind.NUMBER | Kind.MONEY:
            return ("gte", ("1",)) if trait.kind is Kind.NUMBER else ("gte", ("10000",))
        case Kind.DATE if DateOp.WITHIN_LAST_DAYS in operators:
            return DateOp.WITHIN_LAST_DAYS, ("30",)
        case Kind.DATE if DateOp.MONTH_FROM_NOW in operators:
            return DateOp.MONTH_FROM_NOW, ("0",)
        case Kind.TEXT:
            return "contains", ()
        case _:
            return operators[0], ()


def most_values(op: str, trait: Trait) -> int:
    """How many values the operator takes at most."""
    return TEST_OF_KIND[trait.kind].ARITY[op][1]


def kept(posted: Sequence[str], op: str, trait: Trait) -> tuple[str, ...]:
    """The posted values as far as the operator takes them; empty ones and doubles of a pick list are dropped.

    A name picked from a long list of suggestions becomes its key.
    """
    texts = [text.strip() for text in posted[:MOST_VALUES]]
    if trait.kind in (Kind.CHOICE, Kind.LABELS):
        keys = {choice.key for choice in trait.choice_list()}
        named = {str(choice.label): choice.key for choice in trait.choice_list()}
        texts = [text if text in keys else named.get(text, text) for text in texts]
        return tuple(dict.fromkeys(text for text in texts if text))[: most_values(op, trait)]
    if op in ONE_OF_A_FEW:  # what was typed for another operator is none of them
        return (texts[0] if texts and texts[0] in ONE_OF_A_FEW[op] else "0",)
    if op in (DateOp.MONTH_IS,):
        return tuple(dict.fromkeys(text for text in texts if text))[:12]
    return tuple(texts[: most_values(op, trait)])


def typed(test: AnyTest) -> tuple[str, ...]:
    """The values of a saved test as the form shows them."""
    return tuple(str(value) for value in getattr(test, "values", ()))


# ---- windows ----------------------------------------------------------------------------------------------


def window_fields(window: Window | None) -> tuple[str, tuple[str, ...]]:
    match window:
        case None:
            return "", ()
        case LastDays():
            return window.type, (str(window.days),)
        case LastMonths():
            return window.type, (str(window.months),)
        case DaysAgo():
            return window.type, (str(window.nearest), str(window.farthest))
        case Between():
            return window.type, (window.since.isoformat(), window.until.isoformat())


def _window(kind: str, within: Sequence[str]) -> Window | None:
    if not kind:
        return None
    fields = {
        "last_days": ("days",),
        "last_months": ("months",),
        "days_ago": ("nearest", "farthest"),
        "between": ("since", "until"),
    }.get(kind)
    if fields is None:
        raise _NotReadable(_("期間を選び直してください。"))
    texts = [*within, "", ""][: len(fields)]
    numbers = [_day(text) if kind == "between" else _whole(text) for text in texts]
    try:
        return _WINDOWS.validate_python({"type": kind, **dict(zip(fields, numbers, strict=True))})
    except ValidationError as error:
        raise _NotReadable(words_of(error)) from None


# ---- lines → conditions -----------------------------------------------------------------------------------


def condition_of(line: Line, fact: Fact) -> tuple[Condition | None, list[Problem]]:
    """The condition of a line, or what is wrong with it."""
    problems: list[Problem] = []
    test, window, where = None, None, []
    try:
        test = _test(line.op, line.values, fact)
    except _NotReadable as error:
        problems.append(Problem("values", error.words, error.missing))
    try:
        window = _window(line.window, line.within)
        if window is None and fact.window_required:
            raise _NotReadable(_("期間を決めてください。"), missing=True)
    except _NotReadable as error:
        problems.append(Problem("window", error.words, error.missing))
    try:
        where = [_where(found, fact) for found in line.filters]
    except _NotReadable as error:
        problems.append(Problem("filters", error.words, error.missing))
    if problems or test is None:
        return None, problems
    return Condition(fact=fact.key, test=test, window=window, where=tuple(where)), []


def _where(line: FilterLine, fact: Fact) -> Where:
    return Where(property=line.property, test=_test(line.op, line.values, fact.properties()[line.property]))


def _test(op: str, texts: Sequence[str], trait: Trait) -> AnyTest:
    kind = TEST_OF_KIND[trait.kind]
    least, _most = kind.ARITY[op]
    raw: dict[str, object] = {"type": kind.model_fields["type"].default, "op": op}
    if least:
        wanted = texts if trait.kind in (Kind.CHOICE, Kind.LABELS) or op == DateOp.MONTH_IS else [*texts, "", ""][:least]
        if not wanted:
            raise _NotReadable(_("1つ以上選んでください。"), missing=True)
        raw["values"] = [_value(text, op, trait) for text in wanted]
    try:
        test = _TESTS.validate_python(raw)
    except ValidationError as error:
        raise _NotReadable(words_of(error)) from None
    for words in problems_of_test(test, trait):
        raise _NotReadable(str(words))
    return test


def _value(text: str, op: str, trait: Trait) -> object:
    match trait.kind:
        case Kind.NUMBER | Kind.MONEY:
            return _number(text)
        case Kind.DATE:
            return _day(text) if op in CALENDAR else _whole(text)
        case Kind.CHOICE | Kind.LABELS:
            if text not in {choice.key for choice in trait.choice_list()}:
                raise _NotReadable(_("選択肢を選び直してください。"))
            return text
        case _:
            if not text:
                raise _NotReadable(_("文字を入れてください。"), missing=True)
            return text


def _number(text: str) -> int | Decimal:
    """「１，０００円」 is 1000."""
    plain = re.sub(r"[,¥\\\s円]", "", unicodedata.normalize("NFKC", text))
    if not plain:
        raise _NotReadable(_("数字を入れてください。"), missing=True)
    if not re.fullmatch(r"[-−]?[0-9]{1,16}(\.[0-9]{1,4})?", plain, re.ASCII):
        raise _NotReadable(_("数字で入れてください。"))
    number = Decimal(plain.replace("−", "-"))
    return int(number) if number == number.to_integral_value() else number


def _whole(text: str) -> int:
    number = _number(text)
    if not isinstance(number, int):
        raise _NotReadable(_("小数のない数字で入れてください。"))
    return number


def _day(text: str) -> date:
    if not text:
        raise _NotReadable(_("日付を入れてください。"), missing=True)
    day = parse_date(text)
    if day is None:
        raise _NotReadable(_("日付を確認してください。"))
    return day
