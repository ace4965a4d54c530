"""Cells to values, for every target: which column is read as what, with accepted repairs, and what is wrong with a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from enishi.customers.importing.cleaned import Cleaned, Value
from enishi.customers.importing.damage import Repairs
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
_remembered = lru_cache(maxsize=16_384)(clean_value)


@dataclass(frozen=True, slots=True)
class _Column:
    place: int
    key: str
    kind: str
    many: bool
    read: Callable[[str, str], Cleaned]


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
        self._columns = [
            _Column(
                place,
                key := recipe.mapping[place],
                kind,
                many[key],
                readers.get(key) or (_remembered if kind in _REPEATING else clean_value),
            )
            for place, kind in kinds.items()
        ]
        self._repairs = Repairs(recipe.heads, kinds, recipe.repairs) if recipe.repairs else None

    def read(self, raw: RawRow) -> ReadRow:
        """Every mapped cell of a row. The first filled column of a field wins; fields that may repeat are joined."""
        found = ReadRow({}, _line_errors(raw.problems) if raw.problems else [], [])
        cells = raw.cells if self._repairs is None else self._repairs.apply(raw.cells)
        if cells is None:
            found.skipped = True
            return found
        for column in self._columns:
            text = cells[column.place]
            if text:
                _take(found, column, column.read(column.kind, text))
        return found


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
