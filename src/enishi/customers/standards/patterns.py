"""Patterns that an administrator writes. They are matched by an engine whose time grows with the text alone (pydantic's, Rust's regex):
no pattern, however clumsy, keeps a form waiting."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Final

from django.utils.translation import gettext as _
from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError

#: A text longer than this is not matched but refused: none of the fields with a pattern is that long by right.
LONGEST_TEXT: Final = 200


def objection(pattern: str) -> str:
    """Why a pattern is not taken, in words; "" for a good one."""
    if not pattern:
        return _("形を入力してください。例：[A-Z]{2}-[0-9]{4}")
    try:
        _matcher(pattern)  # by itself: what closes a bracket that it has not opened must not be whole only in ours
        _whole(pattern)
    except SchemaError:
        return _(
            "正規表現として読めないか、大きすぎます。かっこの対応を確かめてください。後方参照と先読みは使えません。例：[A-Z]{2}-[0-9]{4}"
        )
    return ""


@lru_cache(maxsize=256)
def _whole(pattern: str) -> TypeAdapter[str]:
    return _matcher(rf"\A(?:{pattern})\z")


def _matcher(pattern: str) -> TypeAdapter[str]:
    return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text has the form."""
    if len(text) > LONGEST_TEXT:
        return False
    try:
        _whole(pattern).validate_python(text)
    except ValidationError:
        return False
    return True
