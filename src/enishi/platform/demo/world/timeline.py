"""When each customer of a block buys: first, second and further purchases, gift seasons, subscriptions, firms."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from enishi.platform.demo.world import staff, truth
from enishi.platform.demo.world.calendar import History
from enishi.platform.demo.world.chance import Flags, Floats, Ints
from enishi.platform.demo.world.goods import CATEGORIES, DASHI, GIFT, TEA, TEIKI
from enishi.platform.demo.world.people import FIRSTS, INSTAGRAM, MALL, ORGANIC, REFERRAL, SHOP, SHOP_QR, People
from enishi.platform.demo.world.second import chances, second_gaps

FIRST, SECOND, FURTHER, GIFT_SEASON, SUBSCRIPTION, FIRM, CAUSED = range(7)
MOST_PURCHASES = 240
_FIRST_CATEGORY = np.array([CATEGORIES.index(name) for name in FIRSTS])
_NO_DAY = -1


@dataclass(frozen=True, slots=True)
class Purchases:
    """Columns over purchases. `who` is the place of the customer in the block, `lead` the category that the
    purchase is about (−1 = none in particular), `cause` a campaign's place + 1 (0 = of their own accord)."""

    who: Ints
    day: Ints
    kind: Ints
    lead: Ints
    cause: Ints

    def __len__(self) -> int:
        return len(self.who)

    def part(self, choice: Flags | Ints) -> Purchases:
        return Purchases(**{field.name: getattr(self, field.name)[choice] for field in fields(self)})


def purchases(who: Ints, day: Ints, kind: int, lead: Ints | int = -1, cause: int = 0) -> Purchases:
    """Purchases of one kind."""
    size = len(who)
    leads = np.full(size, lead, dtype=np.int64) if isinstance(lead, int) else lead
    return Purchases(who, day, np.full(size, kind, dtype=np.int64), leads, np.full(size, cause, dtype=np.int64))


def joined(parts: list[Purchases]) -> Purchases:
    """All of them, by customer and day; two on one day stay two."""
    whole = Purchases(**{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Purchases)})
    return whole.part(np.lexsort((whole.kind, whole.day, whole.who)))


@dataclass(frozen=True, slots=True)
class Habits:
    """What a customer tends to do; columns over the block."""

    favourite: Ints  # category
    interval: Floats  # days between further purchases, on average
    refills: Flags  # buys だし as regularly as it runs out
    gives: Flags  # お歳暮 and お中元, every year
    course: Ints  # 0 none, 1 毎月のお茶便, 2 だし便
    course_from: Ints  # day of the first delivery; −1 = none
    course_until: Ints  # day after which nothing comes; history.length = still running


@dataclass(frozen=True, slots=True)
class Timeline:
    purchases: Purchases
    habits: Habits


def timeline(rng: np.random.Generator, people: People, history: History, *, silent: Flags, scripted: Flags, density: float) -> Timeline:
    """Everything the customers of a block buy of their own accord.

    `silent` marks the best customers of 鎌倉小町店 who stay away; `scripted` those whose purchases are written
    by hand elsewhere; `density` multiplies the purchases after the second (benches only).
    """
    size = len(people)
    buys = ~people.company & ~scripted & ((rng.random(size) >= truth.NEVER_BOUGHT) | silent)
    lag = np.where(rng.random(size) < 0.8, 0, rng.integers(1, 21, size))
    first = np.where(buys, people.joined_day + lag, history.length)
    gap = second_gaps(rng, chances()[people.first_category, people.source])
    gap = np.where(silent & (gap <= 0), truth.F2_DAYS + 1 + rng.integers(0, 60, size), gap)
    second = np.where(gap > 0, first + gap, history.length)
    habits = _habits(rng, people, second, history)
    further = _further(rng, people, habits, second, history, silent, density)
    category = _FIRST_CATEGORY[people.first_category]
    began = np.flatnonzero(first < history.length)
    again = np.flatnonzero(second < history.length)
    parts = [
        purchases(began, first[began], FIRST, category[began]),
        purchases(again, second[again], SECOND),
        further,
        _returns(rng, people, first, silent, history, density),
        _gift_seasons(rng, habits, second, history),
        _subscriptions(habits, history),
        _firms(rng, people, scripted, history),
    ]
    whole = joined(parts)
    stays_away = silent[whole.who] & (whole.day >= history.length - truth.SILENT_SINCE_DAYS)
    return Timeline(whole.part(~stays_away), habits)


def _habits(rng: np.random.Generator, people: People, second: Ints, history: History) -> Habits:
    size = len(people)
    category = _FIRST_CATEGORY[people.first_category]
    own = np.where(rng.random(size) < 0.5, TEA, DASHI)
    favourite = np.where((category == GIFT) | (category >= len(FIRSTS)) | (category == 0), own, category)
    refills = (favourite == DASHI) & (rng.random(size) < 0.45)
    shop = people.place >= staff.YANAKA
    interval = np.exp(rng.normal(np.where(shop, 3.75, 4.15), 0.55))
    interval = np.where(refills, truth.REFILL_DAYS, interval)
    again = second < history.length
    takes = again & ~shop & (people.source != MALL) & (rng.random(size) < 0.13)
    course = np.where(takes, np.where(favourite == DASHI, 2, 1), 0)
    course_from = np.where(takes, second + rng.integers(5, 60, size), _NO_DAY)
    course_from = np.where(course_from < history.length, course_from, _NO_DAY)
    lasts = (rng.geometric(1 / 9.0, size) * 30.4).astype(np.int64)
    return Habits(
        favourite=favourite,
        interval=interval,
        refills=refills,
        gives=again & (rng.random(size) < 0.24),
        course=np.where(course_from >= 0, course, 0),
        course_from=course_from,
        course_until=np.minimum(course_from + lasts, history.length),
    )


def _counts(rng: np.random.Generator, people: People, refills: Flags, silent: Flags, density: float) -> Ints:
    """How many purchases would follow the second one, were there time: few for most, very many for some."""
    size = len(people)
    stops = 0.14 + 0.36 * rng.random(size) ** 0.8
    stops *= np.array(LOYALTY_BY_SOURCE)[people.source]
    stops = np.where(refills, stops * 0.6, stops)
    count = rng.geometric(np.clip(stops, 0.02, 0.95)) - 1
    count = np.where(silent, MOST_PURCHASES, (count * density).astype(np.int64))
    return np.minimum(count, MOST_PURCHASES)


# How soon people stop, by source: the lower the more loyal.
LOYALTY_BY_SOURCE = tuple(
    {MALL: 1.6, INSTAGRAM: 1.5, ORGANIC: 0.7, REFERRAL: 0.8, SHOP_QR: 0.6, SHOP: 0.85}.get(source, 1.2)
    for source in range(len(truth.SOURCE_SHARE))
)
# Purchases a year out of the blue, of people who are else silent.
RETURNS_BY_SOURCE = tuple(
    {MALL: 0.16, INSTAGRAM: 0.14, ORGANIC: 0.5, REFERRAL: 0.45, SHOP_QR: 0.5, SHOP: 0.5}.get(source, 0.24)
    for source in range(len(truth.SOURCE_SHARE))
)
_RETURNS_AFTER = 150


def _returns(rng: np.random.Generator, people: People, first: Ints, silent: Flags, history: History, density: float) -> Purchases:
    """Now and then somebody comes back, mostly before お中元 and お歳暮; never within half a year of the first
    purchase, so that F2 stays what it is."""
    rate = np.array(RETURNS_BY_SOURCE)[people.source] * people.basket
    years = np.clip(history.length - first - _RETURNS_AFTER, 0, None) / 365.0
    count = np.where(silent, 0, rng.poisson(rate * years * density))
    who = np.repeat(np.arange(len(people)), count)
    begins = history.to_operation((first[who] + _RETURNS_AFTER).astype(np.float64))
    clock = begins + rng.random(len(who)) * (history.day_of_operation[-1] - begins)
    day = np.minimum(history.from_operation(clock).astype(np.int64), history.length - 1)
    return purchases(who, day, FURTHER)


def _further(
    rng: np.random.Generator, people: People, habits: Habits, second: Ints, history: History, silent: Flags, density: float
) -> Purchases:
    again = np.flatnonzero(second < history.length)
    count = _counts(rng, people, habits.refills, silent, density)[again]
    who = np.repeat(again, count)
    regular = habits.refills[who] | silent[who]
    interval = np.where(silent[who], 30.0, habits.interval[who]) / density**0.8
    gaps = np.where(regular, rng.gamma(9.0, interval / 9.0), rng.gamma(1.7, interval / 1.7)) + 1.0
    total = np.cumsum(gaps)
    ends = np.cumsum(count)
    before = np.concatenate([[0.0], total])[ends - count]  # of everybody in front
    elapsed = total - np.repeat(before, count)
    day = history.from_operation(history.to_operation(second[who].astype(np.float64)) + elapsed).astype(np.int64)
    keep = day < history.length
    who, day = who[keep], day[keep]
    lead = np.where(habits.refills[who], DASHI, np.where(rng.random(len(who)) < 0.45, habits.favourite[who], -1))
    return purchases(who, day, FURTHER, lead)


def _gift_seasons(rng: np.random.Generator, habits: Habits, second: Ints, history: History) -> Purchases:
    """お歳暮 (late November to mid December) and half as often お中元 (July), once the customer is a regular."""
    parts = []
    for year in range(history.start.year, history.today.year + 1):
        for month, share in ((12, 0.72), (7, 0.36)):
            middle = history.index(history.start.replace(year=year, month=month, day=4 if month == 12 else 9))
            day = middle + rng.normal(0, 6, len(second)).astype(np.int64)
            gives = habits.gives & (rng.random(len(second)) < share) & (day > second) & (day < history.length)
            who = np.flatnonzero(gives)
            parts.append(purchases(who, day[who], GIFT_SEASON, GIFT))
    return joined(parts)


def _subscriptions(habits: Habits, history: History) -> Purchases:
    """One delivery a month for as long as the course runs."""
    who = np.flatnonzero(habits.course > 0)
    begins = habits.course_from[who]
    times = np.maximum((np.minimum(habits.course_until[who], history.length) - begins + 29) // 30, 1)
    repeated = np.repeat(who, times)
    number = np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times)
    day = habits.course_from[repeated] + (number * 30.4).astype(np.int64)
    keep = day < history.length
    return purchases(repeated[keep], day[keep], SUBSCRIPTION, TEIKI)


def _firms(rng: np.random.Generator, people: People, scripted: Flags, history: History) -> Purchases:
    """Firms order monthly or every other month, for years."""
    who = np.flatnonzero(people.company & ~scripted)
    period = np.where(rng.random(len(who)) < 0.65, 30.4, 60.9)
    times = ((history.length - people.joined_day[who]) / period).astype(np.int64)
    repeated = np.repeat(who, times)
    number = np.arange(len(repeated)) - np.repeat(np.cumsum(times) - times, times)
    jitter = rng.integers(0, 6, len(repeated))
    day = people.joined_day[repeated] + (number * np.repeat(period, times)).astype(np.int64) + jitter
    keep = day < history.length
    return purchases(repeated[keep], day[keep], FIRM)
