"""Who the customers are: every trait is a function of (seed, key), so that any block can be made alone.

`key` counts from 1 in the order of registration; people see it as C-000042.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from enishi.platform.demo.world import staff, truth
from enishi.platform.demo.world.calendar import EVENING, OFFICE, OPENING, History, seconds_of_day
from enishi.platform.demo.world.chance import Flags, Floats, Ints, normal, pick, shares, uniform
from enishi.platform.demo.world.names import BUILDINGS, MAIL_HOSTS, family_names, pick_given, towns

SOURCES = tuple(truth.SOURCE_SHARE)
MALL, INSTAGRAM, SEARCH_AD, ORGANIC, SNS, REFERRAL, SHOP_QR, SHOP = range(len(SOURCES))
FIRSTS = tuple(truth.F2_BY_FIRST)  # the categories a first order can be about

# Where the customers of each source buy: weights over staff.PLACES.
PLACE_BY_SOURCE = (
    (0, 1, 0, 0, 0, 0),
    (97, 0, 1, 1, 1, 0),
    (96, 0, 2, 1, 1, 0),
    (90, 0, 4, 4, 2, 0),
    (88, 0, 4, 6, 2, 0),
    (50, 0, 20, 18, 12, 0),
    (0, 0, 38, 36, 26, 0),
    (0, 0, 40, 33, 27, 0),
)
# What the first order of each source is about: weights over FIRSTS.
FIRST_BY_SOURCE = (
    (18, 12, 18, 32, 6, 10, 4),
    (62, 6, 10, 14, 2, 3, 3),
    (34, 20, 20, 14, 2, 6, 4),
    (16, 28, 26, 16, 3, 7, 4),
    (40, 8, 16, 22, 3, 4, 7),
    (10, 24, 24, 24, 4, 10, 4),
    (4, 22, 28, 30, 6, 5, 5),
    (2, 14, 22, 36, 8, 8, 10),
)
# How much people of each source buy at a time.
BASKET_BY_SOURCE = (0.95, 0.53, 1.0, 1.6, 0.9, 1.2, 1.25, 1.0)
UNKNOWN, ALLOWED, RELATION, REFUSED = range(4)  # consent
CONSENT_BY_PLACE = (  # weights over the four, by place; only where there is an address
    (10, 84, 0, 6),
    (62, 8, 24, 6),
    (16, 74, 4, 6),
    (16, 74, 4, 6),
    (26, 64, 4, 6),
    (6, 20, 72, 2),
)
_HAS_MAIL = (0.97, 0.60, 0.52, 0.56, 0.50, 0.92)
_HAS_PHONE = (0.92, 0.95, 0.70, 0.66, 0.72, 1.0)
_HAS_ADDRESS = (0.97, 1.0, 0.55, 0.52, 0.60, 1.0)
_HAS_BIRTHDAY = (0.55, 0.0, 0.48, 0.50, 0.42, 0.0)
_HAS_GENDER = (0.72, 0.10, 0.60, 0.62, 0.40, 0.0)
_ZONE = (0, 0, 1, 2, 3, 0)
MOBILE_STEP = 7_368_787  # coprime to 10⁷: keys become numbers that look unrelated, none twice


@dataclass(frozen=True, slots=True)
class People:
    """Columns over the customers of one block. Days count from the start of the history; −1 = none."""

    key: Ints
    same_as: Ints  # the key of the record this one is a duplicate of; 0 = none
    company: Flags
    family: Ints
    given: Ints
    male: Flags
    born_day: Ints  # days since 1970-01-01
    has_birthday: Flags
    has_gender: Flags
    has_kana: Flags
    town: Ints
    street: Ints  # 丁目 × 10 000 + 番 × 100 + 号; 0 = no address
    building: Ints  # index into BUILDINGS × 1000 + room; −1 = a house
    mail_host: Ints  # −1 = no mail address
    mobile: Ints  # the seven digits behind 020-0; −1 = none
    landline: Flags
    source: Ints
    place: Ints  # where they buy, index into staff.PLACES
    owner: Ints  # index into staff.STAFF; −1 = none
    joined_day: Ints
    joined_second: Ints
    first_category: Ints  # index into FIRSTS
    mail_consent: Ints
    post_consent: Ints
    engagement: Floats  # 0.3 … 2: how gladly this person opens mail
    machine: Flags  # a mail program that opens by itself
    basket: Floats  # how much this person buys at a time; 1 on average

    def __len__(self) -> int:
        return len(self.key)

    def part(self, choice: Flags | Ints) -> People:
        """The rows of a mask or of positions."""
        return People(**{field.name: getattr(self, field.name)[choice] for field in fields(self)})


@cache
def _tables() -> tuple[Floats, tuple[Floats, ...], tuple[Floats, ...], tuple[Floats, ...]]:
    return (
        shares(list(truth.SOURCE_SHARE.values())),
        tuple(shares(row) for row in PLACE_BY_SOURCE),
        tuple(shares(row) for row in FIRST_BY_SOURCE),
        tuple(shares(row) for row in CONSENT_BY_PLACE),
    )


def _pick_by(group: Ints, unit: Floats, tables: tuple[Floats, ...]) -> Ints:
    result = np.zeros(len(unit), dtype=np.int64)
    for number, table in enumerate(tables):
        mask = group == number
        result[mask] = pick(unit[mask], table)
    return result


def is_company(keys: Ints) -> Flags:
    result: Flags = keys % truth.B2B_EVERY == 0
    return result


def is_duplicate(keys: Ints) -> Flags:
    """3 of 100 records, none of them a company or one of the first hundred."""
    result: Flags = ((keys * 37 + 11) % 100 < round(truth.DUPLICATE_SHARE * 100)) & ~is_company(keys) & (keys > 100)
    return result


def is_member(keys: Ints) -> Flags:
    """Who has a member number: all but two of five duplicates, which came to be where nobody showed a card."""
    result: Flags = ~is_duplicate(keys) | (keys // 100 % 5 < 3)
    return result


def originals(seed: int, keys: Ints) -> Ints:
    """For duplicates the earlier key of the same person, 0 for everybody else."""
    wanted = 20 + (uniform(seed, "same", keys) * np.maximum(keys - 20, 1)).astype(np.int64)
    for _ in range(4):
        wanted = np.where(is_company(wanted) | is_duplicate(wanted), wanted - 1, wanted)
    return np.where(is_duplicate(keys), wanted, 0)


def sources(seed: int, keys: Ints) -> Ints:
    return pick(uniform(seed, "source", keys), _tables()[0])


def places(seed: int, keys: Ints) -> Ints:
    chosen = _pick_by(sources(seed, keys), uniform(seed, "place", keys), _tables()[1])
    return np.where(is_company(keys), staff.B2B, chosen)


def joined_at(seed: int, keys: Ints, total: int, history: History) -> Floats:
    """When they came, in days since the start: the old shop cards first, then by season and a little growth."""
    position = (keys - 1 + uniform(seed, "joined", keys)) / total
    later = np.clip((position - truth.EARLY_MEMBERS) / (1 - truth.EARLY_MEMBERS), 0, 1) ** (1 / 1.12)
    first = history.to_operation(np.array([float(truth.EARLY_DAYS)]))[0]
    last = history.day_of_operation[-1]
    days = history.from_operation(first + later * (last - first) * 0.99999)
    return np.where(position < truth.EARLY_MEMBERS, position / truth.EARLY_MEMBERS * truth.EARLY_DAYS, days)


def people(seed: int, keys: Ints, total: int, history: History) -> People:
    """The customers with these keys, of `total`. Fixed people are put over it by `fixed.py`."""
    same_as = originals(seed, keys)
    person = np.where(same_as > 0, same_as, keys)  # what does not differ between two records of one person
    company = is_company(keys)
    place = places(seed, keys)
    joined = joined_at(seed, keys, total, history)
    day = np.minimum(joined.astype(np.int64), history.length - 1)
    male = uniform(seed, "gender", person) < np.where(company, 0.6, 0.34)
    born_year = np.clip(
        history.today.year - 52 + normal(seed, "age", person) * 16, history.today.year - 90, history.today.year - 19
    ).astype(np.int64)
    born_day = ((born_year - 1970) * 365.2425 + uniform(seed, "birthday", person) * 365).astype(np.int64)
    contact = _contacts(seed, keys, same_as, place, born_year)
    return People(
        key=keys,
        same_as=same_as,
        company=company,
        family=_family(seed, keys, person, same_as),
        given=pick_given(uniform(seed, "given", person), male, born_year),
        male=male,
        born_day=born_day,
        has_birthday=_chance(seed, "has birthday", keys, place, _HAS_BIRTHDAY),
        has_gender=_chance(seed, "has gender", keys, place, _HAS_GENDER),
        has_kana=~_chance(seed, "kana", keys, place, tuple(truth.KANA_MISSING.values())),
        town=_pick_by(np.array(_ZONE)[place], uniform(seed, "town", person), towns().cumulative),
        street=np.where(_chance(seed, "address", keys, place, _HAS_ADDRESS), _streets(seed, person), 0),
        building=np.where(uniform(seed, "flat", person) < 0.45, _rooms(seed, person), -1),
        mail_host=contact[0],
        mobile=contact[1],
        landline=contact[2],
        source=np.where(company, REFERRAL, sources(seed, keys)),
        place=place,
        owner=_owners(seed, keys, place),
        joined_day=day,
        joined_second=_joined_seconds(seed, keys, place),
        first_category=_pick_by(sources(seed, keys), uniform(seed, "first", keys), _tables()[2]),
        mail_consent=np.where(contact[0] >= 0, _pick_by(place, uniform(seed, "consent", keys), _tables()[3]), UNKNOWN),
        post_consent=pick(uniform(seed, "post", keys), shares((52, 42, 0, 6))),
        engagement=np.clip(np.exp(normal(seed, "engaged", person) * 0.45), 0.3, 2.0),
        machine=uniform(seed, "machine", person) < truth.MACHINE_OPENERS,
        basket=np.exp(normal(seed, "basket", person) * 0.24 - 0.029)
        * np.array(BASKET_BY_SOURCE)[np.where(company, REFERRAL, sources(seed, keys))],
    )


def _chance(seed: int, topic: str, keys: Ints, place: Ints, by_place: tuple[float, ...]) -> Flags:
    result: Flags = uniform(seed, topic, keys) < np.array(by_place)[place]
    return result


def _family(seed: int, keys: Ints, person: Ints, same_as: Ints) -> Ints:
    names = family_names()
    family = pick(uniform(seed, "family", person), names.cumulative)
    maiden = pick(uniform(seed, "maiden", keys), names.cumulative)
    return np.where((same_as > 0) & (uniform(seed, "married", keys) < 0.12), maiden, family)


def _streets(seed: int, person: Ints) -> Ints:
    chome = 1 + (uniform(seed, "chome", person) ** 1.6 * 7).astype(np.int64)
    block = 1 + (uniform(seed, "block", person) ** 1.3 * 38).astype(np.int64)
    house = 1 + (uniform(seed, "house", person) ** 1.3 * 24).astype(np.int64)
    return chome * 10_000 + block * 100 + house


def _rooms(seed: int, person: Ints) -> Ints:
    name = (uniform(seed, "building", person) * len(BUILDINGS)).astype(np.int64)
    floor = 1 + (uniform(seed, "floor", person) ** 2 * 9).astype(np.int64)
    room = 1 + (uniform(seed, "room", person) * 8).astype(np.int64)
    return name * 1000 + floor * 100 + room


def _contacts(seed: int, keys: Ints, same_as: Ints, place: Ints, born_year: Ints) -> tuple[Ints, Ints, Flags]:
    """Mail host, phone number and whether it is a landline. A duplicate has a mail address of its own, and every
    other one the same phone."""
    mail = pick(uniform(seed, "mail host", keys), shares((46, 22, 18, 8, 6))[: len(MAIL_HOSTS)])
    mail = np.where(_chance(seed, "mail", keys, place, _HAS_MAIL), mail, -1)
    shared = (same_as > 0) & (uniform(seed, "same phone", keys) < 0.55)
    number = np.where(shared, same_as, keys) * MOBILE_STEP % 10_000_000
    mobile = np.where(_chance(seed, "phone", keys, place, _HAS_PHONE), number, -1)
    landline = uniform(seed, "landline", keys) < np.where(place == staff.B2B, 0.9, np.where(born_year < 1955, 0.5, 0.06))
    return mail, mobile, landline


def _owners(seed: int, keys: Ints, place: Ints) -> Ints:
    """Who looks after whom: sales after firms, the shops after every third of theirs, EC after very few."""
    unit = uniform(seed, "owner", keys)
    owner = np.full(len(keys), -1, dtype=np.int64)
    owner[(place == staff.EC) & (unit < 0.05)] = staff.OWNER["mori"]
    owner[(place == staff.YANAKA) & (unit < 0.35)] = staff.OWNER["kobayashi"]
    owner[(place == staff.KAMAKURA) & (unit < 0.35)] = staff.OWNER["hayashi"]
    owner[place == staff.B2B] = staff.OWNER["yoshida"]
    return owner


def _joined_seconds(seed: int, keys: Ints, place: Ints) -> Ints:
    unit = uniform(seed, "joined second", keys)
    online = place <= staff.MALL
    return np.where(
        online, seconds_of_day(EVENING, unit), np.where(place == staff.B2B, seconds_of_day(OFFICE, unit), seconds_of_day(OPENING, unit))
    )
