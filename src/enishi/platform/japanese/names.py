"""Names of people: family name first, given name second, a reading for each, and how one addresses them."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import Final, Literal, NamedTuple

from enishi.platform.japanese.kana import is_kana
from enishi.platform.japanese.normalise import clean, fold

NameReason = Literal["space", "comma", "surname_list", "length", "single", "western"]

_SEPARATOR: Final = re.compile(r"[ \u3000\t\u00a0]+")
_SELECTORS: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_LETTERS: Final = re.compile("(?s).[\ufe00-\ufe0f\U000e0100-\U000e01ef]*")
# The common shape: two words of kanji and kana with one space between.
_TWO_WORDS: Final = re.compile("([一-鿿々〆ぁ-ゖァ-ヺー]+)[ \u3000]([一-鿿々〆ぁ-ゖァ-ヺー]+)")
_JAPANESE: Final = re.compile("[々〆〇ぁ-ゖァ-ヺー㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U0003ffff\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_LATIN: Final = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ.'’\- ]*")
_HONORIFICS: Final = re.compile("(?<=.)[ \u3000]*(?:様方|様|さま|サマ|さん|サン|殿|どの|先生|ちゃん|くん|君|御中|各位)$")
# Endings that also end given names; taken off only behind a space.
_AMBIGUOUS_HONORIFICS: Final = re.compile("[ \u3000]+(?:様方|様|さま|さん|殿|先生|ちゃん|くん|君|御中|各位)$")


# Up to this rank a surname of one letter is taken also before a given name of three letters.
_FREQUENT: Final = 500


class SplitName(NamedTuple):
    """A name in its two parts. `certain` where the writer set the parts apart; else a guess a person may correct."""

    family: str
    given: str
    certain: bool
    reason: NameReason


@lru_cache(maxsize=1)
def _surnames() -> dict[str, tuple[int, tuple[str, ...]]]:
    """Folded surname → (rank from 1, its readings by frequency)."""
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    text = resources.files("enishi.platform.japanese").joinpath("data/surnames.tsv").read_text("utf-8")
    for rank, line in enumerate((line for line in text.splitlines() if line and not line.startswith("#")), start=1):
        name, _, readings = line.partition("\t")
        key = fold(name)
        if key in found:
            first_rank, known = found[key]
            found[key] = (first_rank, tuple(dict.fromkeys((*known, *readings.split("、")))))
        else:
            found[key] = (rank, tuple(readings.split("、")))
    return found


def split_name(text: str) -> SplitName:
    """Family and given name of a person's full name.

    A space of any width decides. Without one, the longest frequent surname at the beginning does, else the usual length
    (two letters of four); both are guesses. A name in Latin letters is read given name first, unless the first word is
    in capitals (YAMADA Taro) or a comma says otherwise. Never call it for companies.
    """
    if found := _TWO_WORDS.fullmatch(text):
        return SplitName(found[1], found[2], certain=True, reason="space")
    name = clean(text)
    words = _SEPARATOR.split(name)
    if len(words) == 2 and not name.isascii() and "・" not in name and not _LATIN.fullmatch(name):
        return SplitName(words[0], words[1], certain=True, reason="space")
    if _LATIN.fullmatch(name.replace(",", "")):
        return _split_latin(name, words)
    if len(words) == 1:
        return _split_joined(name)
    if "・" in name:
        return _split_western(name)
    if name.isascii():
        return SplitName(words[-1], " ".join(words[:-1]), certain=False, reason="western")
    return SplitName(words[0], " ".join(words[1:]), certain=False, reason="space")


def split_as_written(text: str) -> tuple[str, str]:
    """Family and given name of which `full_name` makes what was written, but for a space between them. Where a guess would move
    letters (ジョン・スミス), all of it is the family name; names in Latin letters stand given name first wherever that is certain."""
    found = split_name(text)
    name = clean(text)
    if found.certain or full_name(found.family, found.given).replace(" ", "") == name.replace(" ", ""):
        return found.family, found.given
    return name, ""


def _split_latin(name: str, words: list[str]) -> SplitName:
    family, comma, given = name.partition(",")
    if comma:
        return SplitName(family.strip(), given.strip(), certain=True, reason="comma")
    if len(words) == 1:
        return SplitName(name, "", certain=False, reason="single")
    first, *rest = words
    if first.isupper() and not " ".join(rest).isupper() and len(first) > 1:
        return SplitName(first, " ".join(rest), certain=True, reason="space")
    return SplitName(words[-1], " ".join(words[:-1]), certain=False, reason="western")


def _split_western(name: str) -> SplitName:
    """ジョン・スミス: given name first, as the person would say it."""
    given, _, family = name.rpartition("・")
    return SplitName(family.strip(), given.strip(), certain=False, reason="western")


def _split_joined(name: str) -> SplitName:
    if "・" in name.strip("・"):
        return _split_western(name)
    letters = _LETTERS.findall(name) if _SELECTORS.search(name) else list(name)
    count, folded = len(letters), fold(name)
    if len(folded) != count:
        return SplitName(name, "", certain=False, reason="single")
    size = next((size for size in (5, 4, 3, 2, 1) if size < count and _begins(folded, size)), None)
    if size is not None:
        return SplitName("".join(letters[:size]), "".join(letters[size:]), certain=False, reason="surname_list")
    if folded in _surnames() or count <= 2 or is_kana(name):
        return SplitName(name, "", certain=False, reason="surname_list" if count > 1 and folded in _surnames() else "single")
    if not _JAPANESE.fullmatch(name):  # a figure, a code, another script: nothing says where to cut
        return SplitName(name, "", certain=False, reason="single")
    return SplitName("".join(letters[:2]), "".join(letters[2:]), certain=False, reason="length")


def _begins(folded: str, size: int) -> bool:
    """Whether the first letters are a surname that the rest allows.

    One letter is weak evidence: before three and more it must be a frequent surname (林真理子, but not 高杉晋作), and two
    letters that are a surname together are not torn (星野).
    """
    known = _surnames().get(folded[:size])
    if known is None or size > 1:
        return known is not None
    whole_is_surname = len(folded) == 2 and folded in _surnames()
    return not whole_is_surname and (len(folded) < 4 or known[0] <= _FREQUENT)


def surname_readings(family: str) -> tuple[str, ...]:
    """Usual readings of a surname in katakana, the most frequent first; empty for one that is not in the list."""
    known = _surnames().get(fold(family))
    return known[1] if known else ()


def surname_rank(family: str) -> int | None:
    """Place of a surname among the frequent ones, 1 for 佐藤; None for one that is not in the list."""
    known = _surnames().get(fold(family))
    return known[0] if known else None


def full_name(family: str, given: str) -> str:
    """「齋藤 百合子」; one part alone without a space; Latin names given name first."""
    if not family or not given:
        return family or given
    is_latin = (family.isascii() and given.isascii()) or bool(_LATIN.fullmatch(family) and _LATIN.fullmatch(given))
    return f"{given} {family}" if is_latin else f"{family} {given}"


def strip_honorific(name: str) -> str:
    """「山田 太郎様」→「山田 太郎」. A name that would be left without letters stays."""
    return _HONORIFICS.sub("", clean(name)) or clean(name)


def honorific(name: str, kind: str) -> str:
    """The name as it is written on an envelope or over a letter: 様 for a person, 御中 for a company ("company")."""
    return f"{name} 御中" if kind == "company" else f"{name} 様"
