"""What the finished campaigns did to the customers of a block: who got what, opened, clicked, bought and left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from enishi.platform.demo.world import staff, truth
from enishi.platform.demo.world.calendar import History
from enishi.platform.demo.world.chance import Flags, Floats, Ints
from enishi.platform.demo.world.goods import DASHI, GIFT
from enishi.platform.demo.world.people import ALLOWED, RELATION, People
from enishi.platform.demo.world.plans import FINISHED_BEFORE_DAYS, PLANS, Audience, Plan
from enishi.platform.demo.world.timeline import CAUSED, FURTHER, GIFT_SEASON, SUBSCRIPTION, Purchases, Timeline, joined, purchases

TREATED, CONTROL = 0, 1
SENT, BOUNCED = 0, 1
_DAY_S = 86_400
_BOUNCE_RATE = 0.012
_MOST_LOST = 0.9
_PULL_DAYS = 80
_BUYERS_OPEN = (0.45, 0.65)  # added for those who buy within the week, usually and in a sale
_BUYERS_CLICK = (0.45, 0.90)  # of them, where they opened
_MOST_STEADY_PURCHASES = 16


@dataclass(frozen=True, slots=True)
class Mailings:
    """One row per assigned customer and send. Times are seconds since the start of the history; −1 = never."""

    plan: Ints
    send: Ints  # 0 … of a series
    who: Ints
    arm: Ints
    state: Ints  # of the treated
    sent_at: Ints
    opened_at: Ints
    machine_at: Ints
    clicked_at: Ints
    unsubscribed_at: Ints

    def __len__(self) -> int:
        return len(self.who)


@dataclass(frozen=True, slots=True)
class _State:
    """The customers as a campaign's day finds them."""

    count: Ints
    first: Ints
    last: Ints
    gave: Flags
    reachable: Flags


def campaign_days(history: History) -> list[tuple[int, int]]:
    """(place in PLANS, day of its first send), oldest first."""
    days = [
        (place, history.latest(plan.month, plan.day, before=FINISHED_BEFORE_DAYS + plan.sends * plan.gap_days))
        for place, plan in enumerate(PLANS)
    ]
    return sorted(days, key=lambda pair: pair[1])


def run_campaigns(
    rng: np.random.Generator, people: People, line: Timeline, history: History, *, scripted: Flags
) -> tuple[Purchases, Mailings, Ints]:
    """The purchases as the campaigns left them, every message, and the day on which each customer opted out
    (`history.length` = never). Purchases of `scripted` customers stay as they are."""
    bought = line.purchases
    left = np.full(len(people), history.length, dtype=np.int64)
    messages: list[Mailings] = []
    for place, day in campaign_days(history):
        plan = PLANS[place]
        if plan.pulls_forward:
            bought = _sale(rng, people, bought, _state(people, bought, left, day), plan, day)
        state = _state(people, bought, left, day)
        who = np.flatnonzero(_AUDIENCE[plan.audience](people, line, state, day, history) & state.reachable)
        arm = _arms(rng, bought, plan, who, day)
        bought = _apply_lift(rng, bought, plan, place, who[(arm == TREATED) & ~scripted[who]], day)
        for send in range(plan.sends):
            rows = _deliver(rng, people, bought, state, plan, place, send, who, arm, day + send * plan.gap_days, left)
            messages.append(rows)
            gone = rows.unsubscribed_at >= 0
            left[rows.who[gone]] = rows.unsubscribed_at[gone] // _DAY_S
    return (
        bought,
        Mailings(**{field.name: np.concatenate([getattr(part, field.name) for part in messages]) for field in fields(Mailings)}),
        left,
    )


def _state(people: People, bought: Purchases, left: Ints, day: int) -> _State:
    size = len(people)
    known = bought.part(bought.day < day)
    first = np.full(size, 1 << 20, dtype=np.int64)
    last = np.full(size, -(1 << 20), dtype=np.int64)
    np.minimum.at(first, known.who, known.day)
    np.maximum.at(last, known.who, known.day)
    allowed = (people.mail_consent == ALLOWED) | (people.mail_consent == RELATION)
    gifts = np.bincount(known.who[known.lead == GIFT], minlength=size) > 0
    reachable = allowed & (people.mail_host >= 0) & (people.joined_day < day) & (left > day)
    return _State(np.bincount(known.who, minlength=size), first, last, gifts, reachable)


def _born_next_month(people: People, day: int, history: History) -> Flags:
    month = people.born_day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    result: Flags = people.has_birthday & (month == history.day(day).month % 12 + 1)
    return result


_Choice = Callable[[People, Timeline, _State, int, History], Flags]
_AUDIENCE: dict[Audience, _Choice] = {
    Audience.EVERYBODY: lambda p, t, s, d, h: ~p.company,
    Audience.STEADY: lambda p, t, s, d, h: (
        ~p.company & (s.count >= 2) & (s.count <= _MOST_STEADY_PURCHASES) & (s.last - s.first >= 90) & (d - s.last <= 240)
    ),
    Audience.DORMANT: lambda p, t, s, d, h: ~p.company & (s.count >= 1) & (d - s.last > 180),
    Audience.ONE_PURCHASE: lambda p, t, s, d, h: (s.count == 1) & (d - s.last >= 45) & (d - s.last <= 100),
    Audience.BORN_NEXT_MONTH: lambda p, t, s, d, h: _born_next_month(p, d, h),
    Audience.GIVERS: lambda p, t, s, d, h: s.gave & ~p.company,
    Audience.MALL: lambda p, t, s, d, h: p.place == staff.MALL,
    Audience.DASHI_REFILL: lambda p, t, s, d, h: (t.habits.favourite == DASHI) & (s.count >= 1) & (d - s.last >= 35) & (d - s.last <= 100),
    Audience.KAMAKURA: lambda p, t, s, d, h: p.place == staff.KAMAKURA,
    Audience.RECENT: lambda p, t, s, d, h: ~p.company & (s.count >= 1) & (d - s.last <= 365),
}


def _sale(rng: np.random.Generator, people: People, bought: Purchases, state: _State, plan: Plan, day: int) -> Purchases:
    """A sale that everybody sees on the site, mailed or not: some who are active buy in it, and some of the
    purchases of the next weeks happen in it instead. Nobody within 90 days of a first purchase, so that F2
    stays what it is."""
    soon = (bought.kind == FURTHER) & (bought.day >= day + truth.GOAL_DAYS) & (bought.day < day + _PULL_DAYS)
    moves = soon & (rng.random(len(bought)) < plan.pulls_forward)
    moved = np.where(moves, day + rng.integers(0, truth.GOAL_DAYS, len(bought)), bought.day)
    active = (day - state.last <= 400) & (day - state.first > truth.F2_DAYS) & (people.place == staff.EC)
    who = np.flatnonzero(active & (rng.random(len(people)) < plan.rush))
    rush = purchases(who, day + rng.integers(0, truth.GOAL_DAYS, len(who)), FURTHER)
    return joined([Purchases(bought.who, moved, bought.kind, bought.lead, bought.cause), rush])


def _window(bought: Purchases, plan: Plan, day: int) -> Flags:
    """The purchases that fall into the goal days of a campaign's sends."""
    result: Flags = (bought.day >= day) & (bought.day < day + truth.GOAL_DAYS + (plan.sends - 1) * plan.gap_days)
    return result


def _systematic(rng: np.random.Generator, size: int, share: float) -> Flags:
    """Places chosen at equal distances from a random start: each as likely as the other, and as many as the share says."""
    result: Flags = np.diff(np.floor(np.arange(size + 1) * share + rng.random())) > 0
    return result


def _arms(rng: np.random.Generator, bought: Purchases, plan: Plan, who: Ints, day: int) -> Ints:
    """Who is held back. Those who buy anyway are dealt out evenly, so that the planted lift shows in few people, too."""
    size = int(max(bought.who.max(initial=0), who.max(initial=0))) + 1
    buyer = np.bincount(bought.who[_window(bought, plan, day)], minlength=size) > 0
    order = np.lexsort((rng.random(len(who)), buyer[who]))
    arm = np.empty(len(who), dtype=np.int64)
    arm[order] = np.where(_systematic(rng, len(who), plan.control_share), CONTROL, TREATED)
    return arm


def _apply_lift(rng: np.random.Generator, bought: Purchases, plan: Plan, place: int, treated: Ints, day: int) -> Purchases:
    """Adds purchases (or takes some away) so that the share of buyers among the treated moves by the lift."""
    if not len(treated) or plan.lift == 0.0:
        return bought
    inside = _window(bought, plan, day)
    size = int(max(bought.who.max(initial=0), treated.max())) + 1
    buyer = np.bincount(bought.who[inside], minlength=size) > 0
    base = float(buyer[treated].mean())
    if plan.lift > 0:
        others = treated[~buyer[treated]]
        who = rng.permutation(others)[_systematic(rng, len(others), plan.lift / max(1.0 - base, 0.05))]
        when = day + 1 + np.minimum(rng.exponential(1.2, len(who)).astype(np.int64), truth.GOAL_DAYS - 2)
        return joined([bought, purchases(who, when, CAUSED, plan.category, place + 1)])
    share = min(-plan.lift / base, _MOST_LOST) if base else 0.0
    member = np.zeros(size, dtype=np.bool_)
    member[treated] = True
    removable = inside & member[bought.who] & ((bought.kind == FURTHER) | (bought.kind == GIFT_SEASON)) & (bought.kind != SUBSCRIPTION)
    lost = removable & (rng.random(len(bought)) < share)
    return bought.part(~lost)


def open_chance(days_since: Ints) -> Floats:
    """How likely a message is opened by a person, by the days since their last purchase."""
    limits = np.array([limit for limit, _ in truth.OPEN_BY_FRESHNESS])
    values = np.array([value for _, value in truth.OPEN_BY_FRESHNESS])
    return values[np.minimum(np.searchsorted(limits, days_since), len(values) - 1)]


def _deliver(
    rng: np.random.Generator,
    people: People,
    bought: Purchases,
    state: _State,
    plan: Plan,
    place: int,
    send: int,
    audience: Ints,
    arms: Ints,
    day: int,
    left: Ints,
) -> Mailings:
    """One send of a campaign. Whoever opted out on the way gets no more of it."""
    still = left[audience] > day
    who, arm = audience[still], arms[still]
    size = len(who)
    treated = arm == TREATED
    at = day * _DAY_S + plan.hour * 3600 + rng.integers(0, 240, size)
    bounced = rng.random(size) < _BOUNCE_RATE
    reached = treated & ~bounced
    buys = _buys_soon(bought, len(people), day)[who]
    opens = reached & (
        rng.random(size)
        < np.clip(open_chance(day - state.last[who]) * people.engagement[who] + _BUYERS_OPEN[plan.rush > 0] * buys, 0, 0.95)
    )
    opened = at + 60 + (rng.exponential(0.35, size) * _DAY_S).astype(np.int64)
    machine = reached & people.machine[who]
    wants = np.where(buys, _BUYERS_CLICK[plan.rush > 0], 0.13 * plan.click_factor)
    clicks = opens & (rng.random(size) < wants)
    clicked = opened + rng.integers(8, 240, size)
    leaves = reached & (rng.random(size) < plan.unsubscribe_rate * np.where(day - state.last[who] > 180, 1.6, 1.0))
    return Mailings(
        plan=np.full(size, place, dtype=np.int64),
        send=np.full(size, send, dtype=np.int64),
        who=who,
        arm=arm,
        state=np.where(bounced & treated, BOUNCED, SENT),
        sent_at=np.where(treated, at, -1),
        opened_at=np.where(opens, opened, -1),
        machine_at=np.where(machine, at + rng.integers(2, 50, size), -1),
        clicked_at=np.where(clicks, clicked, -1),
        unsubscribed_at=np.where(leaves, np.where(opens, opened, at) + 300, -1),
    )


def _buys_soon(bought: Purchases, size: int, day: int) -> Flags:
    inside = (bought.day >= day) & (bought.day < day + truth.GOAL_DAYS) & (bought.kind != SUBSCRIPTION)
    result: Flags = np.bincount(bought.who[inside], minlength=size) > 0
    return result
