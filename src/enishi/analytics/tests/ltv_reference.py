"""粗利LTV once more, as slowly and plainly as `docs/domain.md` writes it: what the analysis is compared with."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

type Row = Mapping[str, Any]


def months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass
class New:
    """One new customer: revenue and profit by month since the first purchase."""

    first_on: date
    channel: str
    product: str | None
    source: str
    revenue: dict[int, float] = field(default_factory=dict)
    profit: dict[int, float] = field(default_factory=dict)

    def watched(self, months: int, as_of: date) -> bool:
        return months_after(self.first_on, months) - timedelta(days=1) <= as_of

    def through(self, told: Mapping[int, float], months: int) -> float:
        return sum(value for month, value in told.items() if month < months)


def new_customers(
    customers: Sequence[Row], orders: Sequence[Row], lines: Sequence[Row], products: Sequence[Row], since: date, params: Any
) -> list[New]:
    known = {row["id"]: row for row in customers if not row["archived"]}
    margins = {row["id"]: row["margin_bp"] for row in products}
    costs = {one.channel: one for one in params.costs}
    found = []
    for pk, customer in sorted(known.items()):
        theirs = [row for row in orders if row["customer_id"] == pk and not row["archived"] and row["ordered_on"] <= params.as_of]
        bought = [row for row in theirs if row["counts"]]
        if not bought:
            continue
        first_on = min(row["ordered_on"] for row in bought)
        if first_on < since:
            continue
        firsts = sorted((row for row in bought if row["ordered_on"] == first_on), key=lambda row: row["id"])
        ids = {row["id"] for row in firsts}
        amounts: dict[int, int] = {}
        for line in lines:
            if line["order_id"] in ids and line["product_id"] is not None:
                amounts[line["product_id"]] = amounts.get(line["product_id"], 0) + line["amount_jpy"]
        product = min(amounts, key=lambda one: (-amounts[one], one)) if amounts else None
        made = New(first_on, firsts[0]["channel"], None if product is None else str(product), customer["acquisition_source"])
        for order in theirs:
            if order["ordered_on"] >= first_on:
                _add(made, order, [line for line in lines if line["order_id"] == order["id"]], margins, costs.get(order["channel"]), params)
        found.append(made)
    return found


def _add(made: New, order: Row, lines: Sequence[Row], margins: Mapping[int, int | None], cost: Any, params: Any) -> None:
    month = next(n for n in range(1_000) if order["ordered_on"] < months_after(made.first_on, n + 1))
    of_lines = sum(line["amount_jpy"] for line in lines)

    def margin(line: Row) -> int:
        own = margins.get(line["product_id"])
        return params.margin_bp if own is None else own

    rate = params.margin_bp / 10_000
    if of_lines:
        rate = sum(line["amount_jpy"] * margin(line) for line in lines) / of_lines / 10_000
    profit = order["goods_jpy"] * rate
    if cost is not None:
        profit -= order["goods_jpy"] * cost.fee_bp / 10_000
        sent = order["counts"] or order["state"] in ("returned", "refused")
        if sent and order["goods_jpy"] >= 0:
            profit -= max(0, cost.shipping_jpy - order["shipping_jpy"] / 1.1)
        profit -= cost.promotion_jpy if order["counts"] else 0
    made.revenue[month] = made.revenue.get(month, 0) + order["goods_jpy"]
    made.profit[month] = made.profit.get(month, 0) + profit
