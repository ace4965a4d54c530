"""A block of cells as spreadsheets put it on the clipboard: tabs between cells, lines between rows, quotes around what holds either."""

from __future__ import annotations

import csv
import io
from typing import Final

from django.utils.translation import gettext as _

from enishi.platform.errors import Invalid

LETTERS: Final = 500_000  # of a whole block
ROWS, COLUMNS = 1_000, 100

type Block = tuple[tuple[str, ...], ...]


def read_block(text: str) -> Block:
    """The rows of cells, all of one length, one at least. Raises Invalid where it is too much, or nothing."""
    if len(text) > LETTERS:
        raise Invalid(_("貼り付ける量が多すぎます。分けて貼り付けるか、取り込みを使ってください。"))
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    rows = _rows(plain.removesuffix("\n"))
    if not plain:
        raise Invalid(_("貼り付けるものがありません。"))
    width = max((1, *map(len, rows)))
    if len(rows) > ROWS or width > COLUMNS:
        raise Invalid(_("一度に貼り付けられるのは、%(rows)d行・%(columns)d列までです。") % {"rows": ROWS, "columns": COLUMNS})
    return tuple(tuple(row) + ("",) * (width - len(row)) for row in rows)


def _rows(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), dialect="excel-tab", strict=True)) or [[""]]
    except csv.Error:
        # A quote that is a letter of its cell (5" のネジ): no spreadsheet writes it like that, people and other programs do.
        return [line.split("\t") for line in text.split("\n")]


def spread(block: Block, height: int, width: int) -> Block:
    """One cell fills all that was selected; a larger block stays as it is."""
    if len(block) == 1 and len(block[0]) == 1:
        return tuple(block[0] * min(width, COLUMNS) for _row in range(min(height, ROWS)))
    return block
