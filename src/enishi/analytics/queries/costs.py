"""What orders cost and what LTV is worked out with, as the company has said."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Avg

from enishi.analytics.analyses.ltv import Costs
from enishi.analytics.models import ChannelCost, ValueSettings
from enishi.commerce.models import Order, Product
from enishi.platform import policy
from enishi.platform.actor import Actor


@dataclass(frozen=True, slots=True)
class Assumptions:
    """`margin_bp`: of goods whose own is not known, None where nobody has said it and no product has one."""

    margin_bp: int | None
    discount_bp: int
    profit_bp: int
    costs: tuple[Costs, ...]


def assumptions() -> Assumptions:
    """What analyses count with; public to whoever may see their figures. Three queries at most."""
    settings = ValueSettings.rows.first()
    margin = settings.margin_bp if settings else None
    if margin is None:
        mean = Product.rows.aggregate(mean=Avg("margin_bp"))["mean"]
        margin = None if mean is None else min(round(mean), 10_000)
    settings = settings or ValueSettings()
    rows = ChannelCost.rows.order_by("channel").values("channel", "shipping_jpy", "fee_bp", "promotion_jpy")
    return Assumptions(margin, settings.discount_bp, settings.profit_bp, tuple(Costs(**row) for row in rows))


@dataclass(frozen=True, slots=True)
class CostsPage:
    """What the form begins with: its fields by name, in percent and yen; `known_margin` in percent: the mean of products that have one."""

    values: dict[str, object]
    known_margin: float | None
    can_change: bool


def costs_page(actor: Actor) -> CostsPage:
    """Raises NotAllowed. Three queries."""
    policy.require(actor, "cost", "read")
    settings = ValueSettings.rows.first() or ValueSettings()
    values: dict[str, object] = {name: _percent(getattr(settings, name)) for name in ("margin_bp", "discount_bp", "profit_bp")}
    for channel in Order.Channel.values:
        values |= {f"{channel}-shipping_jpy": 0, f"{channel}-fee_bp": 0, f"{channel}-promotion_jpy": 0}
    for row in ChannelCost.rows.all():
        values |= {f"{row.channel}-shipping_jpy": row.shipping_jpy, f"{row.channel}-promotion_jpy": row.promotion_jpy}
        values[f"{row.channel}-fee_bp"] = _percent(row.fee_bp)
    mean = Product.rows.aggregate(mean=Avg("margin_bp"))["mean"]
    return CostsPage(values, None if mean is None else round(mean / 100, 1), policy.allowed(actor, "cost", "update"))


def _percent(basis_points: int | None) -> float | int | None:
    if basis_points is None:
        return None
    return basis_points // 100 if basis_points % 100 == 0 else basis_points / 100
