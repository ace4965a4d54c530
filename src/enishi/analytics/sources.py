"""流入経路: how customers first came, as they are written and as they are counted.

Customers say it in words of their own files; the company says which of these words mean the same. What is counted is the source a
spelling stands for, and a text that nobody has spoken of is a source of its own.
"""

from __future__ import annotations

from enishi.analytics.models import Source, Spelling
from enishi.platform.japanese.normalise import fold

LONGEST = 40


def spelling_key(text: str) -> str:
    """Equal where nobody would see a difference: width, case, kana, spaces."""
    return fold(text)


def spellings() -> dict[str, str]:
    """Each text that stands for another source → the name of that. One query."""
    return dict(Spelling.rows.values_list("text", "source__name"))


def known_sources() -> dict[str, int]:
    """By the key of each name and spelling, the source's id. Two queries."""
    found = {spelling_key(text): pk for text, pk in Spelling.rows.values_list("text", "source_id")}
    return found | {spelling_key(name): pk for name, pk in Source.rows.values_list("name", "pk")}
