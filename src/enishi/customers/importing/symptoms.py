"""The signs of damage in a single cell, and what the cell held before, where that is certain enough to propose."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from enishi.platform.japanese.dates import parse_date
from enishi.platform.japanese.normalise import narrow
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.japanese.postal import lookup, parse_postal

_SCIENTIFIC: Final = re.compile(r"[-+]?\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"(\d+)\.0+")
_HASHES: Final = re.compile("#{2,}")
_FORMULA: Final = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!)")
_KANJI_DAY: Final = re.compile(r"(\d{1,2})月(\d{1,2})日")
_YEAR_MONTH: Final = re.compile(r"(\d{1,2})月-(\d{2})")
_ENGLISH_DAY: Final = re.compile(r"(\d{1,2})-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)", re.IGNORECASE)
_ENGLISH_MONTH: Final = re.compile(r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-(\d{2})", re.IGNORECASE)
_THREE_PARTS: Final = re.compile(r"20(\d{2})[/-](\d{1,2})[/-](\d{1,2})")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")
_PHONE_LIKE: Final = re.compile(r"[\d\s()-]{9,16}")
_WIDE_DIGIT: Final = re.compile("[０-９]")


class Check(NamedTuple):
    """A sign to look for. `find` gives the cell as it was before, "" where there is a sign but no way back, None for no sign."""

    damage: str
    find: Callable[[str], str | None]


def of_hash(cell: str) -> str | None:
    """What a cell that begins with # suffers from: hashes, formula_error, or nothing."""
    text = cell.strip()
    if _HASHES.fullmatch(text):
        return "hashes"
    return "formula_error" if _FORMULA.fullmatch(text) else None


def lost_phone_zero(cell: str) -> str | None:
    """9012345678 → 090-1234-5678; 81-90-… → the same. Only where a number that is given out comes of it."""
    if cell[0] == "0":
        return None
    plain = narrow(cell).removesuffix(".0")
    digits = plain.replace("-", "").replace(" ", "").replace("(", "").replace(")", "")
    if not _PHONE_LIKE.fullmatch(plain) or digits[:1] == "0":
        return None
    phone = parse_phone("0" + digits) if len(digits) <= 10 else None
    if phone is None and digits.startswith("81") and len(digits) >= 11:
        phone = parse_phone("+" + digits)
    return phone.national if phone else None


@lru_cache(maxsize=16_384)
def lost_postal_zero(cell: str) -> str | None:
    """600001 → 060-0001, where such a postal code is in use."""
    digits = narrow(cell).removesuffix(".0").replace("-", "").removeprefix("〒").strip()
    if len(digits) not in (5, 6) or not digits.isdecimal():
        return None
    code = parse_postal(digits.zfill(7))
    return code if code and lookup(code) else None


def lost_digits(cell: str) -> str | None:
    return "" if ("E+" in cell or "e+" in cell) and _SCIENTIFIC.fullmatch(narrow(cell)) else None


def decimal_code(cell: str) -> str | None:
    found = _DECIMAL.fullmatch(cell) if cell.endswith("0") and "." in cell else None
    return found[1] if found else None


def number_as_day(cell: str) -> str | None:
    """1月2日, 2-Jan, Jan-02 → 1-2; 2001/2/3 → 1-2-3: what "1-2" and "1-2-3" become when Excel reads them."""
    plain = cell.strip()
    if len(plain) > 10 or not plain[:1].isalnum() or (plain.isascii() and plain.isalnum()):  # a day needs a mark between its figures
        return None
    plain = narrow(plain)
    if found := _KANJI_DAY.fullmatch(plain):
        return f"{int(found[1])}-{int(found[2])}"
    if found := _YEAR_MONTH.fullmatch(plain):
        return f"{int(found[1])}-{int(found[2])}"
    if found := _ENGLISH_DAY.fullmatch(plain):
        return f"{_MONTHS.index(found[2].lower()) + 1}-{int(found[1])}"
    if found := _ENGLISH_MONTH.fullmatch(plain):
        return f"{_MONTHS.index(found[1].lower()) + 1}-{int(found[2])}"
    if found := _THREE_PARTS.fullmatch(plain):
        return "-".join(str(int(part)) for part in found.groups())
    return None


def date_serial(cell: str) -> str | None:
    if not _SERIAL.fullmatch(cell):
        return None
    day = parse_date(cell)
    return f"{day:%Y/%m/%d}" if day else None


def wide_digits(cell: str) -> str | None:
    return narrow(cell) if not cell.isascii() and _WIDE_DIGIT.search(cell) else None


_NUMBERS: Final = (Check("lost_digits", lost_digits), Check("decimal_code", decimal_code))
_WIDE: Final = Check("wide_digits", wide_digits)
_DAY: Final = Check("number_as_day", number_as_day)

#: Kind of value → the signs that make sense in it, in the order in which they are looked for.
OF_KIND: Final[dict[str, tuple[Check, ...]]] = {
    "code": (*_NUMBERS, _DAY, _WIDE),
    "phone": (Check("lost_phone_zero", lost_phone_zero), *_NUMBERS, _WIDE),
    "postal": (Check("lost_postal_zero", lost_postal_zero), *_NUMBERS, _WIDE),
    "street": (_DAY,),
    "address": (_DAY,),
    "date": (Check("date_serial", date_serial), _WIDE),
    "moment": (Check("date_serial", date_serial), _WIDE),
    "amount": (Check("lost_digits", lost_digits), _WIDE),
    "yen": (Check("lost_digits", lost_digits), _WIDE),
    "quantity": (_DAY, _WIDE),
}

_ISO_DAY: Final = re.compile(r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}")
_WHOLE_NUMBER: Final = re.compile("-?[0-9]+")
_LONG_TEXT: Final = re.compile(r"[^\s#].{9,}\S")
#: Kind of value with signs of its own → cells that none of them can be in, nor a #: most of them, told by one look.
PLAIN: Final[dict[str, re.Pattern[str]]] = {
    "code": re.compile("[0-9A-Za-z]+"),
    "phone": re.compile("[0+][-0-9() ]*"),
    "postal": re.compile("[0-9]{3}-?[0-9]{4}"),
    "street": _LONG_TEXT,
    "address": _LONG_TEXT,
    "date": _ISO_DAY,
    "moment": _ISO_DAY,
    "amount": _WHOLE_NUMBER,
    "yen": _WHOLE_NUMBER,
    "quantity": _WHOLE_NUMBER,
}
