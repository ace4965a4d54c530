"""How a text is written by a rule that fixes. Each writing is its own fixed point, and none of them touches a kanji."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import jaconv

from enishi.platform.japanese.company import parse_company
from enishi.platform.japanese.kana import is_kana, to_katakana
from enishi.platform.japanese.normalise import clean

type Write = Callable[[str], str]

_HALF: Final = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: 0x20}
_FULL: Final = {narrow: wide for wide, narrow in _HALF.items() if narrow != 0x20}
_DIGITS: Final = {0xFF10 + digit: 0x30 + digit for digit in range(10)}
_HALF_KANA: Final = re.compile("[｡-ﾟ]+")
_SPACES: Final = re.compile("[ \u3000\u00a0]+")
_AMONG_DIGITS: Final = re.compile("(?<=[0-9０-９])[ \u3000]?[-－‐‑–—―−ー─ｰ﹣][ \u3000]?(?=[0-9０-９])")
_KANJI_FORMS: Final = re.compile("[㈱㈲㈳㈶㈹㈻㈼㈾㈴㍿]")


def _wide_kana(text: str) -> str:
    return _HALF_KANA.sub(lambda found: str(jaconv.h2z(found[0], kana=True, ascii=False, digit=False)), text)


def _full_width(text: str) -> str:
    return _wide_kana(text).translate(_FULL)


def _half_width(text: str) -> str:
    return _wide_kana(text).translate(_HALF)


def _kana(text: str, write: Write) -> str:
    """Only a text that is nothing but a reading: とらや本店 stays."""
    return write(text) if is_kana(text) else text


def _hiragana(text: str) -> str:
    return str(jaconv.kata2hira(to_katakana(text)))


def _long_form(text: str) -> str:
    found = parse_company(text)
    if found.place == "none" or found.form.isascii():
        return text
    core = _core(text, found.core)
    return f"{found.form}{core}" if found.place == "before" else f"{core}{found.form}"


def _short_form(text: str) -> str:
    found = parse_company(text)
    if found.place == "none" or found.form.isascii():
        return text
    return found._replace(core=_core(text, found.core)).short


def _core(text: str, core: str) -> str:
    """The name proper as it was typed where that can be told: only the legal form is rewritten, not the width of the rest."""
    typed = _KANJI_FORMS.sub("", clean(text))
    for size in range(len(typed), 0, -1):
        for piece in (typed[-size:], typed[:size]):
            if parse_company(piece).place == "none" and parse_company(piece).core == core:
                return piece.strip()
    return core


#: (check, choice) → the writing, in the order in which they follow each other.
WRITINGS: Final[Mapping[tuple[str, str], Write]] = {
    ("width", "ascii_half"): _half_width,
    ("width", "ascii_full"): _full_width,
    ("width", "digits_half"): lambda text: text.translate(_DIGITS),
    ("width", "kana_full"): _wide_kana,
    ("kana", "katakana"): lambda text: _kana(text, to_katakana),
    ("kana", "hiragana"): lambda text: _kana(text, _hiragana),
    ("case", "upper"): lambda text: "".join(letter.upper() if _is_latin(letter) else letter for letter in text),
    ("case", "lower"): lambda text: "".join(letter.lower() if _is_latin(letter) else letter for letter in text),
    ("company_form", "long"): _long_form,
    ("company_form", "short"): _short_form,
    ("hyphens", "half"): lambda text: _AMONG_DIGITS.sub("-", text),
    ("hyphens", "full"): lambda text: _AMONG_DIGITS.sub("－", text),
    ("spaces", "none"): lambda text: _SPACES.sub("", text),
    ("spaces", "half"): lambda text: _SPACES.sub(" ", text.strip()),
    ("spaces", "full"): lambda text: _SPACES.sub("\u3000", text.strip()),
}
ORDER: Final = {key: place for place, key in enumerate(WRITINGS)}


def _is_latin(letter: str) -> bool:
    return letter.isascii() or "Ａ" <= letter <= "ｚ"
