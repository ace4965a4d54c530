"""RFM as its page shows it: recency by frequency, named groups with their change since a month ago, and who is in a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.analytics.analyses.periods import WindowParams, window_start
from enishi.analytics.analyses.rfm import CellParams, RfmParams
from enishi.analytics.queries.asking import Asking, Shown, shown
from enishi.customers.queries.names import customer_names
from enishi.platform.actor import Actor
from enishi.rules.address import packed
from enishi.rules.days import months_before
from enishi.rules.operators import Between, DateOp, DateTest, LastMonths, NumberOp, NumberTest
from enishi.rules.tree import AllOf, Condition, Rule
from enishi.rules.values import Words

SCORES = (5, 4, 3, 2, 1)
SHADES = 5


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for; `cell` is a recency and a frequency."""

    as_of: date
    today: date
    months: int = 24
    by: str = "limits"
    figure: str = "people"
    cell: tuple[int, int] | None = None

    def query(self, **other: object) -> str:
        """The query of the address of this page with some values changed."""
        told: dict[str, object] = {"months": self.months, "by": self.by, "show": self.figure}
        told |= {"as_of": self.as_of.isoformat()} if self.as_of != self.today else {}
        told |= {"r": self.cell[0], "f": self.cell[1]} if self.cell else {}
        told |= other
        return urlencode({name: value for name, value in told.items() if value is not None})


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
class GroupRow:
    label: str
    about: str
    idea: str
    customers: int
    revenue_jpy: int
    change: int | None


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    url: str
    last_on: date
    purchases: int
    revenue_jpy: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who is in the chosen cell."""

    title: str
    group: str
    customers: int
    revenue_jpy: int
    people: list[Person]
    rule: str  # packed; "" where scores are by quintiles, which no rule tells


@dataclass(frozen=True, slots=True)
class Rfm:
    lines: list[Line]
    columns: list[Total]
    monetary: list[Total]
    groups: list[GroupRow]
    whole: Total
    chosen: Chosen | None = None
    is_crowded: bool = False  # by fifths: so many have the same value that a score does not occur


def rfm_page(actor: Actor, asked: Asked) -> Shown[Rfm]:
    """The figures of the page. Asks the engine; one query and one line of the view log for the people of a chosen cell."""
    return shown(actor, lambda asking: _page(asking, asked, actor))


def _page(asking: Asking, asked: Asked, actor: Actor) -> Rfm:
    params = _params(asking, asked)
    cells = _by_cell(asking.figures("rfm", params).records())
    earlier_day = months_before(asked.as_of, 1)
    earlier = _by_cell(asking.figures("rfm", params.model_copy(update={"as_of": earlier_day})).records())
    people = _people(asking, asked, params, actor) if asked.cell else []
    recency, frequency = recency_words(params), frequency_words(params)
    counted = {key: (sum(m[0] for m in found.values()), sum(m[1] for m in found.values())) for key, found in cells.items()}
    most = max((_measure(asked, value) for value in counted.values()), default=0)
    lines = [
        Line(
            _total(recency[r], [counted.get((r, f), (0, 0)) for f in SCORES]),
            [_cell(asked, r, f, counted.get((r, f), (0, 0)), most) for f in SCORES],
        )
        for r in SCORES
    ]
    columns = [_total(frequency[f], [counted.get((r, f), (0, 0)) for r in SCORES]) for f in SCORES]
    monetary = [_total(words, [m[score] for m in cells.values() if score in m]) for score, words in _monetary_words(params).items()]
    return Rfm(
        lines,
        columns,
        monetary,
        [_group_row(group, counted, earlier, recency, frequency) for group in GROUPS],
        _total("", counted.values()),
        _chosen(asked, params, counted, people, recency, frequency) if asked.cell else None,
        params.by == "quintiles" and not all(total.customers for total in (*(line.total for line in lines), *columns, *monetary)),
    )


def _params(asking: Asking, asked: Asked) -> RfmParams:
    """With limits of money that are proposed from the fifths of the own buyers."""
    base = RfmParams(as_of=asked.as_of, months=asked.months, by="quintiles" if asked.by == "quintiles" else "limits")
    [spread] = asking.figures("rfm_spread", WindowParams(as_of=asked.as_of, months=asked.months)).records()
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
        query=asked.query(r=r, f=f),
        label=str(group.label) if above and before else "",
        edges=f"{'t' if above else ''}{'s' if before else ''}",
        is_chosen=asked.cell == (r, f),
    )


def _group_row(
    group: Group,
    now: Mapping[tuple[int, int], tuple[int, int]],
    earlier: Mapping[tuple[int, int], Mapping[int, tuple[int, int]]],
    recency: Mapping[int, str],
    frequency: Mapping[int, str],
) -> GroupRow:
    mine = [value for key, value in now.items() if group.holds(*key)]
    before = sum(value[0] for key, found in earlier.items() if group.holds(*key) for value in found.values())
    about = _("最終購入 %(r)s、購入 %(f)s") % {
        "r": "・".join(recency[r] for r in group.recency),
        "f": "・".join(frequency[f] for f in group.frequency),
    }
    total = _total("", mine)
    return GroupRow(
        str(group.label), about, str(group.idea), total.customers, total.revenue_jpy, total.customers - before if earlier else None
    )


def _people(asking: Asking, asked: Asked, params: RfmParams, actor: Actor) -> list[Person]:
    r, f = asked.cell or (0, 0)
    rows = asking.figures("rfm_people", CellParams(**params.model_dump(), r=r, f=f)).records()
    names = customer_names(actor, [row["customer_id"] for row in rows])
    return [
        Person(name, f"/customers/{number}/", date.fromisoformat(row["last_on"]), row["purchases"], row["revenue_jpy"])
        for row in rows
        if (told := names.get(row["customer_id"]))
        for name, number in [told]
    ]


def _chosen(
    asked: Asked,
    params: RfmParams,
    counted: Mapping[tuple[int, int], tuple[int, int]],
    people: list[Person],
    recency: Mapping[int, str],
    frequency: Mapping[int, str],
) -> Chosen:
    r, f = asked.cell or (0, 0)
    rule = packed(rule_of_cell(params, r, f, today=asked.today)) if params.by == "limits" else ""
    return Chosen(f"{recency[r]} × {frequency[f]}", str(_group_of(r, f).label), *counted.get((r, f), (0, 0)), people, rule)


# ---- the words of limits, and their rules ---------------------------------------------------------------------


def _range_of(limits: Sequence[int], score: int) -> tuple[int | None, int | None]:
    """From and to, both included, of a score by limits from which 2, 3, 4, 5 begin."""
    low = limits[score - 2] if score > 1 else None
    return low, limits[score - 1] - 1 if score < 5 else None


def _days_of(limits: Sequence[int], score: int) -> tuple[int, int | None]:
    """Days ago, both included, of a score by limits up to which 5, 4, 3, 2 reach."""
    nearest = 0 if score == 5 else limits[4 - score] + 1
    return nearest, limits[5 - score] if score > 1 else None


def recency_words(params: RfmParams) -> dict[int, str]:
    if params.by == "quintiles":
        return _quintile_words(_("新しい"), _("古い"))
    words = {}
    for score in SCORES:
        nearest, farthest = _days_of(params.recency, score)
        if score == 5:
            words[score] = _("%(n)s日以内") % {"n": f"{farthest:,}"}
        elif farthest is None:
            words[score] = _("%(n)s日以上") % {"n": f"{nearest:,}"}
        else:
            words[score] = _("%(low)s–%(high)s日") % {"low": f"{nearest:,}", "high": f"{farthest:,}"}
    return words


def frequency_words(params: RfmParams) -> dict[int, str]:
    return (
        _quintile_words(_("多い"), _("少ない")) if params.by == "quintiles" else _ranged(params.frequency, _("%(n)s回"), _("%(n)s回以上"))
    )


def _monetary_words(params: RfmParams) -> dict[int, str]:
    if params.by == "quintiles":
        return _quintile_words(_("多い"), _("少ない"))
    return _ranged(params.monetary, _("%(n)s円"), _("%(n)s円以上"), below=_("%(n)s円未満"))


def _quintile_words(most: str, least: str) -> dict[int, str]:
    return {5: f"5（{most}）", 4: "4", 3: "3", 2: "2", 1: f"1（{least}）"}


def _ranged(limits: Sequence[int], one: str, over: str, *, below: str = "") -> dict[int, str]:
    words = {}
    for score in SCORES:
        low, high = _range_of(limits, score)
        if high is None:
            words[score] = over % {"n": f"{low:,}"}
        elif low is None and below:
            words[score] = below % {"n": f"{high + 1:,}"}
        else:
            from_to = f"{high:,}" if low in (None, high) else f"{low:,}–{high:,}"
            words[score] = one % {"n": from_to}
    return words


def rule_of_cell(params: RfmParams, r: int, f: int, *, today: date) -> Rule:
    """The people of a cell as a rule: of today one that moves with the days, of an earlier day one of calendar days."""
    is_today = params.as_of == today
    since = window_start(params.as_of, params.months)
    window = LastMonths(months=params.months) if is_today else Between(since=since, until=params.as_of)
    nearest, farthest = _days_of(params.recency, r)
    low, high = _range_of(params.frequency, f)
    return AllOf(
        rules=(
            Condition(fact="orders.last", test=_last_test(params.as_of, nearest, farthest, since, is_today=is_today), window=window),
            Condition(fact="orders.count", test=_count_test(max(1, low or 1), high), window=window),
        )
    )


def _last_test(as_of: date, nearest: int, farthest: int | None, since: date, *, is_today: bool) -> DateTest:
    if not is_today:
        first = since if farthest is None else max(since, date.fromordinal(as_of.toordinal() - farthest))
        return DateTest(op=DateOp.BETWEEN, values=(first, max(first, date.fromordinal(as_of.toordinal() - nearest))))
    if farthest is None:
        return DateTest(op=DateOp.MORE_THAN_DAYS_AGO, values=(nearest - 1,))
    return DateTest(op=DateOp.DAYS_AGO_BETWEEN, values=(nearest, farthest))


def _count_test(low: int, high: int | None) -> NumberTest:
    if high is None:
        return NumberTest(op=NumberOp.GTE, values=(low,))
    return NumberTest(op=NumberOp.EQ, values=(low,)) if low == high else NumberTest(op=NumberOp.BETWEEN, values=(low, high))
