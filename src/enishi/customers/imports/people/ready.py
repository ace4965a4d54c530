"""What COPY needs to make a customer of a row, as text: its columns, its sort key, and both sets of grams.

Letter for letter what `search_columns` would give, so that an undo leads back to the same row; words of names are folded once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import add
from typing import Any, Final

from enishi.customers.imports.people.rows import COLUMNS, Further
from enishi.customers.models import Customer
from enishi.customers.search import search_columns
from enishi.platform.bulk import array_text, copy_line
from enishi.platform.japanese.kana import sort_kana
from enishi.platform.japanese.normalise import digits, fold

_EMPTY: dict[str, Any] = dict.fromkeys(COLUMNS, "") | {"kind": Customer.Kind.PERSON.value, "birthday_on": None}
_MOST_REMEMBERED: Final = 32_768


def ready_text(columns: dict[str, Any], further: Sequence[Further] = ()) -> str:
    """The COPY text of a new customer with these columns and further contact points."""
    texts = _EMPTY | columns
    name, kana, former_name, email, phone = texts["name"], texts["kana"], texts["former_name"], texts["email"], texts["phone"]
    names = None if former_name else _name_grams(name, kana)
    contacts = None if further else _contact_grams(email, phone)
    if names is None or contacts is None:
        more = [point.columns.get("email") or point.columns.get("phone", "") for point in further]
        found = search_columns(name=name, kana=kana, former_name=former_name, email=email, phone=phone, further=more)
        names, contacts = array_text(found.name_grams), array_text(found.contact_grams)
    if texts["birthday_on"] is not None:
        texts["birthday_on"] = str(texts["birthday_on"])
    return copy_line([*map(texts.__getitem__, COLUMNS), sort_kana(kana, name), names, contacts])


class _Words(dict[str, str]):
    """Word of a name → its fold. Raises LookupError for one that has to be looked at together with its neighbours."""

    def __missing__(self, text: str) -> str:
        if not _STANDS_ALONE.fullmatch(text):
            raise LookupError
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        folded = self[text] = fold(text)
        return folded


# Letters that fold without regard to others, and need no quoting; 々 repeats the one before it, which may end another word.
_STANDS_ALONE: Final = re.compile("(?!々)[一-鿿々ぁ-ゖァ-ヺー]+")
_PLAIN_MAIL: Final = re.compile("[!#-Z^-~]*")  # neither a quote nor a backslash
words: Final = _Words()


def _name_grams(name: str, kana: str) -> str | None:
    """The array, or None where `grams` has to be asked."""
    found: list[str] = []
    try:
        for text in (name, kana):
            folded = "".join(map(words.__getitem__, text.split()))
            found += folded
            found += map(add, folded, folded[1:])
    except LookupError:
        return None
    return _plain_array(found)


def _contact_grams(email: str, phone: str) -> str | None:
    """The array, or None where `contact_grams` has to be asked."""
    if not _PLAIN_MAIL.fullmatch(email):
        return None
    mail, figures = fold(email), digits(phone)
    return _plain_array([*map(add, mail, mail[1:]), *map(add, figures, figures[1:])])


def _plain_array(elements: Sequence[str]) -> str:
    """`array_text` of elements that need no quoting, each once."""
    return f'{{"{'","'.join(dict.fromkeys(elements))}"}}' if elements else "{}"
