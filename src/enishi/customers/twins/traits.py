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
TRAITS_VERSION: Final = 2
#: The columns of a customer that `traits_of` wants, in its order.
SOURCES: Final = (
    *("id", "kind", "name", "family_name", "given_name", "kana", "former_name", "email", "phone_e164"),
    *("postal_code", "prefecture", "city", "street", "building", "birthday_on", "gender"),
)


class Beside(NamedTuple):
    """What is known of a customer beside their own columns: a further contact point, one that ended, a name of before."""

    email: str = ""
    phone_e164: str = ""
    postal_code: str = ""
    city: str = ""
    street: str = ""
    building: str = ""
    former_name: str = ""  # a family name, or the name of a company
    is_past: bool = False


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
    formers: list[str]  # family names, or names of a company, that they had before
    born: date | None
    phones: list[str]
    mails: list[str]
    phones_before: list[str]  # what led to them once
    mails_before: list[str]
    places_besides: list[str]  # further and former addresses, as `place_of` writes them
    postal: str
    street: str  # 3-10-1 where the postal code says the rest
    room: str
    prefecture: str
    gender: str
    keys: list[int]


def traits_of(row: Sequence[Any], besides: Iterable[Beside] = ()) -> Traits:
    """The traits of a row of `SOURCES` and of what is known beside it."""
    pk, kind, name, family, given, kana, former, email, phone, postal, prefecture, city, street, building, born, gender = row
    is_company = kind == "company"
    if is_company:
        name, family, given = _company(name), "", ""
    else:
        if not family and not given:
            family, given = split_as_written(name)
        family, given = _word(family), _word(given)
        name = family + given
    reading, kana_family, kana_given = _reading(kana)
    post = digits(postal)
    place, room = _place(city, street, building, bool(post)) if street else ("", "")
    traits = Traits(
        id=pk,
        kind=kind,
        name=name,
        family=family,
        given=given,
        kana=reading,
        kana_family=kana_family,
        kana_given=kana_given,
        formers=[_former(former, is_company)] if former else [],
        born=born,
        phones=[phone] if phone else [],
        mails=[email] if email and leads_to_one(email) else [],
        phones_before=[],
        mails_before=[],
        places_besides=[],
        postal=post,
        street=place,
        room=room,
        prefecture=prefecture,
        gender=gender,
        keys=[],
    )
    for one in besides:
        _add(traits, one)
    traits.keys.extend(_keys(traits))
    return traits


def _add(who: Traits, one: Beside) -> None:
    """Put what is known beside to the rest, each once; what leads to them today is not told again as what led there once."""
    phones, mails = (who.phones_before, who.mails_before) if one.is_past else (who.phones, who.mails)
    if one.phone_e164 and one.phone_e164 not in who.phones and one.phone_e164 not in phones:
        phones.append(one.phone_e164)
    if one.email and one.email not in who.mails and one.email not in mails and leads_to_one(one.email):
        mails.append(one.email)
    if one.street and one.postal_code:
        post = digits(one.postal_code)
        place = f"{post}|{_place(one.city, one.street, one.building, has_postal=bool(post))[0]}"
        if place != f"{who.postal}|{who.street}" and place not in who.places_besides:
            who.places_besides.append(place)
    if one.former_name:
        former = _former(one.former_name, who.kind == "company")
        if former not in (who.family or who.name, *who.formers):
            who.formers.append(former)


def _former(text: str, is_company: bool) -> str:
    return _company(text) if is_company else _word(text)


def _keys(who: Traits) -> set[int]:
    """Short hashes of what two records of one person mostly share some of: only those who share one are compared.

    Who married and moved still has given name and birthday. A typing error leaves the name with a part of what it is in: of a
    phone one of two halves, of a birthday the year, of a mail address the end before the @. A name alone is too many people's.
    """
    begin = who.kind[0]
    found = [f"{begin}t{phone}" for phone in (*who.phones, *who.phones_before)]
    found += [f"{begin}m{mail}" for mail in (*who.mails, *who.mails_before)]
    found += [f"{begin}a{place}" for place in who.places_besides]
    if who.street:
        found.append(f"{begin}a{who.postal}|{who.street}")
    for name in (who.name, *(former + who.given for former in who.formers)):
        found += [key for phone in who.phones for key in (f"{begin}1{name}{phone[-4:]}", f"{begin}2{name}{phone[:-4]}")]
        found += [f"{begin}3{name}{mail.partition('@')[0][-4:]}" for mail in who.mails]
        if who.postal:
            found.append(f"{begin}4{name}{who.postal}")
        if who.born is not None:
            found.append(f"{begin}5{name}{who.born.year}")
    if who.born is not None:
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
