"""データ品質 as its page shows it: figures of the day as far as the viewer's scope goes, and whom to look at first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.fields import catalogue
from enishi.customers.fields.field import Field
from enishi.customers.models import Customer, ImportRun, QualityFigure, QualityMark, QualityRun
from enishi.customers.quality.marking import FORMULA, FRESH, GAPS, POOR
from enishi.customers.quality.scoring import scored
from enishi.customers.standards.rule import label_of
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.models import Team, User
from enishi.platform.policy import present_many, shown
from enishi.rules.operators import ChoiceOp, ChoiceTest, DateOp, DateTest, LabelsOp, LabelsTest, NumberOp, NumberTest
from enishi.rules.tree import AllOf, AnyOf, Condition, Rule
from enishi.rules.values import AnyTest

TREND_DAYS = 90
WORST = 50
Part = QualityFigure.Part


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    score: str
    customers: int
    poor: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    label: str
    customers: int
    percent: str
    url: str


@dataclass(frozen=True, slots=True)
class Poor:
    id: int
    url: str
    number: str
    name: str
    score: int
    why: str
    verified: str
    owner: str


@dataclass(frozen=True, slots=True)
class QualityPage:
    as_of: str
    is_running: bool
    whose: str
    score: str
    customers: int
    poor: int
    before: str  # the score a month ago
    days: list[str]
    trend: list[dict[str, object]]
    teams: list[Row]
    owners: list[Row]
    imports: list[Row]
    gaps: list[Share]
    breaches: list[Share]
    formula: tuple[tuple[object, object], ...]
    can_refresh: bool

    @property
    def parts(self) -> list[tuple[str, list[Row]]]:
        """The tables of figures, in the order of the page."""
        return [(_("部署・店舗ごと"), self.teams), (_("担当ごと"), self.owners), (_("最近の取り込みごと"), self.imports)]


def quality_page(actor: Actor, *, now: datetime) -> QualityPage:
    """Twelve queries, none of them over the base. Who sees all sees all figures; who sees a team that team's, who sees their own their own."""
    width = actor.scope_for("customer", "read")
    part, keys = _mine(actor, width)
    today = time.today(now)
    last = QualityFigure.rows.order_by("-on").values_list("on", flat=True).first()
    figures = list(QualityFigure.rows.filter(on=last)) if last else []
    mine = [one for one in figures if one.part == part and one.key in keys]
    days = QualityFigure.rows.filter(part=part, key__in=keys, on__gt=today - timedelta(days=TREND_DAYS)).order_by("on")
    trend = _by_day(list(days))
    month_ago = [score for on, score in trend.items() if last and on <= last - timedelta(days=28)]
    total, seen_all = sum(one.customers for one in mine), width == "all"
    return QualityPage(
        as_of=format_date(last) if last else "",
        is_running=QualityRun.rows.filter(state=QualityRun.State.RUNNING).exists(),
        whose={"all": _("全体"), "team": _("自分の部署・店舗")}.get(width, _("自分の担当")),
        score=_points(_mean(mine)) if mine else "",
        customers=total,
        poor=sum(one.poor for one in mine),
        before=_points(month_ago[-1]) if month_ago else "",
        days=[f"{on.month}/{on.day}" for on in trend],
        trend=[{"name": _("平均点"), "values": [round(score / 100, 1) for score in trend.values()]}],
        teams=_rows(figures, Part.TEAM, _team_names(), None if seen_all else {str(pk) for pk in actor.team_ids}),
        owners=_rows(figures, Part.OWNER, _owner_names(), None if seen_all else {str(actor.user_id)}),
        imports=_imports(figures) if seen_all and actor.scope_for("import", "read") == "all" else [],
        gaps=_shares(figures, Part.GAP, {key: str(words) for key, words in GAPS.items()}, total) if seen_all else [],
        breaches=_shares(figures, Part.BREACH, _field_names(figures), total) if seen_all else [],
        formula=FORMULA,
        can_refresh=seen_all and access.may(actor, "bulk"),
    )


def _mine(actor: Actor, width: str) -> tuple[Part, set[str]]:
    if width == "all":
        return Part.ALL, {""}
    if width == "team":
        return Part.TEAM, {str(pk) for pk in actor.team_ids}
    return Part.OWNER, {str(actor.user_id)}


def _mean(figures: list[QualityFigure]) -> float:
    total = sum(one.customers for one in figures)
    return sum(one.score * one.customers for one in figures) / total if total else 0


def _by_day(figures: list[QualityFigure]) -> dict[date, float]:
    days: dict[date, list[QualityFigure]] = {}
    for one in figures:
        days.setdefault(one.on, []).append(one)
    return {on: _mean(found) for on, found in days.items()}


def _points(score: float) -> str:
    return f"{score / 100:.1f}"


def _rows(figures: list[QualityFigure], part: Part, names: Mapping[str, str], keys: set[str] | None) -> list[Row]:
    found = [one for one in figures if one.part == part and (keys is None or one.key in keys)]
    query = {Part.TEAM: "team", Part.OWNER: "owner"}.get(part, "")
    base = reverse("customers:quality-worst")
    return [
        Row(
            names.get(one.key, _("（なし）")),
            _points(one.score),
            one.customers,
            one.poor,
            f"{base}?{query}={one.key}" if one.key and query else "",
        )
        for one in sorted(found, key=lambda one: (one.score, one.key))
    ]


def _team_names() -> dict[str, str]:
    return {str(pk): name for pk, name in Team.rows.values_list("pk", "name")}


def _owner_names() -> dict[str, str]:
    return {str(pk): name for pk, name in User.rows.values_list("pk", "display_name")}


def _imports(figures: list[QualityFigure]) -> list[Row]:
    keys = [int(one.key) for one in figures if one.part == Part.IMPORT]
    runs = ImportRun.rows.filter(pk__in=keys).values_list("pk", "file__name") if keys else []
    return _rows(figures, Part.IMPORT, {str(pk): name for pk, name in runs}, None)


def _field_names(figures: list[QualityFigure]) -> dict[str, str]:
    own = catalogue.all_fields()
    return {one.key: label_of(one.key, own) for one in figures if one.part == Part.BREACH}


def _shares(figures: list[QualityFigure], part: Part, names: Mapping[str, str], total: int) -> list[Share]:
    found = sorted((one for one in figures if one.part == part), key=lambda one: -one.customers)
    base = reverse("customers:quality-worst")
    return [
        Share(
            names.get(one.key, one.key), one.customers, f"{100 * one.customers / total:.1f}%" if total else "", f"{base}?{part}={one.key}"
        )
        for one in found
    ]


# ---- whom to look at first ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list of the worst is about. Each may be empty; `stale` means nobody has made sure for a year."""

    team: int | None = None
    owner: int | None = None
    gap: str = ""
    breach: str = ""
    stale: bool = False


@dataclass(frozen=True, slots=True)
class _Person:
    id: int
    number: str
    name: str | None
    verified_on: date | None
    owner: str | None = shown("owner__display_name")


def narrowing_words(narrowing: Narrowing) -> str:
    """What a list is narrowed to. Two queries at most."""
    own = catalogue.all_fields() if narrowing.breach else {}
    words = [
        _team_names().get(str(narrowing.team), "") if narrowing.team else "",
        _owner_names().get(str(narrowing.owner), "") if narrowing.owner else "",
        str(GAPS.get(narrowing.gap, "")),
        _("%(field)s（基準）") % {"field": label_of(narrowing.breach, own)} if narrowing.breach else "",
        _("1年確かめていない") if narrowing.stale else "",
    ]
    return "・".join(filter(None, words))


def rule_of(narrowing: Narrowing, people: Sequence[Poor]) -> Rule:
    """A rule of the list for the customers of whom these are the worst: what is asked of them, or without anything else, that they have
    less than 50 points, or no more than these."""
    rules: list[Rule] = []
    if narrowing.team is not None:
        rules.append(_condition("customer.team", ChoiceTest(op=ChoiceOp.IN, values=(str(narrowing.team),))))
    if narrowing.owner is not None:
        rules.append(_condition("customer.owner", ChoiceTest(op=ChoiceOp.IN, values=(str(narrowing.owner),))))
    if narrowing.gap:
        rules.append(_condition("quality.gaps", LabelsTest(op=LabelsOp.ANY_OF, values=(narrowing.gap,))))
    if narrowing.breach:
        rules.append(_condition("quality.breaches", LabelsTest(op=LabelsOp.ANY_OF, values=(narrowing.breach,))))
    if narrowing.stale:
        ago = DateTest(op=DateOp.MORE_THAN_DAYS_AGO, values=(FRESH[0][0] - 1,))
        never = AllOf(rules=(_condition("customer.verified", DateTest(op=DateOp.IS_EMPTY)), _condition("customer.registered", ago)))
        rules.append(AnyOf(rules=(_condition("customer.verified", ago), never)))
    if not (narrowing.gap or narrowing.breach or narrowing.stale):
        most = max((one.score for one in people), default=0)
        rules.append(_condition("quality.score", NumberTest(op=NumberOp.LTE, values=(max(POOR - 1, most),))))
    return AllOf(rules=tuple(rules))


def _condition(fact: str, test: AnyTest) -> Condition:
    return Condition(fact=fact, test=test)


def worst(actor: Actor, narrowing: Narrowing, *, now: datetime) -> list[Poor]:
    """Up to fifty of those whom the actor sees, the fewest points first; nobody for whom any of it is masked. Four queries and a row
    in the view log."""
    if not access.reads_compared(actor):
        return []
    today = time.today(now)
    marks = {pk: (score, gaps, breaches) for pk, score, gaps, breaches in _marks(actor, narrowing, today)}
    rows = Customer.rows.filter(pk__in=marks).order_by("pk")
    own, base = catalogue.all_fields(), reverse("customers:list")
    people = []
    for row in present_many(_Person, actor, rows):
        score, gaps, breaches = marks[row.id]
        verified = format_date(row.verified_on) if row.verified_on else ""
        people.append(
            Poor(
                row.id,
                f"{base}{row.number}/",
                row.number,
                row.name or row.number,
                score,
                _why(gaps, breaches, own),
                verified,
                row.owner or "",
            )
        )
    return sorted(people, key=lambda one: (one.score, one.id))


def _marks(actor: Actor, narrowing: Narrowing, today: date) -> QuerySet[QualityMark, tuple[int, int, list[str], list[str]]]:
    visible = access.visible_customers(actor)
    if narrowing.team is not None:
        visible = visible.filter(team_id=narrowing.team)
    if narrowing.owner is not None:
        visible = visible.filter(owner_id=narrowing.owner)
    marks = QualityMark.rows.filter(customer__in=visible.order_by())
    if narrowing.gap:
        marks = marks.filter(gaps__contains=[narrowing.gap])
    if narrowing.breach:
        marks = marks.filter(breaches__contains=[narrowing.breach])
    ranked = scored(marks, today)
    if narrowing.stale:
        ranked = ranked.filter(since__lte=today - timedelta(days=FRESH[0][0]))
    return ranked.order_by("points", "customer_id").values_list("customer_id", "score", "gaps", "breaches")[:WORST]


@dataclass(frozen=True, slots=True)
class Score:
    points: int  # of 100
    why: str  # what is missing or odd; "" for nothing


def score_of(actor: Actor, customer_id: int, *, now: datetime) -> Score | None:
    """One customer as they were looked at last; None before, out of sight, and where any of it is masked. One query."""
    if not access.reads_compared(actor):
        return None
    marks = QualityMark.rows.filter(customer__in=access.readable_customers(actor).filter(pk=customer_id).order_by())
    found = scored(marks, time.today(now)).values("score", "gaps", "breaches").first()
    return Score(found["score"], _why(found["gaps"], found["breaches"], catalogue.all_fields())) if found else None


def _why(gaps: Iterable[str], breaches: Iterable[str], own: Mapping[str, Field]) -> str:
    missing = [str(GAPS[gap]) for gap in gaps if gap in GAPS]
    return "、".join([*missing, *(_("%(field)s（基準）") % {"field": label_of(name, own)} for name in breaches)])
