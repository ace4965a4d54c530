"""From the text of a pasted cell to details, by the rules of the form and of imports."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _

from enishi.customers.cells.columns import NAME, details_of_column
from enishi.customers.fields import values
from enishi.customers.fields.catalogue import all_fields
from enishi.customers.fields.field import Field, Json
from enishi.customers.fields.values import Refused
from enishi.customers.importing.cleaned import FORMULA_ERRORS
from enishi.customers.importing.values import clean_value
from enishi.customers.models import Customer
from enishi.platform.japanese.names import split_as_written, strip_honorific
from enishi.platform.japanese.normalise import clean, fold

type Pairs = Sequence[tuple[str, str]]

_DONE_OF_ALL: Final = re.compile(r"\s*\d+\s*[/／]\s*\d+\s+")  # how the list shows a checklist
_WEEKDAY: Final = re.compile(r"\s*[(（].{1,3}[)）]\s*$")
_STARS: Final = re.compile("[★☆]+")
_BY_IMPORTS: Final[Mapping[str, str]] = {
    "prefecture": "prefecture",
    "gender": "gender",
    "language": "language",
    "birthday_on": "date",
    "leave_alone": "boolean",
}


@dataclass(frozen=True, slots=True)
class Offered:
    """Whom a customer may be given to: (id, name)."""

    owners: Pairs = ()
    teams: Pairs = ()


def read_cell(column: str, kind: str, text: str, offered: Offered) -> dict[str, object]:
    """Detail → value. An empty cell empties. Raises Refused with why it cannot be read."""
    text = text.removeprefix("'")
    if text.strip() in FORMULA_ERRORS:
        raise Refused(_("Excel の計算エラー（%(text)s）です。元の表で直してください。") % {"text": text.strip()})
    if column == NAME:
        return _name(kind, clean(text))
    (name,) = details_of_column(column, kind)
    own = all_fields().get(name)
    if own is not None:
        return {name: _own(own, text)}
    return {name: _READERS.get(name, _plain)(name, text, offered)}


def emptied(column: str, kind: str) -> dict[str, object]:
    """Detail → value of a cell in which nothing stands."""
    return read_cell(column, kind, "", Offered())


def _name(kind: str, text: str) -> dict[str, object]:
    if kind == Customer.Kind.COMPANY:
        return {"name": text}
    family, given = split_as_written(strip_honorific(text)) if text else ("", "")
    return {"family_name": family, "given_name": given}


def _plain(name: str, text: str, offered: Offered) -> object:
    return clean(text)


def _by_imports(name: str, text: str, offered: Offered) -> object:
    found = clean_value(_BY_IMPORTS[name], _WEEKDAY.sub("", text) if name == "birthday_on" else text)
    if found.error:
        raise Refused(found.error)
    if name == "birthday_on":
        return found.value if isinstance(found.value, date) else None
    return bool(found.value) if name == "leave_alone" else str(found.value or "")


def _person(name: str, text: str, offered: Offered) -> object:
    """A colleague or a team by the name that the list shows: in whole, or a family name that one alone has."""
    word = fold(text)
    if not word:
        return None
    pairs = offered.owners if name == "owner_id" else offered.teams
    alike = [pk for pk, label in pairs if fold(label) == word]
    if not alike and name == "owner_id":
        alike = [pk for pk, label in pairs if fold(label.split()[0] if label.split() else "") == word]
    if len(alike) == 1:
        return int(alike[0])
    shown = clean(text)[:40]
    if alike:
        raise Refused(_("「%(text)s」が2人以上います。氏名をすべて入れてください。") % {"text": shown})
    raise Refused(_("「%(text)s」は一覧にありません。") % {"text": shown})


_READERS: Final[Mapping[str, Callable[[str, str, Offered], object]]] = {
    **dict.fromkeys(_BY_IMPORTS, _by_imports),
    **dict.fromkeys(("owner_id", "team_id"), _person),
}


def _own(field: Field, text: str) -> Json:
    """As the form reads it; also as the list shows it."""
    shown = text.strip()
    if field.kind == "rating" and _STARS.fullmatch(shown):
        return values.read(field, str(shown.count("★") or ""))
    if field.kind == "date":
        return values.read(field, _WEEKDAY.sub("", text))
    if field.kind == "checklist":
        return values.read(field, _DONE_OF_ALL.sub("", text, count=1))
    if field.kind == "number" and field.unit:
        return values.read(field, shown.removesuffix(field.unit))
    return values.read(field, text)
