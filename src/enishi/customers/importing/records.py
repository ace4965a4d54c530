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
from itertools import batched, count, takewhile
from typing import BinaryIO, Final, NamedTuple

from enishi.customers.importing.encodings import LINE_LIMIT
from enishi.customers.importing.errors import LineTooLong

#: A record with more lines than this has an open quote.
_LINES_PER_RECORD: Final = 500
_CHUNK: Final = 32_768
_AT_ONCE: Final = 500  # lines of a file whose bytes cannot be split into lines
_END_OF_DOS: Final = "\x1a"
_BOM: Final = "\ufeff"
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
        self.broken = _ESCAPED if codec.startswith("utf") else _ESCAPED_OR_PRIVATE
        self._blocks = _wide_blocks(source, codec) if codec in _WIDE else _blocks(source, codec, newline)
        self._ahead: deque[str] = deque()
        self.number = 0  # of the line that was handed out last
        self.taken: list[str] = []

    def begin_record(self) -> None:
        self.taken = []

    def give_back(self, lines: list[str]) -> None:
        self._ahead.extendleft(reversed(lines))
        self.number -= len(lines)

    @property
    def has_some_ahead(self) -> bool:
        """Whether lines that were handed back are still to be read."""
        return bool(self._ahead)

    def take_block(self) -> list[str]:
        """The next few hundred lines at once; none at the end of the file, or where some were handed back."""
        if self._ahead:
            return []
        block = next(self._blocks, [])
        if block and len(longest := max(block, key=len)) > LINE_LIMIT:
            raise LineTooLong(line=f"{self.number + 1 + block.index(longest):,}")
        self.number += len(block)
        return block

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _LINES_PER_RECORD:
            raise _OpenQuote
        if not self._ahead:
            self.give_back(self.take_block())
        if not self._ahead:
            raise StopIteration
        line = self._ahead.popleft()
        self.number += 1
        self.taken.append(line)
        return line


def _blocks(source: BinaryIO, codec: str, newline: bytes) -> Iterator[list[str]]:
    """Lines as they were read at once; one that is too long comes unfinished."""
    rest = b""
    while chunk := source.read(_CHUNK):
        *whole, rest = (rest + chunk).split(newline)
        if whole:
            yield _decoded(whole, codec, newline)
        if len(rest) > LINE_LIMIT:
            yield [rest.decode("latin-1")]
    if rest and (last := _forgiving(rest, codec)) != _END_OF_DOS:
        yield [last]


def _decoded(lines: list[bytes], codec: str, newline: bytes) -> list[str]:
    """At once where that comes to the same: not with bytes that mean nothing, a codec that carries a state over, marks on the way."""
    if not codec.startswith("iso2022"):
        try:
            whole = newline.join(lines).decode(codec)
        except UnicodeDecodeError:
            whole = _BOM
        if _BOM not in whole:
            return [f"{line}\n" for line in whole.split(newline.decode())]
    return [f"{_forgiving(line, codec)}\n" for line in lines]


def _forgiving(raw: bytes, codec: str) -> str:
    for errors in ("strict", "surrogateescape"):
        try:
            return raw.decode(codec, errors=errors)
        except UnicodeDecodeError:
            pass
    return raw.decode(codec, errors="replace")


def _wide_blocks(source: BinaryIO, codec: str) -> Iterator[list[str]]:
    text = io.TextIOWrapper(source, encoding=codec, errors="replace", newline="")
    try:
        for place, block in enumerate(batched(iter(lambda: text.readline(LINE_LIMIT + 1), ""), _AT_ONCE, strict=False)):
            yield [block[0].removeprefix(_BOM), *block[1:]] if place == 0 else list(block)
    finally:
        text.detach()  # the file stays open: it is the caller's


def records(lines: Lines, *, delimiter: str, quote: str, width: int = 0) -> Iterator[Row]:
    """Every record, blank ones too. `width`: how many columns the header has, if known; it helps to find open quotes."""
    while True:
        while block := lines.take_block():
            rows = _one_a_line(block, lines.number - len(block) + 1, lines.broken, delimiter, quote)
            lines.give_back(block[len(rows) :])
            yield from rows
        for row in _until_broken(_reader(lines, delimiter, quote), lines, delimiter, quote, width):
            if row is None:
                yield _alone(lines, delimiter, quote)
                break
            yield row
            if not lines.has_some_ahead:
                break
        else:
            return


def _one_a_line(block: list[str], first: int, broken: re.Pattern[str], delimiter: str, quote: str) -> list[Row]:
    """The records of a block up to the first line that is not one by itself: most files hold nothing else, and are read so at a
    fraction of the cost. `first`: the number of the block's first line."""
    if quote:
        block = list(takewhile(lambda line: line.count(quote) % 2 == 0, block))
    try:
        found = list(_reader([*block, "\n"], delimiter, quote))
    except csv.Error:
        return []
    if len(found) <= len(block):
        return []  # one goes on in the next line in spite of its even quotes
    found.pop()
    if _is_whole("".join(block), broken):
        return list(map(Row, count(first), found))
    return [_row(number, cells, broken) for number, cells in enumerate(found, first)]


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
    if _is_whole("".join(cells), broken):
        return Row(number, cells)
    problems = []
    for column, cell in enumerate(cells):
        if found := broken.findall(cell):
            problems.append(RowProblem(BROKEN_LETTERS, column, " ".join(map(_shown, found))))
            cells[column] = broken.sub("\ufffd", cell)
        elif "\ufffd" in cell:
            problems.append(RowProblem(BROKEN_LETTERS, column, ""))
    return Row(number, cells, tuple(problems))


def _is_whole(text: str, broken: re.Pattern[str]) -> bool:
    """Whether every letter of the text could be read."""
    return text.isascii() or not (broken.search(text) or "\ufffd" in text)


def _shown(letter: str) -> str:
    """A byte in hexadecimal, or the number of a private letter."""
    return f"{ord(letter) - 0xDC00:02x}" if letter >= "\udc80" and letter <= "\udcff" else f"U+{ord(letter):04X}"
