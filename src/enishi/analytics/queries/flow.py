"""顧客フロー as it is shown: what each month began with, who came, came back and stopped, and what it ended with."""

from __future__ import annotations

from django.utils.translation import gettext as _

from enishi.analytics.analyses.periods import LapseParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.queries.months import month_key, month_label, month_number
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, percent

NAMES = ("came", "returned", "lapsed", "buyers")


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    params = asked.params(LapseParams, months=asked.months, lapse=asked.lapse)
    found = {row["month"]: [row[name] for name in NAMES] for row in asking.figures("flow", params).records()}
    since, active, lines = month_number(params.since), 0, []
    for month in range(min(found, default=0), month_number(asked.as_of) + 1) if found else ():
        came, returned, lapsed, buyers = found.get(month, [0, 0, 0, 0])
        at_start, active = active, active + came + returned - lapsed
        if month >= since:
            values = (at_start, came, returned, buyers - came - returned, lapsed, active, percent(lapsed, at_start))
            lines.append(Line(month_key(month), month_label(month), values))
    columns = [
        Column("at_start", _("月初の現役"), "people", _("前の%(n)d日の間に購入した人です。") % {"n": asked.lapse}),
        Column("came", _("新規"), "people", _("その月に初めて購入した人です。")),
        Column("returned", _("復活"), "people", _("離反したあと、その月にまた購入した人です。")),
        Column("kept", _("継続"), "people", _("現役のまま、その月に購入した人です。")),
        Column("lapsed", _("離反"), "people", _("最後の購入から%(n)d日たった人です。") % {"n": asked.lapse}),
        Column("at_end", _("月末の現役"), "people", _("月初の現役＋新規＋復活−離反です。")),
        Column("rate", _("離反率"), "percent", _("離反÷月初の現役")),
    ]
    scope = _("%(n)d日購入がなければ離反。今月は時点まで") % {"n": asked.lapse}
    series = [Series(columns[place].label, [line.values[place] for line in lines]) for place in (3, 1, 2)]
    chart = Chart(_("月ごとに購入した人"), [line.label for line in lines], series, "stacked", _("人"))
    table = Table("months", _("月ごとの出入り"), _("月"), columns, list(reversed(lines)), scope)
    return Report(active if lines else 0, [table], [chart])
