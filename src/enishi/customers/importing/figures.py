"""Cells that hold days, amounts and answers. Each function takes a cell that is not blank."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from enishi.customers.importing import words
from enishi.customers.importing.cleaned import EMPTY, NOTHING, Cleaned, refuse
from enishi.platform.japanese.company import is_company
from enishi.platform.japanese.dates import DateProblem, parse_moment, read_date
from enishi.platform.japanese.normalise import clean, fold, narrow

_YEN_LIMIT: Final = 10**12

_DATE_MESSAGES: Final = {
    DateProblem.NO_SUCH_DAY: gettext_noop("存在しない日付です（%(text)s）。"),
    DateProblem.OUTSIDE_ERA: gettext_noop("元号の年が範囲の外です（%(text)s）。"),
    DateProblem.SHORT_YEAR: gettext_noop("年が2桁です（%(text)s）。西暦4桁か元号を付けてください（例: 1985/4/1、S60.4.1）。"),
    DateProblem.NO_DAY: gettext_noop("年月だけで日がありません（%(text)s）。日まで入れるか、空にしてください。"),
    DateProblem.NOT_A_DATE: gettext_noop("日付として読めません（%(text)s）。例: 1985/4/1、S60.4.1、昭和60年4月1日"),
}
_NO_DATES: Final = frozenset(("0000-00-00", "0000/00/00", "0000-00-00 00:00:00", "0", "1900/1/0", "1900/01/00"))


def day(text: str) -> Cleaned:
    """A day."""
    found = read_date(text)
    if isinstance(found, datetime.date):
        return Cleaned(found)
    shown = clean(text)
    return NOTHING if shown in EMPTY or shown in _NO_DATES else refuse(_(_DATE_MESSAGES[found]), text)


def moment(text: str) -> Cleaned:
    """An instant; a day where no time is written."""
    return Cleaned(found) if (found := parse_moment(text)) is not None else day(text)


_TIME: Final = re.compile(r"(\d{1,2})(?::|時)(\d{1,2})(?:(?::|分)(\d{1,2})?秒?|分)?")


def clock(text: str) -> Cleaned:
    """A time of day."""
    found = _TIME.fullmatch(narrow(text))
    try:
        value = datetime.time(int(found[1]), int(found[2]), int(found[3] or 0)) if found else None
    except ValueError:
        value = None
    return Cleaned(value) if value is not None else refuse(_("時刻として読めません（%(text)s）。例: 13:05"), text)


def amount(text: str) -> Cleaned:
    """An amount of money as a Decimal: ￥1,234 / 1,234円 / (1,234) / △1,234 / −1,234 / 12.34."""
    number = words.parse_number(text)
    if number is None:
        return NOTHING if clean(text) in EMPTY else refuse(_("金額として読めません（%(text)s）。数字で入れてください。"), text)
    if abs(number) > _YEN_LIMIT:
        return refuse(_("金額が大きすぎます（%(text)s）。桁を確かめてください。"), text)
    return Cleaned(number)


def yen(text: str) -> Cleaned:
    """Whole yen as an int. A fraction is refused, not rounded."""
    found = amount(text)
    if not isinstance(found.value, Decimal):
        return found
    if found.value != found.value.to_integral_value():
        return refuse(_("円未満の端数があります（%(text)s）。"), text)
    return Cleaned(int(found.value), found.notes)


def quantity(text: str) -> Cleaned:
    """How many, as a Decimal; negative for what came back."""
    number = words.parse_number(text)
    if number is None or abs(number) > 10**9:
        return NOTHING if clean(text) in EMPTY else refuse(_("数量として読めません（%(text)s）。数字で入れてください。"), text)
    return Cleaned(number)


def integer(text: str) -> Cleaned:
    """A whole number."""
    number = words.parse_number(text)
    if number is None or number != number.to_integral_value() or abs(number) > 10**15:
        return NOTHING if clean(text) in EMPTY else refuse(_("整数で入れてください（%(text)s）。"), text)
    return Cleaned(int(number))


_RATE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")
_RATE_WORDS: Final = {
    "標準": 1000,
    "標準税率": 1000,
    "課税": 1000,
    "軽減": 800,
    "軽減税率": 800,
    "軽": 800,
    "非課税": 0,
    "不課税": 0,
    "免税": 0,
    "対象外": 0,
}


def tax_rate(text: str) -> Cleaned:
    """A tax rate in basis points: 10%, 10, 0.1, 軽減8%, 標準 → 1000 or 800; 非課税 → 0."""
    plain = narrow(text)
    if plain in _RATE_WORDS:
        return Cleaned(_RATE_WORDS[plain])
    found = _RATE.search(plain)
    if found:
        try:
            number = Decimal(found[1])
        except InvalidOperation:
            number = Decimal(-1)
        rate = number * (10_000 if number < 1 and not found[2] else 100)
        if rate == rate.to_integral_value() and 0 <= rate <= 3000:
            return Cleaned(int(rate))
    return NOTHING if plain in EMPTY else refuse(_("税率として読めません（%(text)s）。例: 10%%、8%%"), text)


def word_kind(table: dict[str, str], message: str) -> Callable[[str], Cleaned]:
    def parse(text: str) -> Cleaned:
        found = table.get(fold(text))
        if found is not None:
            return Cleaned(found or None)
        return NOTHING if clean(text) in EMPTY else refuse(_(message), text)

    return parse


def yes_no(text: str) -> Cleaned:
    """True for ○, 希望, 可, はい, 1, TRUE …; False for ×, 不要, 否, いいえ, 0, FALSE …"""
    found = words.parse_yes_no(text)
    if found is None:
        return (
            NOTHING if clean(text) in EMPTY else refuse(_("はい／いいえの値として読めません（%(text)s）。例: ○／×、希望／不要、1／0"), text)
        )
    return Cleaned(found)


def refusal(text: str) -> Cleaned:
    """A column that says who does not want it (DM不要, 配信停止): the consent, hence the opposite of the answer."""
    found = yes_no(text)
    if not isinstance(found.value, bool):
        return found
    # 「不要」 under the heading 「DM不要」 repeats the heading, it does not deny it; and 「配信中」 needs no heading.
    if fold(text) in words.CONSENTING:
        return Cleaned(True)
    return Cleaned(False) if fold(text) in words.REFUSING else Cleaned(not found.value)


def flag(text: str) -> Cleaned:
    """A column that marks rows (返品, キャンセル): True for ○ or 1 or the word itself, False for × or 通常."""
    state = words.ORDER_STATES.get(fold(text))
    return Cleaned(state in ("returned", "cancelled", "refused")) if state else yes_no(text)


def customer_kind(text: str) -> Cleaned:
    """ "person" or "company"; a company's name given instead counts as company."""
    found = words.CUSTOMER_KINDS.get(fold(text))
    if found is not None:
        return Cleaned(found)
    return Cleaned("company") if is_company(text) else refuse(_("個人か法人で入れてください（%(text)s）。"), text)
