"""Duplicates and look-alikes whose truth is known, planted among the people of the demo company.

It knows nothing of the matcher: what a second record of a person looks like comes from how shops meet people. A second record is
typed anew at another door. Of each field it has the same, another, or nothing, and 1 to 3 things happened to it:

- width: half-width kana, full-width space, hiragana, no space, 髙 for 高
- typing: a letter of the reading, a homophone of the given name, a figure of the phone, a letter of the mail address, a day
- move: another address, three of ten times another phone
- marriage: another family name, every second time with a move
- nothing but gaps

Kana is missing in 15 of 100 second records, birthday in 10, phone in 8, mail in 15, address in 10; 15 have another phone and 30
another mail address. Who has a second record is known well: by three of birthday, phone, mail and address. A second record in
which fewer than two of the four are still the same is "thin": it is counted apart, for whoever looks at the two could not say.

Hard negatives, five of a hundred customers: one of a household (same family name, address and often phone; half of them with a
birthday that both have), a real twin or brother with a like name, another person at a shared phone, another person of the same
name in the same town.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import jaconv
import numpy as np

SHARE_OF_TWINS = 0.03
SHARE_OF_LIKES = 0.05
LEAST_KNOWN = 3  # of birthday, phone, mail and address
_VARIANTS = str.maketrans("高崎辺斎浜沢広島国恵", "髙﨑邊齋濱澤廣嶋國惠")

type Row = dict[str, Any]


@dataclass(slots=True)
class Planted:
    """Customers as rows of `traits.SOURCES`, and which two are one."""

    rows: list[Row] = field(default_factory=list)
    twins: set[tuple[int, int]] = field(default_factory=set)
    thin: set[tuple[int, int]] = field(default_factory=set)
    likes: set[tuple[int, int]] = field(default_factory=set)


def plant(customers: int, *, seed: int = 7, today: date) -> Planted:
    """So many customers in all, second records and look-alikes among them. The same arguments give the same customers."""
    chance = random.Random(seed)
    made = Planted()
    singles = round(customers / (1 + SHARE_OF_TWINS + SHARE_OF_LIKES))
    # No record of one person twice: what the demo company itself duplicates is left out.
    for row in _people(singles + singles // 16, today, seed):
        if len(made.rows) == singles:
            break
        made.rows.append(row | {"id": len(made.rows) + 1})
    originals = [row for row in made.rows if row["kind"] == "person"]
    well_known = [row for row in originals if sum(map(bool, _ways(row))) >= LEAST_KNOWN]
    for row in chance.sample(well_known, round(customers * SHARE_OF_TWINS)):
        second = _second(row, chance, made.rows) | {"id": len(made.rows) + 1}
        made.rows.append(second)
        (made.twins if _is_told(row, second) else made.thin).add((row["id"], second["id"]))
    for row in chance.sample(originals, customers - len(made.rows)):
        made.rows.append(_like(row, chance, made.rows) | {"id": len(made.rows) + 1})
        made.likes.add((row["id"], len(made.rows)))
    return made


def _people(count: int, today: date, seed: int) -> Iterator[Row]:
    from enishi.platform.demo.world.calendar import history
    from enishi.platform.demo.world.people import people
    from enishi.platform.demo.world.text import people_text
    from enishi.platform.demo.world.world import DEFAULT_SEED

    past = history(today)
    for first in range(1, count + 1, 10_000):
        keys = np.arange(first, min(first + 10_000, count + 1), dtype=np.int64)
        who = people(DEFAULT_SEED + seed, keys, count, past)
        text = people_text(who)
        for place, (company, same_as) in enumerate(zip(who.company.tolist(), who.same_as.tolist(), strict=True)):
            if same_as:
                continue
            yield {
                "kind": "company" if company else "person",
                "name": text.name[place],
                "family_name": text.family_name[place],
                "given_name": text.given_name[place],
                "kana": text.kana[place],
                "former_name": "",
                "email": text.email[place],
                "phone_e164": text.phone_e164[place],
                "postal_code": text.postal_code[place],
                "prefecture": text.prefecture[place],
                "city": text.city[place],
                "street": text.street[place],
                "building": text.building[place],
                "birthday_on": text.birthday[place],
                "gender": text.gender[place],
            }


_ADDRESS = ("postal_code", "prefecture", "city", "street", "building")


def _named(row: Row, family: str, given: str, kana: str) -> Row:
    return row | {"family_name": family, "given_name": given, "name": f"{family} {given}", "kana": kana}


def _second(first: Row, chance: random.Random, all_rows: list[Row]) -> Row:
    """The same person, typed anew."""
    row = dict(first)
    if chance.random() < 0.15:
        row["phone_e164"] = _another_phone(chance)
    if row["email"] and chance.random() < 0.3:
        row["email"] = f"{chance.choice('abcdefghijk')}{chance.randrange(10**7)}@example.org"
    for what in chance.sample(["width", "typing", "move", "marriage", "gaps"], chance.choice((1, 1, 2, 3))):
        row = _HAPPENS[what](row, chance, all_rows)
    for gap, share in (("kana", 0.15), ("birthday_on", 0.1), ("phone_e164", 0.08), ("email", 0.15), ("street", 0.1), ("gender", 0.3)):
        if chance.random() < share:
            row |= dict.fromkeys(_ADDRESS, "") if gap == "street" else {gap: None if gap == "birthday_on" else ""}
    return row


def _width(row: Row, chance: random.Random, _all: list[Row]) -> Row:
    kind = chance.randrange(5)
    if kind == 0:
        return row | {"kana": jaconv.z2h(row["kana"], kana=True)}
    if kind == 1:
        return row | {"name": row["name"].replace(" ", "\u3000"), "kana": jaconv.kata2hira(row["kana"])}
    if kind == 2:
        return row | {"name": row["name"].replace(" ", ""), "family_name": "", "given_name": ""}
    if kind == 3:
        return _named(row, row["family_name"].translate(_VARIANTS), row["given_name"].translate(_VARIANTS), row["kana"])
    street = row["street"]
    return row | {"street": jaconv.h2z(street, digit=True, ascii=True), "kana": row["kana"].replace(" ", "\u3000")}


def _typing(row: Row, chance: random.Random, _all: list[Row]) -> Row:
    kind = chance.randrange(5)
    if kind == 0 and len(row["kana"]) > 3:
        return row | {"kana": _slip(row["kana"], chance, "アイウエオカキクケコサシスセソタチツテト")}
    if kind == 1:
        return _homophone(row, chance)
    if kind == 2 and row["phone_e164"]:
        return row | {"phone_e164": row["phone_e164"][:6] + _slip(row["phone_e164"][6:], chance, "0123456789")}
    if kind == 3 and row["email"]:
        local, _, domain = row["email"].partition("@")
        return row | {"email": f"{_slip(local, chance, 'abcdefghijklmnopqrstuvwxyz')}@{domain}"}
    if row["birthday_on"]:
        return row | {"birthday_on": row["birthday_on"] + timedelta(days=chance.choice((-1, 1, 10, -10, 30)))}
    return row


def _slip(text: str, chance: random.Random, letters: str) -> str:
    place = chance.randrange(len(text))
    if chance.random() < 0.3 and place + 1 < len(text):
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + chance.choice(letters) + text[place + 1 :]


def _homophone(row: Row, chance: random.Random) -> Row:
    """The given name in other letters of the same sound, as the input method offers them."""
    from enishi.platform.demo.world.names import given_names

    names = given_names().names
    at = names.index.get(row["given_name"])
    alike = [] if at is None else [str(n) for n, kana in zip(names.written, names.kana, strict=True) if kana == names.kana[at]]
    return _named(row, row["family_name"], chance.choice(alike), row["kana"]) if alike else row


def _move(row: Row, chance: random.Random, all_rows: list[Row]) -> Row:
    there = chance.choice(all_rows)
    moved = row | {name: there[name] for name in _ADDRESS}
    if there["street"]:
        moved["street"] = (
            f"{there['street'].rstrip('0123456789-')}{chance.randrange(1, 9)}-{chance.randrange(1, 60)}-{chance.randrange(1, 60)}"
        )
    return moved | {"phone_e164": _another_phone(chance)} if chance.random() < 0.3 else moved


def _marriage(row: Row, chance: random.Random, all_rows: list[Row]) -> Row:
    other = chance.choice(all_rows)
    if not other["family_name"] or row["gender"] == "male":
        return row
    reading = f"{other['kana'].split(' ')[0]} {row['kana'].split(' ')[-1]}" if row["kana"] and " " in other["kana"] else ""
    married = _named(row, other["family_name"], row["given_name"] or row["name"], reading)
    return _move(married, chance, all_rows) if chance.random() < 0.5 else married


_HAPPENS = {"width": _width, "typing": _typing, "move": _move, "marriage": _marriage, "gaps": lambda row, _chance, _all: row}


def _another_phone(chance: random.Random) -> str:
    return f"+8190{chance.randrange(10**8):08d}"


def _ways(row: Row) -> tuple[object, ...]:
    return row["birthday_on"], row["phone_e164"], row["email"], row["street"]


def _is_told(first: Row, second: Row) -> bool:
    """Whether anybody could tell: two of the four still say the same."""
    same = [bool(first[name]) and first[name] == second[name] for name in ("birthday_on", "phone_e164", "email")]
    here = bool(second["street"]) and first["postal_code"] == second["postal_code"]
    return sum(same) + here >= 2


def _like(first: Row, chance: random.Random, all_rows: list[Row]) -> Row:
    """Somebody else who looks like them."""
    other = chance.choice(all_rows)
    while other["kind"] != "person" or other["given_name"] in ("", first["given_name"]):
        other = chance.choice(all_rows)
    mail = f"{chance.choice('lmnopqrst')}{chance.randrange(10**7)}@example.org"
    kind = chance.choice(("household", "household", "household", "brother", "phone", "namesake"))
    family_kana, given_kana = first["kana"].split(" ")[0], other["kana"].split(" ")[-1]
    born = other["birthday_on"]
    if kind == "household":
        phone = first["phone_e164"] if chance.random() < 0.6 else _another_phone(chance)
        shared_mail = first["email"] if chance.random() < 0.1 else mail
        kin = _named(first, first["family_name"], other["given_name"], f"{family_kana} {given_kana}" if first["kana"] else "")
        return kin | {"phone_e164": phone, "email": shared_mail, "birthday_on": born, "gender": other["gender"]}
    if kind == "brother":
        given, reading = _brother(first, chance)
        day = first["birthday_on"] if chance.random() < 0.5 else first["birthday_on"] and first["birthday_on"] + timedelta(days=700)
        kin = _named(first, first["family_name"], given, f"{family_kana} {reading}" if first["kana"] else "")
        return kin | {"email": mail, "birthday_on": day}
    if kind == "phone":
        third = chance.choice(all_rows)
        person = _named(third, other["family_name"], other["given_name"], other["kana"]) if third["kind"] == "person" else other
        person = _move(person | {"email": mail, "gender": other["gender"]}, chance, all_rows)
        return person | {"phone_e164": first["phone_e164"], "birthday_on": third["birthday_on"]}
    place = {name: first[name] for name in ("postal_code", "prefecture", "city")}
    street = f"{first['street'].rstrip('0123456789-')}{chance.randrange(1, 9)}-{chance.randrange(1, 60)}-{chance.randrange(1, 60)}"
    there = place | {"street": street if first["street"] else "", "building": ""}
    return first | there | {"email": mail, "phone_e164": _another_phone(chance), "birthday_on": born}


def _brother(first: Row, chance: random.Random) -> tuple[str, str]:
    """A given name that begins alike: 健一 and 健二, 由美 and 由佳."""
    from enishi.platform.demo.world.names import given_names

    names = given_names().names
    begin = first["given_name"][:1]
    alike = [
        (str(written), str(kana))
        for written, kana in zip(names.written, names.kana, strict=True)
        if str(written)[:1] == begin and str(written) != first["given_name"] and not first["kana"].endswith(f" {kana}")
    ]
    return chance.choice(alike) if alike else ("翔太", "ショウタ")
