"""Tests, windows and values in words: what follows the name of a fact in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from enishi.platform.japanese.dates import format_date
from enishi.platform.money import yen
from enishi.rules.operators import (
    Between,
    ChoiceOp,
    ChoiceTest,
    ConsentOp,
    ConsentTest,
    DateOp,
    DateTest,
    DaysAgo,
    FlagOp,
    FlagTest,
    LabelsOp,
    LabelsTest,
    LastDays,
    LastMonths,
    NumberOp,
    NumberTest,
    TextOp,
    TextTest,
    Window,
)
from enishi.rules.values import AnyTest, Kind, Trait, Value, Words

# Private-use letters around values while a sentence is put together; never part of what people typed.
_ON: Final = "\ue000"
_OFF: Final = "\ue001"
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class Tail:
    """「2回以上」, or with `te` a verb: 「「谷中」を含む」, 「「谷中」を含み」. `place`: the fact takes に, not が."""

    text: str
    te: str = ""
    place: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence; values are strong."""

    text: str
    strong: bool


def strong(text: str) -> str:
    """Marks a value inside a text."""
    return f"{_ON}{plain(text)}{_OFF}"


def plain(text: str) -> str:
    """Without marks."""
    return text.replace(_ON, "").replace(_OFF, "")


def parts(text: str) -> tuple[Part, ...]:
    """The text cut where values begin and end."""
    found: list[Part] = []
    for piece in text.split(_ON):
        inside, mark, outside = piece.partition(_OFF)
        if mark and inside:
            found.append(Part(inside, True))
        rest = outside if mark else inside
        if rest:
            found.append(Part(rest, False))
    return tuple(found)


# ---- names ----------------------------------------------------------------------------------------------------


def label_text(label: Words) -> str:
    """The name of a fact inside a sentence: English begins it with a small letter, unless it is an abbreviation."""
    text = str(label)
    inside = get_language() == "en" and text[1:2].islower()
    return text[:1].lower() + text[1:] if inside else text


def names_text(names: Sequence[str]) -> str:
    """A・B・C."""
    return pgettext("between names", "・").join(names)


def month_text(month: int) -> str:
    """「3月」."""
    return date_format(date(2000, month, 1), "F")


# ---- values -----------------------------------------------------------------------------------------------


def value_text(value: Value, trait: Trait) -> str:
    """A value as a person would say it; ― where there is none."""
    match value:
        case None | "":
            return "―"
        case bool():
            return _("はい") if value else _("いいえ")
        case int() | Decimal() if trait.kind in (Kind.NUMBER, Kind.MONEY):
            return number_text(value, trait)
        case date():
            return format_date(value)
        case frozenset():
            return names_text(_names([str(key) for key in value], trait)) or "―"
        case _ if trait.kind is Kind.CHOICE:
            return _names([str(value)], trait)[0]
        case _ if trait.kind is Kind.CONSENT:
            return _consent_words()[ConsentOp(str(value))]
        case _:
            return str(value)


def number_text(value: int | Decimal, trait: Trait) -> str:
    if trait.kind is Kind.MONEY and isinstance(value, int):
        return yen(value)
    figure = f"{'−' if value < 0 else ''}{abs(value):,}"
    return pgettext("a figure in a sentence", "%(figure)s%(unit)s") % {"figure": figure, "unit": trait.unit}


def _names(keys: Sequence[str], trait: Trait) -> list[str]:
    known = {choice.key: str(choice.label) for choice in trait.choice_list()}
    return [known.get(key, _("なくなった選択肢")) for key in keys]


def _listed(keys: Sequence[str], trait: Trait) -> str:
    named = names_text([strong(name) for name in _names(keys[:_MOST_NAMED], trait)])
    more = len(keys) - _MOST_NAMED
    return named if more <= 0 else ngettext("%(named)sほか%(more)d件", "%(named)sほか%(more)d件", more) % {"named": named, "more": more}


def _consent_words() -> Mapping[ConsentOp, str]:
    return {
        ConsentOp.ALLOWED: pgettext("in a sentence", "配信可"),
        ConsentOp.DENIED: pgettext("in a sentence", "不可（本人希望）"),
        ConsentOp.UNKNOWN: pgettext("in a sentence", "未取得"),
    }


# ---- windows ----------------------------------------------------------------------------------------------


def window_text(window: Window) -> str:
    """「30日以内」, with the figures marked."""
    match window:
        case LastDays(days=0):
            return strong(_("当日"))
        case LastDays():
            return strong(_("%(days)s日以内") % {"days": f"{window.days:,}"})
        case LastMonths():
            return strong(_("%(months)sか月以内") % {"months": window.months})
        case DaysAgo():
            return strong(_("%(nearest)s〜%(farthest)s日前") % {"nearest": f"{window.nearest:,}", "farthest": f"{window.farthest:,}"})
        case Between():
            return strong(_("%(since)s〜%(until)s") % {"since": format_date(window.since), "until": format_date(window.until)})


# ---- tests ------------------------------------------------------------------------------------------------


def tail_of(test: AnyTest, trait: Trait) -> Tail:
    """The test in words, its values marked."""
    match test:
        case TextTest():
            return _text(test)
        case NumberTest():
            return _number(test, trait)
        case DateTest():
            return _date(test, any_year=DateOp.ON in trait.allowed_operators())
        case ChoiceTest():
            return _choice(test, trait)
        case LabelsTest():
            return _labels(test, trait)
        case FlagTest():
            if test.op is FlagOp.YES:
                return Tail(pgettext("a flag", "当てはまる"), pgettext("a flag", "当てはまり"), place=True)
            return Tail(pgettext("a flag", "当てはまらない"), pgettext("a flag", "当てはまらず"), place=True)
        case ConsentTest():
            return Tail(strong(_consent_words()[test.op]))


def _empty(*, filled: bool) -> Tail:
    return Tail(_("入力済み")) if filled else Tail(pgettext("in a sentence", "空欄"))


def _text(test: TextTest) -> Tail:
    text = {"text": strong(_("「%(text)s」") % {"text": test.values[0]})} if test.values else {}
    match test.op:
        case TextOp.IS:
            return Tail(text["text"])
        case TextOp.IS_NOT:
            return Tail(_("%(text)s以外") % text)
        case TextOp.CONTAINS:
            return Tail(_("%(text)sを含む") % text, _("%(text)sを含み") % text, place=True)
        case TextOp.NOT_CONTAINS:
            return Tail(_("%(text)sを含まない") % text, _("%(text)sを含まず") % text, place=True)
        case TextOp.STARTS_WITH:
            return Tail(_("%(text)sで始まる") % text, _("%(text)sで始まり") % text)
        case TextOp.IS_EMPTY | TextOp.IS_FILLED:
            return _empty(filled=test.op is TextOp.IS_FILLED)


def _number(test: NumberTest, trait: Trait) -> Tail:
    values = [strong(number_text(value, trait)) for value in test.values]
    match test.op:
        case NumberOp.EQ:
            return Tail(values[0])
        case NumberOp.NOT_EQ:
            return Tail(_("%(number)s以外") % {"number": values[0]})
        case NumberOp.GTE:
            return Tail(_("%(number)s以上") % {"number": values[0]})
        case NumberOp.LTE:
            return Tail(_("%(number)s以下") % {"number": values[0]})
        case NumberOp.BETWEEN:
            low = f"{test.values[0]:,}" if trait.kind is Kind.NUMBER else number_text(test.values[0], trait)
            return Tail(strong(_("%(low)s〜%(high)s") % {"low": low, "high": number_text(test.values[1], trait)}))
        case NumberOp.IS_EMPTY | NumberOp.IS_FILLED:
            return _empty(filled=test.op is NumberOp.IS_FILLED)


def _date(test: DateTest, *, any_year: bool) -> Tail:
    """`any_year`: a month is said to be that of any year, where the day could as well be asked for with its year."""
    if test.op in (DateOp.IS_EMPTY, DateOp.IS_FILLED):
        if test.op is DateOp.IS_FILLED:
            return Tail(pgettext("a day", "ある"), pgettext("a day", "あって"))
        return Tail(pgettext("a day", "ない"), pgettext("a day", "なくて"))
    words: Mapping[DateOp, Callable[[], str]] = {
        DateOp.WITHIN_LAST_DAYS: lambda: _("%(days)s日以内") % {"days": f"{test.counts[0]:,}"},
        DateOp.DAYS_AGO_BETWEEN: lambda: (
            _("%(nearest)s〜%(farthest)s日前") % {"nearest": f"{test.counts[0]:,}", "farthest": f"{test.counts[1]:,}"}
        ),
        DateOp.MORE_THAN_DAYS_AGO: lambda: _("%(days)s日より前") % {"days": f"{test.counts[0]:,}"},
        DateOp.FISCAL_YEARS_AGO: lambda: _fiscal_year(test.counts[0]),
        DateOp.ON_OR_AFTER: lambda: _("%(day)s以降") % {"day": format_date(test.days[0])},
        DateOp.BEFORE: lambda: _("%(day)sより前") % {"day": format_date(test.days[0])},
        DateOp.ON: lambda: format_date(test.days[0]),
        DateOp.BETWEEN: lambda: _("%(since)s〜%(until)s") % {"since": format_date(test.days[0]), "until": format_date(test.days[1])},
        DateOp.MONTH_IS: lambda: (
            pgettext("the month of a day", "%(months)s") % {"months": names_text([month_text(month) for month in test.counts])}
        ),
        DateOp.MONTH_FROM_NOW: lambda: month_from_now(test.counts[0]),
    }
    text = strong(words[test.op]())
    if any_year and test.op in (DateOp.MONTH_IS, DateOp.MONTH_FROM_NOW):
        text = _("%(month)s（年を問わない）") % {"month": text}
    return Tail(text)


def _fiscal_year(years_ago: int) -> str:
    return (_("今年度"), _("前年度"), _("前々年度"))[years_ago]


def month_from_now(months: int) -> str:
    """今月, 来月, 3か月後の月."""
    if months <= 1:
        return _("来月") if months else _("今月")
    return _("%(months)sか月後の月") % {"months": months}


def _choice(test: ChoiceTest, trait: Trait) -> Tail:
    if test.op in (ChoiceOp.IS_EMPTY, ChoiceOp.IS_FILLED):
        return _empty(filled=test.op is ChoiceOp.IS_FILLED)
    names = {"names": _listed(test.values, trait)}
    if test.op is ChoiceOp.NOT_IN:
        return Tail(_("%(names)s以外") % names)
    return Tail(names["names"]) if len(test.values) == 1 else Tail(_("%(names)sのどれか") % names)


def _labels(test: LabelsTest, trait: Trait) -> Tail:
    if test.op in (LabelsOp.IS_EMPTY, LabelsOp.IS_FILLED):
        if test.op is LabelsOp.IS_FILLED:
            return Tail(pgettext("labels", "ある"), pgettext("labels", "あって"))
        return Tail(pgettext("labels", "ない"), pgettext("labels", "なくて"))
    names, several = {"names": _listed(test.values, trait)}, len(test.values) > 1
    match test.op:
        case LabelsOp.ANY_OF if several:
            return Tail(_("%(names)sのどれかがある") % names, _("%(names)sのどれかがあって") % names, place=True)
        case LabelsOp.ALL_OF if several:
            return Tail(_("%(names)sがすべてある") % names, _("%(names)sがすべてあって") % names, place=True)
        case LabelsOp.NONE_OF if several:
            return Tail(_("%(names)sのどれもない") % names, _("%(names)sのどれもなくて") % names, place=True)
        case LabelsOp.NONE_OF:
            return Tail(_("%(names)sがない") % names, _("%(names)sがなくて") % names, place=True)
        case _:
            return Tail(_("%(names)sがある") % names, _("%(names)sがあって") % names, place=True)


def joined(texts: Sequence[str]) -> str:
    """A、B、C; in English "A, B and C"."""
    before = pgettext("between conditions", "、").join(texts[:-1])
    return before + pgettext("before the last condition", "、") + texts[-1] if before else texts[-1]
