"""Figures as every analysis hands them out: tables of typed columns, and charts. Page, CSV and API are made of the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from enishi.platform import money
from enishi.platform.sheets.cells import CellValue

type Unit = Literal["people", "orders", "times", "days", "yen", "percent"]
type Value = int | float | None

SHADES = 5


@dataclass(frozen=True, slots=True)
class Column:
    """`about`: the definition, where the label alone does not say it."""

    key: str
    label: str
    unit: Unit
    about: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table; `cell` says of whom it is, where people stand behind it. `before`: the same of what is compared with."""

    key: str
    label: str
    values: Sequence[Value]
    note: str = ""
    cell: str = ""
    before: Sequence[Value] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`shaded`: columns of one kind, darker where more is. Not `on_page`: a page draws the same in another way."""

    key: str
    title: str
    head: str  # of the labels of the lines
    columns: Sequence[Column]
    lines: Sequence[Line]
    scope: str = ""
    shaded: bool = False
    on_page: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Chart:
    label: str
    labels: Sequence[str]
    series: Sequence[Series]
    kind: Literal["line", "bar", "stacked"] = "bar"
    unit: str = ""
    caption: str = ""

    @property
    def drawn(self) -> list[dict[str, object]]:
        """The series as the chart's island reads them."""
        return [{"name": series.name, "values": series.values} for series in self.series]


@dataclass(frozen=True, slots=True)
class Report:
    """`customers`: how many are counted; of nobody there is nothing to show."""

    customers: int
    tables: Sequence[Table]
    charts: Sequence[Chart] = ()
    notices: Sequence[str] = ()
    own: object | None = None  # what the analysis' own template draws beside them


def percent(part: float, whole: float) -> float | None:
    """None where there is no whole."""
    return part * 100 / whole if whole else None


def per_head(amount_jpy: int, customers: int) -> int | None:
    """Whole yen, cut toward zero."""
    return int(amount_jpy / customers) if customers else None


# ---- what is compared with --------------------------------------------------------------------------------------------


def compared(now: Report, before: Report, name: str) -> Report:
    """The report with the values of another one, called `name`, beside its own, line by line, and the other's lines in its charts."""
    others = {table.key: {line.key: line.values for line in table.lines} for table in before.tables}
    tables = [
        replace(table, lines=[replace(line, before=others.get(table.key, {}).get(line.key)) for line in table.lines])
        for table in now.tables
    ]
    charts = [_with_series(chart, other, name) for chart, other in zip(now.charts, before.charts, strict=True)]
    return replace(now, tables=tables, charts=charts)


def _with_series(chart: Chart, other: Chart, name: str) -> Chart:
    """By the labels of the chart; a stack stays its own, since two stacks in one cannot be read."""
    if chart.kind == "stacked":
        return chart
    found = [dict(zip(other.labels, series.values, strict=True)) for series in other.series]
    added = [
        Series(f"{series.name}（{name}）", [values.get(label) for label in chart.labels])
        for series, values in zip(other.series, found, strict=True)
    ]
    return replace(chart, series=[*chart.series, *added])


# ---- as words -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownCell:
    label: str  # of its column, for a phone
    text: str
    other: str  # beside it, of what is compared with
    shade: int | None


@dataclass(frozen=True, slots=True)
class ShownLine:
    label: str
    note: str
    cell: str
    cells: list[ShownCell]


def shown_lines(table: Table, *, by_change: bool = True) -> list[ShownLine]:
    """The lines of a table as a page writes them; what is compared with as the change since then, or as it is."""
    unit = table.columns[-1].unit  # of what is darker where more is: the size of a line, say, stands before it in a unit of its own
    shaded = [place for place, column in enumerate(table.columns) if table.shaded and column.unit == unit]
    most = max((value for line in table.lines for place in shaded if (value := line.values[place]) is not None), default=0)
    return [
        ShownLine(line.label, line.note, line.cell, [_cell(table, line, place, most, by_change) for place in range(len(table.columns))])
        for line in table.lines
    ]


def _cell(table: Table, line: Line, place: int, most: float, by_change: bool) -> ShownCell:
    column, value = table.columns[place], line.values[place]
    before = line.before[place] if line.before else None
    other = (
        "" if value is None or before is None else change_text(value, before, column.unit) if by_change else value_text(before, column.unit)
    )
    shade = (
        min(SHADES - 1, max(0, int(value * SHADES / most)))
        if most > 0 and value is not None and column.unit == table.columns[-1].unit
        else None
    )
    return ShownCell(column.label, value_text(value, column.unit), other, shade)


def value_text(value: Value, unit: Unit) -> str:
    if value is None:
        return "―"
    if unit == "yen":
        return money.yen_short(int(value))
    text = f"{abs(value):,.1f}" if unit == "percent" or isinstance(value, float) else f"{abs(value):,}"
    if unit == "days":
        text = _("%(n)s日") % {"n": text}
    return f"{'−' if value < 0 and text != '0.0' else ''}{text}{'%' if unit == 'percent' else ''}"


def change_text(value: float, before: float, unit: Unit) -> str:
    """How much more it is than before; percents differ in points."""
    more = value - before
    if unit == "percent" and abs(more) < 0.05:  # what is written as 0.0
        more = 0
    text = value_text(abs(more), unit).removesuffix("%") + (_("pt") if unit == "percent" else "")
    return f"{'+' if more > 0 else '−' if more < 0 else '±'}{text}"


# ---- as a file ----------------------------------------------------------------------------------------------------------


def file_rows(table: Table, name: str) -> tuple[list[str], list[list[CellValue]]]:
    """Heads and rows of a CSV file; beside each column that of what is compared with, called `name`."""
    is_compared = any(line.before is not None for line in table.lines)
    heads = [table.head]
    for column in table.columns:
        head = f"{column.label}（{_unit(column.unit)}）"
        heads += [head, f"{head} {name}"] if is_compared else [head]
    rows: list[list[CellValue]] = []
    for line in table.lines:
        row: list[CellValue] = [line.label]
        for place, value in enumerate(line.values):
            row.append(_plain(value))
            if is_compared:
                row.append(_plain(line.before[place] if line.before else None))
        rows.append(row)
    return heads, rows


def _plain(value: Value) -> int | Decimal | None:
    return Decimal(f"{value:.2f}") if isinstance(value, float) else value


def _unit(unit: Unit) -> str:
    return {"people": _("人"), "orders": _("件"), "times": _("回"), "days": _("日"), "yen": _("円"), "percent": "%"}[unit]
