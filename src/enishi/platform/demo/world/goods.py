"""The 120 products of the two brands: prices, margins, seasons, successors, and what is asked for when."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from enishi.platform.demo.world import truth
from enishi.platform.demo.world.chance import TABLE_SIZE, Ints, lookup_table
from enishi.platform.demo.world.names import Texts, rows_of, texts

CATEGORIES: Final = ("trial", "dashi", "tea", "sweets", "senbei", "gift", "zakka", "tenugui", "teiki")
TRIAL, DASHI, TEA, SWEETS, SENBEI, GIFT, ZAKKA, TENUGUI, TEIKI = range(9)
CATEGORY_LABEL: Final = ("お試し", "だし", "お茶", "和菓子", "あられ・豆菓子", "贈答", "うつわ・雑貨", "手ぬぐい", "定期")
#: What stands above them in the tree of categories; the others stand by themselves.
CATEGORY_TREE: Final = {"食品": CATEGORY_LABEL[1:5], "雑貨": CATEGORY_LABEL[6:8]}

# What lies beside the first thing in the basket: weights over CATEGORIES, by where and why people buy.
BASKETS: Final = {
    "first": (0, 0, 22, 30, 12, 3, 6, 0, 0),
    "ec": (1, 24, 30, 22, 9, 3, 5, 0, 0),
    "mall": (2, 14, 22, 36, 12, 6, 3, 0, 0),
    "shop": (0, 12, 24, 38, 14, 3, 7, 4, 0),
    "gift": (0, 2, 8, 14, 4, 60, 6, 0, 0),
    "b2b": (0, 30, 44, 12, 10, 4, 0, 0, 0),
    "dashi": (0, 26, 30, 22, 12, 2, 4, 0, 0),  # with だし: 手ぬぐい is planted apart
    "teiki": (0, 0, 40, 40, 20, 0, 0, 0, 0),
}
BASKET: Final = {name: place for place, name in enumerate(BASKETS)}


@dataclass(frozen=True, slots=True)
class Goods:
    """Columns over the products, and tables of `TABLE_SIZE` draws."""

    code: Texts
    name: Texts
    brand: Texts
    category: Ints
    tax_rate_bp: Ints
    price_jpy: Ints
    margin_bp: Ints
    until_month: Ints  # months of history in which it was sold; MONTHS + 1 = still
    successor: Ints  # −1 = none
    sold_out: NDArray[np.bool_]
    index: dict[str, int]
    draws: NDArray[np.int16]  # (month of history, category, draw) → product
    basket_draws: NDArray[np.int16]  # (basket, draw) → category


def _months(text: str) -> set[int]:
    if text == "-":
        return set(range(1, 13))
    result: set[int] = set()
    for part in text.split(","):
        first, last = (int(month) for month in part.split("-"))
        result |= {(month - 1) % 12 + 1 for month in range(first, (last if last >= first else last + 12) + 1)}
    return result


@cache
def goods(first_calendar_month: int) -> Goods:
    """The products as a history that begins in this calendar month sells them."""
    rows = rows_of("products.tsv")
    codes = [row[0] for row in rows]
    index = {code: place for place, code in enumerate(codes)}
    category = np.array([CATEGORIES.index(row[2]) for row in rows], dtype=np.int64)
    until = np.array([truth.MONTHS + 1 if row[10] == "-" else int(row[10]) for row in rows], dtype=np.int64)
    seasons = [_months(row[8]) for row in rows]
    weight = np.array([float(row[7]) for row in rows])
    successors = {index[row[11]]: int(row[10]) for row in rows if row[11] != "-"}
    months = truth.MONTHS + 1
    draws = np.zeros((months, len(CATEGORIES), TABLE_SIZE), dtype=np.int16)
    for month in range(months):
        calendar = (first_calendar_month - 1 + month) % 12 + 1
        open_now = np.array([calendar in season for season in seasons]) & (until > month)
        for place, since in successors.items():
            open_now[place] &= month >= since - 2  # a successor appears shortly before the old one goes
        for number in range(len(CATEGORIES)):
            now = np.where(open_now & (category == number), weight, 0.0)
            draws[month, number] = lookup_table(now)
    return Goods(
        code=texts(codes),
        name=texts([row[1] for row in rows]),
        brand=texts([row[3] for row in rows]),
        category=category,
        tax_rate_bp=np.array([int(row[4]) for row in rows], dtype=np.int64),
        price_jpy=np.array([int(row[5]) for row in rows], dtype=np.int64),
        margin_bp=np.array([int(row[6]) for row in rows], dtype=np.int64),
        until_month=until,
        successor=np.array([index.get(row[11], -1) for row in rows], dtype=np.int64),
        sold_out=np.array([row[12] == "out" for row in rows]),
        index=index,
        draws=draws,
        basket_draws=np.stack([lookup_table(np.array(weights, dtype=np.float64)) for weights in BASKETS.values()]),
    )
