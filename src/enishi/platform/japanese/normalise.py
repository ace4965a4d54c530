"""Two forms of a text: `clean`, which is stored, and `fold`, which is matched.

`fold` works letter by letter (apart from combining marks and 々), so that the fold of a part is found inside the
fold of the whole: that is what search and grams stand on. It is never shown to anybody.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from enishi.platform.japanese.variants import variant_table

#: Stored beside every gram column. A version that folds more letters comes with a migration that makes anew the rows that hold
#: one of them; all others are the same under both.
NORMALISER_VERSION: Final = 2

_HYPHENS: Final = "-‐‑‒–—―−⁃⁻₋─━ー﹘﹣－ｰ﹣➖ｰ˗֊᠆᭸"
_WAVES: Final = "~〜～∼∿˜"
_SMALL_KANA: Final = dict(
    zip("ァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ", "アイウエオツヤユヨワカケクシストヌハヒフヘホムラリルレロ", strict=True)
)
_OLD_KANA: Final = {"ヰ": "イ", "ヱ": "エ", "ヲ": "オ"}
_QUOTES: Final = {"’": "'", "‘": "'", "`": "'", "´": "'", "”": '"', "“": '"', "‟": '"'}

# Letters that nobody sees: zero width, direction marks, soft hyphen, byte order mark, variation selectors (also those
# of registered ideographs, IVS), controls and every kind of space.
_INVISIBLE_RANGES: Final = (
    (0x00, 0x20),
    (0x7F, 0xA0),
    (0xAD, 0xAD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x1680, 0x1680),
    (0x180B, 0x180F),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x3000, 0x3000),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE007F),
    (0xE0100, 0xE01EF),
)


def _fold_table() -> dict[int, str | None]:
    table: dict[int, str | None] = dict(variant_table())
    for hiragana in range(0x3041, 0x3097):
        katakana = chr(hiragana + 0x60)
        table[hiragana] = _SMALL_KANA.get(katakana, _OLD_KANA.get(katakana, katakana))
    table |= {ord(small): large for small, large in (_SMALL_KANA | _OLD_KANA | _QUOTES).items()}
    table |= {ord("ゝ"): "ヽ", ord("ゞ"): "ヾ"}
    table |= dict.fromkeys(map(ord, _HYPHENS), "-")
    table |= dict.fromkeys(map(ord, _WAVES), "~")
    for first, last in _INVISIBLE_RANGES:
        table |= dict.fromkeys(range(first, last + 1))
    return table


_TABLE: Final = _fold_table()


class _FoldMemo(dict[str, str]):
    """Letter → its fold, filled as letters come by, for letters that do not join with a neighbour.

    Three times as fast as normalising whole names. Any other letter raises LookupError: normalise the whole text.
    """

    def __missing__(self, letter: str) -> str:
        if not _STANDS_ALONE.match(letter) or _JOINING.search(unicodedata.normalize("NFKC", letter)):
            raise LookupError
        folded = self[letter] = _fold_whole(letter)
        return folded


_MEMO: Final = _FoldMemo()
_STANDS_ALONE: Final = re.compile("[\x00-\u024f\u2000-\u3098\u309d-\u9fff\uf900-\ufaff\uff01-\uff9d\uffe0-\uffe6\U00020000-\U0003ffff]")
# ASCII of which only the case changes: no space, no `.
_PLAIN_ASCII: Final = re.compile("[!-_a-~]*")
_ITERATION: Final = re.compile(r"(.)々")
# Marks that join the letter before them once an invisible letter between the two is gone.
_JOINING: Final = re.compile("[\u0300-\u036f\u3099\u309a\u1160-\u11ff]")
# NFC would replace these by other letters: 隆 by 隆, 神 by 神. They stand in CP932 and in people's names.
_COMPATIBILITY: Final = re.compile("([豈-\ufaff\U0002f800-\U0002fa1f]+)")
_UNTIDY: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\ufffe\uffff]")
# Letters that `clean` leaves alone whatever stands beside them, with single spaces between: most cells of most files.
_TIDY: Final = re.compile("[!-~ぁ-ゖァ-ヺー一-鿿々〆！-～]++(?:[ \u3000][!-~ぁ-ゖァ-ヺー一-鿿々〆！-～]++)*+")
_SPACES: Final = re.compile("([ \u3000])[ \u3000]+")
_CONTROL: Final = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x2060, 0xFEFF, 0xFFFE, 0xFFFF]),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
    **dict.fromkeys([0x09, 0xA0], " "),
    **dict.fromkeys([0x0A, 0x0B, 0x0C, 0x85, 0x2028, 0x2029], "\n"),
}


def fold(text: str) -> str:
    """The form in which two texts are compared: NFKC, no case, hiragana as katakana, small kana as large, every
    hyphen and long vowel as "-", old and register kanji as their common form, no spaces, no invisible letters.

    髙橋　ﾊﾅｺ → 高橋ハナコ; fold(fold(x)) == fold(x).
    """
    if _PLAIN_ASCII.fullmatch(text):
        return text.lower()
    try:
        folded = "".join(map(_MEMO.__getitem__, text))
    except LookupError:
        folded = _fold_whole(text)
    return _repeat(folded) if "々" in folded else folded


def _fold_whole(text: str) -> str:
    """Until nothing changes: a letter removed between two others may let them join (か + space + ゛ is が)."""
    folded = _fold_once(text)
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def _fold_once(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    lowered = plain.casefold()
    if lowered != plain:
        plain = unicodedata.normalize("NFKC", lowered)
    return plain.translate(_TABLE)


def _repeat(folded: str) -> str:
    """佐々木 → 佐佐木. A 々 with nothing before it stays."""
    while (again := _ITERATION.sub(r"\1\1", folded)) != folded:
        folded = again
    return folded


def clean(text: str) -> str:
    """One line as it is stored: as typed, in NFC, without control letters, outer or doubled spaces.

    Width, case and the kanji that somebody chose stay, also those of the compatibility block that NFC would replace.
    """
    if _TIDY.fullmatch(text):
        return text
    return " ".join(clean_lines(text).split("\n")).strip() if "\n" in text or "\r" in text else _tidy_line(_compose(text))


def clean_lines(text: str) -> str:
    """Like `clean` for a text of several lines: line ends become \\n and stay."""
    tidy = _compose(text).replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(_tidy_line(line) for line in tidy.split("\n")).strip("\n")


def _tidy_line(line: str) -> str:
    if _UNTIDY.search(line):
        line = line.translate(_CONTROL).replace("\n", " ")
    line = line.strip()
    return _SPACES.sub(r"\1", line) if " " in line or "\u3000" in line else line


def _compose(text: str) -> str:
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    pieces = _COMPATIBILITY.split(text)
    return "".join(piece if index % 2 else unicodedata.normalize("NFC", piece) for index, piece in enumerate(pieces))


def narrow(text: str) -> str:
    """Full-width digits, letters and signs as ASCII, half-width kana as full-width, every hyphen and minus as "-".

    The long vowel ー counts as a hyphen only where no kana stands before it (０９０ー１２３４). For parsers of codes,
    numbers and addresses; not for what is stored as a name.
    """
    if text.isascii():
        return text.strip()
    plain = unicodedata.normalize("NFKC", text)
    return _LONG_AS_HYPHEN.sub("-", plain.translate(_NARROW)).strip()


_NARROW: Final = {
    **dict.fromkeys(map(ord, _HYPHENS.replace("ー", "").replace("ｰ", "")), "-"),
    **dict.fromkeys([0x3000, 0xA0], " "),
    **dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]),
    ord("〜"): "~",
}
_LONG_AS_HYPHEN: Final = re.compile("(?<![ぁ-ゖァ-ヺー])ー")


def digits(text: str) -> str:
    """Only the decimal digits of a text, as ASCII."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if (bare := text.replace("-", "")).isdecimal() and bare.isascii():
        return bare
    return "".join(letter for letter in text if "0" <= letter <= "9")
