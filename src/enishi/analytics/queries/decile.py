"""デシル as it is shown: ten equal groups of buyers, and who is in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from enishi.analytics.analyses.decile import DecileCellParams
from enishi.analytics.analyses.periods import WindowParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.queries.people import Chosen, packed_rule, people_of, window_of
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, per_head, percent
from enishi.platform.actor import Actor
from enishi.rules.operators import NumberOp, NumberTest
from enishi.rules.tree import AllOf, Condition, Rule


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    rows = asking.figures("decile", asked.params(WindowParams, months=asked.months)).records()
    whole, customers = sum(row["revenue_jpy"] for row in rows), sum(row["customers"] for row in rows)
    lines, through = [], 0
    for row in rows:
        through += row["revenue_jpy"]
        lines.append(_line(row, through, whole))
    columns = [
        Column("customers", _("人数"), "people"),
        Column("revenue_jpy", _("売上"), "yen"),
        Column("share", _("割合"), "percent"),
        Column("through", _("累計の割合"), "percent"),
        Column("per_head_jpy", _("1人あたり"), "yen"),
        Column("purchases", _("購入回数"), "times"),
        Column("least_jpy", _("最少"), "yen", _("組の中で、購入金額がもっとも少ない人の金額です。")),
        Column("most_jpy", _("最多"), "yen", _("組の中で、購入金額がもっとも多い人の金額です。")),
    ]
    scope = _("%(n)s人・期間内に売上のある人") % {"n": f"{customers:,}"}
    chart = Chart(
        _("売上の割合と累計"),
        [line.label for line in lines],
        [
            Series(_("割合"), [_tenth(line.values[2]) for line in lines]),
            Series(_("累計の割合"), [_tenth(line.values[3]) for line in lines]),
        ],
        unit="%",
    )
    return Report(customers, [Table("deciles", _("10の組"), _("組"), columns, lines, scope)], [chart])


def _line(row: Mapping[str, int], through: int, whole: int) -> Line:
    revenue, customers = row["revenue_jpy"], row["customers"]
    values = (
        customers,
        revenue,
        percent(revenue, whole),
        percent(through, whole),
        per_head(revenue, customers),
        row["purchases"],
        row["least_jpy"],
        row["most_jpy"],
    )
    return Line(str(row["decile"]), _("デシル%(n)d") % {"n": row["decile"]}, values, cell=str(row["decile"]))


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def chosen(asking: Asking, asked: Asked, found: Report, actor: Actor) -> Chosen | None:
    """Who is in one tenth. A rule tells them by what they bought for: of those who bought for the same as somebody of the next tenth, it
    tells all."""
    lines = found.tables[0].lines
    place = next((place for place, line in enumerate(lines) if line.cell == asked.cell), None)
    if place is None:
        return None
    params = asked.params(DecileCellParams, months=asked.months, decile=int(asked.cell))
    customers, revenue, *_rest, least, most = (int(value or 0) for value in lines[place].values)
    note = _("条件は購入金額で書きます。となりの組に同じ金額の人がいるため、人数が少し変わります。") if _is_tied(lines, place) else ""
    rule = _rule(asked, params, least, most) if asked.among is None else None
    people = people_of(asking, actor, "decile_people", params)
    return Chosen(lines[place].label, "", customers, revenue, people, packed_rule(rule), note)


def _is_tied(lines: Sequence[Line], place: int) -> bool:
    below, above = lines[place + 1 : place + 2], lines[max(0, place - 1) : place]
    return any(line.values[7] == lines[place].values[6] for line in below) or any(
        line.values[6] == lines[place].values[7] for line in above
    )


def _rule(asked: Asked, params: WindowParams, least: int, most: int) -> Rule:
    window: Any = window_of(asked, params)
    return AllOf(
        rules=(
            Condition(fact="orders.revenue", test=NumberTest(op=NumberOp.BETWEEN, values=(least, most)), window=window),
            Condition(fact="orders.count", test=NumberTest(op=NumberOp.GTE, values=(1,)), window=window),
        )
    )
