"""What of a customer is compared: names, reading, ways to reach them and birthday, each in its matched form.

Everything here comes from `platform.japanese`; nothing is looked up. About 25 µs a customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, NamedTuple
from zlib import crc32

from enishi.customers.twins.addresses import leads_to_one
from enishi.platform.japanese.address import address_parts
from enishi.platform.japanese.company import company_key
from enishi.platform.japanese.kana import reading_key
from enishi.platform.japanese.names import split_as_written
from enishi.platform.japanese.normalise import digits, fold

HALF: Final = 0x80000000  # PostgreSQL's integers have a sign
#: Another way of making the traits or the keys: stored keys of an older one are made anew by the next search.
TRAITS_VERSION: Final = 1
#: The columns of a customer that `traits_of` wants, in its order.
SOURCES: Final = (
    *("id", "kind", "name", "family_name", "given_name", "kana", "former_name", "email", "phone_e164"),
    *("postal_code", "prefecture", "city", "street", "building", "birthday_on", "gender"),
)


class Traits(NamedTuple):
    """One customer as it is compared; "" and None for what is not known."""

    id: int
    kind: str
    name: str  # folded, without spaces; of a company without its legal form
    family: str
    given: str
    kana: str
    kana_family: str
    kana_given: str
    former: str
    born: date | None
    phones: list[str]
    mails: list[str]
    postal: str
    street: str  # 3-10-1 where the postal code says the rest
    room: str
    prefecture: str
    gender: str
    keys: list[int]


def traits_of(row: Sequence[Any], further: Iterable[tuple[str, str]] = ()) -> Traits:
    """The traits of a row of `SOURCES`. `further`: mail addresses and phones (E.164) beside the primary ones."""
    pk, kind, name, family, given, kana, former, email, phone, postal, prefecture, city, street, building, born, gender = row
    if kind == "company":
        name, family, given = _company(name), "", ""
    else:
        if not family and not given:
            family, given = split_as_written(name)
        family, given = _word(family), _word(given)
        name = family + given
    reading, kana_family, kana_given = _reading(kana)
    post = digits(postal)
    place, room = _place(city, street, building, bool(post)) if street else ("", "")
    mails = [email] if email and leads_to_one(email) else []
    phones = [phone] if phone else []
    for other_mail, other_phone in further:
        if other_mail and other_mail not in mails and leads_to_one(other_mail):
            mails.append(other_mail)
        if other_phone and other_phone not in phones:
            phones.append(other_phone)
    traits = Traits(
        pk,
        kind,
        name,
        family,
        given,
        reading,
        kana_family,
        kana_given,
        _word(former) if former else "",
        born,
        phones,
        mails,
        post,
        place,
        room,
        prefecture,
        gender,
        [],
    )
    traits.keys.extend(_keys(traits))
    return traits


def _keys(who: Traits) -> set[int]:
    """Short hashes of what two records of one person mostly share some of: only those who share one are compared.

    Who married and moved still has given name and birthday. A typing error leaves the name with a part of what it is in: of a
    phone one of two halves, of a birthday the year, of a mail address the end before the @. A name alone is too many people's.
    """
    begin, name, found = who.kind[0], who.name, []
    for phone in who.phones:
        found += [f"{begin}t{phone}", f"{begin}1{name}{phone[-4:]}", f"{begin}2{name}{phone[:-4]}"]
    for mail in who.mails:
        found += [f"{begin}m{mail}", f"{begin}3{name}{mail.partition('@')[0][-4:]}"]
    if who.postal:
        found.append(f"{begin}4{name}{who.postal}")
    if who.street:
        found.append(f"{begin}a{who.postal}{who.street}")
    if who.born is not None:
        found.append(f"{begin}5{name}{who.born.year}")
        found += [f"{begin}g{given}{who.born}" for given in (who.given, who.kana_given) if given]
        if who.postal:
            found.append(f"{begin}p{who.postal}{who.born}")
    return {crc32(key.encode()) - HALF for key in found}


@lru_cache(maxsize=65_536)
def _word(text: str) -> str:
    return fold(text)


@lru_cache(maxsize=4_096)
def _company(name: str) -> str:
    return company_key(name) or fold(name)


@lru_cache(maxsize=65_536)
def _reading_word(text: str) -> str:
    return reading_key(text)


def _reading(kana: str) -> tuple[str, str, str]:
    """Reading in one piece, of the family name, of the given name; the two last "" where no space parts them."""
    words = kana.split()
    if len(words) == 2:
        family, given = _reading_word(words[0]), _reading_word(words[1])
        return family + given, family, given
    return reading_key(kana) if kana else "", "", ""


def _place(city: str, street: str, building: str, has_postal: bool) -> tuple[str, str]:
    """Down to the 号, and the room. With a postal code the numbers alone: 谷中3-10-1 and 台東区谷中三丁目10番1号 are one."""
    parts = address_parts(street, building)
    if has_postal:
        return parts.numbers or parts.town, parts.room
    return fold(city) + parts.text, parts.room
