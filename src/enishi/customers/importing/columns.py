"""What each column of a file means: by its heading first, by its values second, each guess with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from django.utils.translation import gettext as _

from enishi.customers.importing import words
from enishi.customers.importing.texts import is_customer_number
from enishi.customers.importing.vocabulary import OWN_NUMBER_HEADINGS, TargetField, heading_key
from enishi.platform.japanese.address import PREFECTURES, parse_prefecture
from enishi.platform.japanese.company import is_company
from enishi.platform.japanese.dates import parse_moment, read_date
from enishi.platform.japanese.kana import is_kana
from enishi.platform.japanese.mail import MailProblem, read_mail
from enishi.platform.japanese.names import split_name
from enishi.platform.japanese.normalise import clean, digits, fold, narrow
from enishi.platform.japanese.phone import looks_like_phone, parse_phone
from enishi.platform.japanese.postal import parse_postal

_SAMPLES: Final = 200
_EXACT, _LABEL, _PART, _SHAPE = 0.95, 1.0, 0.7, 0.55
_AGREES: Final = 0.6  # share of values that must have the shape of the field
_LEAST: Final = 0.5  # guesses below it are shown, not taken


# Of whom a column speaks, if not of the customer: part of a heading is then not enough (紹介者氏名 is no 氏名).
_SOMEONE_ELSE: Final = re.compile(
    "|".join(
        map(
            heading_key,
            ("届け先", "配送先", "送付先", "受取人", "紹介者", "配偶者", "子供", "お子様", "緊急", "保護者", "請求先", "ペット"),
        )
    )
)


class ColumnGuess(NamedTuple):
    """What one column probably is. `field` is None where nothing fits; `samples` are its first different values."""

    column: int
    heading: str
    field: str | None
    confidence: float
    reason: str
    samples: tuple[str, ...]


class _Candidate(NamedTuple):
    confidence: float
    column: int
    place: int  # of the field in its list: earlier fields win among equals
    reason: str


def guess_columns(header: Sequence[str], rows: Sequence[Sequence[str]], fields: Sequence[TargetField]) -> list[ColumnGuess]:
    """A guess for every column. A field is given to one column only, unless it takes many.

    `rows`: the first rows of the file, their raw cells; a few hundred are enough.
    """
    columns = [_values(rows, column) for column in range(len(header))]
    by_heading = _by_heading(fields)
    own = _own_number(header, columns, fields)
    candidates = (
        [
            candidate
            for column, heading in enumerate(header)
            for candidate in _candidates(column, heading, columns[column], fields, by_heading)
        ]
        if own is None
        else [own, *_of_own_file(header, own.column, by_heading)]
    )
    chosen = _deal(sorted(candidates, key=lambda c: (-c.confidence, c.place, c.column)), fields)
    guesses = []
    for column, heading in enumerate(header):
        best = chosen.get(column)
        samples = tuple(dict.fromkeys(columns[column]))[:5]
        if best is not None:
            guesses.append(ColumnGuess(column, heading, fields[best.place].key, round(best.confidence, 2), best.reason, samples))
        else:
            guesses.append(ColumnGuess(column, heading, None, 0.0, _why_not(column, columns[column], candidates, fields), samples))
    return guesses


def _own_number(header: Sequence[str], columns: Sequence[Sequence[str]], fields: Sequence[TargetField]) -> _Candidate | None:
    """The column of our own customer numbers, where the file was written by us."""
    place = next((place for place, field in enumerate(fields) if field.kinds[0] == "customer_number"), None)
    if place is None:
        return None
    for column, heading in enumerate(header):
        if heading_key(heading) in OWN_NUMBER_HEADINGS and columns[column] and all(map(is_customer_number, columns[column])):
            return _Candidate(_LABEL, column, place, _("見出しも値もEnishiの顧客番号です。"))
    return None


def _of_own_file(header: Sequence[str], number: int, by_heading: Mapping[str, tuple[int, float]]) -> list[_Candidate]:
    """The columns of a file that we wrote, by their whole headings alone: what else it holds (最終購入 …) is no field, however
    much it looks like one."""
    return [
        _Candidate(confidence, column, place, _("見出し「%(heading)s」から。") % {"heading": heading})
        for column, heading in enumerate(header)
        if column != number and heading_key(heading) in by_heading
        for place, confidence in [by_heading[heading_key(heading)]]
    ]


def missing_fields(guesses: Sequence[ColumnGuess], fields: Sequence[TargetField]) -> list[TargetField]:
    """The required fields that no column was given to."""
    taken = {guess.field for guess in guesses}
    return [field for field in fields if field.required and field.key not in taken]


def _values(rows: Sequence[Sequence[str]], column: int) -> list[str]:
    return [value for row in rows[:_SAMPLES] if column < len(row) and (value := clean(row[column]))]


def _by_heading(fields: Sequence[TargetField]) -> dict[str, tuple[int, float]]:
    """Heading key → (place of the field, confidence). A field's own name goes before a synonym of another; among equals, what
    an earlier field claims stays with it."""
    table: dict[str, tuple[int, float]] = {}
    for place, field in enumerate(fields):
        table.setdefault(heading_key(str(field.label)), (place, _LABEL))
    for place, field in enumerate(fields):
        for word in field.synonyms:
            table.setdefault(heading_key(word), (place, _EXACT))
        table.setdefault(heading_key(field.key), (place, _EXACT))
    table.pop("", None)
    return table


def _candidates(
    column: int, heading: str, values: Sequence[str], fields: Sequence[TargetField], by_heading: Mapping[str, tuple[int, float]]
) -> list[_Candidate]:
    found = []
    for place, confidence, word in _heading_matches(heading, by_heading):
        share = _share(fields[place].kinds, values)
        if share is None or share >= _AGREES:
            found.append(_Candidate(confidence, column, place, _("見出し「%(heading)s」から。") % {"heading": word}))
        else:
            reason = _("見出しは「%(heading)s」ですが、値の%(percent)d%%は合いません。") % {
                "heading": word,
                "percent": round(100 - share * 100),
            }
            found.append(_Candidate(max(confidence - 0.45, 0.2) if share < 0.2 else confidence - 0.2, column, place, reason))
    if not found or max(candidate.confidence for candidate in found) < _LEAST:
        found += _by_shape(column, values, fields)
    return found


def _heading_matches(heading: str, by_heading: Mapping[str, tuple[int, float]]) -> list[tuple[int, float, str]]:
    """Fields whose words are the heading, its last word (住所 都道府県), or the longest part of it."""
    key = heading_key(heading)
    if not key:
        return []
    if key in by_heading:
        return [(*by_heading[key], heading)]
    last = heading_key(heading.rpartition(" ")[2])
    if last in by_heading:
        place, confidence = by_heading[last]
        return [(place, confidence - 0.05, heading)]
    someone_else = _SOMEONE_ELSE.search(key)
    fitting = (word for word in by_heading if len(word) >= 2 and word in key and (not someone_else or someone_else[0] in word))
    parts = sorted(fitting, key=lambda word: (-len(word), -key.rfind(word)))
    if not parts:
        return []
    place, _confidence = by_heading[parts[0]]
    return [(place, _PART if len(parts[0]) * 2 >= len(key) else _PART - 0.15, heading)]


def _is_date(value: str) -> bool:
    return hasattr(read_date(value), "year")


def _is_written_date(value: str) -> bool:
    """A date, but no bare number that could be a serial or a code."""
    return _is_date(value) and not narrow(value).replace(".", "").isdecimal()


def _is_lost_phone(value: str) -> bool:
    return parse_phone(value) is not None or (looks_like_phone(value) and parse_phone("0" + digits(value)) is not None)


# The shape that values of a kind have; kinds without one agree with everything.
_SHAPES: Final[dict[str, Callable[[str], bool]]] = {
    "email": lambda value: not isinstance(read_mail(value), MailProblem) or value.count("@") > 0,
    "phone": _is_lost_phone,
    "postal": lambda value: parse_postal(value) is not None or (len(value) <= 8 and 5 <= len(digits(value)) <= 6),
    "prefecture": lambda value: parse_prefecture(value) is not None,
    "kana": lambda value: is_kana(value) or value.isascii(),
    "date": _is_date,
    "moment": _is_date,
    "time": lambda value: ":" in value or "時" in value,
    "gender": lambda value: fold(value) in words.GENDERS,
    "language": lambda value: fold(value) in words.LANGUAGES,
    "consent": lambda value: words.parse_yes_no(value) is not None,
    "refusal": lambda value: words.parse_yes_no(value) is not None,
    "boolean": lambda value: words.parse_yes_no(value) is not None,
    "amount": lambda value: words.parse_number(value) is not None,
    "yen": lambda value: words.parse_number(value) is not None,
    "quantity": lambda value: words.parse_number(value) is not None,
    "integer": lambda value: words.parse_number(value) is not None,
    "tax_rate": lambda value: any(letter.isdigit() for letter in value) or "税" in value,
    "name": lambda value: words.parse_number(value) is None and "@" not in value,
    "name_part": lambda value: words.parse_number(value) is None and "@" not in value,
    "order_state": lambda value: fold(value) in words.ORDER_STATES,
}
# Kinds that betray themselves by their values alone, the surest first.
_TELLING: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("email", lambda value: not isinstance(read_mail(value), MailProblem)),
    ("postal", lambda value: parse_postal(value) is not None and ("-" in narrow(value) or "〒" in value)),
    ("phone", lambda value: parse_phone(value) is not None),
    ("prefecture", lambda value: parse_prefecture(value) is not None),
    ("address", lambda value: value.startswith(PREFECTURES) and len(value) > 6),
    ("company", is_company),
    ("kana", is_kana),
    ("moment", lambda value: parse_moment(value) is not None and _is_written_date(value)),
    ("date", _is_written_date),
    ("gender", lambda value: fold(value) in words.GENDERS and not value.isdecimal()),
    ("name", lambda value: 2 <= len(value) <= 20 and split_name(value).reason in ("space", "surname_list") and not value.isascii()),
)


def _share(kinds: Sequence[str], values: Sequence[str]) -> float | None:
    """The share of values that have the shape of a kind; None without values or without a shape to compare."""
    shapes = [_SHAPES[kind] for kind in kinds if kind in _SHAPES]
    if not shapes or not values:
        return None
    return sum(any(shape(value) for shape in shapes) for value in values) / len(values)


def _by_shape(column: int, values: Sequence[str], fields: Sequence[TargetField]) -> list[_Candidate]:
    """Fields that a column without a telling heading may be, from its values alone."""
    if not values:
        return []
    for kind, shape in _TELLING:
        share = sum(map(shape, values)) / len(values)
        if share < 0.8:
            continue
        reason = _("値の%(percent)d%%がこの形です。") % {"percent": round(share * 100)}
        return [
            _Candidate(_SHAPE * share, column, place, reason)
            for place, field in enumerate(fields)
            if field.kinds[0] == kind and not field.told
        ]
    return []


def _deal(candidates: Sequence[_Candidate], fields: Sequence[TargetField]) -> dict[int, _Candidate]:
    """Give fields to columns, the surest guess first."""
    chosen: dict[int, _Candidate] = {}
    taken: set[int] = set()
    for candidate in candidates:
        if candidate.confidence < _LEAST or candidate.column in chosen or candidate.place in taken:
            continue
        chosen[candidate.column] = candidate
        if not fields[candidate.place].many:
            taken.add(candidate.place)
    return chosen


def _why_not(column: int, values: Sequence[str], candidates: Sequence[_Candidate], fields: Sequence[TargetField]) -> str:
    own = [candidate for candidate in candidates if candidate.column == column]
    if not values:
        return _("値がありません。")
    if not own:
        return _("当てはまる項目が見つかりません。")
    best = max(own)
    label = fields[best.place].label
    if best.confidence < _LEAST:
        return best.reason
    return _("「%(label)s」は別の列に決めました。") % {"label": label}
