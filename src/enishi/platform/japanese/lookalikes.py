"""Letters that look like the one that was meant: ニ for 二, 一 for ー. They are told, never changed: only the writer knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

#: Katakana → the kanji that looks like it. Letters that stand alone between kanji by right (ノ, ケ, ヶ, ツ, ヵ) are not in it.
_KANJI_OF: Final = dict(zip("ニエタロカハトチオヌ", "二工夕口力八卜千才又", strict=True))
_KANA_OF: Final = {kanji: kana for kana, kanji in _KANJI_OF.items()}
#: Kanji that count as well (二ツ, 八ケ岳, 千トン): in front of katakana they are looked at more closely.
_NUMERALS: Final = "二八千"
_COUNTERS: Final = "ツノケヶカヵ"
_HIRAGANA_OF: Final = dict(zip("へべぺり", "ヘベペリ", strict=True))
_DASHES: Final = "-－―—‐‑–−─一"
_WORDS_WITH: Final = re.compile("口コミ|口ゲンカ|夕ヤケ|力ワザ|力コブ|千トン|又ハ")
_KANJI: Final = "一-鿿々〆㐀-䶿\U00020000-\U0003ffff"
_IS_KANJI: Final = re.compile(f"[{_KANJI}]")
_IS_KATAKANA: Final = re.compile("[ァ-ヺー]")
#: One look that most texts pass: none of these letters beside a letter of another kind.
_SUSPECT: Final = re.compile(
    f"[{_KANJI}][ニエタロカハトチオヌ]|[ニエタロカハトチオヌ][{_KANJI}]"
    "|[二工夕口力八卜千才又へべぺり][ァ-ヺー]|[ァ-ヺー][二工夕口力八卜千才又一へべぺり]"
    f"|[ァ-ヺ][{_DASHES}]|[0-9０-９][一ーOoIl|ＯｏＩｌ]|[OoIl|ＯｏＩｌ][0-9０-９]"
    "|[A-Za-z][\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff][A-Za-z]"
)
_BIG: Final = re.compile("(?<=[キシチニヒミリギジヂビピ])[ヤユヨ]|(?<=[ァ-ヺ])ツ(?=[カキクケコサシスセソタチツテトパピプペポ])")
_SMALL_OF: Final = dict(zip("ヤユヨツ", "ャュョッ", strict=True))
_DIGIT_OF: Final = {**dict.fromkeys("OoＯｏ", "0"), **dict.fromkeys("Il|Ｉｌ", "1")}
_GREEK_OR_CYRILLIC: Final = re.compile("[\u0370-\u03ff\u0400-\u04ff]")


class Lookalike(NamedTuple):
    """A letter that may not be the one that was meant."""

    at: int  # place in the text, from 0
    typed: str
    meant: str  # "" where no one letter can be named


def lookalikes(text: str, *, big_kana: bool = False) -> list[Lookalike]:
    """Every suspicious letter of a text, in order. `big_kana`: also large kana that are small ones elsewhere (シヨップ); for names of
    companies, never for readings of people (キヨミ). Names like キヤノン are written so by right: whoever reads it decides.
    """
    found = list(_found(text)) if _SUSPECT.search(text) else []
    if big_kana:
        found += [Lookalike(hit.start(), hit[0], _SMALL_OF[hit[0]]) for hit in _BIG.finditer(text)]
        found.sort()
    return found


def put_right(text: str, *, big_kana: bool = False) -> str:
    """The text with each suspicious letter as the one that may have been meant; "" where it would be the same text."""
    letters = list(text)
    for one in lookalikes(text, big_kana=big_kana):
        if one.meant:
            letters[one.at] = one.meant
    found = "".join(letters)
    return found if found != text else ""


def _found(text: str) -> Iterator[Lookalike]:
    known = [range(*hit.span()) for hit in _WORDS_WITH.finditer(text)]
    for at, letter in enumerate(text):
        before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
        if (meant := _meant(letter, before, after, text[at + 2 : at + 3])) and not any(at in word for word in known):
            yield Lookalike(at, letter, meant)
        elif _GREEK_OR_CYRILLIC.match(letter) and (_is_latin(before) or _is_latin(after)):
            yield Lookalike(at, letter, "")


def _meant(letter: str, before: str, after: str, next_after: str) -> str:
    kana_before, kana_after = bool(_IS_KATAKANA.match(before)), bool(_IS_KATAKANA.match(after))
    kanji_before, kanji_after = bool(_IS_KANJI.match(before)), bool(_IS_KANJI.match(after))
    if letter in _KANJI_OF:  # a katakana alone among kanji
        alone = not kana_before and not kana_after
        return (
            _KANJI_OF[letter]
            if alone and (kanji_before or kanji_after) and not (after.strip() and not kanji_after and kanji_before)
            else ""
        )
    if letter in _KANA_OF and not kanji_before and not kanji_after:
        if letter in _NUMERALS and not kana_before:  # 二チレイ, but not 二ツ and 千トン
            return _KANA_OF[letter] if kana_after and after not in _COUNTERS and _IS_KATAKANA.match(next_after) else ""
        return _KANA_OF[letter] if kana_before or kana_after else ""
    if letter in _HIRAGANA_OF:
        return _HIRAGANA_OF[letter] if kana_after and (kana_before or not before.strip()) else ""
    if letter in _DASHES and kana_before and not _is_digit(after):
        is_end = not after.strip() or kana_after
        return "ー" if is_end and (letter != "一" or not kanji_after) else ""
    if letter in "一ー" and _is_digit(before) and _is_digit(after):
        return "-"
    if letter in _DIGIT_OF and _is_digit(before) and (_is_digit(after) or after in ("-", "－")):
        return _DIGIT_OF[letter]
    return ""


def _is_digit(letter: str) -> bool:
    return "0" <= letter <= "9" or "０" <= letter <= "９"


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()
