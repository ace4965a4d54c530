"""The form in which rules compare texts: what both Python and PostgreSQL can compute, letter for letter.

`platform.japanese.fold`, which search stands on, also unites old kanji and hyphens by tables that the database
does not have; this is the part of it that needs none.
"""

from __future__ import annotations

import unicodedata
from string import ascii_lowercase, ascii_uppercase
from typing import Final

_KATAKANA: Final = "".join(map(chr, range(0x30A1, 0x30F7)))
_HIRAGANA: Final = "".join(map(chr, range(0x3041, 0x3097)))

#: Letter for letter, for `str.translate` here and `translate()` in PostgreSQL.
LETTERS_FROM: Final = ascii_uppercase + _KATAKANA
LETTERS_TO: Final = ascii_lowercase + _HIRAGANA
_TABLE: Final = str.maketrans(LETTERS_FROM, LETTERS_TO)


def comparable(text: str) -> str:
    """NFKC (ｶﾅ → カナ, Ａ → A), ASCII letters small, katakana as hiragana."""
    return unicodedata.normalize("NFKC", text).translate(_TABLE)
