"""Patterns that an administrator writes, kept to those that cannot take long on any text."""

from __future__ import annotations

import re
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]  # the parser of the standard library: no second one for regular expressions
from typing import Any, Final

from django.utils.translation import gettext as _

#: A text longer than this is not matched but refused: none of the fields with a pattern is that long by right.
LONGEST_TEXT: Final = 200
_MOST_OPEN: Final = 2  # + and *
_MOST_OPTIONAL: Final = 6  # ? and {1,3}
_REPEATS: Final = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)
_FORBIDDEN: Final = (_constants.GROUPREF, _constants.GROUPREF_EXISTS, _constants.ASSERT, _constants.ASSERT_NOT)


def objection(pattern: str) -> str:
    """Why a pattern is not taken, in words; "" for a good one. Repeats within repeats and references back are what makes a match
    take minutes on a hostile text: neither is ever needed for a number or a code."""
    if not pattern:
        return _("形を入力してください。例：[A-Z]{2}-[0-9]{4}")
    try:
        tree = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return _("正規表現として読めません。かっこの対応などを確かめてください。例：[A-Z]{2}-[0-9]{4}")
    count = _Count()
    count.walk(tree, inside=False)
    if count.nested:
        return _("くり返しの中のくり返し、後方参照、先読みは使えません。例：[A-Z]{2}-[0-9]{4}")
    if count.open > _MOST_OPEN or count.optional > _MOST_OPTIONAL:
        return _("「*」「+」は%(open)d個まで、「?」と「{1,3}」は%(optional)d個までです。") % {
            "open": _MOST_OPEN,
            "optional": _MOST_OPTIONAL,
        }
    return ""


class _Count:
    def __init__(self) -> None:
        self.open = self.optional = 0
        self.nested = False

    def walk(self, tree: Any, *, inside: bool) -> None:
        for code, argument in tree:
            if code in _FORBIDDEN:
                self.nested = True
            elif code in _REPEATS:
                least, most, inner = argument
                if least != most:
                    self.nested |= inside
                    if most == _constants.MAXREPEAT or most > 10:
                        self.open += 1
                    else:
                        self.optional += int(most) - int(least)
                self.walk(inner, inside=True)
            elif code is _constants.BRANCH:
                self.nested |= inside
                self.optional += len(argument[1]) - 1
                for branch in argument[1]:
                    self.walk(branch, inside=inside)
            elif code is _constants.SUBPATTERN:
                self.walk(argument[-1], inside=inside)
            elif code is _constants.ATOMIC_GROUP:
                self.walk(argument, inside=inside)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text has the form."""
    return len(text) <= LONGEST_TEXT and _compiled(pattern).fullmatch(text) is not None
