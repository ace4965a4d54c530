"""リピート率 and 離反率 as they are shown, month by month and of the whole window."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from enishi.analytics.analyses.periods import LapseParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.queries.months import month_key, month_label
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, percent


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    params = asked.params(LapseParams, months=asked.months, lapse=asked.lapse)
    rows = asking.figures("repeaters", params).records()
    months = [row for row in rows if row["month"] is not None]
    whole = next(row for row in rows if row["month"] is None) if months else {"buyers": 0, "repeaters": 0, "twice": 0}
    lines = [Line("all", _("期間全体"), _values(whole))]
    lines += [Line(month_key(row["month"]), month_label(row["month"]), _values(row)) for row in reversed(months)]
    columns = [
        Column("buyers", _("購入した人"), "people"),
        Column("repeaters", _("リピート顧客"), "people", _("前にも買っていた人と、この間に2回以上買った人です。")),
        Column("repeater_share", _("リピート顧客比率"), "percent", _("リピート顧客÷購入した人")),
        Column("twice", _("2回以上"), "people"),
        Column("twice_share", _("期間内リピート率"), "percent", _("この間に2回以上買った人÷購入した人")),
    ]
    chart = Chart(
        _("月ごとのリピート顧客比率"),
        [month_label(row["month"]) for row in months],
        [Series(_("リピート顧客比率"), [_tenth(percent(row["repeaters"], row["buyers"])) for row in months])],
        "line",
        "%",
    )
    periods = Table("periods", _("リピート率"), _("期間"), columns, lines, _("月の行は、その月の中だけで数えます"))
    return Report(whole["buyers"], [_lapse_table(asking, params), periods], [chart])


def _values(row: Mapping[str, int]) -> tuple[int | float | None, ...]:
    buyers, repeaters, twice = row["buyers"], row["repeaters"], row["twice"]
    return buyers, repeaters, percent(repeaters, buyers), twice, percent(twice, buyers)


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _lapse_table(asking: Asking, params: LapseParams) -> Table:
    [row] = asking.figures("lapse", params).records()
    columns = [
        Column("active", _("期首の現役"), "people", _("期間が始まる前の%(n)d日の間に購入した人です。") % {"n": params.lapse}),
        Column("lapsed", _("離反した人"), "people", _("そのうち、時点までの%(n)d日の間に購入のない人です。") % {"n": params.lapse}),
        Column("rate", _("離反率"), "percent"),
    ]
    values = (row["active"], row["lapsed"], percent(row["lapsed"], row["active"]))
    scope = _("%(n)d日購入がなければ離反") % {"n": params.lapse}
    return Table("lapse", _("離反率"), _("期間"), columns, [Line("all", _("期間全体"), values)], scope)
