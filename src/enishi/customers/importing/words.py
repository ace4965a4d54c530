"""Words and numbers that people put into cells: yes and no, sexes, states of orders, amounts with every sign of minus."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from enishi.customers.importing import tables
from enishi.platform.japanese.normalise import fold, narrow

_PLAIN: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_NUMBER: Final = re.compile(
    r"(?P<sign>[-+△▲]?)[¥\\$]?(?P<sign_inside>[-+△▲]?)(?P<digits>\d{1,3}(?:,\d{3})+|\d+)?(?P<fraction>\.\d+)?(?P<minus_behind>-?)"
)
_UNITS: Final = re.compile(
    r"(?:円(?:\(税[込抜別]\))?|(?:税[込抜別])|JPY|yen|個|点|本|枚|冊|箱|袋|セット|着|足|台|件|pt|ポイント|P)+$", re.IGNORECASE
)


def parse_number(text: str) -> Decimal | None:
    """A number as people write it: 1,234 / ￥1,234 / 1,234円 / (1,234) / △1,234 / −1,234 / 1234- / １２３; None otherwise.

    Brackets, triangles and every minus sign mean below zero. Thousands must stand where they belong: 12,34 is refused.
    """
    if _PLAIN.fullmatch(text) and text.isascii():
        return Decimal(text)
    plain = _UNITS.sub("", narrow(text).replace("\\", "¥").replace(" ", ""))
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        plain, negative = plain[1:-1], True
    found = _NUMBER.fullmatch(plain)
    if not found or not (found["digits"] or found["fraction"]) or len(plain) > 30:
        return None
    number = Decimal((found["digits"] or "0").replace(",", "") + (found["fraction"] or ""))
    marks = found["sign"] + found["sign_inside"] + found["minus_behind"]
    if "+" in marks and len(marks) > 1:
        return None
    return -number if negative or marks.strip("+") else number


def _folded(key: str) -> frozenset[str]:
    return frozenset(map(fold, tables.load("words.txt")[key]))


_YES: Final = _folded("yes") | _folded("consenting")
#: Words that refuse, or consent, in themselves, whatever the heading says.
REFUSING: Final = _folded("refusing")
CONSENTING: Final = _folded("consenting")
_NO: Final = _folded("no") | REFUSING


def parse_yes_no(text: str) -> bool | None:
    """True, False, or None where the text is neither. 2 counts as no: shop systems write 1 and 2."""
    word = fold(text)
    if word in _YES:
        return True
    return False if word in _NO else None


def _table(name: str) -> dict[str, str]:
    """Folded word → what it stands for; "" where it says that nothing is known."""
    groups = ((key.removeprefix(f"{name}."), words) for key, words in tables.load("words.txt").items() if key.startswith(f"{name}."))
    return {fold(word): value for value, words in groups for word in words}


GENDERS: Final = _table("gender")
LANGUAGES: Final = _table("language")
ORDER_STATES: Final = _table("order_state")
TAX_INCLUDED: Final = _table("tax_included")
CUSTOMER_KINDS: Final = _table("customer_kind")
