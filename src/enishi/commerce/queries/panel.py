"""購入の要約: what one customer bought, for the panel of the customer's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from enishi.commerce import access
from enishi.commerce.columns import days_ago_words
from enishi.commerce.models import Order, OrderLine
from enishi.customers.queries.record import locate
from enishi.customers.queries.relations import household_ids
from enishi.customers.resolve import all_ids
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.money import yen

MONTHS = 24
FAVOURITES = 3
BAR_STEP, BAR_WIDTH, CHART_HEIGHT = 10.8, 7.5, 44.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One month's revenue as a bar of the small drawing, in its units."""

    x: float
    y: float
    height: float
    is_highest: bool


@dataclass(frozen=True, slots=True)
class PurchasePanel:
    has_bought: bool
    revenue: str
    count: int
    last: str
    last_ago: str
    first: str
    interval: str
    favourites: str
    bars: tuple[Bar, ...]
    first_month: str
    last_month: str
    highest: str
    household: str  # 「世帯3人で ¥128,000」; empty where there is no household


def purchase_panel(actor: Actor, customer_id: int, *, today: date) -> PurchasePanel:
    """Purchases and revenue of the last 24 months (today's included), without tax, net of returns. Raises NotFound.
    Up to ten queries."""
    current = locate(actor, str(customer_id)).id
    ids = all_ids(current)
    orders = access.visible_orders(actor).filter(customer_id__in=ids, ordered_on__lte=today)
    months = _months(today)
    revenue = orders.filter(ordered_on__gte=months[0]).order_by().values_list("ordered_on").annotate(Sum("goods_jpy"))
    days = list(orders.filter(counts=True).order_by("ordered_on").values_list("ordered_on", flat=True).distinct())
    sums = [0] * MONTHS
    for day, amount in revenue:
        sums[(day.year - months[0].year) * 12 + day.month - months[0].month] += amount
    return PurchasePanel(
        has_bought=bool(days),
        revenue=yen(sum(sums)),
        count=sum(day >= months[0] for day in days),
        last=format_date(days[-1]) if days else "",
        last_ago=days_ago_words(days[-1], today) if days else "",
        first=format_date(days[0]) if days else "",
        interval=_interval(days),
        favourites=_favourites(orders.filter(counts=True, ordered_on__gte=months[0])) if days else "",
        bars=_bars(sums),
        first_month=f"{months[0]:%Y/%m}",
        last_month=f"{today:%Y/%m}",
        highest=yen(max(sums)) if any(sums) else "",
        household=_household(actor, current, months[0], today),
    )


def _household(actor: Actor, customer_id: int, since: date, today: date) -> str:
    """What the people of one house bought together, of those whom the actor may see."""
    people = household_ids(actor, customer_id, today=today)
    if len(people) < 2:
        return ""
    orders = access.visible_orders(actor).filter(customer_id__in=people, ordered_on__gte=since, ordered_on__lte=today)
    total = orders.aggregate(total=Sum("goods_jpy"))["total"] or 0
    return _("世帯%(n)d人で %(amount)s") % {"n": len(people), "amount": yen(total)}


def _months(today: date) -> list[date]:
    """The first days of the last 24 months, this one at the end."""
    start = today.year * 12 + today.month - MONTHS
    return [date((start + i) // 12, (start + i) % 12 + 1, 1) for i in range(MONTHS)]


def _interval(days: Sequence[date]) -> str:
    """The middle of the gaps between purchases; nothing before there are two gaps."""
    gaps = [(later - earlier) // timedelta(days=1) for earlier, later in pairwise(days)]
    return _("いつもの間隔 %(n)d日") % {"n": round(median(gaps))} if len(gaps) > 1 else ""


def _favourites(orders: QuerySet[Order]) -> str:
    """What was bought in most of these orders, returns left out. One query."""
    lines = OrderLine.rows.filter(order_id__in=orders.values("pk"), quantity__gt=0, product__isnull=False)
    top = (
        lines.values("product_id", "product__name")
        .annotate(times=Count("order_id", distinct=True))
        .order_by("-times", "product_id")[:FAVOURITES]
    )
    return "、".join(row["product__name"] for row in top)


def _bars(sums: Sequence[int]) -> tuple[Bar, ...]:
    highest = max(*sums, 1)
    return tuple(
        Bar(round(1 + i * BAR_STEP, 1), round(CHART_HEIGHT - height, 1), height, amount == highest)
        for i, amount in enumerate(sums)
        if (height := round(max(amount, 0) * CHART_HEIGHT / highest, 1)) > 0
    )
