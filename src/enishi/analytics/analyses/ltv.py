"""粗利LTV: what new customers bring in the N months since their first purchase (`domain.md`, 粗利LTV).

Revenue × margin − shipping that we bear − fees of payment − promotion, over all new customers of the window. Months that have not passed
yet are completed by BG/NBD × Gamma-Gamma × margin, discounted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import ibis
from ibis import _
from pydantic import Field

from enishi.analytics.analyses.periods import WindowParams
from enishi.analytics.lifetime.completing import completed
from enishi.analytics.lifetime.holding_out import compared
from enishi.warehouse.analysis import Analysis, Params
from enishi.warehouse.tables import Tables

if TYPE_CHECKING:
    import ibis.expr.types as ir

TAX_OF_SHIPPING = 0.10  # what is charged for it is kept with tax
HELD_OUT_DAYS = 180

type Yen = Annotated[int, Field(ge=0, le=100_000)]
type Rate = Annotated[int, Field(ge=0, le=10_000)]


class Costs(Params):
    """What an order of one 販売チャネル costs us: carriage and promotion in yen an order, fees in basis points of revenue."""

    channel: str
    shipping_jpy: Yen = 0
    fee_bp: Rate = 0
    promotion_jpy: Yen = 0


class LtvParams(WindowParams):
    """`months`: of whose first purchases, or those from `first_since` to `first_until`; `horizon`: N; `margin_bp`: of goods whose own is
    not known; `discount_bp`: a year; `spellings`: texts of 流入経路, and what each is counted as."""

    horizon: Literal[6, 12, 24, 36] = 12
    margin_bp: Rate
    discount_bp: Rate = 1_000
    costs: tuple[Costs, ...] = ()
    first_since: date | None = None
    first_until: date | None = None
    spellings: tuple[tuple[str, str], ...] = ()

    def is_new(self, first_on: ir.DateColumn) -> ir.BooleanValue:
        """Whether somebody with this first purchase is one of whom it is asked."""
        return first_on.between(ibis.literal(self.first_since or self.since), ibis.literal(self.first_until or self.as_of))


class HoldOutParams(Params):
    as_of: date

    @property
    def cut(self) -> date:
        """The last day that the prediction knows of."""
        return self.as_of - timedelta(days=HELD_OUT_DAYS)


def buyers(tables: Tables, as_of: date) -> ir.Table:
    """Everybody with a purchase by the day: `first_on`, `repeats` after it, `recency` days from it to the last one, `age` days from it
    to the day, `repeat_jpy` revenue of all days but the first, `source`, and `channel` of the first order."""
    days = tables.purchase_days
    days = days.filter(days.ordered_on <= ibis.literal(as_of))
    found = days.group_by("customer_id").agg(
        repeats=_.bought.ifelse(1, 0).sum() - 1,
        first_on=_.ordered_on.min(where=_.bought),
        last_on=_.ordered_on.max(where=_.bought),
        repeat_jpy=_.revenue_jpy.sum() - _.revenue_jpy.sum(where=_.nth == 1).fill_null(0),
    )
    found = found.filter(found.repeats >= 0)
    people = tables.customers.select(customer_id="id", source="acquisition_source")
    found = found.join(people, "customer_id")
    found = found.left_join(_first_orders(tables, found).group_by("customer_id").agg(channel=_.channel.argmin(_.id)), "customer_id")
    return found.select(
        "customer_id",
        "first_on",
        "source",
        "channel",
        repeats=_.repeats.cast("int64"),
        recency=found.last_on.delta(found.first_on, unit="day").cast("int64"),
        age=ibis.literal(as_of).delta(found.first_on, unit="day").cast("int64"),
        repeat_jpy=_.repeat_jpy.cast("int64"),
    )


def _first_orders(tables: Tables, found: ir.Table) -> ir.Table:
    """The purchases of everybody's first day."""
    firsts = found.select("customer_id", ordered_on="first_on")
    orders = tables.orders
    return orders.filter(orders.counts, ~orders.archived).semi_join(firsts, ["customer_id", "ordered_on"])


def first_products(tables: Tables, found: ir.Table) -> ir.Table:
    """By customer, the product of most yen on the first day; among equals the one that has been there longest."""
    lines = tables.order_lines
    orders = _first_orders(tables, found).select("customer_id", order_id="id")
    amounts = lines.filter(lines.product_id.notnull()).join(orders, "order_id")
    amounts = amounts.group_by("customer_id", "product_id").agg(jpy=_.amount_jpy.sum())
    amounts = amounts.mutate(place=ibis.row_number().over(group_by="customer_id", order_by=[ibis.desc("jpy"), "product_id"]))
    return amounts.filter(amounts.place == 0).select("customer_id", "product_id")


def earnings(tables: Tables, new: ir.Table, params: LtvParams) -> ir.Table:
    """Each order of new customers from their first purchase on: `month` since it (0 the first) and whether that
    is over by the day, `revenue_jpy`, `margin_jpy` after fees,
    and `cost_jpy` of the order itself."""
    orders = tables.orders
    theirs = orders.filter(~orders.archived, orders.ordered_on <= ibis.literal(params.as_of)).join(
        new.select("customer_id", "first_on"), "customer_id"
    )
    theirs = theirs.filter(theirs.ordered_on >= theirs.first_on)
    rates = _rates(tables, theirs, params)
    theirs = theirs.left_join(rates, theirs.id == rates.order_id)
    rate = theirs.margin.fill_null(params.margin_bp / 10_000) - _of_channel(theirs.channel, params, "fee_bp") / 10_000
    is_sent = (theirs.counts | theirs.state.isin(["returned", "refused"])) & (theirs.goods_jpy >= 0)
    shipping = ibis.greatest(0, _of_channel(theirs.channel, params, "shipping_jpy") - theirs.shipping_jpy / (1 + TAX_OF_SHIPPING))
    apart = ((theirs.ordered_on.year() - theirs.first_on.year()) * 12 + (theirs.ordered_on.month() - theirs.first_on.month())).cast("int32")
    month = apart - (theirs.ordered_on < _months_after(theirs.first_on, apart)).ifelse(1, 0)
    return theirs.select(
        "customer_id",
        is_first=theirs.ordered_on == theirs.first_on,
        month=month,
        is_whole=_months_after(theirs.first_on, month + 1) <= ibis.literal(params.as_of + timedelta(days=1)),
        revenue_jpy=theirs.goods_jpy,
        margin_jpy=theirs.goods_jpy * rate,
        cost_jpy=is_sent.ifelse(shipping, 0.0) + theirs.counts.ifelse(_of_channel(theirs.channel, params, "promotion_jpy"), 0),
    )


def _months_after(day: ir.DateColumn, months: ir.IntegerColumn) -> ir.DateColumn:
    """The day that begins the next month of a customer; the 31st of a month without one is its last."""
    return (day + months.as_interval("M")).cast("date")


def _rates(tables: Tables, theirs: ir.Table, params: LtvParams) -> ir.Table:
    """The margin of each order as a share of its revenue, by its goods."""
    lines, products = tables.order_lines, tables.products
    mine = lines.semi_join(theirs, lines.order_id == theirs.id)
    told = mine.left_join(products.select(product_id="id", own="margin_bp"), "product_id")
    told = told.mutate(bp=told.own.fill_null(params.margin_bp))
    found = told.group_by("order_id").agg(jpy=_.amount_jpy.sum(), weighted=(_.amount_jpy * _.bp).sum())
    return found.filter(found.jpy != 0).select("order_id", margin=found.weighted / (found.jpy * 10_000))


def _of_channel(channel: ir.StringColumn, params: LtvParams, name: str) -> ir.NumericValue:
    branches = [(channel == costs.channel, getattr(costs, name)) for costs in params.costs if getattr(costs, name)]
    return ibis.cases(*branches, else_=0) if branches else ibis.literal(0)


def results(tables: Tables, params: LtvParams) -> Mapping[str, ir.Table]:
    """`buyers`: everybody, new ones with their first product and what they brought within the horizon; `months`: the new ones' profit by
    source and month since the first purchase, and revenue and profit of those alone whose month is over."""
    everybody = buyers(tables, params.as_of)
    new = everybody.filter(params.is_new(everybody.first_on))
    brought = earnings(tables, new, params)
    within = brought.month < params.horizon
    sums = brought.group_by("customer_id").agg(
        revenue_jpy=brought.revenue_jpy.sum(where=within).fill_null(0).cast("int64"),
        profit_jpy=(brought.margin_jpy - brought.cost_jpy).sum(where=within).fill_null(0.0).cast("float64"),
        later_margin_jpy=brought.margin_jpy.sum(where=~brought.is_first).fill_null(0.0).cast("float64"),
        later_cost_jpy=brought.cost_jpy.sum(where=~brought.is_first).fill_null(0.0).cast("float64"),
    )
    found = everybody.left_join(sums, "customer_id").drop("customer_id_right")
    found = found.left_join(first_products(tables, new), "customer_id").drop("customer_id_right")
    found = found.mutate(is_new=params.is_new(found.first_on))
    told = ("repeats", "recency", "age", "repeat_jpy", "source", "channel", "is_new", "product_id")
    brought = brought.filter(within).mutate(profit_jpy=brought.margin_jpy - brought.cost_jpy)
    return {
        "buyers": found.select(*told, "revenue_jpy", "profit_jpy", "later_margin_jpy", "later_cost_jpy"),
        "months": brought.join(new.select("customer_id", "source"), "customer_id")
        .group_by("source", "month")
        .agg(
            profit_jpy=_.profit_jpy.sum().cast("float64"),
            whole_revenue_jpy=_.revenue_jpy.sum(where=_.is_whole).fill_null(0).cast("int64"),
            whole_profit_jpy=_.profit_jpy.sum(where=_.is_whole).fill_null(0.0).cast("float64"),
        )
        .order_by("source", "month"),
    }


LTV = Analysis(LtvParams, results, finish=completed)


def hold_out(tables: Tables, params: HoldOutParams) -> Mapping[str, ir.Table]:
    """`buyers`: those with a purchase by the cut, as they were known then, with `later` purchases and revenue of the days after it;
    `months`: these purchases by 30 days."""
    cut, days = ibis.literal(params.cut), tables.purchase_days
    known = buyers(tables, params.cut)
    after = days.filter(days.ordered_on > cut, days.ordered_on <= ibis.literal(params.as_of)).semi_join(known, "customer_id")
    after = after.mutate(month=((after.ordered_on.delta(cut, unit="day") - 1) // 30).cast("int32"))
    sums = after.group_by("customer_id").agg(later=_.bought.ifelse(1, 0).sum(), later_jpy=_.revenue_jpy.sum())
    found = known.left_join(sums, "customer_id")
    return {
        "buyers": found.select(
            "repeats",
            "recency",
            "age",
            "repeat_jpy",
            later=_.later.fill_null(0).cast("int64"),
            later_jpy=_.later_jpy.fill_null(0).cast("int64"),
        ),
        "months": after.group_by("month").agg(later=_.bought.ifelse(1, 0).sum().cast("int64")).order_by("month"),
    }


HOLD_OUT = Analysis(HoldOutParams, hold_out, finish=compared)
