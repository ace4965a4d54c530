"""Phone numbers: one parser, one written form. Built on phonenumbers; common Japanese shapes take a shorter way."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

import phonenumbers

from enishi.platform.japanese.normalise import narrow

_SEPARATORS: Final = str.maketrans("", "", " -().・/\t")
# Figures of both widths and what stands between them: nothing else has to be looked at where these leave a number.
_USUAL: Final = {ord(wide): narrow for wide, narrow in zip("０１２３４５６７８９＋", "0123456789+", strict=True)} | dict.fromkeys(
    map(ord, " -().・/\t\u3000（）－．／")
)
_DOMESTIC: Final = re.compile("0(?!10)[1-9][0-9]{8,9}")
_SHAPE: Final = re.compile(r"[+0-9(][0-9 ().\-・/]*")
_EXTENSION: Final = re.compile(r"(?:\(?(?:内線|ext\.?|x|#)\s*[:.]?\s*(\d{1,6})\)?)$", re.IGNORECASE)
_LABEL: Final = re.compile(r"^(?:tel|phone|電話(?:番号)?|携帯(?:電話)?|自宅|会社|勤務先|℡|☎)\s*[::.]?\s*", re.IGNORECASE)
_TRUNK_IN_BRACKETS: Final = re.compile(r"^(\+81\D*)\(0\)")


class Phone(NamedTuple):
    """A phone number that can be called. `e164` is compared, `national` is shown."""

    e164: str  # "+819012345678"
    national: str  # "090-1234-5678"; abroad "+1 212-555-2368"
    extension: str = ""  # 内線

    @property
    def is_mobile(self) -> bool:
        """Whether a short message reaches it (060, 070, 080, 090)."""
        return self.e164.startswith(("+8160", "+8170", "+8180", "+8190")) and len(self.e164) == 13


@lru_cache(maxsize=8_192)  # a number that was checked is parsed again where it is stored, in an import a chunk of rows later
def parse_phone(text: str) -> Phone | None:
    """A phone number in any usual style, or None.

    Taken: 090-1234-5678, ０３（１２３４）５６７８, 03.1234.5678, +81 90 1234 5678, +81(0)90…, 0081…, 内線12 behind it, TEL:
    before it. A domestic number must begin with 0 (what Excel has eaten is repaired by the importer, who asks first);
    two numbers in one text are refused.
    """
    domestic = text.replace("-", "")
    if not _DOMESTIC.fullmatch(domestic):
        domestic = text.translate(_USUAL)
        if domestic.startswith("+81"):
            domestic = "0" + domestic[3:]
    if not _DOMESTIC.fullmatch(domestic):
        text = _LABEL.sub("", narrow(text))
        if not text:
            return None
        domestic = text.translate(_SEPARATORS)
        if domestic.startswith("+81"):
            domestic = "0" + domestic[3:]
        if not _DOMESTIC.fullmatch(domestic):
            return _other(text)
    return _domestic(domestic)


def _domestic(number: str) -> Phone | None:
    """A number of 10 or 11 digits that begins with 0. Where the hyphens go, and whether the number is in use, hangs on
    its first digits alone, so the library is asked once per head (a property test holds the two equal)."""
    head = 4 if len(number) == 11 else 7
    groups = _groups(number[:head], len(number))
    if groups is None:
        return None
    first, second = groups
    return Phone("+81" + number[1:], f"{number[:first]}-{number[first:second]}-{number[second:]}")


@lru_cache(maxsize=65_536)
def _groups(head: str, length: int) -> tuple[int, int] | None:
    """Where the two hyphens of a domestic number go; None where no such numbers are given out."""
    phone = _by_library(head.ljust(length, "5"), None)
    if phone is None:
        return None
    parts = phone.national.split("-")
    return len(parts[0]), len(parts[0]) + len(parts[1])


def _other(text: str) -> Phone | None:
    extension = ""
    if found := _EXTENSION.search(text):
        extension, text = found[1], text[: found.start()].strip()
    text = _TRUNK_IN_BRACKETS.sub(r"\1", text.strip())
    if text.startswith("0081"):
        text = "+81" + text[4:]
    elif text.startswith("010") and len(text.translate(_SEPARATORS)) > 11:
        text = "+" + text[3:].lstrip(" -")
    if not _SHAPE.fullmatch(text) or not text.lstrip("( ").startswith(("0", "+")):
        return None
    return _by_library(text, extension)


def _by_library(text: str, extension: str | None) -> Phone | None:
    """What the library says: None unless the number is in a range that is given out."""
    try:
        number = phonenumbers.parse(text, "JP")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    style = phonenumbers.PhoneNumberFormat
    shown = style.NATIONAL if number.country_code == 81 else style.INTERNATIONAL
    return Phone(phonenumbers.format_number(number, style.E164), phonenumbers.format_number(number, shown), extension or "")


def looks_like_phone(text: str) -> bool:
    """Whether somebody meant a phone number: its letters are those of one, with 9 to 15 digits."""
    plain = narrow(text)
    return bool(_SHAPE.fullmatch(plain)) and 9 <= sum(letter.isdigit() for letter in plain) <= 15
