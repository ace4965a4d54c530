"""Cells to values, for every target: which column is read as what, with accepted repairs, and what is wrong with a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

from django.utils.translation import gettext as _

from enishi.customers.importing.cleaned import Cleaned, Value
from enishi.customers.importing.damage import Repairs
from enishi.customers.importing.plain import PLAIN, QUICK
from enishi.customers.importing.records import EXTRA_CELLS, OPEN_QUOTE
from enishi.customers.importing.values import clean_value
from enishi.customers.importing.vocabulary import TargetField
from enishi.customers.imports.target import Json, Message, RawRow, Recipe

# Kinds whose cells repeat: read once per distinct text.
_REPEATING = frozenset(
    {
        "gender",
        "language",
        "consent",
        "refusal",
        "prefecture",
        "customer_kind",
        "boolean",
        "flag",
        "order_state",
        "tax_rate",
        "tax_included",
        "quantity",
        "date",
    }
)
_MOST_REMEMBERED = 65_536


class _Remembered(dict[str, Value]):
    """The cells of one kind that were read without a word, and their values. One of which something is to be said raises
    LookupError: it is read every time, in the language of whoever is told."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, text: str) -> Value:
        value, notes, error = clean_value(self._kind, text)
        if notes or error is not None:
            raise LookupError
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[text] = value
        return value


_remembered: Final = {kind: _Remembered(kind) for kind in _REPEATING}


@dataclass(frozen=True, slots=True)
class _Column:
    place: int
    key: str
    kind: str
    many: bool
    own: Callable[[str, str], Cleaned] | None  # reads the cells, where the field does so itself


@dataclass(slots=True)
class ReadRow:
    """The values of a row by field key; filled cells only. `errors` say why the row cannot be taken; a row that is no
    data (合計) is `skipped`."""

    values: dict[str, Value]
    errors: list[Message]
    notes: list[Message]
    skipped: bool = False


def kinds_of(mapping: Mapping[int, str], fields: Sequence[TargetField]) -> dict[int, str]:
    """Column → kind of value of the field it becomes."""
    by_key = {field.key: field.kinds[0] for field in fields}
    return {place: by_key[key] for place, key in sorted(mapping.items()) if key in by_key}


class RowReader:
    """Reads rows by one recipe. `readers`: fields that read their cells themselves."""

    def __init__(self, recipe: Recipe, fields: Sequence[TargetField], readers: Mapping[str, Callable[[str, str], Cleaned]] = {}) -> None:
        many = {field.key: field.many for field in fields}
        kinds = kinds_of(recipe.mapping, fields)
        self._columns = [_Column(place, key := recipe.mapping[place], kind, many[key], readers.get(key)) for place, kind in kinds.items()]
        self._repairs = Repairs(recipe.heads, kinds, recipe.repairs) if recipe.repairs else None

    def read(self, rows: Sequence[RawRow]) -> list[ReadRow]:
        """Every mapped cell of the rows, column by column. The first filled column of a field wins; fields that may repeat are
        joined."""
        found = [ReadRow({}, _line_errors(row.problems) if row.problems else [], []) for row in rows]
        filled, table = found, [row.cells for row in rows]
        if self._repairs is not None:
            mended = list(map(self._repairs.apply, table))
            for read, cells in zip(found, mended, strict=True):
                read.skipped = cells is None
            filled = [read for read in found if not read.skipped]
            table = [cells for cells in mended if cells is not None]
        for column in self._columns:
            _read_column(column, filled, list(map(itemgetter(column.place), table)))
        return found


def _read_column(column: _Column, rows: Sequence[ReadRow], cells: Sequence[str]) -> None:
    """Take the cells of a column into their rows. Most are plain, or remembered; the others are read one by one."""
    kind, read = column.kind, column.own or clean_value
    if column.own is not None or (column.many and kind not in PLAIN):
        odd = [(row, text) for row, text in zip(rows, cells, strict=True) if text]
    elif column.many:
        odd = _take_plain_of_many(column.key, PLAIN[kind], rows, cells)
    elif kind in _remembered:
        odd = _take_remembered(column.key, _remembered[kind], rows, cells)
    elif kind in QUICK:
        odd = _take_quick(column.key, QUICK[kind], rows, cells)
    elif kind in PLAIN:
        odd = _take_plain(column.key, PLAIN[kind], rows, cells)
    else:
        odd = [(row, text) for row, text in zip(rows, cells, strict=True) if text]
    for row, text in odd:
        _take(row, column, read(kind, text))


type _Odd = list[tuple[ReadRow, str]]


def _take_plain(key: str, is_plain: Callable[[str], object], rows: Sequence[ReadRow], cells: Sequence[str]) -> _Odd:
    odd: _Odd = []
    for row, text in zip(rows, cells, strict=True):
        if text:
            if not is_plain(text):
                odd.append((row, text))
            elif key not in (values := row.values):
                values[key] = text
    return odd


def _take_plain_of_many(key: str, is_plain: Callable[[str], object], rows: Sequence[ReadRow], cells: Sequence[str]) -> _Odd:
    odd: _Odd = []
    for row, text in zip(rows, cells, strict=True):
        if text:
            if not is_plain(text):
                odd.append((row, text))
            else:
                values = row.values
                values[key] = _joined(values[key], text) if key in values else (text,)
    return odd


def _take_quick(key: str, quick: Callable[[str], Value], rows: Sequence[ReadRow], cells: Sequence[str]) -> _Odd:
    odd: _Odd = []
    for row, text in zip(rows, cells, strict=True):
        if text:
            if (value := quick(text)) is None:
                odd.append((row, text))
            elif key not in (values := row.values):
                values[key] = value
    return odd


def _take_remembered(key: str, seen: Mapping[str, Value], rows: Sequence[ReadRow], cells: Sequence[str]) -> _Odd:
    odd: _Odd = []
    for row, text in zip(rows, cells, strict=True):
        if text:
            try:
                value = seen[text]
            except LookupError:
                odd.append((row, text))
            else:
                if value is not None and key not in (values := row.values):
                    values[key] = value
    return odd


def _take(found: ReadRow, column: _Column, cleaned: Cleaned) -> None:
    values = found.values
    if cleaned.error is not None:
        found.errors.append(Message(column.key, cleaned.error))
    elif cleaned.value is not None:
        if cleaned.notes:
            found.notes += [Message(column.key, note) for note in cleaned.notes]
        if column.many:
            values[column.key] = _joined(values.get(column.key, ()), cleaned.value)
        elif column.key not in values:
            values[column.key] = cleaned.value


def _joined(one: Value, more: Value) -> tuple[str, ...]:
    """Fields that may repeat are tuples of texts, each once, in the order of the columns."""
    so_far = one if isinstance(one, tuple) else ()
    new = more if isinstance(more, tuple) else (str(more),)
    return (*so_far, *(word for word in new if word not in so_far))


def _line_errors(problems: Sequence[Mapping[str, Json]]) -> list[Message]:
    """What was wrong with the line itself; letters that could not be read are told with their cells."""
    words = {
        OPEN_QUOTE: _('引用符「"」が閉じていません。この行の「"」を確かめてください。'),
        EXTRA_CELLS: _("見出しより右に余分な値があります（%(detail)s）。列がずれていないか確かめてください。"),
    }
    return [
        Message("", words[code] % {"detail": problem.get("detail", "")})
        for problem in problems
        if (code := str(problem.get("code"))) in words
    ]


def too_long(values: Mapping[str, object], limits: Mapping[str, int]) -> list[Message]:
    """Messages for texts that do not fit their columns."""
    return [
        Message(key, _("%(limit)d文字までです（%(count)d文字あります）。") % {"limit": limits[key], "count": len(value)})
        for key, value in values.items()
        if isinstance(value, str) and len(value) > limits.get(key, len(value))
    ]
