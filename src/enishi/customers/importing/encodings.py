"""Which encoding a file is written in, judged by its bytes alone."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import BinaryIO, Final, NamedTuple

from django.utils.translation import gettext as _

from enishi.customers.importing.errors import BinaryFile, EmptyFile, LineTooLong, UnknownEncoding

#: One physical line, in bytes.
LINE_LIMIT: Final = 1_000_000
_CHUNK: Final = 65_536
_SAMPLE: Final = 131_072

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ISO_2022: Final = re.compile(rb"\x1b(?:\$[@B]|\$\([@D]|\([BJI])")
_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body|table|meta|div)\b", re.IGNORECASE | re.DOTALL
)
_NAMES: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 (BOM)",
    "cp932": "Shift_JIS (CP932)",
    "euc_jis_2004": "EUC-JP",
    "iso2022_jp_ext": "ISO-2022-JP",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (LE)",
    "utf-16-be": "UTF-16 (BE)",
    "cp1252": "Windows-1252",
}
#: Offered where the guess is to be corrected by eye.
CHOICES: Final = tuple(_NAMES)


class Encoding(NamedTuple):
    """An encoding by the name of its Python codec, how sure we are (0–1) and why, in words for the user."""

    codec: str
    confidence: float
    reason: str

    @property
    def label(self) -> str:
        return encoding_label(self.codec)


class Scan(NamedTuple):
    """One pass over the bytes of a text file, in constant memory."""

    head: bytes
    sample: bytes  # whole lines that hold more than ASCII, up to about 130 kB; the head for a pure ASCII file
    only_ascii: bool
    newline: bytes


def encoding_label(codec: str) -> str:
    """The name that people know an encoding by."""
    return _NAMES.get(codec, codec)


def looks_like_html(head: bytes) -> bool:
    return bool(_HTML.match(head.removeprefix(codecs.BOM_UTF8)))


def scan(source: BinaryIO) -> Scan:
    """Read a file once from the beginning: its head, a sample, its line ends.

    Raises EmptyFile, BinaryFile, and LineTooLong as soon as a line passes the limit: a line of 200 MB is never read whole.
    """
    source.seek(0)
    head = source.read(_CHUNK)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x1a\x00"):
        raise EmptyFile
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE)) or _wide_codec(head) is not None
    newline = b"\r" if head.count(b"\r") > 2 * head.count(b"\n") else b"\n"
    line, length, only_ascii = 1, 0, True
    sample = bytearray()
    chunk = head
    while chunk:
        if not wide and b"\x00" in chunk:
            raise BinaryFile(kind=_("制御文字を含むファイル"))
        first = chunk.find(newline)
        length += len(chunk) if first < 0 else first
        if length > LINE_LIMIT:
            raise LineTooLong(line=f"{line:,}")
        if first >= 0:
            line += chunk.count(newline)
            length = len(chunk) - chunk.rfind(newline) - 1
        if not chunk.isascii() or b"\x1b" in chunk:
            only_ascii = False
            if len(sample) < _SAMPLE:
                sample += _whole_lines(chunk, newline, begins=chunk is head)
        chunk = source.read(_CHUNK)
    return Scan(head, bytes(sample) or head, only_ascii, newline)


def _whole_lines(chunk: bytes, newline: bytes, *, begins: bool) -> bytes:
    """The part of a chunk that begins and ends with a line, so that no letter is cut in two; else the chunk as it is.

    `begins`: the chunk is the file's first. One that is not full is its last.
    """
    first = 0 if begins else chunk.find(newline) + 1
    last = len(chunk) if len(chunk) < _CHUNK else chunk.rfind(newline) + 1
    return chunk[first:last] or chunk


def detect(found: Scan) -> Encoding:
    """The encoding of a scanned file. Raises BinaryFile, UnknownEncoding."""
    head = found.head
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return Encoding(codec, 1.0, _("ファイルの先頭の印（BOM）で分かりました。"))
    if wide := _wide_codec(head):
        return Encoding(wide, 0.9, _("2バイトごとに空のバイトが並んでいます。"))
    if found.only_ascii:
        return Encoding("utf-8", 1.0, _("英数字と記号だけのファイルです。"))
    if _ISO_2022.search(found.sample) and found.sample.isascii():
        return Encoding("iso2022_jp_ext", 0.98, _("メール用の文字コードの切り替え記号があります。"))
    return _by_letters(found.sample)


def _wide_codec(head: bytes) -> str | None:
    """UTF-16 without a mark: every ASCII letter, each comma and line end, brings a zero byte on one side only."""
    if b"\x00" not in head:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if min(even, odd) * 20 > max(even, odd):
        return None
    codec = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = head[: len(head) // 2 * 2].decode(codec, errors="surrogatepass")
    except UnicodeDecodeError:
        return None
    letters = sum(letter.isprintable() or letter in "\r\n\t" for letter in text)
    return codec if letters > 0.97 * len(text) and any(mark in text for mark in "\n\r,\t") else None


# Points per letter beyond ASCII: how much it speaks for an encoding that such a letter came out.
_POINTS: Final = (
    (re.compile("[\u3040-\u30ff\u3000-\u3003\u3005-\u3007\u300c-\u300f々〆ー・「」、。（）～：！？＝／－＆％＋]"), 1.0),
    (re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"), 0.9),
    (re.compile("[ｦ-ﾟ]{2,}"), 0.55),
    (re.compile("[①-⑳Ⅰ-Ⅹ㈱㈲㈹℡№㍻㍼㍽㍾髙﨑○×△●◎★☆■□◆◇→←↑↓〒♪※]"), 0.9),
    (re.compile("[£€¥©®°éèêëàâäáãåçñóòôöõúùûüíìîïßÉÖÜÄ’‘“”–—…]"), 0.5),
    (re.compile("[\x80-\x9f\ue000-\uf8ff｡｢｣､･]"), -1.0),
)


_KANJI: Final = re.compile("[\u4e00-\u9fff]")
_ONLY_HALF_KANA: Final = re.compile("[\x00-\x7fｦ-ﾟ]*[ｦ-ﾟ]{2}[\x00-\x7fｦ-ﾟ]*")


def _by_letters(sample: bytes) -> Encoding:
    """Try each encoding on the sample; letters that Japanese files hold speak for it, broken ones against it."""
    ranked = sorted(((_score(sample, codec), codec) for codec in ("utf-8", "cp932", "euc_jis_2004", "cp1252")), reverse=True)
    (best, codec), (second, _other) = ranked[0], ranked[1]
    if best < 0.1:
        raise UnknownEncoding
    if codec == "utf-8":
        return Encoding(codec, 0.99, _("UTF-8として正しく読めます。"))
    sure = min(0.97, 0.6 + (best - max(second, 0.0)) / 2)
    if codec == "cp1252":
        return Encoding(codec, round(sure, 2), _("日本語はなく、欧文の記号があります。"))
    return Encoding(codec, round(sure, 2), _("日本語の文字の並びから判断しました。"))


def _score(sample: bytes, codec: str) -> float:
    """Mean points of the letters beyond ASCII, about −5 to 1."""
    broken = 0
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError:
        text = sample.decode(codec, errors="replace")
        broken = text.count("\ufffd")
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    if not beyond:
        return 0.0
    if codec == "utf-8" and broken * 50 < beyond:
        return 1.0 - 5 * broken / beyond
    points = -5.0 * broken
    for pattern, worth in _POINTS:
        points += worth * sum(map(len, pattern.findall(text)))
    if codec == "cp932" and _ONLY_HALF_KANA.fullmatch(text):
        return 0.95  # as EUC-JP the same bytes are kanji, but then some would lie outside those of half-width kana
    points += sum(_kanji_points(letter) * count for letter, count in Counter(_KANJI.findall(text)).items())
    return points / beyond


def _kanji_points(letter: str) -> float:
    """Frequent kanji stand in the first level of JIS X 0208; a wrong decoding yields as many of the second."""
    try:
        lead = letter.encode("euc_jp")[0]
    except UnicodeEncodeError:
        return 0.2
    return 0.9 if 0xB0 <= lead <= 0xCF else 0.25
