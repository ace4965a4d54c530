"""コホート as it is shown: shares that purchased and yen a head, by months since the first purchase; and who is in a cohort."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from enishi.analytics.analyses.cohort import CohortCellParams
from enishi.analytics.analyses.periods import WindowParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.queries.months import month_key, month_label, month_number, month_start
from enishi.analytics.queries.people import Chosen, packed_rule, people_of
from enishi.analytics.report import Chart, Column, Line, Report, Series, Table, per_head, percent
from enishi.platform.actor import Actor
from enishi.rules.operators import DateOp, DateTest
from enishi.rules.tree import Condition

LATEST = 12  # months after the first that are shown

type Cells = dict[tuple[int, int], tuple[int, int]]  # month of the first purchase, months later → customers, revenue


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    params = asked.params(WindowParams, months=asked.months)
    found: Cells = {
        (row["month"], row["later"]): (row["customers"], row["revenue_jpy"]) for row in asking.figures("cohort", params).records()
    }
    now, sizes = month_number(asked.as_of), {month: cell[0] for (month, later), cell in found.items() if later == 0}
    months = sorted(sizes, reverse=True)
    longest = min(LATEST, max((now - month for month in months), default=0))
    later = [Column(f"later_{n}", _("%(n)dか月後") % {"n": n}, "percent") for n in range(1, longest + 1)]
    size = Column("customers", _("人数"), "people")
    shares = [_line(month, sizes[month], [_share(found, sizes, month, n, now) for n in range(1, longest + 1)]) for month in months]
    first = Column("later_0", _("初回の月"), "yen")
    yen = [first, *(Column(column.key, column.label, "yen") for column in later)]
    heads = [_line(month, sizes[month], [_head(found, sizes, month, n, now) for n in range(longest + 1)]) for month in months]
    scope = _("今月の列は、月の途中までの数字です")
    tables = [
        Table("shares", _("購入した人の割合"), _("初回購入の月"), [size, *later], shares, scope, shaded=True),
        Table("revenue", _("1人あたりの売上"), _("初回購入の月"), [size, *yen], heads, scope, shaded=True),
    ]
    points = [_whole(found, sizes, n, now) for n in range(1, longest + 1)]
    chart = Chart(
        _("初回からの月ごとの、購入した人の割合"),
        [column.label for column in later],
        [Series(_("全体"), points)],
        "line",
        "%",
        _("その月が終わったコホートだけを合わせた割合です。"),
    )
    return Report(sum(sizes.values()), tables, [chart] if later else [])


def _line(month: int, size: int, values: list[float | None] | list[int | None]) -> Line:
    return Line(month_key(month), month_label(month), (size, *values), cell=month_key(month))


def _share(found: Cells, sizes: dict[int, int], month: int, later: int, now: int) -> float | None:
    return percent(found.get((month, later), (0, 0))[0], sizes[month]) if month + later <= now else None


def _head(found: Cells, sizes: dict[int, int], month: int, later: int, now: int) -> int | None:
    return per_head(found.get((month, later), (0, 0))[1], sizes[month]) if month + later <= now else None


def _whole(found: Cells, sizes: dict[int, int], later: int, now: int) -> float | None:
    """Of the cohorts whose month is over."""
    over = [month for month in sizes if month + later < now]
    share = percent(sum(found.get((month, later), (0, 0))[0] for month in over), sum(sizes[month] for month in over))
    return None if share is None else round(share, 1)


def chosen(asking: Asking, asked: Asked, found: Report, actor: Actor) -> Chosen | None:
    """Who first bought in a month. When that was, no later day changes: the rule is the same for every day."""
    line = next((line for line in found.tables[0].lines if line.cell == asked.cell), None)
    if line is None:
        return None
    month = int(line.key[:4]) * 12 + int(line.key[5:]) - 1
    params = asked.params(CohortCellParams, months=asked.months, month=month)
    people = people_of(asking, actor, "cohort_people", params)
    until = min(month_start(month + 1) - timedelta(days=1), asked.as_of)
    test = DateTest(op=DateOp.BETWEEN, values=(month_start(month), until))
    rule = Condition(fact="purchase.first", test=test) if asked.among is None else None
    title = _("%(month)sに初めて購入") % {"month": line.label}
    return Chosen(title, "", int(line.values[0] or 0), None, people, packed_rule(rule))
