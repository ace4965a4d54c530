"""購入間隔 as it is shown: how many days until the next purchase, in all and from each purchase to the next."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from enishi.analytics.analyses.intervals import MOST_NTH
from enishi.analytics.analyses.periods import WindowParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, percent

UP_TO = (7, 14, 30, 60, 90, 120, 180, 240, 365)

type Gaps = Sequence[tuple[int, int]]  # days, how often


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    params = asked.params(WindowParams, months=asked.months)
    by_nth: dict[int, list[tuple[int, int]]] = {}
    for row in asking.figures("intervals", params).records():
        by_nth.setdefault(row["nth"], []).append((row["days"], row["times"]))
    everything = sorted(gap for gaps in by_nth.values() for gap in gaps)
    times = sum(count for _days, count in everything)
    lines = [Line("all", _("全体"), _values(everything))]
    lines += [Line(str(nth), _step(nth), _values(sorted(gaps))) for nth, gaps in sorted(by_nth.items())]
    columns = [
        Column("times", _("件数"), "times"),
        Column("quarter", _("早い4分の1"), "days", _("4分の1が、この日数までに次の購入をしています。")),
        Column("median", _("中央値"), "days", _("半分が、この日数までに次の購入をしています。")),
        Column("three_quarters", _("4分の3"), "days", _("4分の3が、この日数までに次の購入をしています。")),
        Column("nine_tenths", _("9割"), "days", _("9割が、この日数までに次の購入をしています。これを過ぎたら、声をかける目安です。")),
        Column("mean", _("平均"), "days"),
    ]
    scope = _("次の購入が期間内にあったものだけ。まだ次を買っていない人は入りません")
    steps = Table("steps", _("何回目から次の購入まで"), _("購入"), columns, lines, scope)
    spread = _spread(everything, times)
    chart = Chart(
        _("次の購入までの日数"), [line.label for line in spread.lines], [Series(_("件数"), [line.values[0] for line in spread.lines])]
    )
    return Report(times, [steps, spread], [chart])


def _step(nth: int) -> str:
    return _("%(n)d回目から") % {"n": nth} if nth < MOST_NTH else _("%(n)d回目以降から") % {"n": nth}


def _values(gaps: Gaps) -> tuple[int | float | None, ...]:
    times = sum(count for _days, count in gaps)
    mean = sum(days * count for days, count in gaps) / times if times else None
    return times, *(by_share(gaps, parts) for parts in (25, 50, 75, 90)), mean


def by_share(gaps: Gaps, percents: int) -> int | None:
    """The fewest days within which so many percent have come; `gaps` from few days to many."""
    times, reached = sum(count for _days, count in gaps), 0
    for days, count in gaps:
        reached += count
        if reached * 100 >= times * percents:
            return days
    return None


def _spread(gaps: Gaps, times: int) -> Table:
    lines, low, through = [], 1, 0
    for high in (*UP_TO, None):
        count = sum(n for days, n in gaps if days >= low and (high is None or days <= high))
        through += count
        label = _("%(n)d日以上") % {"n": low} if high is None else _("%(low)d–%(high)d日") % {"low": low, "high": high}
        lines.append(Line(str(low), label, (count, percent(count, times), percent(through, times))))
        low = (high or 0) + 1
    columns = [Column("times", _("件数"), "times"), Column("share", _("割合"), "percent"), Column("through", _("累計の割合"), "percent")]
    return Table("spread", _("日数の分布"), _("日数"), columns, lines)
