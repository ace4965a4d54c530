"""CPA, 許容CPA and 目標CPA as their page shows them: what a new customer may cost, what they did cost, and what that opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from enishi.analytics.queries.ad_costs import costs_by_source
from enishi.analytics.queries.asking import Asking, Shown, shown
from enishi.analytics.queries.costs import Assumptions, assumptions
from enishi.analytics.queries.ltv import MOST_GROUPS, NoMargin, labels_of, ltv_params, reason_words
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.money import yen as yen_words
from enishi.rules.days import months_before

LIFTS = (0, 10, 20, 30, 50)  # percent by which LTV might grow


@dataclass(frozen=True, slots=True)
class Row:
    """What customers of one source, or of one first product, cost and bring; yen a head.

    `allowed_jpy` is 許容CPA (the 粗利LTV), `target_jpy` 目標CPA. `verdict`: "room" (up to 目標CPA), "thin" (up to 許容CPA), "loss", "free"
    (nothing booked), "nobody" (booked, and nobody came), "unknown". `room_jpy`: 目標CPA less CPA; in a loss 許容CPA less CPA, below
    nothing. `payback`: in which month CPA is earned back, None where it is not within the horizon. `opens`: a loss today, and none any
    more once LTV has grown.
    """

    label: str
    cost_jpy: int | None
    customers: int
    cpa_jpy: int | None
    allowed_jpy: int | None
    low_jpy: int | None
    high_jpy: int | None
    target_jpy: int | None
    verdict: str
    room_jpy: int | None
    payback: int | None
    roas: float | None  # percent
    roi: float | None  # percent
    opens: bool

    @property
    def verdict_tone(self) -> str:
        return {"room": "good", "thin": "wait", "loss": "bad"}.get(self.verdict, "")

    @property
    def verdict_label(self) -> str:
        labels = {
            "room": _("広げられる"),
            "thin": _("利益が薄い"),
            "loss": _("赤字"),
            "nobody": _("新規なし"),
            "free": _("広告費の記録なし"),
        }
        return labels.get(self.verdict, "―")

    @property
    def room_words(self) -> str:
        if self.room_jpy is None or not self.verdict_tone:
            return ""
        yen = yen_words(abs(self.room_jpy))
        return {"room": _("目標まであと%(yen)s"), "thin": _("目標を%(yen)s超過"), "loss": _("1人あたり%(yen)sの損")}[self.verdict] % {
            "yen": yen
        }


@dataclass(frozen=True, slots=True)
class Cpa:
    since: date
    until: date
    whole: Row
    sources: list[Row]
    products: list[Row]
    opened: list[Row]
    reason: str  # why nothing is expected of those who came lately: words, or ""
    has_costs: bool
    chart_labels: list[str]
    chart: list[dict[str, object]]
    horizon: int
    lift: int
    profit: float  # percent of revenue that is to be kept


def cpa_page(actor: Actor, *, as_of: date, months: int, horizon: int, lift: int) -> Shown[Cpa | NoMargin]:
    """Of those who first bought in the last so many whole months. Asks the engine. Raises NotAllowed."""
    policy.require(actor, "cost", "read")
    told = assumptions()
    return shown(actor, lambda asking: _page(asking, told, as_of, months, horizon, lift))


def _page(asking: Asking, told: Assumptions, as_of: date, months: int, horizon: int, lift: int) -> Cpa | NoMargin:
    params = ltv_params(told, as_of=as_of, months=months, horizon=horizon)
    if params is None:
        return NoMargin()
    this_month = as_of.replace(day=1)
    since, until = months_before(this_month, months), this_month - timedelta(days=1)  # costs are booked by whole months
    found = asking.tables("ltv", params.model_copy(update={"first_since": since, "first_until": until}))
    [state] = found["whole"].records()
    groups = {(row["of"], row["key"]): row for row in found["groups"].records()}
    costs, paths = costs_by_source(since, until), _paths(found["paths"].records())
    names = [*{key for of, key in groups if of == "source"} | set(costs)]
    labels = labels_of("source", names)
    rows = [_row(labels[name], costs.get(name), groups.get(("source", name)), told, lift, paths.get(name, ())) for name in names]
    rows.sort(key=lambda row: (-(row.cost_jpy or 0), -row.customers, row.label))
    booked = [row for row in rows if row.cpa_jpy is not None]
    spent = sum(costs.values()) if costs else None
    return Cpa(
        since,
        until,
        _row(_("全体"), spent, groups.get(("all", "all")), told, lift, ()),
        rows,
        _products(groups, found["mix"].records(), costs, told, lift),
        [row for row in rows if row.opens],
        reason_words(state["reason"], state["customers"], state["back"]),
        bool(costs),
        [row.label for row in booked],
        [
            {"name": _("CPA"), "values": [row.cpa_jpy for row in booked]},
            {"name": _("目標CPA"), "values": [row.target_jpy for row in booked]},
            {"name": _("許容CPA"), "values": [row.allowed_jpy for row in booked]},
        ],
        horizon,
        lift,
        told.profit_bp / 100,
    )


def _paths(records: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Of each source the profit a head up to each month."""
    found: dict[str, list[float]] = {}
    for row in records:
        found.setdefault(row["source"], []).append(row["profit_jpy"])
    return found


def _row(label: str, cost: int | None, group: Mapping[str, Any] | None, told: Assumptions, lift: int, path: Sequence[float]) -> Row:
    """`cost`: of all of them; None where nothing is booked."""
    customers = group["customers"] if group else 0
    cpa = cost / customers if cost is not None and customers else None
    profit, revenue = _worth(group)
    grown = 1 + lift / 100
    allowed = None if profit is None else profit * grown
    target = None if allowed is None or revenue is None else allowed - revenue * grown * told.profit_bp / 10_000
    verdict = _verdict(cost, customers, cpa, allowed, target)
    limit = allowed if verdict == "loss" else target
    return Row(
        label,
        cost,
        customers,
        _yen(cpa),
        _yen(allowed),
        _grown(group, "low_jpy", grown),
        _grown(group, "high_jpy", grown),
        _yen(target),
        verdict,
        _yen(limit - cpa) if limit is not None and cpa is not None else None,
        next((month for month, through in enumerate(path, start=1) if cpa is not None and through * grown >= cpa), None),
        revenue * grown * 100 / cpa if revenue is not None and cpa else None,
        (allowed - cpa) * 100 / cpa if allowed is not None and cpa else None,
        cpa is not None and profit is not None and allowed is not None and profit < cpa <= allowed,
    )


def _worth(group: Mapping[str, Any] | None) -> tuple[float | None, float | None]:
    """粗利LTV and 売上LTV: with what is expected, else of those who were there for the whole horizon."""
    if group is None:
        return None, None
    if group["profit_jpy"] is not None:
        return group["profit_jpy"], group["revenue_jpy"]
    return group["mature_profit_jpy"], group["mature_revenue_jpy"]


def _verdict(cost: int | None, customers: int, cpa: float | None, allowed: float | None, target: float | None) -> str:
    if not cost:
        return "free"
    if not customers:
        return "nobody"
    if cpa is None or allowed is None or target is None:
        return "unknown"
    return "loss" if cpa > allowed else "thin" if cpa > target else "room"


def _products(
    groups: Mapping[tuple[str, str | None], Mapping[str, Any]],
    mix: Sequence[Mapping[str, Any]],
    costs: Mapping[str, int],
    told: Assumptions,
    lift: int,
) -> list[Row]:
    """By first product: each customer carries the CPA of their source."""
    people = {key: row["customers"] for (of, key), row in groups.items() if of == "source"}
    shares: dict[str | None, float] = {}
    for row in mix:
        if row["source"] in costs:
            shares[row["product"]] = shares.get(row["product"], 0.0) + costs[row["source"]] * row["customers"] / people[row["source"]]
    keys = sorted((key for of, key in groups if of == "product"), key=lambda key: -groups["product", key]["customers"])[:MOST_GROUPS]
    labels = labels_of("product", keys)
    return [_row(labels[key], round(shares[key]) if key in shares else None, groups["product", key], told, lift, ()) for key in keys]


def _grown(group: Mapping[str, Any] | None, name: str, grown: float) -> int | None:
    return None if group is None or group[name] is None else _yen(group[name] * grown)


def _yen(value: float | None) -> int | None:
    return None if value is None else round(value)
