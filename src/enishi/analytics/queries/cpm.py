"""CPM（顧客ポートフォリオ） as it is shown: five kinds of customers who still come or are gone, and who is in one of them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.analytics.analyses.cpm import BEST, FIRST, GROWING, KINDS, RUSHING, STEADY, CpmCellParams, CpmParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.queries.people import Chosen, packed_rule, people_of
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, per_head, percent
from enishi.platform.actor import Actor
from enishi.rules.operators import DateOp, DateTest, NumberOp, NumberTest
from enishi.rules.tree import AllOf, Condition, Rule

LABELS = {
    FIRST: gettext_lazy("初回"),
    GROWING: gettext_lazy("よちよち"),
    STEADY: gettext_lazy("コツコツ"),
    RUSHING: gettext_lazy("流行"),
    BEST: gettext_lazy("優良"),
}


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    params = asked.params(CpmParams)
    found = {(row["kind"], row["gone"]): (row["customers"], row["revenue_jpy"]) for row in asking.figures("cpm", params).records()}
    customers, whole = sum(part[0] for part in found.values()), sum(part[1] for part in found.values())
    about, states = _about(params), {False: _("現役"), True: _("離脱")}
    lines = []
    for gone, state in states.items():
        for kind in KINDS:
            people, revenue = found.get((kind, gone), (0, 0))
            values = (people, percent(people, customers), revenue, percent(revenue, whole), per_head(revenue, people))
            cell = f"{kind}-{'gone' if gone else 'active'}"
            lines.append(Line(cell, f"{LABELS[kind]}・{state}", values, about[kind], cell if people else ""))
    columns = [
        Column("customers", _("人数"), "people"),
        Column("share", _("割合"), "percent"),
        Column("revenue_jpy", _("累計売上"), "yen"),
        Column("revenue_share", _("売上の割合"), "percent"),
        Column("per_head_jpy", _("1人あたり"), "yen"),
    ]
    scope = _("%(n)s人・一度でも購入した人。離脱は最後の購入から%(days)d日以上") % {"n": f"{customers:,}", "days": params.gone_days}
    series = [Series(state, [found.get((kind, gone), (0, 0))[0] for kind in KINDS]) for gone, state in states.items()]
    chart = Chart(_("現役と離脱の人数"), [str(LABELS[kind]) for kind in KINDS], series, "stacked", _("人"))
    return Report(customers, [Table("groups", _("10の組"), _("組"), columns, lines, scope)], [chart])


def _about(params: CpmParams) -> dict[str, str]:
    """What each kind is, in the order in which it is asked."""
    words = {"days": params.best_days, "yen": f"{params.best_jpy:,}", "steady": params.steady_days}
    return {
        FIRST: _("購入は1回だけ"),
        BEST: _("初回から最終購入まで%(days)d日以上、累計%(yen)s円以上") % words,
        RUSHING: _("初回から最終購入まで%(days)d日未満、累計%(yen)s円以上") % words,
        STEADY: _("初回から最終購入まで%(steady)d日以上") % words,
        GROWING: _("そのほか（2回以上）"),
    }


def chosen(asking: Asking, asked: Asked, found: Report, actor: Actor) -> Chosen | None:
    """Who is in one group. Rules know what was ever bought by today, not by a day before."""
    line = next((line for line in found.tables[0].lines if line.cell and line.cell == asked.cell), None)
    if line is None:
        return None
    kind, state = line.cell.split("-")
    params = asked.params(CpmCellParams, kind=kind, gone=state == "gone")
    is_today = asked.as_of == asked.today
    rule = rule_of(params) if is_today and asked.among is None else None
    note = "" if is_today else _("過去の日の組は、条件では書けません。一覧やセグメントにするときは、時点を今日にしてください。")
    people = people_of(asking, actor, "cpm_people", params)
    return Chosen(line.label, line.note, int(line.values[0] or 0), int(line.values[2] or 0), people, packed_rule(rule), note)


def rule_of(params: CpmCellParams) -> Rule:
    """The people of a group as a rule that moves with the days."""

    def number(fact: str, op: NumberOp, value: int) -> Condition:
        return Condition(fact=fact, test=NumberTest(op=op, values=(value,)))

    much = number("purchase.revenue", NumberOp.GTE, params.best_jpy)
    little = number("purchase.revenue", NumberOp.LTE, params.best_jpy - 1)
    often = number("purchase.count", NumberOp.GTE, 2)
    kinds: dict[str, tuple[Condition, ...]] = {
        FIRST: (number("purchase.count", NumberOp.EQ, 1),),
        BEST: (often, much, number("purchase.tenure", NumberOp.GTE, params.best_days)),
        RUSHING: (often, much, number("purchase.tenure", NumberOp.LTE, params.best_days - 1)),
        STEADY: (often, little, number("purchase.tenure", NumberOp.GTE, params.steady_days)),
        GROWING: (often, little, number("purchase.tenure", NumberOp.LTE, params.steady_days - 1)),
    }
    op = DateOp.MORE_THAN_DAYS_AGO if params.gone else DateOp.WITHIN_LAST_DAYS
    last: Any = DateTest(op=op, values=(params.gone_days - 1,))
    return AllOf(rules=(*kinds[params.kind], Condition(fact="purchase.last", test=last)))
