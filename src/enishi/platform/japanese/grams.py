"""Grams: what a search column holds and what a search asks for. One or two letters are enough to find somebody."""

from __future__ import annotations

from collections.abc import Iterable
from operator import add

from enishi.platform.japanese.normalise import clean, digits, fold


def grams(*texts: str) -> list[str]:
    """Every letter and every pair of neighbours of the folded texts, each once, in order of appearance.

    Several texts (name, kana, company) share one list; no pair spans two texts.
    """
    found: list[str] = []
    for text in texts:
        if text:
            folded = fold(text)
            found += folded
            found += map(add, folded, folded[1:])
    return list(dict.fromkeys(found))


def contact_grams(*, email: str = "", phone: str = "", further: Iterable[str] = ()) -> list[str]:
    """Pairs of a mail address and of the digits of a phone number, so that 3456 finds 090-1234-5678; `further`: more of both.

    No single letters: nobody is looked for by one letter of an address, and the index is a third smaller.
    """
    found: list[str] = []
    for text in (email, digits(phone), *[text if "@" in text else digits(text) for text in further]):
        if text:
            folded = fold(text)
            found += map(add, folded, folded[1:])
    return list(dict.fromkeys(found))


def query_words(text: str) -> list[str]:
    """The folded words of a search, in order: each must stand in what is found."""
    return [word for part in clean(text).split() if (word := fold(part))]


def query_grams(text: str) -> list[str]:
    """The grams that a row must hold to be found: pairs, or the letter itself for a word of one letter.

    Words are separated by spaces and may stand in any order and distance. Empty for an empty search. Pairs in a row do
    not prove that the word stands there (田中山 holds 田中 and 中山): look again with `query_words` where it matters.
    """
    found: dict[str, None] = {}
    for word in query_words(text):
        if len(word) == 1:
            found[word] = None
        found.update(dict.fromkeys(map(add, word, word[1:])))
    return list(found)


def phone_query_grams(text: str) -> list[str]:
    """Like `query_grams` for a fragment of a phone number, however it is written."""
    return query_grams(digits(text))
