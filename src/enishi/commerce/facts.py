"""What a customer bought, for rules: the summary of all purchases, and orders and items within a window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import F, Func, IntegerField, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.commerce.access import PURCHASES
from enishi.commerce.models import Order, OrderLine, Product, PurchaseSummary, Store
from enishi.platform.privacy import Privacy
from enishi.rules.facts import Fact, Group, Suggestion
from enishi.rules.operators import DateOp, DateTest, LastMonths, NumberOp, NumberTest
from enishi.rules.shapes import Measure, Property, Rows, RowSource, Summary
from enishi.rules.tree import Condition
from enishi.rules.values import Choice, Kind, Words

PURCHASE = Group("purchase", _("購入のまとめ"), "order")
IN_WINDOW = Group("orders", _("期間内の購入"), "calendar")

_WINDOW = LastMonths(months=24)


# ---- choices ----------------------------------------------------------------------------------------------


def _channels() -> Sequence[Choice]:
    return [Choice(value, label) for value, label in Order.Channel.choices]


def _states() -> Sequence[Choice]:
    return [Choice(value, label) for value, label in Order.State.choices]


def _stores() -> Sequence[Choice]:
    return [Choice(str(pk), name) for pk, name in Store.rows.order_by("code").values_list("pk", "name")]


def _products() -> Sequence[Choice]:
    return [Choice(str(pk), f"{name}（{code}）") for pk, name, code in Product.rows.order_by("code").values_list("pk", "name", "code")]


def _used(column: str) -> Sequence[Choice]:
    names = Product.rows.order_by(column).values_list(column, flat=True).distinct()
    return [Choice(name, name) for name in names if name]


# ---- rows -------------------------------------------------------------------------------------------------


def _orders() -> QuerySet[Any]:
    """Orders that are purchases, of somebody who is known."""
    return Order.rows.filter(counts=True, customer__isnull=False)


def _all_orders() -> QuerySet[Any]:
    return Order.rows.filter(customer__isnull=False)


def _lines() -> QuerySet[Any]:
    """Bought goods: lines of purchases, without the lines that take something back."""
    return OrderLine.rows.filter(order__counts=True, order__customer__isnull=False, quantity__gt=0)


def _keyed(*properties: Property) -> Mapping[str, Property]:
    return {found.key: found for found in properties}


def _choice(key: str, label: Words, value: str, choices: Callable[[], Sequence[Choice]], *, numbered: bool = False) -> Property:
    return Property(
        key=key,
        label=label,
        kind=Kind.CHOICE,
        privacy=Privacy.INTERNAL,
        right=PURCHASES,
        choices=choices,
        numbered=numbered,
        value=F(value),
    )


def _amount() -> Property:
    label = _("1件の金額（税抜）")
    return Property(
        key="amount", label=label, kind=Kind.MONEY, privacy=Privacy.INTERNAL, right=PURCHASES, unit=_("円"), value=F("goods_jpy")
    )


def _subscription() -> Property:
    return Property(key="subscription", label=_("定期"), kind=Kind.FLAG, privacy=Privacy.INTERNAL, right=PURCHASES, value=F("subscription"))


# ---- the same in the mirror -------------------------------------------------------------------------------


def _mirrored_orders(tables: Any) -> Any:
    return tables.orders.filter(tables.orders.customer_id.notnull(), tables.orders.counts)


def _all_mirrored_orders(tables: Any) -> Any:
    return tables.orders.filter(tables.orders.customer_id.notnull())


def _mirrored_lines(tables: Any) -> Any:
    orders, products = _mirrored_orders(tables), tables.products
    orders = orders.select(
        order__id=orders.id,
        order__customer_id=orders.customer_id,
        order__ordered_on=orders.ordered_on,
        order__channel=orders.channel,
        order__store_id=orders.store_id,
    )
    products = products.select(
        product__id=products.id,
        product__category__name=products.category,
        product__category__top__name=products.top_category,
        product__brand=products.brand,
    )
    lines = tables.order_lines.filter(tables.order_lines.quantity_milli > 0)
    lines = lines.inner_join(orders, lines.order_id == orders.order__id)
    return lines.left_join(products, lines.product_id == products.product__id)


def _mirrored_summaries(tables: Any) -> Any:
    """What `summaries.recompute` keeps, of the days on which somebody bought or gave back."""
    days = tables.purchase_days
    bought = days.bought.ifelse(days.ordered_on, None)
    found = days.group_by("customer_id").agg(
        purchase_count=bought.count(), first_on=bought.min(), last_on=bought.max(), revenue_jpy=days.revenue_jpy.sum()
    )
    found = found.filter(found.purchase_count > 0)
    return found.mutate(tenure=found.last_on.delta(found.first_on, unit="day"))


ORDERS = RowSource(
    "orders",
    rows=_orders,
    mirrored=_mirrored_orders,
    customer=lambda: F("customer_id"),
    at=F("ordered_on"),
    properties=_keyed(
        _choice("channel", _("販売チャネル"), "channel", _channels),
        _choice("store", _("店舗"), "store_id", _stores, numbered=True),
        _amount(),
        _subscription(),
    ),
)
# A return that came as an order of its own is no purchase, and takes from the revenue all the same.
REVENUE = replace(ORDERS, name="revenue", rows=_all_orders, mirrored=_all_mirrored_orders)
ALL_ORDERS = RowSource(
    "all_orders",
    rows=_all_orders,
    mirrored=_all_mirrored_orders,
    customer=lambda: F("customer_id"),
    at=F("ordered_on"),
    properties=_keyed(
        _choice("state", _("状態"), "state", _states),
        _choice("channel", _("販売チャネル"), "channel", _channels),
        _choice("store", _("店舗"), "store_id", _stores, numbered=True),
    ),
)
LINES = RowSource(
    "lines",
    rows=_lines,
    mirrored=_mirrored_lines,
    customer=lambda: F("order__customer_id"),
    at=F("order__ordered_on"),
    properties=_keyed(
        _choice("product", pgettext_lazy("singular", "商品"), "product_id", _products, numbered=True),
        _choice("category", _("カテゴリ"), "product__category__name", lambda: _used("category__name")),
        _choice("top_category", _("大カテゴリ"), "product__category__top__name", lambda: _used("category__top__name")),
        _choice("brand", _("ブランド"), "product__brand", lambda: _used("brand")),
        _choice("channel", _("販売チャネル"), "order__channel", _channels),
        _choice("store", _("店舗"), "order__store_id", _stores, numbered=True),
    ),
)


def _summaries() -> QuerySet[Any]:
    days = Func(F("last_on"), F("first_on"), template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())
    return PurchaseSummary.rows.annotate(tenure=days)


def _summary(key: str, label: Words, kind: Kind, column: str, *, absent: int | None, unit: Words = "") -> Fact:
    return Fact(
        key=key,
        label=label,
        kind=kind,
        privacy=Privacy.INTERNAL,
        right=PURCHASES,
        group=PURCHASE,
        shape=Summary(rows=_summaries, customer=F("customer_id"), value=F(column), absent=absent, mirrored=_mirrored_summaries),
        unit=unit,
        never_empty=absent is not None,
    )


def _windowed(
    key: str,
    label: Words,
    kind: Kind,
    shape: Rows,
    *,
    windowed_label: Words = "",
    unit: Words = "",
    note: Words = "",
    phrases: Mapping[str, tuple[Words, Words]] | None = None,
) -> Fact:
    return Fact(
        key=key,
        label=label,
        kind=kind,
        privacy=Privacy.INTERNAL,
        right=PURCHASES,
        group=IN_WINDOW,
        shape=shape,
        windowed_label=windowed_label,
        unit=unit,
        never_empty=shape.measure is not Measure.LATEST,
        default_window=_WINDOW,
        phrases=phrases or {},
        help=note,
    )


FACTS: list[Fact | Suggestion] = [
    _summary("purchase.count", _("購入回数"), Kind.NUMBER, "purchase_count", absent=0, unit=pgettext_lazy("counter", "回")),
    _summary("purchase.last", _("最終購入"), Kind.DATE, "last_on", absent=None),
    _summary("purchase.first", _("初回購入"), Kind.DATE, "first_on", absent=None),
    _summary("purchase.tenure", _("初回から最終購入までの日数"), Kind.NUMBER, "tenure", absent=None, unit=pgettext_lazy("counter", "日")),
    _summary("purchase.revenue", _("購入金額の合計（税抜）"), Kind.MONEY, "revenue_jpy", absent=0, unit=_("円")),
    _windowed(
        "orders.count",
        _("期間内の購入回数"),
        Kind.NUMBER,
        Rows(ORDERS, Measure.COUNT, F("ordered_on")),
        windowed_label=_("購入回数"),
        unit=pgettext_lazy("counter", "回"),
        note=_("同じ日の注文は1回と数えます。"),
    ),
    _windowed(
        "orders.revenue",
        _("期間内の購入金額（税抜）"),
        Kind.MONEY,
        Rows(REVENUE, Measure.SUM, F("goods_jpy")),
        windowed_label=_("購入金額（税抜）"),
        unit=_("円"),
    ),
    _windowed(
        "orders.last",
        _("期間内の最終購入"),
        Kind.DATE,
        Rows(ORDERS, Measure.LATEST),
        windowed_label=_("最終購入"),
    ),
    _windowed(
        "lines.bought",
        _("商品の購入"),
        Kind.FLAG,
        Rows(LINES, Measure.EXISTS),
        phrases={"yes": (_("商品を買った"), _("商品を買っていて")), "no": (_("商品を買っていない"), _("商品を買っていなくて"))},
    ),
    _windowed(
        "orders.any",
        _("注文（状態を指定）"),
        Kind.FLAG,
        Rows(ALL_ORDERS, Measure.EXISTS),
        phrases={"yes": (_("注文がある"), _("注文があって")), "no": (_("注文がない"), _("注文がなくて"))},
        note=_("キャンセルや返品もふくむ注文です。状態で絞り込めます。"),
    ),
    Suggestion(
        "bought_once",
        _("1回だけ購入"),
        Condition(fact="purchase.count", test=NumberTest(op=NumberOp.EQ, values=(1,))),
        icon="order",
    ),
    Suggestion(
        "bought_30_90",
        _("30〜90日前に購入"),
        Condition(fact="purchase.last", test=DateTest(op=DateOp.DAYS_AGO_BETWEEN, values=(30, 90))),
        icon="calendar",
    ),
]
