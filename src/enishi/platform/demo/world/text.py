"""How the people of a block are written down: names, addresses, mail, phone; and the recipients of gifts.

Mail addresses end in names reserved for examples, phone numbers begin with 020-0 or have a local part that begins
with 0: shapes that a check accepts and that reach nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from enishi.platform.demo.world import truth
from enishi.platform.demo.world.chance import Ints, pick, uniform
from enishi.platform.demo.world.names import (
    BUILDINGS,
    MAIL_HOSTS,
    Texts,
    company_names,
    family_names,
    given_names,
    pick_given,
    texts,
    towns,
)
from enishi.platform.demo.world.people import People
from enishi.platform.demo.world.script import PART

_EPOCH = date(1970, 1, 1)
LONG_COMPANY_KEY = 250
LONG_COMPANY = "株式会社 鎌倉リゾート開発ホールディングス 購買部"
NOSHI = ("お歳暮", "お中元", "御祝", "内祝", "御礼", "", "")


@dataclass(frozen=True, slots=True)
class PeopleText:
    """Lists over the customers of a block; empty text = unknown."""

    name: list[str]
    family_name: list[str]
    given_name: list[str]
    kana: list[str]
    email: list[str]
    phone: list[str]
    phone_e164: list[str]
    postal_code: list[str]
    prefecture: list[str]
    city: list[str]
    street: list[str]
    building: list[str]
    birthday: list[date | None]
    gender: list[str]


def people_text(people: People) -> PeopleText:
    """Everything of a block that is written in letters."""
    family, given, name, kana = _names(people)
    here = towns()
    known = people.street > 0
    phone = _phones(people)
    blank = texts([""] * len(people))
    text = PeopleText(
        name=list(name),
        family_name=list(family),
        given_name=list(given),
        kana=list(np.where(people.has_kana, kana, blank)),
        email=_mails(people),
        phone=phone,
        phone_e164=["+81" + number.replace("-", "")[1:] if number else "" for number in phone],
        postal_code=list(np.where(known, here.postal_code[people.town], blank)),
        prefecture=list(np.where(known, here.prefecture[people.town], blank)),
        city=list(np.where(known, here.city[people.town], blank)),
        street=[_street(town, code) if code else "" for town, code in zip(here.town[people.town], people.street.tolist(), strict=True)],
        building=_buildings(people),
        birthday=_birthdays(people),
        gender=_genders(people),
    )
    _fixed(text, people)
    return text


def _names(people: People) -> tuple[Texts, Texts, Texts, Texts]:
    families, givens = family_names(), given_names().names
    family, given = families.written[people.family], givens.written[people.given]
    name = family + " " + given
    kana = families.kana[people.family] + " " + givens.kana[people.given]
    rows = np.flatnonzero(people.company)
    if len(rows):
        name[rows], kana[rows] = company_names(people.key[rows] // truth.B2B_EVERY - 1), ""
        family[rows] = given[rows] = ""
    return family, given, name, kana


def _mails(people: People) -> list[str]:
    hosts = texts(list(MAIL_HOSTS))
    local = given_names().names.letters[people.given] + "." + family_names().letters[people.family]
    keys = people.key.tolist()
    return [
        f"{who}.{key}@{host}" if number >= 0 else ""
        for who, key, host, number in zip(local, keys, hosts[people.mail_host], people.mail_host.tolist(), strict=True)
    ]


def _phones(people: People) -> list[str]:
    area = towns().area_code[people.town]
    landline = people.landline & (area != "-")
    return [
        "" if number < 0 else _landline(code, number) if at_home else f"020-0{number // 10_000:03d}-{number % 10_000:04d}"
        for number, code, at_home in zip(people.mobile.tolist(), area, landline.tolist(), strict=True)
    ]


def _landline(area: str, number: int) -> str:
    """A number of the town whose local part begins with 0: there are none such."""
    local = f"0{number % 10_000_000:07d}"[: 6 - len(area)]
    return f"{area}-{local}-{number % 9_973:04d}"


def _street(town: str, code: int) -> str:
    return f"{town}{code // 10_000}-{code // 100 % 100}-{code % 100}"


def _buildings(people: People) -> list[str]:
    both = zip(people.building.tolist(), people.street.tolist(), strict=True)
    return [f"{BUILDINGS[code // 1_000]}{code % 1_000}号室" if code >= 0 and street else "" for code, street in both]


def _birthdays(people: People) -> list[date | None]:
    both = zip(people.born_day.tolist(), people.has_birthday.tolist(), strict=True)
    return [_EPOCH + timedelta(days=day) if known else None for day, known in both]


def _genders(people: People) -> list[str]:
    both = zip(people.male.tolist(), people.has_gender.tolist(), strict=True)
    return [("male" if male else "female") if known else "" for male, known in both]


def _fixed(text: PeopleText, people: People) -> None:
    for row in np.flatnonzero(np.isin(people.key, np.array([*PART, LONG_COMPANY_KEY]))).tolist():
        key = int(people.key[row])
        if key == LONG_COMPANY_KEY:
            text.name[row] = LONG_COMPANY
            continue
        part = PART[key]
        text.name[row] = f"{part.family} {part.given}".strip()
        text.family_name[row], text.given_name[row] = ("", "") if part.company else (part.family, part.given)
        text.kana[row], text.email[row] = part.kana, f"{part.letters}@example.jp"
        text.gender[row] = "" if part.company else text.gender[row]


def recipients(seed: int, numbers: Ints) -> list[dict[str, str]]:
    """届け先 of gifts: name, postal code, address and のし, made from their numbers."""
    families, givens, here = family_names(), given_names(), towns()
    family = pick(uniform(seed, "recipient", numbers), families.cumulative)
    given = pick_given(uniform(seed, "recipient given", numbers), numbers % 2 == 0, 1940 + numbers % 60)
    town = pick(uniform(seed, "recipient town", numbers), here.cumulative[0])
    return [
        {
            "name": f"{families.written[f]} {givens.names.written[g]}",
            "postal_code": here.postal_code[t],
            "address": f"{here.prefecture[t]}{here.city[t]}{here.town[t]}{1 + n % 5}-{1 + n // 5 % 29}-{1 + n // 145 % 17}",
            "noshi": NOSHI[n // 7 % len(NOSHI)],
        }
        for f, g, t, n in zip(family.tolist(), given.tolist(), town.tolist(), numbers.tolist(), strict=True)
    ]
