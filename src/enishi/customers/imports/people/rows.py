"""One row of a customer file, made ready: what is stored, what recognises the person, what they allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from enishi.customers.fields.field import Json
from enishi.customers.imports.target import Message
from enishi.customers.models.contacts import ADDRESS

#: Columns of Customer that a row may fill. Whatever is not named in a row stays as it is.
COLUMNS = (
    "kind",
    "name",
    "family_name",
    "given_name",
    "kana",
    "email",
    "phone",
    "phone_e164",
    "postal_code",
    "prefecture",
    "city",
    "street",
    "building",
    "birthday_on",
    "gender",
    "acquisition_source",
    "former_name",
    "language",
)
#: Columns that only make sense together: a new value for one brings the others along.
TOGETHER = (("name", "family_name", "given_name"), ("phone", "phone_e164"), ("postal_code", "prefecture", "city", "street", "building"))


class Tie(NamedTuple):
    """A relation that a row names: of which kind, at which end of it the row's customer stands, to whom, on what terms.

    `whom` is as the file has it; it is looked up as our own `number` and by the `keys`, and where those find nobody, by the name
    of a company.
    """

    column: str
    kind: str
    outward: bool
    whom: str
    number: str
    keys: Sequence[tuple[str, str]]
    name_key: str
    department: str = ""
    title: str = ""
    from_on: date | None = None
    until_on: date | None = None


class Further(NamedTuple):
    """A contact point beside the customer's own columns. `key` tells it from others of its kind: the mail address, the phone
    as E.164, the address in one text."""

    kind: str
    label: str
    key: str
    columns: Mapping[str, str]


#: Fields of mail addresses and phones, in the order in which the first that is filled becomes the customer's own.
MAILS: Mapping[str, str] = {"email": "", "mobile_email": "mobile", "work_email": "work", "email2": "other"}
PHONES: Mapping[str, str] = {"phone": "", "mobile": "mobile", "work_phone": "work", "phone2": "other"}
#: Fields of an address: its postal code, its text, its type. Without an address of one's own the first becomes it.
PLACES = (
    ("work_postal_code", "work_address", "work"),
    ("shipping_postal_code", "shipping_address", "shipping"),
    ("billing_postal_code", "billing_address", "billing"),
)


def place_key(columns: Mapping[str, object]) -> str:
    """An address in one text, by which two are the same."""
    return "\x1f".join([str(columns.get(name) or "") for name in ADDRESS])


type Value = str | date | Json
type Key = tuple[str, str]  # identity kind, normalised value


@dataclass(slots=True)
class PersonRow:
    """A row that can be looked up. `columns` holds filled cells only, custom fields under their keys among them. What most rows
    have comes first: the rest does not travel between the two processes where there is none."""

    row_no: int
    position: int
    columns: dict[str, Value]
    name_key: str  # folded name, or the key of a company; "" where the file gives none
    keys: Sequence[Key]  # member number, mail address, phone number: in the order in which they decide
    ready: str = ""  # what COPY needs to make a new customer of the row: `COLUMNS`, `sort_kana` and both sets of grams
    consents: Mapping[str, bool] = field(default_factory=dict)  # channel → yes or no, where a column says so
    registered_at: str = ""  # as COPY has it
    number: str = ""  # our own, where the file was written by us: it alone decides
    tags: Sequence[str] = ()
    note: str = ""
    owner: str = ""  # names, as the file has them; found among staff and teams when the chunk is planned
    store: str = ""
    owner_id: int | None = None
    team_id: int | None = None
    further: Sequence[Further] = ()
    lent: Sequence[str] = ()  # kinds of contact points of which the customer's own column holds a further one, for who has none
    own: Sequence[str] = ()  # keys of the custom fields that the row fills
    ties: Sequence[Tie] = ()
    messages: list[Message] = field(default_factory=list)
    rejected: bool = False
    mended: bool = False  # by the input standards, which also say something of an `odd` one
    odd: bool = False
    skipped: bool = False  # no data: a total, a heading repeated

    def __reduce__(self) -> tuple[type[PersonRow], tuple[object, ...]]:
        """Between the two processes it travels as a tuple, as short as it can be: read in half the time that its slots by name
        would take."""
        return PersonRow, _common(self) if _rest(self) == _NOTHING_ELSE else _all(self)


_COMMON = 8
_all = attrgetter(*PersonRow.__slots__)
_common = attrgetter(*PersonRow.__slots__[:_COMMON])
_rest = attrgetter(*PersonRow.__slots__[_COMMON:])
_NOTHING_ELSE = _rest(PersonRow(0, 0, {}, "", ()))
