"""Kana: one stored form, the order of the phone book, the index あかさたな."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import jaconv

from enishi.platform.japanese.normalise import clean, fold

_ONLY_KANA: Final = re.compile("[ぁ-ゖァ-ヺーゝゞヽヾｦ-ﾟ・･ \u3000\u3099\u309a゛゜\\-－‐―−]+")
_PLAIN_KATAKANA: Final = re.compile("(?:[ァ-ヺー]+(?: [ァ-ヺー]+)*)?")
_HALF_KATAKANA: Final = re.compile("[ｦ-ﾝ][ｦ-ﾟ]*(?: [ｦ-ﾝ][ｦ-ﾟ]*)*")
_HIRAGANA: Final = re.compile("[ぁ-ゖゝゞ]")
_DASH_IN_KANA: Final = re.compile("(?<=[ァ-ヺー])[-－‐‑–—―−─ｰ]")
_VOWELS: Final = dict(
    zip(
        "アカサタナハマヤラワイキシチニヒミリウクスツヌフムユルエケセテネヘメレオコソトノホモヨロン",
        "ア" * 10 + "イ" * 8 + "ウ" * 9 + "エ" * 8 + "オ" * 9 + "ン",
        strict=True,
    )
)
_ROWS: Final = (
    ("あ", "ア", "カ"),
    ("か", "カ", "サ"),
    ("さ", "サ", "タ"),
    ("た", "タ", "ナ"),
    ("な", "ナ", "ハ"),
    ("は", "ハ", "マ"),
    ("ま", "マ", "ヤ"),
    ("や", "ヤ", "ラ"),
    ("ら", "ラ", "ワ"),
    ("わ", "ワ", "ヷ"),
)


def to_katakana(text: str) -> str:
    """The one stored form of a reading: full-width katakana, single half-width spaces, ー for every dash after kana.

    たなか　ﾀﾛｳ → タナカ タロウ. Letters that are not kana stay.
    """
    if _PLAIN_KATAKANA.fullmatch(text):
        return text
    if _HALF_KATAKANA.fullmatch(text):
        return unicodedata.normalize("NFKC", text)
    wide = clean(jaconv.hira2kata(jaconv.h2z(unicodedata.normalize("NFC", text), kana=True, ascii=False, digit=False)))
    wide = wide.replace("\u3000", " ").replace("･", "・")
    wide = re.sub(" {2,}", " ", wide)
    return _DASH_IN_KANA.sub("ー", wide)


def to_hiragana(text: str) -> str:
    """The reading in hiragana, for screens that show it so."""
    return str(jaconv.kata2hira(to_katakana(text)))


def is_kana(text: str) -> bool:
    """Whether a text is a reading: kana of any width, long vowels, middle dots and spaces only, at least one kana."""
    return bool(_ONLY_KANA.fullmatch(text)) and bool(re.search("[ぁ-ゖァ-ヺｦ-ﾝ]", text))


def is_hiragana(text: str) -> bool:
    return is_kana(text) and bool(_HIRAGANA.search(text))


def sort_kana(kana: str, name: str = "") -> str:
    """Sort key, at most 160 letters, whose order by code point (`C` collation) is that of a Japanese phone book.

    Word by word (surnames first): voiced and small kana count as plain ones, a long vowel as its vowel; only among
    equals do the voicing marks decide (ヤマサキ before ヤマザキ). Without kana the folded name: after all readings
    when it is kanji.
    """
    source = kana or name
    plain = source if _PLAIN_KATAKANA.fullmatch(source) else to_katakana(source).replace("・", " ")
    return " ".join(map(_word_key, plain.split()))[:160].rstrip()


@lru_cache(maxsize=32_768)
def _word_key(word: str) -> str:
    """Cached: the readings of surnames and given names come again and again."""
    letters: list[str] = []
    marks: list[str] = []
    for letter in unicodedata.normalize("NFD", fold(word)):
        if letter in "\u3099\u309a" and letters:
            marks[-1] = "1" if letter == "\u3099" else "2"
        elif letter == "-" and letters and letters[-1] in _VOWELS:
            letters.append(_VOWELS[letters[-1]])
            marks.append("0")
        else:
            letters.append(letter)
            marks.append("0")
    weight = "".join(marks).rstrip("0")
    return "".join(letters) + ("!" + weight if weight else "")


def reading_key(kana: str) -> str:
    """A reading as it is compared: folded, ヅ as ズ and ヂ as ジ, a long vowel as the kana that usually writes it.

    サトー = サトウ, ケーコ = ケイコ, ユーコ = ユウコ, カヅコ = カズコ; オオノ is not オノ. Not for sorting: see `sort_kana`.
    """
    folded = fold(kana).translate(_ONE_SOUND)
    if "-" not in folded:
        return folded
    letters: list[str] = []
    for letter in folded:
        before = unicodedata.normalize("NFD", letters[-1])[0] if letters else ""
        letters.append(_WRITTEN_LONG.get(_VOWELS.get(before, ""), letter) if letter == "-" else letter)
    return "".join(letters)


_ONE_SOUND: Final = {ord("ヅ"): "ズ", ord("ヂ"): "ジ"}
_WRITTEN_LONG: Final = {"ア": "ア", "イ": "イ", "ウ": "ウ", "エ": "イ", "オ": "ウ"}


def kana_row(sort_key: str) -> str:
    """The index tab of a sort key: あ か さ た な は ま や ら わ, or 他."""
    for label, first, until in _ROWS:
        if first <= sort_key[:1] < until:
            return label
    return "他"


def kana_range(row: str) -> tuple[str, str] | None:
    """Half-open range of sort keys of an index tab, for `WHERE sort_kana >= a AND sort_kana < b`; None for 他."""
    return next(((first, until) for label, first, until in _ROWS if label == row), None)
