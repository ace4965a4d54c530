"""粗利LTV as its page shows it: what new customers have brought, what is still expected of them, and how far that may be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from enishi.analytics.analyses.ltv import HELD_OUT_DAYS, HoldOutParams, LtvParams
from enishi.analytics.lifetime.model import FEWEST, FEWEST_BACK, FEWEST_DAYS
from enishi.analytics.queries.asking import Asking, Shown, shown
from enishi.analytics.queries.costs import Assumptions, assumptions
from enishi.analytics.sources import spellings
from enishi.commerce.models import Order, Product
from enishi.platform.actor import Actor
from enishi.warehouse.engine.client import Figures

HORIZONS = (6, 12, 24, 36)
BY = ("source", "channel", "product", "month")
MOST_GROUPS = 24


@dataclass(frozen=True, slots=True)
class Group:
    """New customers of one kind; yen a head. `watched_*` of those alone who were there for the whole horizon; `value_*` of all, with what
    is still expected, of which `ahead_jpy` is profit."""

    label: str
    customers: int
    watched: int
    watched_revenue_jpy: int | None
    watched_jpy: int | None
    value_revenue_jpy: int | None
    value_jpy: int | None
    ahead_jpy: int | None
    low_jpy: int | None
    high_jpy: int | None


@dataclass(frozen=True, slots=True)
class Band:
    """Everybody with so many purchases so far: what is expected of one in the next 12 months."""

    label: str
    customers: int
    alive: float | None  # percent
    purchases: float
    profit_jpy: int
    total_jpy: int


@dataclass(frozen=True, slots=True)
class Check:
    """The days held out: what was expected of them, and what came."""

    reason: str
    days: int
    expected: float | None = None
    came: int | None = None
    correlation: float | None = None
    expected_jpy: int | None = None
    came_jpy: int | None = None
    bands: Sequence[tuple[str, int, float, float]] = ()
    labels: Sequence[str] = ()
    chart: Sequence[Mapping[str, object]] = ()

    @property
    def off(self) -> float | None:
        """By how many percent too much was expected; below zero: too little."""
        return (self.expected - self.came) * 100 / self.came if self.expected is not None and self.came else None


@dataclass(frozen=True, slots=True)
class Ltv:
    customers: int
    whole: Group | None  # all new customers as one
    groups: list[Group]
    left_out: int  # groups beyond those shown
    reason: str  # why nothing is expected: words, or ""
    leans: bool  # on what is usual, since there are few customers
    bands: list[Band]
    check: Check
    labels: list[str]
    chart: list[dict[str, object]]
    horizon: int
    margin: float  # percent, of goods without their own
    has_costs: bool


@dataclass(frozen=True, slots=True)
class NoMargin:
    """No figure: nobody has said what goods earn."""


def ltv_page(actor: Actor, *, as_of: date, months: int, horizon: int, by: str) -> Shown[Ltv | NoMargin]:
    """Asks the engine. Raises NotAllowed."""
    told = assumptions()
    return shown(actor, lambda asking: _page(asking, told, as_of, months, horizon, by))


def ltv_params(told: Assumptions, *, as_of: date, months: int, horizon: int) -> LtvParams | None:
    """None where nobody has said what goods earn. One query."""
    if told.margin_bp is None:
        return None
    asked = {"as_of": as_of, "months": months, "horizon": horizon, "margin_bp": told.margin_bp, "discount_bp": told.discount_bp}
    return LtvParams(**asked, costs=told.costs, spellings=tuple(sorted(spellings().items())))


def _page(asking: Asking, told: Assumptions, as_of: date, months: int, horizon: int, by: str) -> Ltv | NoMargin:
    params = ltv_params(told, as_of=as_of, months=months, horizon=horizon)
    if params is None:
        return NoMargin()
    held_out = HoldOutParams(as_of=as_of)
    asking.begin("ltv_holdout", held_out)
    found, check = asking.tables("ltv", params), _check(asking.tables("ltv_holdout", held_out))
    [whole] = found["whole"].records()
    rows = found["groups"].records()
    labels = labels_of(by, [row["key"] for row in rows if row["of"] == by])
    groups = [_group(labels[row["key"]], row) for row in rows if row["of"] == by]
    groups.sort(key=(lambda one: one.label) if by == "month" else (lambda one: -one.customers), reverse=by == "month")
    together = next((_group(_("全体"), row) for row in rows if row["of"] == "all"), None)
    curve = found["curve"].records()
    return Ltv(
        whole["new"],
        together,
        groups[:MOST_GROUPS],
        max(0, len(groups) - MOST_GROUPS),
        reason_words(whole["reason"], whole["customers"], whole["back"]),
        not whole["reason"] and whole["prior"] > 0,
        [_band(row) for row in found["frequencies"].records()],
        check,
        [_("%(n)dか月") % {"n": row["month"]} for row in curve],
        _chart(curve),
        horizon,
        params.margin_bp / 100,
        any(cost.shipping_jpy or cost.fee_bp or cost.promotion_jpy for cost in told.costs),
    )


def labels_of(by: str, keys: Sequence[str | None]) -> dict[str | None, str]:
    """What the values of a kind of group are called. One query for products."""
    unknown = {"source": _("流入経路なし"), "channel": _("不明"), "product": _("商品の情報なし")}.get(by, "")
    names: Mapping[str, Any] = {}
    if by == "channel":
        names = dict(Order.Channel.choices)
    elif by == "product":
        ids = [int(key) for key in keys if key]
        names = {str(pk): name for pk, name in Product.rows.filter(pk__in=ids).values_list("pk", "name")}
    elif by == "month":
        names = {key: key.replace("-", "/") for key in keys if key}
    return {key: str(names.get(key, key)) if key else unknown for key in keys}


def reason_words(reason: str, customers: int, back: int) -> str:
    """Why nothing is expected of anybody."""
    words = {"customers": f"{customers:,}", "back": f"{back:,}", "n": f"{FEWEST:,}", "few": FEWEST_BACK, "days": FEWEST_DAYS}
    return {
        "": "",
        "customers": _("予測には、購入した人が%(n)s人以上要ります（いまは%(customers)s人）。それまでは実績だけを出します。") % words,
        "back": _("予測には、2回以上購入した人が%(few)s人以上要ります（いまは%(back)s人）。それまでは実績だけを出します。") % words,
        "days": _("予測には、最初の購入から%(days)s日以上の記録が要ります。それまでは実績だけを出します。") % words,
        "shape": _("購入の間隔や金額の散らばりが予測の式に合わないため、実績だけを出しています。"),
    }[reason]


def _group(label: str, row: Mapping[str, Any]) -> Group:
    def yen(name: str) -> int | None:
        return None if row[name] is None else round(row[name])

    known = row["profit_jpy"] is not None
    return Group(
        label,
        row["customers"],
        row["mature"],
        yen("mature_revenue_jpy"),
        yen("mature_profit_jpy"),
        yen("revenue_jpy"),
        yen("profit_jpy"),
        yen("ahead_jpy") if known else None,
        yen("low_jpy"),
        yen("high_jpy"),
    )


def _band(row: Mapping[str, Any]) -> Band:
    alive = row["alive"] * 100 if row["least"] > 1 else None  # of who bought once the model does not doubt it
    return Band(
        band_words(row), row["customers"], alive, row["purchases"], round(row["profit_jpy"]), round(row["profit_jpy"] * row["customers"])
    )


def band_words(row: Mapping[str, Any]) -> str:
    least, most = row["least"], row["most"]
    if most > 1_000:
        return _("%(n)s回以上") % {"n": least}
    return _("%(n)s回") % {"n": least if least == most else f"{least}–{most}"}


def _chart(curve: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    series = [(_("実績"), "profit_jpy"), (_("予測を含む"), "expected_jpy")]
    return [
        {"name": name, "values": [None if row[column] is None else round(row[column]) for row in curve]}
        for name, column in series
        if any(row[column] is not None for row in curve)
    ]


def _check(found: Mapping[str, Figures]) -> Check:
    [whole] = found["whole"].records()
    if whole["reason"]:
        return Check(reason_words(whole["reason"], whole["customers"], whole["back"]), HELD_OUT_DAYS)
    months = found["months"].records()
    series = [(_("予測"), "expected"), (_("実績"), "came")]
    return Check(
        "",
        HELD_OUT_DAYS,
        whole["expected"],
        whole["came"],
        whole["correlation"],
        round(whole["expected_jpy"]),
        whole["came_jpy"],
        [(band_words(row), row["customers"], row["expected"], row["came"]) for row in found["bands"].records()],
        [_("%(n)d日") % {"n": row["days"]} for row in months],
        [{"name": name, "values": [round(row[column], 1) for row in months]} for name, column in series],
    )
