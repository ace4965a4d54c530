"""データ品質 part by part: stores, departments, owners, imports and fields, each beside its own past, the worst first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.fields import catalogue
from enishi.customers.imports.access import visible_imports
from enishi.customers.models import QualityFigure
from enishi.customers.quality.marking import GAPS
from enishi.customers.standards.rule import label_of
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import Team, User
from enishi.platform.privacy import Privacy

MOST: Final = 30
MONTH: Final = timedelta(days=28)
#: The drawing of a trend, in its own units, and the least difference of values that fills its height: a tenth of a point is no mountain.
WIDE, HIGH, LEAST = 96, 24, 5.0
#: Whose figures stand under nobody's name.
NOBODYS: Final = ""
Part = QualityFigure.Part
_SHARES: Final = (Part.GAP, Part.BREACH)
_NARROWS: Final[Mapping[Part, str]] = {
    Part.TEAM: "team",
    Part.OWNER: "owner",
    Part.IMPORT: "import",
    Part.GAP: "gap",
    Part.BREACH: "breach",
}


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    figure: str  # the mean of points, or the share of customers
    change: float | None  # in points since four weeks before; None where nothing is known of then
    tone: str  # whether that is good or bad; "" where nothing changed
    line: str  # the corners of the trend, week by week, for an SVG polyline; "" for fewer than two weeks
    told: str  # the trend in words
    customers: int
    poor: int
    url: str


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of parts. `is_score`: its figures are means of points, else shares of all customers."""

    title: str
    head: str  # over the names
    is_score: bool
    rows: list[Row]
    left: int  # how many more there are than rows


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a table tells of: the figures of a part whose keys have a name."""

    title: str
    head: str
    part: Part
    names: Mapping[str, str]


def tables(actor: Actor, latest: Sequence[QualityFigure], totals: Mapping[date, int]) -> list[Table]:
    """What the actor may see of the figures of the last day, as far as it has rows. `totals`: how many customers of theirs were measured on
    each day of the trend. Six queries, however many rows there are."""
    weeks = weekly(totals)
    found = [(kind, _ranked(kind, latest)) for kind in _kinds(actor, latest)]
    past = _past([one for _kind, ranked in found for one in ranked[:MOST]], weeks)
    return [
        Table(
            kind.title,
            kind.head,
            kind.part not in _SHARES,
            [_row(kind, one, past.get((one.part, one.key), {}), weeks, totals) for one in ranked[:MOST]],
            max(0, len(ranked) - MOST),
        )
        for kind, ranked in found
        if ranked
    ]


def weekly(days: Iterable[date]) -> list[date]:
    """Of measured days the last one of each week, as weeks are counted back from the last day."""
    ordered = sorted(days)
    return sorted({(ordered[-1] - on).days // 7: on for on in ordered}.values()) if ordered else []


def _kinds(actor: Actor, latest: Sequence[QualityFigure]) -> list[_Kind]:
    """Who sees all sees every part; who sees a team theirs and those below; everybody else nothing but their own."""
    width = actor.scope_for("customer", "read")
    sees_all, nobodys = width == "all", {NOBODYS: _("（なし）")}
    teams = [
        (kind, str(pk), name)
        for pk, name, kind in Team.rows.order_by("pk").values_list("pk", "name", "kind")
        if sees_all or (width == "team" and pk in actor.team_ids)
    ]
    shops = {pk: name for kind, pk, name in teams if kind == Team.Kind.SHOP}
    departments = {pk: name for kind, pk, name in teams if kind != Team.Kind.SHOP}
    people = User.rows.all() if sees_all else User.rows.filter(pk__in=[actor.user_id])
    owners = {str(pk): name for pk, name in people.values_list("pk", "display_name")}
    kinds = [
        _Kind(_("店舗ごと"), _("店舗"), Part.TEAM, shops),
        _Kind(_("部署ごと"), _("部署"), Part.TEAM, departments | (nobodys if sees_all else {})),
        _Kind(_("担当ごと"), _("担当"), Part.OWNER, owners | (nobodys if sees_all else {})),
    ]
    if not sees_all:
        return kinds
    own = catalogue.all_fields()
    broken = {one.key: label_of(one.key, own) for one in latest if one.part == Part.BREACH}
    fields = [
        _Kind(_("足りない項目"), _("項目"), Part.GAP, {key: str(words) for key, words in GAPS.items()}),
        _Kind(_("入力基準に合わない項目"), _("項目"), Part.BREACH, broken),
    ]
    if actor.scope_for("import", "read") != "all":
        return [*fields, *kinds]
    return [*fields, *kinds, _Kind(_("最近の取り込みごと"), _("取り込み"), Part.IMPORT, _files(actor, latest))]


def _files(actor: Actor, latest: Sequence[QualityFigure]) -> dict[str, str]:
    keys = [int(one.key) for one in latest if one.part == Part.IMPORT]
    return {str(pk): words for pk, words in import_words(actor, keys).items()} if keys else {}


def import_words(actor: Actor, ids: Collection[int]) -> dict[int, str]:
    """Which of these imports the actor sees, by day, and by the name of the file for who reads what is personal. One query."""
    names = _("%(file)s（%(day)s）") if actor.reads(Privacy.PERSONAL) else _("%(day)sの取り込み")
    rows = visible_imports(actor).filter(pk__in=ids).values_list("pk", "file__name", "created_at")
    return {pk: names % {"file": name, "day": format_date(time.local(at).date())} for pk, name, at in rows}


def _ranked(kind: _Kind, latest: Sequence[QualityFigure]) -> list[QualityFigure]:
    """The worst first."""
    found = [one for one in latest if one.part == kind.part and one.key in kind.names]
    return sorted(found, key=lambda one: (-one.customers if kind.part in _SHARES else one.score, one.key))


def _past(shown: Sequence[QualityFigure], days: Sequence[date]) -> dict[tuple[str, str], dict[date, QualityFigure]]:
    """The figures of these parts on those days. One query."""
    keys: dict[str, list[str]] = {}
    for one in shown:
        keys.setdefault(one.part, []).append(one.key)
    among = Q(pk__in=[])
    for part, wanted in keys.items():
        among |= Q(part=part, key__in=wanted)
    found: dict[tuple[str, str], dict[date, QualityFigure]] = {}
    for one in QualityFigure.rows.filter(among, on__in=days):
        found.setdefault((one.part, one.key), {})[one.on] = one
    return found


def _row(kind: _Kind, now: QualityFigure, past: Mapping[date, QualityFigure], weeks: Sequence[date], totals: Mapping[date, int]) -> Row:
    is_share = kind.part in _SHARES
    values = [(on, value) for on in weeks if (value := _value(past.get(on), totals[on], is_share=is_share)) is not None]
    before = [value for on, value in values if on <= now.on - MONTH]
    current = _value(now, totals.get(now.on, 0), is_share=is_share) or 0.0
    change = round(current - before[-1], 1) if before else None
    better = None if not change else (change < 0) == is_share
    return Row(
        label=kind.names[now.key],
        figure=f"{current:.1f}%" if is_share else f"{current:.1f}",
        change=change,
        tone="" if better is None else "good" if better else "bad",
        line=line(values),
        told=f"{_day(values[0])} → {_day(values[-1])}" if len(values) > 1 else "",
        customers=now.customers,
        poor=now.poor,
        url=f"{reverse('customers:quality-worst')}?{_NARROWS[kind.part]}={now.key or 0}",
    )


def _value(one: QualityFigure | None, total: int, *, is_share: bool) -> float | None:
    """Points, or per cent. A field that nobody lacked has no figure, and is 0 % then; a team without customers has no points."""
    if is_share:
        return 100 * (one.customers if one else 0) / total if total else None
    return one.score / 100 if one else None


def _day(value: tuple[date, float]) -> str:
    return f"{value[0].month}/{value[0].day} {value[1]:.1f}"


def line(values: Sequence[tuple[date, float]]) -> str:
    """The corners of a trend in a drawing of WIDE by HIGH, days to scale; "" where there is nothing to draw."""
    if len(values) < 2:
        return ""
    first, span = values[0][0], (values[-1][0] - values[0][0]).days
    low, high = min(value for _on, value in values), max(value for _on, value in values)
    middle, room = (low + high) / 2, max(high - low, LEAST)
    corners = [(1 + (WIDE - 2) * (on - first).days / span, HIGH / 2 - (HIGH - 4) * (value - middle) / room) for on, value in values]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
