"""Cells of which one look tells that they stay as they are: most cells of most files.

Nothing is decided here. A cell that a pattern takes is one that `clean_value` gives back letter for letter and without a word;
every other cell is asked of `clean_value` itself. A test holds the two together over hostile columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from enishi.customers.importing.cleaned import Value
from enishi.platform.japanese.phone import parse_phone

_WIDE: Final = "ぁ-ゖァ-ヺー一-鿿々〆"
# Letters that `clean` leaves alone; not at the head of a cell: ' and #.
_LETTER: Final = f"[!-~{_WIDE}！-～]"
_TEXT: Final = rf"[$-&(-~{_WIDE}！-～!\"]{_LETTER}*+(?:[ \u3000]{_LETTER}++)*+"
# Two words of kanji and kana. The letters with which an honorific ends stand at the end of few given names.
_NAME: Final = rf"[{_WIDE}]{{1,50}}+[ \u3000][{_WIDE}]{{1,50}}+(?<![様方まマんンの生君中位殿])"

_PATTERNS: Final[dict[str, str]] = {
    "text": rf"(?=.{{1,255}}\Z){_TEXT}",
    "address": rf"(?=.{{1,255}}\Z){_TEXT}",
    "street": rf"(?=.{{1,255}}\Z){_TEXT}",
    "name": _NAME,
    "name_part": rf"(?=.{{1,60}}\Z){_TEXT}",
    "kana": "[ァ-ヺ][ァ-ヺー]{0,70}+(?: [ァ-ヺー]{1,70}+)?+",
    "email": r"(?=.{6,190}\Z)[a-z0-9][a-z0-9_+-]{0,30}+(?:\.[a-z0-9_+-]{1,10}+){0,3}+@"
    r"(?:[a-z0-9]{1,30}+(?:-[a-z0-9]{1,29}+)?+\.)++(?:com|net|org|jp)",
    "postal": "[0-9]{3}-[0-9]{4}",
    "code": "[A-Za-z]{0,20}+[0-9][A-Za-z0-9_-]{0,40}+",
    "customer_number": "[A-Z]-[0-9]{6,12}",
}


def _phone(text: str) -> Value:
    phone = parse_phone(text)
    return None if phone is None or phone.extension else phone.national


#: Kind of value → what tells a plain cell: something for one, None for any other.
PLAIN: Final[dict[str, Callable[[str], object]]] = {kind: re.compile(pattern).fullmatch for kind, pattern in _PATTERNS.items()}
#: Kind of value → the value of a cell that takes one form of several; None for a cell that `clean_value` has to read.
QUICK: Final[dict[str, Callable[[str], Value]]] = {"phone": _phone}
