"""Discounts that shops write as rows of an order: クーポン −500. They take money off what was sold, and are no goods."""

from __future__ import annotations

from decimal import Decimal

from enishi.platform.japanese.normalise import fold

_WORDS = tuple(map(fold, ("値引", "割引", "クーポン", "ポイント利用", "ポイント充当", "discount", "coupon")))


def is_discount(name: str, money: Decimal | int) -> bool:
    """Whether a row of this name that comes to so much is a discount, whatever sign its quantity has."""
    return money < 0 and any(word in fold(name) for word in _WORDS)
