"""Sentences of what somebody can do (書き出せます), as parts of longer ones."""

from __future__ import annotations

_POLITE = "ます"


def able(sentence: str) -> str:
    """書き出せます → 書き出せる, before 「ようになります」. Of a sentence in English its first letter becomes small."""
    return f"{sentence.removesuffix(_POLITE)}る" if sentence.endswith(_POLITE) else _within(sentence)


def unable(sentence: str) -> str:
    """書き出せます → 書き出せなく, before 「なります」."""
    return f"{sentence.removesuffix(_POLITE)}なく" if sentence.endswith(_POLITE) else _within(sentence)


def _within(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
