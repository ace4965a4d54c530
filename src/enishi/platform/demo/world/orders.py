"""Purchases become orders with lines, payments, states, gifts and returns; columns over a block."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from enishi.platform.demo.world import staff, truth
from enishi.platform.demo.world.baskets import fill_baskets
from enishi.platform.demo.world.calendar import EVENING, OFFICE, OPENING, History, seconds_of_day
from enishi.platform.demo.world.chance import Flags, Floats, Ints, pick, shares
from enishi.platform.demo.world.columns import CANCELLED, CARD, COD, DONE, RECEIVED, REFUSED, RETURNED, SHIPPED, Lines, Orders
from enishi.platform.demo.world.goods import BASKET, DASHI, GIFT, Goods
from enishi.platform.demo.world.people import People
from enishi.platform.demo.world.plans import PLANS
from enishi.platform.demo.world.timeline import FIRM, FIRST, FURTHER, SUBSCRIPTION, Habits, Purchases

_PAYMENT_BY_PLACE = (
    (60, 18, 10, 12, 0, 0),
    (74, 12, 6, 8, 0, 0),
    (40, 24, 0, 0, 36, 0),
    (44, 24, 0, 0, 32, 0),
    (34, 20, 0, 0, 46, 0),
    (0, 0, 0, 0, 0, 1),
)
_FEE_BP = (325, 298, 0, 500, 0, 0)
_COD_FEE_JPY = 330
_CANCELS, _RETURNS, _REFUSES = 1, 2, 3

FREE_SHIPPING_FROM_JPY = 5_500
SHIPPING_JPY = 660
POSTAGE_JPY = 540  # what a parcel costs us


def orders_of(
    rng: np.random.Generator,
    people: People,
    habits: Habits,
    bought: Purchases,
    history: History,
    goods: Goods,
    sale_days: tuple[int, int],
) -> tuple[Orders, Lines]:
    """The orders behind the purchases, by customer and day, and the ones that came to nothing."""
    made, origin = _with_failures(rng, bought, people, history)
    size = len(made)
    place = _places(rng, people, made)
    payment = np.zeros(size, dtype=np.int64)
    unit = rng.random(size)
    for number, weights in enumerate(_PAYMENT_BY_PLACE):
        mask = place == number
        payment[mask] = pick(unit[mask], shares(weights))
    payment[made.kind == SUBSCRIPTION] = CARD
    gift = (made.lead == GIFT) | ((rng.random(size) < 0.05) & (made.kind != SUBSCRIPTION) & (made.kind != FIRM) & (place != staff.MALL))
    state = _states(origin, place, made.day, history)
    stays = (state != REFUSED) | (payment == COD)
    draft = Orders(
        who=made.who,
        day=made.day,
        second=_seconds(rng, place),
        place=place,
        state=state,
        payment=payment,
        course=np.where(made.kind == SUBSCRIPTION, habits.course[made.who], 0),
        gift=gift,
        cause=made.cause,
        basket=_basket_of(made, place, gift),
        lead=made.lead,
        first=made.kind == FIRST,
        discount_bp=_discounts(made, place, sale_days),
        **{name: np.zeros(size, dtype=np.int64) for name in ("goods_jpy", "tax_jpy", "shipping_jpy", "cost_jpy", "postage_jpy", "fee_jpy")},
    )
    draft = draft.part(stays)
    lines = fill_baskets(rng, draft, people, history, goods)
    return with_money(draft, lines, goods), lines


def _with_failures(rng: np.random.Generator, bought: Purchases, people: People, history: History) -> tuple[Purchases, Ints]:
    """The purchases, and beside them orders of the same people that were cancelled (1), returned (2) or
    perhaps refused at the door (3: only where paid on delivery)."""
    size = len(bought)
    unit = rng.random(size)
    refused = truth.COD_REFUSED_SHARE / (1 - truth.COD_REFUSED_SHARE)
    limits = np.cumsum([truth.CANCELLED_SHARE, truth.RETURNED_SHARE, refused])
    fails = np.searchsorted(limits, unit, side="right") + 1
    place = people.place[bought.who]
    fails = np.where((bought.kind == FIRM) | (bought.kind == SUBSCRIPTION) | (fails > _REFUSES), 0, fails)
    fails = np.where((place >= staff.YANAKA) & (fails != _RETURNS), 0, fails)
    again = np.flatnonzero(fails)
    copy = bought.part(again)
    day = np.clip(copy.day + rng.integers(-9, 12, len(again)), people.joined_day[copy.who], history.length - 1)
    kind = np.where(copy.kind == FIRST, FURTHER, copy.kind)
    extra = Purchases(copy.who, day, kind, np.where(copy.kind == FIRST, copy.lead, -1), np.zeros(len(again), dtype=np.int64))
    both = Purchases(
        **{field.name: np.concatenate([getattr(bought, field.name), getattr(extra, field.name)]) for field in fields(Purchases)}
    )
    origin = np.concatenate([np.zeros(size, dtype=np.int64), fails[again]])
    order = np.lexsort((origin, both.day, both.who))
    return both.part(order), origin[order]


def _places(rng: np.random.Generator, people: People, made: Purchases) -> Ints:
    """Mostly where the customer is at home; shop customers sometimes order by net, and net customers drop in."""
    home = people.place[made.who]
    unit = rng.random(len(made))
    other_shop = staff.YANAKA + (rng.random(len(made)) * 3).astype(np.int64)
    settled = (made.kind == FIRST) | (home == staff.B2B)
    place = np.where((home >= staff.YANAKA) & (unit < 0.07), staff.EC, home)
    place = np.where((home == staff.EC) & (unit < 0.05), other_shop, place)
    place = np.where((home == staff.MALL) & (unit < 0.06), staff.EC, place)
    place = np.where(settled, home, place)
    return np.where((made.kind == SUBSCRIPTION) | ((made.cause > 0) & (home <= staff.MALL)), staff.EC, place)


def _states(origin: Ints, place: Ints, day: Ints, history: History) -> Ints:
    age = history.length - day
    online = (place <= staff.MALL) | (place == staff.B2B)
    fresh = np.where(age <= 1, RECEIVED, np.where(age <= 3, SHIPPED, DONE))
    state = np.where(online, fresh, DONE)
    return np.where(origin == _CANCELS, CANCELLED, np.where(origin == _RETURNS, RETURNED, np.where(origin == _REFUSES, REFUSED, state)))


def _seconds(rng: np.random.Generator, place: Ints) -> Ints:
    unit = rng.random(len(place))
    result = seconds_of_day(EVENING, unit)
    result = np.where((place >= staff.YANAKA) & (place <= staff.KANAZAWA), seconds_of_day(OPENING, unit), result)
    return np.where(place == staff.B2B, seconds_of_day(OFFICE, unit), result)


def _basket_of(made: Purchases, place: Ints, gift: Flags) -> Ints:
    """Which of goods.BASKETS the things beside the lead come from. Orders about だし have their own, so that
    手ぬぐい beside it is planted and not by chance."""
    basket = np.where(place == staff.MALL, BASKET["mall"], np.where(place >= staff.YANAKA, BASKET["shop"], BASKET["ec"]))
    basket = np.where(made.lead == DASHI, BASKET["dashi"], basket)
    basket = np.where(gift, BASKET["gift"], basket)
    basket = np.where(made.kind == FIRST, BASKET["first"], basket)
    basket = np.where(place == staff.B2B, BASKET["b2b"], basket)
    return np.where(made.kind == SUBSCRIPTION, BASKET["teiki"], basket)


def _discounts(made: Purchases, place: Ints, sale_days: tuple[int, int]) -> Ints:
    """Ten per cent for everybody in the sale, and what a campaign promised to those it brought."""
    sale = (made.day >= sale_days[0]) & (made.day < sale_days[1]) & (place == staff.EC) & (made.kind != SUBSCRIPTION)
    promised = np.array([0] + [plan.discount_bp for plan in PLANS])[made.cause]
    result: Ints = np.maximum(np.where(sale, 1000, 0), promised)
    return result


def with_money(orders: Orders, lines: Lines, goods: Goods) -> Orders:
    """The sums of the lines: goods (none where nothing was bought), tax per rate (rounded down once per rate),
    shipping and what it cost us."""
    size = len(orders)
    rate = goods.tax_rate_bp[lines.product]
    amount = np.where((orders.state == CANCELLED) | (orders.state == REFUSED), 0, 1)[lines.order] * lines.amount_jpy
    sold = np.bincount(lines.order, weights=np.where(lines.quantity > 0, lines.amount_jpy, 0), minlength=size)
    net = np.bincount(lines.order, weights=amount, minlength=size)
    tax = np.zeros(size)
    for basis_points in (800, 1000):
        of_rate = np.bincount(lines.order, weights=np.where(rate == basis_points, amount, 0), minlength=size)
        tax += np.floor(of_rate * basis_points / 10_000)
    cost = np.bincount(
        lines.order, weights=np.rint(lines.unit_jpy * lines.quantity * (10_000 - goods.margin_bp[lines.product]) / 10_000), minlength=size
    )
    online = orders.place <= staff.MALL
    free = (sold >= FREE_SHIPPING_FROM_JPY) | (orders.course > 0)
    shipped = online & (orders.state != CANCELLED)
    fee = np.floor((net + tax) * np.array(_FEE_BP)[orders.payment] / 10_000) + np.where((orders.payment == COD) & shipped, _COD_FEE_JPY, 0)
    return Orders(
        **{field.name: getattr(orders, field.name) for field in fields(Orders) if not field.name.endswith("_jpy")},
        goods_jpy=net.astype(np.int64),
        tax_jpy=tax.astype(np.int64),
        shipping_jpy=np.where(online & ~free, SHIPPING_JPY, 0),
        cost_jpy=np.where(orders.counts, cost, 0).astype(np.int64),
        postage_jpy=np.where(shipped & (free | (orders.state >= RETURNED)), POSTAGE_JPY, 0),
        fee_jpy=np.where(orders.counts, fee, 0).astype(np.int64),
    )


def gross_profit(orders: Orders) -> Floats:
    """Revenue less goods, postage borne and payment fees, per order that counts; refused parcels still cost."""
    own = np.where(orders.counts, orders.goods_jpy - orders.cost_jpy - orders.fee_jpy, 0)
    result: Floats = (own - orders.postage_jpy).astype(np.float64)
    return result
