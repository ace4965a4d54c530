"""Duplicates and look-alikes whose truth is known, planted among the people of the demo company.

It knows nothing of the matcher: what a second record of a person looks like comes from how shops meet people. Who has one is known
well (by three of birthday, phone, mail address and street), and it is typed anew at another door. One to three of these happened:

- `width`: half-width kana, full-width space, hiragana, no space, 髙 for 高
- `typing`: a letter of the reading, a homophone of the given name, a figure of the phone, a letter of the mail address, a day
- `move`: another address, three of ten times another phone
- `marriage`: another family name, every second time with a move
- nothing more than what follows

Beside them, in any of these, two things that happen at every counter, whatever else did: 15 of 100 gave another phone and 30
another mail address (`contact`); and the second door did not ask for everything (`gaps`): kana is missing in 15 of 100, birthday
in 10, phone in 8, mail in 15, address in 10.

A move or a marriage was told to the company every second time: then the first record was changed, as people change records, and
what it said before is there as Enishi keeps it (an address or a phone that ended, a former name, every second time only in the
history of changes), while the second record has the old. Otherwise the second has the new and nobody knows that it is the later.

All second records count, but for one kind that is counted apart, `unprovable`: no phone, mail address or street of the first record
is left in the second, neither slipped nor a former one, and not both its name and its birthday either. Among a million customers
some 45,000 pairs of strangers have given name and birthday in common, and 20 million the whole name: whoever looked at such a
pair could not say that the two are one. Whole name and birthday alone do count, although 200 pairs of strangers have them.

Hard negatives, five of a hundred customers, are somebody else who looks like them:

- `household`: same family name and address, six of ten the same phone, a quarter the same mail address
- `brother`: a real twin or brother whose name begins alike, half with the same birthday
- `parent`: a parent or child whose name shares its first letter, at the same phone; now and then of the same sound
- `phone`: another person at a shared phone, `mail`: at a shared mail address, both of another family
- `namesake`: of the same name in the same town
- `same_birthday`: of the same name and birthday, of a name that others have as well, since so rare a thing happens to those; ten
  times as many as chance alone makes (18 among 100,000, 1,800 among a million)
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import jaconv
import numpy as np

SHARE_OF_TWINS = 0.03
SHARE_OF_LIKES = 0.05
#: Ten times the pairs of strangers among so many customers, squared, who have name (8 · 10⁻⁶) and birthday (4.5 · 10⁻⁵) in common.
SAME_BIRTHDAYS = 10 * 8e-6 * 4.5e-5 / 2
LEAST_KNOWN = 3  # of birthday, phone, mail and address
_VARIANTS = str.maketrans("高崎辺斎浜沢広島国恵", "髙﨑邊齋濱澤廣嶋國惠")

type Row = dict[str, Any]
type Pair = tuple[int, int]


@dataclass(slots=True)
class Planted:
    """Customers as rows of `traits.SOURCES`, and which two are one."""

    rows: list[Row] = field(default_factory=list)
    besides: dict[int, list[Row]] = field(default_factory=dict)  # by customer: fields of `traits.Beside`
    twins: dict[Pair, frozenset[str]] = field(default_factory=dict)  # what happened to the second record
    unprovable: dict[Pair, frozenset[str]] = field(default_factory=dict)
    likes: dict[Pair, str] = field(default_factory=dict)  # of what kind

    def all_twins(self) -> set[Pair]:
        return set(self.twins) | set(self.unprovable)


@dataclass(slots=True)
class _Second:
    """A second record while it comes to be, and what becomes of the first one meanwhile."""

    first: Row
    row: Row
    chance: random.Random
    everybody: list[Row]
    happened: set[str] = field(default_factory=set)
    slipped: set[str] = field(default_factory=set)  # columns that are not the same and still tell
    besides: list[Row] = field(default_factory=list)  # what the first one said before


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
        second = _second(row, chance, made.rows)
        made.rows.append(second.row | {"id": len(made.rows) + 1})
        made.rows[row["id"] - 1] = second.first
        if second.besides:
            made.besides[row["id"]] = second.besides
        pair = (row["id"], len(made.rows))
        (made.twins if _tells(second) else made.unprovable)[pair] = frozenset(second.happened)
    originals = [made.rows[row["id"] - 1] for row in originals]
    names = Counter(row["name"] for row in originals)
    namesakes = [row for row in originals if row["birthday_on"] and names[row["name"]] > 1] or originals
    wanted = customers - len(made.rows)
    rare = min(wanted, round(SAME_BIRTHDAYS * customers**2))
    kinds = ["same_birthday"] * rare + chance.choices(list(_LIKES), list(_LIKES.values()), k=wanted - rare)
    for kind, row in zip(kinds, chance.sample(originals, len(kinds)), strict=True):
        of = chance.choice(namesakes) if kind == "same_birthday" else row
        made.rows.append(_like(kind, of, chance, made.rows) | {"id": len(made.rows) + 1})
        made.likes[of["id"], len(made.rows)] = kind
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


def _second(first: Row, chance: random.Random, everybody: list[Row]) -> _Second:
    """The same person, typed anew."""
    made = _Second(first, dict(first), chance, everybody)
    for what in chance.sample(["width", "typing", "move", "marriage", "nothing"], chance.choice((1, 1, 2, 3))):
        _HAPPENS[what](made)
    if chance.random() < 0.15:
        _change(made, "contact", phone_e164=_another_phone(chance))
    if made.row["email"] and chance.random() < 0.3:
        _change(made, "contact", email=f"{chance.choice('abcdefghijk')}{chance.randrange(10**7)}@example.org")
    for gap, share in (("kana", 0.15), ("birthday_on", 0.1), ("phone_e164", 0.08), ("email", 0.15), ("street", 0.1), ("gender", 0.3)):
        if made.row[gap] and chance.random() < share:
            _change(made, "gaps", **(dict.fromkeys(_ADDRESS, "") if gap == "street" else {gap: None if gap == "birthday_on" else ""}))
    return made


def _change(made: _Second, what: str, **columns: Any) -> None:
    made.row |= columns
    made.happened.add(what)
    made.slipped -= set(columns)


def _slips(made: _Second, **columns: Any) -> None:
    made.slipped |= {name for name in columns if _is_left(made, name)}  # of what was said before, not of what is new anyway
    made.row |= columns
    made.happened.add("typing")


def _width(made: _Second) -> None:
    row, kind = made.row, made.chance.randrange(5)
    if kind == 0:
        _change(made, "width", kana=jaconv.z2h(row["kana"], kana=True))
    elif kind == 1:
        _change(made, "width", name=row["name"].replace(" ", "\u3000"), kana=jaconv.kata2hira(row["kana"]))
    elif kind == 2:
        _change(made, "width", name=row["name"].replace(" ", ""), family_name="", given_name="")
    elif kind == 3:
        named = _named(row, row["family_name"].translate(_VARIANTS), row["given_name"].translate(_VARIANTS), row["kana"])
        _change(made, "width", **named)
    else:
        if _is_left(made, "street"):
            made.slipped.add("street")
        made.row |= {"street": jaconv.h2z(row["street"], digit=True, ascii=True), "kana": row["kana"].replace(" ", "\u3000")}
        made.happened.add("width")


def _typing(made: _Second) -> None:
    row, chance, kind = made.row, made.chance, made.chance.randrange(5)
    if kind == 0 and len(row["kana"]) > 3:
        _slips(made, kana=_slip(row["kana"], chance, "アイウエオカキクケコサシスセソタチツテト"))
    elif kind == 1:
        _slips(made, **_homophone(row, chance))
    elif kind == 2 and row["phone_e164"]:
        _slips(made, phone_e164=row["phone_e164"][:6] + _slip(row["phone_e164"][6:], chance, "0123456789"))
    elif kind == 3 and row["email"]:
        local, _, domain = row["email"].partition("@")
        _slips(made, email=f"{_slip(local, chance, 'abcdefghijklmnopqrstuvwxyz')}@{domain}")
    elif row["birthday_on"]:
        _slips(made, birthday_on=_slipped_day(row["birthday_on"], chance))


def _slip(text: str, chance: random.Random, letters: str) -> str:
    place = chance.randrange(len(text))
    if chance.random() < 0.3 and place + 1 < len(text):
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + chance.choice(letters) + text[place + 1 :]


def _slipped_day(day: date, chance: random.Random) -> date:
    """A figure of the month or the day typed wrong, so that a date is left."""
    while True:
        text = day.strftime("%Y%m%d")
        place = chance.randrange(4, 8)
        try:
            slipped = datetime.strptime(text[:place] + chance.choice("0123456789") + text[place + 1 :], "%Y%m%d").date()  # noqa: DTZ007
        except ValueError:
            continue
        if slipped != day:
            return slipped


def _homophone(row: Row, chance: random.Random) -> Row:
    """The given name in other letters of the same sound, as the input method offers them."""
    from enishi.platform.demo.world.names import given_names

    names = given_names().names
    at = names.index.get(row["given_name"])
    alike = [] if at is None else [str(n) for n, kana in zip(names.written, names.kana, strict=True) if kana == names.kana[at]]
    others = [given for given in alike if given != row["given_name"]]
    given = chance.choice(others) if others else ""
    return {"given_name": given, "name": f"{row['family_name']} {given}"} if given else {}


def _move(made: _Second) -> None:
    there = _elsewhere(made.chance, made.everybody)
    phone = {"phone_e164": _another_phone(made.chance)} if made.row["phone_e164"] and made.chance.random() < 0.3 else {}
    if made.chance.random() < 0.5:
        _change(made, "move", **there, **phone)
        return
    made.happened.add("move")
    if made.first["street"]:
        made.besides.append({name: made.first[name] for name in ("postal_code", "city", "street", "building")} | {"is_past": True})
    if phone:
        made.besides.append({"phone_e164": made.first["phone_e164"], "is_past": True})
    made.first = made.first | there | phone


def _elsewhere(chance: random.Random, everybody: list[Row]) -> Row:
    """A full address in some town of the base."""
    there = chance.choice(everybody)
    while not there["street"]:
        there = chance.choice(everybody)
    street = f"{there['street'].rstrip('0123456789-')}{chance.randrange(1, 9)}-{chance.randrange(1, 60)}-{chance.randrange(1, 60)}"
    return {name: there[name] for name in _ADDRESS} | {"street": street}


def _marriage(made: _Second) -> None:
    row, chance = made.row, made.chance
    other = chance.choice(made.everybody)
    if row["gender"] == "male" or not (row["family_name"] and row["given_name"]):
        return
    while not other["family_name"] or other["family_name"] == row["family_name"]:
        other = chance.choice(made.everybody)
    reading = f"{other['kana'].split(' ')[0]} {row['kana'].split(' ')[-1]}" if row["kana"] and " " in other["kana"] else ""
    told, moves = chance.random() < 0.5, chance.random() < 0.5
    if told:
        made.happened.add("marriage")
        if chance.random() < 0.5:
            made.first = made.first | {"former_name": made.first["family_name"]}
        else:
            made.besides.append({"former_name": made.first["family_name"], "is_past": True})
        made.first = _named(made.first, other["family_name"], made.first["given_name"], reading)
    else:
        _change(made, "marriage", **_named({}, other["family_name"], row["given_name"], reading))
    if moves:
        _move(made)


_HAPPENS = {"width": _width, "typing": _typing, "move": _move, "marriage": _marriage, "nothing": lambda _made: None}


def _another_phone(chance: random.Random) -> str:
    return f"+8190{chance.randrange(10**8):08d}"


def _ways(row: Row) -> tuple[object, ...]:
    return row["birthday_on"], row["phone_e164"], row["email"], row["street"]


def _tells(made: _Second) -> bool:
    """Whether the second record still says more than anybody's might: see above."""
    if any(_is_left(made, name) for name in ("phone_e164", "email", "street")):
        return True
    is_named = "marriage" not in made.happened or _was_told(made)
    return is_named and made.row["birthday_on"] is not None and made.row["birthday_on"] == made.first["birthday_on"]


def _is_left(made: _Second, name: str) -> bool:
    value = made.row[name]
    return bool(value) and (name in made.slipped or _is_known(made, name, value))


def _is_known(made: _Second, name: str, value: object) -> bool:
    """Whether the first record says it, or did before."""
    return any(value == one.get(name) for one in (made.first, *made.besides))


def _was_told(made: _Second) -> bool:
    return bool(made.first["former_name"]) or any("former_name" in one for one in made.besides)


_LIKES = {"household": 40, "brother": 15, "parent": 10, "phone": 10, "mail": 3, "namesake": 22}


def _like(kind: str, first: Row, chance: random.Random, everybody: list[Row]) -> Row:
    """Somebody else who looks like them."""
    other = chance.choice(everybody)
    while other["kind"] != "person" or other["given_name"] in ("", first["given_name"]):
        other = chance.choice(everybody)
    mail = f"{chance.choice('lmnopqrst')}{chance.randrange(10**7)}@example.org"
    own = {"email": mail, "phone_e164": _another_phone(chance), "former_name": ""}
    born, first_born = other["birthday_on"], first["birthday_on"]
    if kind == "household":
        phone = first["phone_e164"] if chance.random() < 0.6 else own["phone_e164"]
        shared_mail = first["email"] if chance.random() < 0.25 else mail
        kin = _kin(first, other["given_name"], other["kana"].split(" ")[-1])
        return kin | own | {"phone_e164": phone, "email": shared_mail, "birthday_on": born, "gender": other["gender"]}
    if kind == "brother":
        day = first_born if chance.random() < 0.5 else first_born and first_born + timedelta(days=700)
        return _kin(first, *_brother(first, chance)) | own | {"phone_e164": first["phone_e164"], "birthday_on": day}
    if kind == "parent":
        kin = _kin(first, *_brother(first, chance))
        if chance.random() < 0.03 and (homophone := _homophone(first, chance)):
            kin = first | homophone
        day = first_born and first_born.replace(year=first_born.year - chance.randrange(22, 40), day=chance.randrange(1, 29))
        return kin | own | {"phone_e164": first["phone_e164"], "birthday_on": day}
    if kind in ("phone", "mail"):
        third = chance.choice(everybody)
        while not third["family_name"]:
            third = chance.choice(everybody)
        name = _named({}, third["family_name"], other["given_name"], f"{third['kana'].split(' ')[0]} {other['kana'].split(' ')[-1]}")
        person = other | name | _elsewhere(chance, everybody) | own | {"birthday_on": third["birthday_on"]}
        return person | ({"phone_e164": first["phone_e164"]} if kind == "phone" else {"email": first["email"]})
    if kind == "same_birthday":
        return first | own | (_elsewhere(chance, everybody) if chance.random() < 0.8 else dict.fromkeys(_ADDRESS, ""))
    place = {name: first[name] for name in ("postal_code", "prefecture", "city")}
    street = f"{first['street'].rstrip('0123456789-')}{chance.randrange(1, 9)}-{chance.randrange(1, 60)}-{chance.randrange(1, 60)}"
    there = place | {"street": street if first["street"] else "", "building": ""}
    return first | there | own | {"birthday_on": born}


def _kin(first: Row, given: str, given_kana: str) -> Row:
    """Somebody of the same family name at the same address."""
    family_kana = first["kana"].split(" ")[0]
    return _named(first, first["family_name"], given, f"{family_kana} {given_kana}" if first["kana"] else "")


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
