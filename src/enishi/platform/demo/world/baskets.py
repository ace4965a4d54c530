"""What is in the basket of each order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from enishi.platform.demo.world import staff, truth
from enishi.platform.demo.world.calendar import History
from enishi.platform.demo.world.chance import TABLE_SIZE, Flags, Floats, Ints
from enishi.platform.demo.world.columns import DONE, RETURNED, Lines, Orders
from enishi.platform.demo.world.goods import BASKET, DASHI, GIFT, TEIKI, TENUGUI, TRIAL, Goods
from enishi.platform.demo.world.people import People

_MOST_LINES = 7
_SALE_APPETITE = 2.4  # a discount fills the basket
_REFILL_PRODUCT = "DS-002"
COURSES = ("CO-001", "CO-002")


def fill_baskets(rng: np.random.Generator, orders: Orders, people: People, history: History, goods: Goods) -> Lines:
    """Lines for every order, by order; returned goods as further lines with negative quantities."""
    size = len(orders)
    scale = people.basket[orders.who]
    firm = orders.basket == BASKET["b2b"]
    beside = rng.poisson(0.8 * scale * np.where(orders.discount_bp > 0, _SALE_APPETITE, 1.0))
    count = np.minimum(1 + beside + firm * rng.integers(0, 2, size), _MOST_LINES)
    count = np.where(orders.course > 0, 1 + (rng.random(size) < 0.15), count)
    order = np.repeat(np.arange(size), count)
    head = np.zeros(len(order), dtype=np.bool_)
    head[np.cumsum(count) - count] = True
    month = history.month_of_day[orders.day]
    category = goods.basket_draws[orders.basket[order], (rng.random(len(order)) * TABLE_SIZE).astype(np.int64)].astype(np.int64)
    lead = orders.lead[order]
    category = np.where(head & (lead >= 0), lead, category)
    product = goods.draws[month[order], category, (rng.random(len(order)) * TABLE_SIZE).astype(np.int64)].astype(np.int64)
    product = _usual(rng, orders, goods, product, order, head)
    order, product = _with_tenugui(rng, orders, goods, order, product, month)
    order, product = _once_each(order, product, len(goods.code))
    quantity = _quantities(rng, orders, goods, order, product, scale)
    unit = goods.price_jpy[product]
    amount = (unit * quantity * (10_000 - orders.discount_bp[order])) // 10_000
    elsewhere = orders.gift & ~firm & (rng.random(size) < truth.GIFTS_TO_OTHERS_SHARE)
    recipient = np.where(elsewhere, rng.integers(1, 1 << 40, size), 0)
    lines = Lines(order, product, quantity, unit, amount, np.full(len(order), -1, dtype=np.int64), recipient[order])
    return _with_returns(rng, orders, lines)


def _usual(rng: np.random.Generator, orders: Orders, goods: Goods, product: Ints, order: Ints, head: Flags) -> Ints:
    """Regulars of だし take the pack of thirty; a subscription is its course."""
    refill = head & (orders.lead[order] == DASHI) & ~orders.first[order] & (rng.random(len(order)) < 0.6)
    product = np.where(refill & (goods.until_month[product] > truth.MONTHS), goods.index[_REFILL_PRODUCT], product)
    course = np.array([0, *(goods.index[code] for code in COURSES)])[orders.course[order]]
    return np.where(head & (orders.course[order] > 0), course, product)


def _with_tenugui(rng: np.random.Generator, orders: Orders, goods: Goods, order: Ints, product: Ints, month: Ints) -> tuple[Ints, Ints]:
    """手ぬぐい beside だし: three times as often where people stand in a shop."""
    size = len(orders)
    category = goods.category[product]
    dashi = np.bincount(order[category == DASHI], minlength=size) > 0
    drop = (category == TENUGUI) & dashi[order]
    order, product = order[~drop], product[~drop]
    shop = (orders.place >= staff.YANAKA) & (orders.place <= staff.KANAZAWA)
    chance = np.where(shop, truth.TENUGUI_WITH_DASHI_SHOP, truth.TENUGUI_WITH_DASHI_EC)
    takes = np.flatnonzero(dashi & (orders.place != staff.B2B) & (orders.course == 0) & (rng.random(size) < chance))
    cloth = goods.draws[month[takes], TENUGUI, (rng.random(len(takes)) * TABLE_SIZE).astype(np.int64)].astype(np.int64)
    return np.concatenate([order, takes]), np.concatenate([product, cloth])


def _once_each(order: Ints, product: Ints, products: int) -> tuple[Ints, Ints]:
    """Sorted by order, each product once in it."""
    both = np.unique(order * products + product)
    return both // products, both % products


def _quantities(rng: np.random.Generator, orders: Orders, goods: Goods, order: Ints, product: Ints, scale: Floats) -> Ints:
    unit = rng.random(len(order))
    appetite = 1 - (1 - unit) / np.clip(scale[order], 0.5, 3.0)
    category = goods.category[product]
    quantity = 1 + (appetite > 0.80).astype(np.int64) + (appetite > 0.95)
    quantity = np.where((category == TRIAL) | (category == TEIKI), 1, quantity)
    given = orders.gift[order] & (category == GIFT)
    quantity = np.where(given, 1 + (unit * unit * 2.6).astype(np.int64), quantity)
    firm = orders.basket[order] == BASKET["b2b"]
    return np.where(firm, np.maximum(2, (unit * 4.2).astype(np.int64) + 1), quantity)


def _with_returns(rng: np.random.Generator, orders: Orders, lines: Lines) -> Lines:
    """Adds the lines that give goods back: all of a returned order, now and then one of another."""
    several = np.bincount(lines.order, minlength=len(orders))[lines.order] > 1
    begins = np.r_[True, np.diff(lines.order) > 0]
    one = begins & several & (rng.random(len(lines)) < truth.LINE_RETURNED_SHARE) & (orders.state[lines.order] == DONE)
    back = np.flatnonzero(one | (orders.state[lines.order] == RETURNED))
    given = lines.part(back)
    whole = Lines(
        order=np.concatenate([lines.order, given.order]),
        product=np.concatenate([lines.product, given.product]),
        quantity=np.concatenate([lines.quantity, -given.quantity]),
        unit_jpy=np.concatenate([lines.unit_jpy, given.unit_jpy]),
        amount_jpy=np.concatenate([lines.amount_jpy, -given.amount_jpy]),
        returns=np.concatenate([lines.returns, back]),
        recipient=np.concatenate([lines.recipient, given.recipient]),
    )
    by_order = np.argsort(whole.order, kind="stable")
    place = np.empty(len(by_order), dtype=np.int64)
    place[by_order] = np.arange(len(by_order))
    moved = whole.part(by_order)
    returns = np.where(moved.returns >= 0, place[moved.returns], -1)
    return replace(moved, returns=returns)
