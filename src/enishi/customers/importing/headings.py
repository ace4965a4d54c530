"""Where the headings of a table stand: below title rows, perhaps in two rows with merged cells, perhaps nowhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from enishi.customers.importing.records import Row
from enishi.customers.importing.vocabulary import heading_key, is_known_heading
from enishi.platform.japanese.dates import parse_date
from enishi.platform.japanese.normalise import clean, narrow
from enishi.platform.japanese.phone import looks_like_phone

_FIRST_ROWS: Final = 20
_NUMBER: Final = re.compile(r"[¥\\△▲(+-]*[\d,]+(?:\.\d+)?(?:E\+\d+)?[)円%]*")
_POSTAL: Final = re.compile(r"〒?\d{3}-?\d{4}")
_MAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_HEADING: Final = 40


class Headings(NamedTuple):
    """`row`: line of the lowest row of headings, 0 for none; `names`: one per column, "" where nothing is written."""

    row: int
    rows: int
    names: tuple[str, ...]
    skipped: int
    confidence: float
    reasons: tuple[str, ...]


def find_headings(rows: Sequence[Row]) -> Headings:
    """Find the headings among the first rows of a file."""
    filled = [row for row in rows if any(cell.strip() for cell in row.cells)]
    if not filled:
        return Headings(0, 0, (), 0, 0.0, ())
    width = _usual_width(filled)
    ranked = [(_likeness(row, place, filled, width), -place) for place, row in enumerate(filled[:_FIRST_ROWS])]
    best, place = max(ranked)
    place = -place
    if best < 0.5:
        names = tuple(_("%(n)d列目") % {"n": column + 1} for column in range(width))
        return Headings(0, 0, names, 0, 0.6, (_("見出しの行がないようです。列の意味を選んでください。"),))
    upper, lower = _merged_pair(filled, place)
    width = max(width, len(filled[lower].cells))
    names = _joined(filled[upper], filled[lower], width) if upper != lower else _named(filled[lower], width)
    reasons = [_("見出し: %(row)d行目。") % {"row": filled[lower].number}]
    if upper != lower:
        reasons.append(_("見出しが2行に分かれています（結合セル）。上下をつないで読みます。"))
    if upper:
        reasons.append(_("その上の%(count)d行（表題など）は読み飛ばします。") % {"count": upper})
    return Headings(filled[lower].number, 1 + (upper != lower), names, upper, min(1.0, round(0.4 + best / 3, 2)), tuple(reasons))


def _usual_width(rows: Sequence[Row]) -> int:
    """How many columns most rows have; a row with a cell too many does not make the table wider."""
    widths = Counter(max((place for place, cell in enumerate(row.cells, start=1) if cell.strip()), default=0) for row in rows)
    return max(widths.items(), key=lambda entry: (entry[1], entry[0]))[0]


def _likeness(row: Row, place: int, rows: Sequence[Row], width: int) -> float:
    """How much a row looks like headings: known words, short texts, all different, not the shape of the rows below."""
    cells = [clean(cell) for cell in row.cells]
    filled = [cell for cell in cells if cell]
    if not filled or any(len(cell) > _LONGEST_HEADING for cell in filled):
        return 0.0
    known = sum(is_known_heading(cell) for cell in filled) / len(filled)
    texts = sum(not is_data(cell) for cell in filled) / len(filled)
    distinct = len({heading_key(cell) for cell in filled}) / len(filled)
    coverage = min(1.0, len(filled) / width)
    below = rows[place + 1 : place + 6]
    contrast = sum(_column_differs(cell, column, below) for column, cell in enumerate(cells) if cell) / len(filled)
    if len(filled) == 1 and width > 1:
        return 0.0
    score = 1.6 * known + 0.5 * (texts == 1.0) + 0.5 * contrast + 0.4 * coverage + 0.2 * (distinct == 1.0) - 0.05 * place
    return score if known or texts == 1.0 else 0.0


def _column_differs(cell: str, column: int, below: Sequence[Row]) -> bool:
    values = [value for row in below if column < len(row.cells) and (value := clean(row.cells[column]))]
    return bool(values) and not is_data(cell) and all(map(is_data, values))


def is_data(cell: str) -> bool:
    """Whether a cell has the shape of a value: number, date, mail address, phone, postal code."""
    plain = narrow(cell)
    return bool(
        _NUMBER.fullmatch(plain)
        or _POSTAL.fullmatch(plain)
        or _MAIL.fullmatch(plain)
        or looks_like_phone(plain)
        or parse_date(plain) is not None
    )


def _merged_pair(rows: Sequence[Row], place: int) -> tuple[int, int]:
    """Places of the upper and lower row of headings; the same place twice where one row holds them all."""
    for upper, lower in ((place - 1, place), (place, place + 1)):
        if upper >= 0 and lower < len(rows) and rows[lower].number == rows[upper].number + 1 and _is_merged(rows[upper], rows[lower]):
            return upper, lower
    return place, place


def _is_merged(upper: Row, lower: Row) -> bool:
    """A group's name stands once over several columns: blank above, filled below, and a group to its left."""
    above = [clean(cell) for cell in upper.cells]
    below = [clean(cell) for cell in lower.cells]
    above += [""] * (len(below) - len(above))
    below += [""] * (len(above) - len(below))
    words = [cell for cell in (*above, *below) if cell]
    if sum(map(bool, above)) < 2 or any(is_data(cell) or len(cell) > _LONGEST_HEADING for cell in words):
        return False
    spans = any(not above[column] and below[column] and any(above[:column]) for column in range(1, len(above)))
    children = [cell for cell in below if cell]
    return spans and bool(children) and sum(map(is_known_heading, children)) * 2 >= len(children)


def _named(row: Row, width: int) -> tuple[str, ...]:
    cells = [clean(cell) for cell in row.cells[:width]]
    return tuple(cells + [""] * (width - len(cells)))


def _joined(upper: Row, lower: Row, width: int) -> tuple[str, ...]:
    above, below = _named(upper, width), _named(lower, width)
    names, group = [], ""
    for over, under in zip(above, below, strict=True):
        if over:
            group = over
        names.append(f"{group} {under}".strip() if under else over)
    return tuple(names)
