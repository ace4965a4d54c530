"""キャンセル率・返品率・購入率 as they are shown, by an attribute of orders or of customers."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from enishi.analytics.analyses.outcomes import OF_ORDERS, OutcomeParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, percent
from enishi.commerce.models import Order
from enishi.customers.models import Customer
from enishi.platform.actor import SYSTEM, Actor
from enishi.warehouse.access import may_analyse

MOST_BARS = 12


def attributes(actor: Actor) -> dict[str, str]:
    """What the figures can be told apart by, as far as the actor reads it, and what it is called; nothing for who may count nothing."""
    if not may_analyse(actor):
        return {}
    labels = {
        "channel": _("販売チャネル"),
        "payment_method": _("支払方法"),
        "acquisition_source": _("流入経路"),
        "prefecture": _("都道府県"),
        "gender": _("性別"),
        "kind": _("個人・法人"),
    }
    return {
        key: label for key, label in labels.items() if key in OF_ORDERS or actor.reads(Customer.privacy[key], Customer.field_rights[key])
    }


def _label(attribute: str) -> str:
    return attributes(SYSTEM)[attribute]


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    params = asked.params(OutcomeParams, months=asked.months, attribute=asked.attribute)
    rows = asking.figures("outcomes", params).records()
    words, is_of_orders = _words(asked.attribute), asked.attribute in OF_ORDERS
    rows.sort(key=lambda row: (-row["orders"], str(row["value"])))
    whole = {name: sum(row[name] or 0 for row in rows) for name in ("orders", "cancelled", "returned", "refused", "buyers", "members")}
    lines = [] if is_of_orders else [Line("all", _("全体"), _values(whole, is_of_orders=False))]
    lines += [
        Line(row["value"] or "none", words.get(row["value"], row["value"]) or _("未設定"), _values(row, is_of_orders=is_of_orders))
        for row in rows
    ]
    columns = [
        Column("orders", _("注文"), "orders", _("期間内に受けた注文です。キャンセルや返品もふくみます。")),
        Column("cancelled", _("キャンセル"), "orders"),
        Column("cancel_rate", _("キャンセル率"), "percent", _("キャンセル÷受けた注文")),
        Column("returned", _("返品"), "orders", _("全部返品された注文です。")),
        Column("return_rate", _("返品率"), "percent", _("返品÷受けた注文")),
        Column("refused", _("受取拒否"), "orders"),
        Column("buyers", _("購入した人"), "people"),
    ]
    if not is_of_orders:
        columns += [Column("members", _("登録者"), "people"), Column("buy_rate", _("購入率"), "percent", _("購入した人÷登録者"))]
    label = _label(asked.attribute)
    shown = [line for line in lines if line.key != "all"][:MOST_BARS]
    series = [
        Series(_("キャンセル率"), [_tenth(line.values[2]) for line in shown]),
        Series(_("返品率"), [_tenth(line.values[4]) for line in shown]),
    ]
    chart = Chart(_("キャンセル率と返品率"), [line.label for line in shown], series, unit="%")
    table = Table("values", _("%(attribute)s別") % {"attribute": label}, label, columns, lines, _("顧客が分かっている注文"))
    return Report(whole["orders"] + whole["members"], [table], [chart])


def _values(row: Mapping[str, int], *, is_of_orders: bool) -> tuple[int | float | None, ...]:
    orders = row["orders"]
    values = (
        orders,
        row["cancelled"],
        percent(row["cancelled"], orders),
        row["returned"],
        percent(row["returned"], orders),
        row["refused"],
        row["buyers"],
    )
    return values if is_of_orders else (*values, row["members"], percent(row["buyers"], row["members"]))


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _words(attribute: str) -> dict[str, str]:
    """What the values of an attribute are called; others are words already."""
    choices = {"channel": Order.Channel.choices, "gender": Customer.Gender.choices, "kind": Customer.Kind.choices}.get(attribute, [])
    return {value: str(label) for value, label in choices}
