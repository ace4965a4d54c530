"""RFM as its page shows it: recency by frequency, named groups with their change since a month ago, and who is in a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.analytics.analyses.periods import WindowParams
from enishi.analytics.analyses.rfm import CellParams, MovesParams, RfmParams
from enishi.analytics.queries.asked import Asked
from enishi.analytics.queries.asking import Asking
from enishi.analytics.queries.people import Chosen, packed_rule, people_of
from enishi.analytics.queries.rfm_limits import SCORES, frequency_words, monetary_words, recency_words, rule_of_cell
from enishi.analytics.report import SHADES, Column, Report, Table, per_head, percent
from enishi.analytics.report import Line as ReportLine
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.rules.values import Words

NOBODYS = "nobodys"  # of nobody who bought in the window


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the grid with a name, and what a shop does about it."""

    key: str
    label: Words
    recency: tuple[int, ...]
    frequency: tuple[int, ...]
    idea: Words

    def holds(self, r: int, f: int) -> bool:
        return r in self.recency and f in self.frequency


GROUPS = (
    Group("best", gettext_lazy("優良"), (5, 4), (5, 4), gettext_lazy("先行案内、店での取り置き")),
    Group("settled", gettext_lazy("定着"), (5, 4), (3,), gettext_lazy("もう1つの商品を勧める")),
    Group("growing", gettext_lazy("育成中"), (5, 4), (2,), gettext_lazy("3回目につながる品を案内")),
    Group("new", gettext_lazy("新規"), (5, 4), (1,), gettext_lazy("2回目のご案内")),
    Group("leaving", gettext_lazy("離れそう"), (3, 2), (5, 4), gettext_lazy("担当から一言。一斉の値引きはしない")),
    Group("watching", gettext_lazy("様子見"), (3,), (3, 2, 1), gettext_lazy("季節の案内を1通")),
    Group("asleep", gettext_lazy("休眠"), (2,), (3, 2, 1), gettext_lazy("前に買った品の新しい味や入荷")),
    Group("awaited", gettext_lazy("復帰待ち"), (1,), (5, 4), gettext_lazy("電話か手紙で近況を伺う")),
    Group("gone", gettext_lazy("離反"), (1,), (3, 2, 1), gettext_lazy("追わない。理由だけ尋ねる")),
)


@dataclass(frozen=True, slots=True)
class Cell:
    r: int
    f: int
    customers: int
    revenue_jpy: int
    shade: int  # 0 … SHADES - 1
    query: str
    label: str = ""  # of its group, where that begins here
    edges: str = ""  # t and s: it begins a group above, before
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Total:
    label: str
    customers: int
    revenue_jpy: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the grid: a recency."""

    total: Total
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """Recency by frequency, as the page draws it."""

    lines: list[Line]
    columns: list[Total]
    whole: Total


def report(asking: Asking, asked: Asked) -> Report:
    """Raises NotYet."""
    params = _params(asking, asked)
    cells = _by_cell(asking.figures("rfm", params).records())
    recency, frequency = recency_words(params), frequency_words(params)
    counted = {key: (sum(m[0] for m in found.values()), sum(m[1] for m in found.values())) for key, found in cells.items()}
    whole = _total("", counted.values())
    grid = _grid(asked, counted, recency, frequency)
    money = [_total(words, [m[score] for m in cells.values() if score in m]) for score, words in monetary_words(params).items()]
    tables = [_group_table(counted, whole, is_compared=asked.versus is not None), _monetary_table(money, whole)]
    if asked.versus is not None:
        tables.insert(1, _move_table(asking, asked, params, asked.versus))
    tables.append(_cell_table(counted, recency, frequency))
    crowded = params.by == "quintiles" and not all(
        total.customers for total in (*grid.columns, *(line.total for line in grid.lines), *money)
    )
    notices = [_("同じ値の人が多いため、5つに分かれない項目があります。")] if crowded else []
    return Report(whole.customers, tables, notices=notices, own=grid)


def _grid(
    asked: Asked, counted: Mapping[tuple[int, int], tuple[int, int]], recency: Mapping[int, str], frequency: Mapping[int, str]
) -> Grid:
    most = max((_measure(asked, value) for value in counted.values()), default=0)
    lines = [
        Line(
            _total(recency[r], [counted.get((r, f), (0, 0)) for f in SCORES]),
            [_cell(asked, r, f, counted.get((r, f), (0, 0)), most) for f in SCORES],
        )
        for r in SCORES
    ]
    columns = [_total(frequency[f], [counted.get((r, f), (0, 0)) for r in SCORES]) for f in SCORES]
    return Grid(lines, columns, _total("", counted.values()))


def _group_table(counted: Mapping[tuple[int, int], tuple[int, int]], whole: Total, *, is_compared: bool) -> Table:
    lines = []
    for group in GROUPS:
        total = _total("", [value for key, value in counted.items() if group.holds(*key)])
        share, per = percent(total.customers, whole.customers), per_head(total.revenue_jpy, total.customers)
        lines.append(ReportLine(group.key, str(group.label), (total.customers, share, total.revenue_jpy, per), str(group.idea)))
    columns = [*_counted_columns(), Column("per_head_jpy", _("1人あたり"), "yen")]
    scope = "" if is_compared else _("「比較する日」を入れると、その日からの移動も表になります")
    return Table("groups", _("グループ"), _("グループ"), columns, lines, scope)


def _counted_columns() -> list[Column]:
    return [Column("customers", _("人数"), "people"), Column("share", _("割合"), "percent"), Column("revenue_jpy", _("売上"), "yen")]


def _monetary_table(bands: Sequence[Total], whole: Total) -> Table:
    lines = [
        ReportLine(str(5 - place), band.label, (band.customers, percent(band.customers, whole.customers), band.revenue_jpy))
        for place, band in enumerate(bands)
    ]
    return Table("monetary", _("購入金額（M）"), _("1人の購入金額"), _counted_columns(), lines, _("期間内・税抜"))


def _cell_table(counted: Mapping[tuple[int, int], tuple[int, int]], recency: Mapping[int, str], frequency: Mapping[int, str]) -> Table:
    """The grid once more, for files and the API."""
    lines = [
        ReportLine(f"{r}-{f}", f"{recency[r]} × {frequency[f]}", counted.get((r, f), (0, 0)), cell=f"{r}-{f}")
        for r in SCORES
        for f in SCORES
    ]
    columns = [Column("customers", _("人数"), "people"), Column("revenue_jpy", _("売上"), "yen")]
    return Table("cells", _("最終購入 × 購入回数"), _("組"), columns, lines, on_page=False)


def _move_table(asking: Asking, asked: Asked, params: RfmParams, earlier: date) -> Table:
    """From group to group: lines are where customers were, columns where they are now."""
    told = MovesParams(**params.model_dump(), earlier=earlier)
    moved: dict[tuple[str, str], int] = {}
    for row in asking.figures("rfm_moves", told).records():
        way = _key_of(row["before_r"], row["before_f"]), _key_of(row["r"], row["f"])
        moved[way] = moved.get(way, 0) + row["customers"]
    labels = {group.key: str(group.label) for group in GROUPS}
    columns = [Column(key, label, "people") for key, label in (labels | {NOBODYS: _("期間外へ")}).items()]
    lines = [
        ReportLine(key, label, [moved.get((key, column.key), 0) for column in columns])
        for key, label in (labels | {NOBODYS: _("期間外から")}).items()
    ]
    title = _("%(day)sからの移動") % {"day": format_date(earlier)}
    return Table(
        "moves", title, _("その日のグループ"), columns, lines, _("横は%(day)sのグループ") % {"day": format_date(asked.as_of)}, shaded=True
    )


def _key_of(r: int | None, f: int | None) -> str:
    return NOBODYS if r is None or f is None else _group_of(r, f).key


def _params(asking: Asking, asked: Asked) -> RfmParams:
    """With limits of money that are proposed from the fifths of the own buyers."""
    base = asked.params(RfmParams, months=asked.months, by="quintiles" if asked.by == "quintiles" else "limits")
    window = asked.params(WindowParams, months=asked.months)
    # Of everybody, and of the day itself: what is compared must be cut by the same limits.
    [spread] = asking.figures("rfm_spread", window.model_copy(update={"as_of": asked.limits_of, "among": None})).records()
    fifths = [spread[f"fifth_{part}"] for part in range(1, 5)]
    return base if None in fifths else base.model_copy(update={"monetary": proposed(fifths)})


def proposed(fifths: Sequence[int]) -> tuple[int, ...]:
    """Limits of yen that people can remember: two figures that count, each above the one before, none below 1."""
    limits: list[int] = []
    for fifth in fifths:
        step = 10 ** max(0, len(str(max(fifth, 1))) - 2)
        limits.append(max(round(fifth / step) * step, limits[-1] + 1 if limits else 1))
    return tuple(limits)


def _by_cell(records: Iterable[Mapping[str, int]]) -> dict[tuple[int, int], dict[int, tuple[int, int]]]:
    """(r, f) → m → customers and revenue."""
    found: dict[tuple[int, int], dict[int, tuple[int, int]]] = {}
    for row in records:
        found.setdefault((row["r"], row["f"]), {})[row["m"]] = (row["customers"], row["revenue_jpy"])
    return found


def _measure(asked: Asked, value: tuple[int, int]) -> int:
    return value[1] if asked.figure == "revenue" else value[0]


def _total(label: str, values: Iterable[tuple[int, int]]) -> Total:
    told = list(values)
    return Total(label, sum(value[0] for value in told), sum(value[1] for value in told))


def _group_of(r: int, f: int) -> Group:
    return next(group for group in GROUPS if group.holds(r, f))


def _cell(asked: Asked, r: int, f: int, value: tuple[int, int], most: int) -> Cell:
    group = _group_of(r, f)
    above, before = r == max(group.recency), f == max(group.frequency)
    shade = 0 if most <= 0 else min(SHADES - 1, max(0, _measure(asked, value)) * SHADES // most)
    return Cell(
        r,
        f,
        *value,
        shade=shade,
        query=asked.query(cell=f"{r}-{f}"),
        label=str(group.label) if above and before else "",
        edges=f"{'t' if above else ''}{'s' if before else ''}",
        is_chosen=asked.cell == f"{r}-{f}",
    )


def chosen(asking: Asking, asked: Asked, found: Report, actor: Actor) -> Chosen | None:
    """Who is in one cell of the grid."""
    line = next((line for line in found.tables[-1].lines if line.cell == asked.cell), None)
    if line is None:
        return None
    params = _params(asking, asked)
    r, f = map(int, line.cell.split("-"))
    by_limits = params.by == "limits" and asked.among is None
    rule = rule_of_cell(params, r, f, today=asked.today) if by_limits else None
    note = "" if rule else _("5等分の組は、条件では書けません。一覧やセグメントにするときは「日数と回数」で見てください。")
    people = people_of(asking, actor, "rfm_people", CellParams(**params.model_dump(), r=r, f=f))
    customers, revenue = (int(value or 0) for value in line.values)
    return Chosen(line.label, str(_group_of(r, f).label), customers, revenue, people, packed_rule(rule), note)
