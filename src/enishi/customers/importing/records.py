"""From the bytes of a CSV file to records, one at a time, without losing a line and without falling over one.

A record may span several lines. A quote that is never closed would swallow the rest of the file: it is found, told on
its own line, and the lines behind it are read as what they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from enishi.customers.importing.encodings import LINE_LIMIT
from enishi.customers.importing.errors import LineTooLong

#: A record with more lines than this has an open quote.
_LINES_PER_RECORD: Final = 500
_CHUNK: Final = 65_536
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
# Legacy encodings also hold 外字, drawn on one machine and meaningless on any other; they decode to private letters.
_ESCAPED_OR_PRIVATE: Final = re.compile("[\udc80-\udcff\ue000-\uf8ff]")
_WIDE: Final = ("utf-16", "utf-16-le", "utf-16-be", "utf-32")

BROKEN_LETTERS: Final = "broken_letters"
OPEN_QUOTE: Final = "open_quote"
EXTRA_CELLS: Final = "extra_cells"


class RowProblem(NamedTuple):
    """What is wrong with a record before its values are looked at. `column` from 0; None for the whole record."""

    code: str
    column: int | None
    detail: str


class Row(NamedTuple):
    """One record. `number` is the line of the file on which it begins, as an editor or Excel counts."""

    number: int
    cells: list[str]
    problems: tuple[RowProblem, ...] = ()


class _OpenQuote(Exception):
    pass


class Lines:
    """The lines of a text file, decoded, with their ends; letters that cannot be decoded travel as surrogates.

    Lines can be handed back, to be read again in another way.
    """

    def __init__(self, source: BinaryIO, *, codec: str, newline: bytes = b"\n") -> None:
        source.seek(0)
        self._codec = codec
        self.broken = _ESCAPED if codec.startswith("utf") else _ESCAPED_OR_PRIVATE
        self._raw = _decoded(source, codec) if codec in _WIDE else None
        self._bytes = iter(lambda: source.readline(LINE_LIMIT + 1), b"") if newline == b"\n" else _split(source, newline)
        self._returned: deque[str] = deque()
        self.number = 0  # of the line that was handed out last
        self.taken: list[str] = []

    def begin_record(self) -> None:
        self.taken = []

    def give_back(self, lines: list[str]) -> None:
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _LINES_PER_RECORD:
            raise _OpenQuote
        line = self._returned.popleft() if self._returned else self._next()
        self.number += 1
        self.taken.append(line)
        return line

    def _next(self) -> str:
        if self._raw is not None:
            return next(self._raw)
        raw = next(self._bytes)
        if len(raw) > LINE_LIMIT:
            raise LineTooLong(line=f"{self.number + 1:,}")
        try:
            line = raw.decode(self._codec)
        except UnicodeDecodeError:
            line = _forgiving(raw, self._codec)
        return line if line != "\x1a" else next(self)  # the end mark of MS-DOS


def _forgiving(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec, errors="surrogateescape")
    except UnicodeDecodeError:
        return raw.decode(codec, errors="replace")


def _decoded(source: BinaryIO, codec: str) -> Iterator[str]:
    text = io.TextIOWrapper(source, encoding=codec, errors="replace", newline="")
    try:
        number = 0
        while line := text.readline(LINE_LIMIT + 1):
            number += 1
            if len(line) > LINE_LIMIT:
                raise LineTooLong(line=f"{number:,}")
            yield line.removeprefix("\ufeff") if number == 1 else line
    finally:
        text.detach()  # the file stays open: it is the caller's


def _split(source: BinaryIO, newline: bytes) -> Iterator[bytes]:
    """Lines of a file whose lines end as on old Macs."""
    rest = b""
    while chunk := source.read(_CHUNK):
        *whole, rest = (rest + chunk).split(newline)
        for line in whole:
            yield line + b"\n"
        if len(rest) > LINE_LIMIT:
            yield rest
    if rest:
        yield rest


def records(lines: Lines, *, delimiter: str, quote: str, width: int = 0) -> Iterator[Row]:
    """Every record, blank ones too. `width`: how many columns the header has, if known; it helps to find open quotes."""
    while True:
        reader = _reader(lines, delimiter, quote)
        ended = True
        for row in _until_broken(reader, lines, delimiter, quote, width):
            if row is None:
                ended = False
                break
            yield row
        if ended:
            return
        yield _alone(lines, delimiter, quote)


def _reader(lines: Iterator[str] | list[str], delimiter: str, quote: str) -> Iterator[list[str]]:
    if not quote:
        return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote)


def _until_broken(reader: Iterator[list[str]], lines: Lines, delimiter: str, quote: str, width: int) -> Iterator[Row | None]:
    """Records, and None in place of the first one whose lines do not belong together."""
    while True:
        lines.begin_record()
        before = lines.number
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _OpenQuote):
            yield None
            return
        if quote and _is_swallowed(cells, lines.taken, delimiter, quote, width):
            yield None
            return
        yield _row(before + 1, cells, lines.broken)


def _is_swallowed(cells: list[str], taken: list[str], delimiter: str, quote: str, width: int) -> bool:
    """Whether an open quote made one record of lines that are records of their own."""
    if len(taken) == 1:
        return bool(cells) and cells[-1].endswith("\n") and taken[0].count(quote) % 2 == 1
    if sum(line.count(quote) for line in taken) % 2:
        return True
    if not width or len(cells) == width:
        return False
    return len(cells) > width or any(line.count(delimiter) + 1 == width for line in taken[1:])


def _alone(lines: Lines, delimiter: str, quote: str) -> Row:
    """The first line of a broken record by itself; what was read behind it is handed back."""
    first, *others = lines.taken
    lines.give_back(others)
    text = first.rstrip("\r\n").replace("\r", " ").replace("\n", " ")
    if not quote or text.count(quote) % 2 == 0:
        try:
            return _row(lines.number, next(_reader([text], delimiter, quote), []), lines.broken)
        except csv.Error:
            quote = ""
    row = _row(lines.number, text.split(delimiter), lines.broken)
    return row._replace(problems=(*row.problems, RowProblem(OPEN_QUOTE, None, text[:80])))


def _row(number: int, cells: list[str], broken: re.Pattern[str]) -> Row:
    joined = "".join(cells)
    if joined.isascii() or not (broken.search(joined) or "\ufffd" in joined):
        return Row(number, cells)
    problems = []
    for column, cell in enumerate(cells):
        if found := broken.findall(cell):
            problems.append(RowProblem(BROKEN_LETTERS, column, " ".join(map(_shown, found))))
            cells[column] = broken.sub("\ufffd", cell)
        elif "\ufffd" in cell:
            problems.append(RowProblem(BROKEN_LETTERS, column, ""))
    return Row(number, cells, tuple(problems))


def _shown(letter: str) -> str:
    """A byte in hexadecimal, or the number of a private letter."""
    return f"{ord(letter) - 0xDC00:02x}" if letter >= "\udc80" and letter <= "\udcff" else f"U+{ord(letter):04X}"
