"""Fn転換率 as its page shows it: who came for the next purchase, by month and by days, told right where months are still young."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from enishi.analytics.analyses.repeat import RepeatParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.queries.months import month_key, month_label, month_start
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, percent
from enishi.analytics.survival import come_by, half_came_after, share_at

WITHIN = (90, 180, 365)
POINTS = tuple(range(0, 366, 15))


type Waits = Sequence[tuple[int, int, int]]  # days, came, out of sight


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    params = asked.params(RepeatParams, months=asked.months, nth=asked.nth)
    by_month: dict[int, list[tuple[int, int, int]]] = {}
    for row in asking.figures("repeat", params).records():
        by_month.setdefault(row["month"], []).append((row["waited"], row["came"], row["unseen"]))
    everybody = _merged(by_month)
    steps, customers = come_by(everybody), _people(everybody)
    lines = [Line("all", _("全体"), _values(date.max, everybody, params))]
    for month, rows in sorted(by_month.items(), reverse=True):
        lines.append(Line(month_key(month), month_label(month), _values(_last_day(month), rows, params)))
    columns = [Column("customers", _("人数"), "people"), Column("came", _("次の購入"), "people")]
    for days in WITHIN:
        columns.append(Column(f"within_{days}", _("%(n)d日以内") % {"n": days}, "percent"))
        columns.append(
            Column(f"plain_{days}", _("%(n)d日・単純") % {"n": days}, "percent", _("日数がたち終えた月だけの、来た人÷全員です。"))
        )
    points, half = [day for day in POINTS if day <= _longest(everybody)], half_came_after(steps)
    chart = Chart(
        _("日数ごとの転換率"),
        [_("%(n)d日") % {"n": day} for day in points],
        [Series(_("F%(n)d転換率") % {"n": asked.nth}, [round(float(share_at(steps, day)) * 100, 1) for day in points])],
        "line",
        "%",
        _("半分の人が%(n)d日以内に次の購入をしています。") % {"n": half} if half is not None else "",
    )
    scope = _("%(n)s人・前の回の購入が期間内の人") % {"n": f"{customers:,}"}
    return Report(customers, [Table("months", _("前の購入の月ごと"), _("月"), columns, lines, scope)], [chart])


def _merged(by_month: Mapping[int, Waits]) -> list[tuple[int, int, int]]:
    """The waits of all months together."""
    found: dict[int, tuple[int, int]] = {}
    for rows in by_month.values():
        for days, came, unseen in rows:
            before = found.get(days, (0, 0))
            found[days] = (before[0] + came, before[1] + unseen)
    return [(days, *counts) for days, counts in sorted(found.items())]


def _people(rows: Waits) -> int:
    return sum(came + unseen for _days, came, unseen in rows)


def _values(last_day: date, rows: Waits, params: RepeatParams) -> list[float | int | None]:
    """All, who came, and for each of `WITHIN` the estimate by Kaplan–Meier (None where nobody was watched so long) and came ÷ all
    (None where not all had the time)."""
    steps, people = come_by(rows), _people(rows)
    values: list[float | int | None] = [people, sum(came for _days, came, _unseen in rows)]
    for days in WITHIN:
        is_mature = last_day != date.max and last_day + timedelta(days=days) <= params.as_of
        values.append(float(share_at(steps, days)) * 100 if _longest(rows) >= days else None)
        values.append(percent(sum(came for waited, came, _unseen in rows if waited <= days), people) if is_mature else None)
    return values


def _longest(rows: Waits) -> int:
    return max((days for days, _came, _unseen in rows), default=0)


def _last_day(month: int) -> date:
    return month_start(month + 1) - timedelta(days=1)
