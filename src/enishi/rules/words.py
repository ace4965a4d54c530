"""The form in which rules compare texts: what both Python and PostgreSQL can compute, letter for letter, and fast.

`platform.japanese.fold`, which search stands on, also unites old kanji and hyphens by tables that the database
does not have. Kana are united on the side of what was typed: it is looked for as typed, in hiragana and in katakana.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_TO_HIRAGANA: Final = {katakana: katakana - 0x60 for katakana in range(0x30A1, 0x30F7)}
_TO_KATAKANA: Final = {hiragana: hiragana + 0x60 for hiragana in range(0x3041, 0x3097)}


def comparable(text: str) -> str:
    """`lower(normalize(text, NFKC))` of PostgreSQL: ｶﾅ → カナ, Ａ → a. Each letter for itself, as its `lower` does."""
    normal = unicodedata.normalize("NFKC", text)
    return normal.lower() if normal.isascii() else "".join(map(_small, normal))


def _small(letter: str) -> str:
    small = letter.lower()
    return small if len(small) == 1 else small[0]  # İ is i in the database, i and a dot here


def spellings(sought: str) -> tuple[str, ...]:
    """What was typed, comparable, also in the other kana: ヤマダ finds やまだ."""
    text = comparable(sought)
    return tuple(dict.fromkeys([text, text.translate(_TO_HIRAGANA), text.translate(_TO_KATAKANA)]))
