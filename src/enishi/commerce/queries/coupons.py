"""Coupons as orders tell them: each code with what it was used for."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q, Sum

from enishi.commerce import access
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.money import yen

MOST = 200  # codes on the page


@dataclass(frozen=True, slots=True)
class CouponRow:
    code: str
    orders: str  # purchases with it
    buyers: str
    taken_off: str
    goods: str  # of these purchases, without tax, after what was taken off
    first_on: str
    last_on: str


def coupon_rows(actor: Actor) -> list[CouponRow]:
    """The codes that were used in purchases which the actor may see, the latest used first. One query."""
    rows = access.visible_orders(actor).filter(~Q(coupon_code=""), counts=True).values("coupon_code")
    figures = rows.annotate(
        n=Count("pk"),
        buyers=Count("customer", distinct=True),
        off=Sum("coupon_jpy"),
        goods=Sum("goods_jpy"),
        first=Min("ordered_on"),
        last=Max("ordered_on"),
    ).order_by("-last", "coupon_code")[:MOST]
    return [
        CouponRow(
            code=row["coupon_code"],
            orders=f"{row['n']:,}",
            buyers=f"{row['buyers']:,}",
            taken_off=yen(row["off"]),
            goods=yen(row["goods"]),
            first_on=format_date(row["first"]),
            last_on=format_date(row["last"]),
        )
        for row in figures
    ]
