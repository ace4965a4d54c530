"""データ品質 as its page shows it: figures of the day as far as the viewer's scope goes, and whom to look at first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.fields import catalogue
from enishi.customers.fields.field import Field
from enishi.customers.imports.access import visible_imports
from enishi.customers.models import Customer, ImportResult, QualityFigure, QualityMark, QualityRun
from enishi.customers.quality.marking import FORMULA, FRESH, GAPS, POOR
from enishi.customers.quality.scoring import scored
from enishi.customers.queries.quality_parts import MONTH, Table, import_words, tables
from enishi.customers.standards.rule import label_of
from enishi.platform import runs, time
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
class Running:
    """How far a look is that goes on."""

    done: int
    total: int
    left: str  # how long it will take; "" where nobody can know


@dataclass(frozen=True, slots=True)
class QualityPage:
    as_of: str
    running: Running | None
    whose: str
    score: str
    customers: int
    poor: int
    before: str  # the score a month ago
    days: list[str]
    trend: list[dict[str, object]]
    tables: list[Table]
    formula: tuple[tuple[object, object], ...]
    can_refresh: bool


def quality_page(actor: Actor, *, now: datetime) -> QualityPage:
    """Nine queries, none of them over the base. Who sees all sees all figures; who sees a team that team's, who sees their own their own."""
    width = actor.scope_for("customer", "read")
    part, keys = _mine(actor, width)
    today = time.today(now)
    last = QualityFigure.rows.order_by("-on").values_list("on", flat=True).first()
    latest = list(QualityFigure.rows.filter(on=last)) if last else []
    mine = [one for one in latest if one.part == part and one.key in keys]
    days = _days(part, keys, today)
    before = [score for on, (score, _customers) in days.items() if last and on <= last - MONTH]
    return QualityPage(
        as_of=format_date(last) if last else "",
        running=_running(),
        whose={"all": _("全体"), "team": _("自分の部署・店舗")}.get(width, _("自分の担当")),
        score=f"{days[last][0]:.1f}" if last in days else "",
        customers=sum(one.customers for one in mine),
        poor=sum(one.poor for one in mine),
        before=f"{before[-1]:.1f}" if before else "",
        days=[f"{on.month}/{on.day}" for on in days],
        trend=[{"name": _("平均点"), "values": [round(score, 1) for score, _customers in days.values()]}],
        tables=tables(actor, latest, {on: customers for on, (_score, customers) in days.items()}),
        formula=FORMULA,
        can_refresh=width == "all" and access.may(actor, "bulk"),
    )


def _mine(actor: Actor, width: str) -> tuple[Part, set[str]]:
    if width == "all":
        return Part.ALL, {""}
    if width == "team":
        return Part.TEAM, {str(pk) for pk in actor.team_ids}
    return Part.OWNER, {str(actor.user_id)}


def _days(part: Part, keys: Collection[str], today: date) -> dict[date, tuple[float, int]]:
    """The mean of these parts and how many they are, day by day, added up where the figures are. One query."""
    figures = QualityFigure.rows.filter(part=part, key__in=keys, on__gt=today - timedelta(days=TREND_DAYS)).order_by("on").values("on")
    added = figures.annotate(people=Sum("customers"), points=Sum(F("score") * F("customers")))
    return {on: (points / people / 100, people) for on, people, points in added.values_list("on", "people", "points") if people}


def _running() -> Running | None:
    found = QualityRun.rows.filter(state=QualityRun.State.RUNNING).order_by("pk").last()
    if found is None:
        return None
    return Running(found.done, found.total, runs.time_left(done=found.done, total=found.total, pace=found.pace))


# ---- whom to look at first ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a list of the worst is about. Each may be empty; a team or owner 0 means nobody's, `run` an import that registered or changed them,
    `stale` that nobody has made sure for a year."""

    team: int | None = None
    owner: int | None = None
    run: int | None = None
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


def narrowing_words(actor: Actor, narrowing: Narrowing) -> str:
    """What a list is narrowed to. Four queries at most."""
    own = catalogue.all_fields() if narrowing.breach else {}
    words = [
        _named(Team.rows.values_list("name", flat=True), narrowing.team, _("部署・店舗なし")),
        _named(User.rows.values_list("display_name", flat=True), narrowing.owner, _("担当なし")),
        import_words(actor, [narrowing.run]).get(narrowing.run, "") if narrowing.run is not None else "",
        str(GAPS.get(narrowing.gap, "")),
        _("%(field)s（基準）") % {"field": label_of(narrowing.breach, own)} if narrowing.breach else "",
        _("1年確かめていない") if narrowing.stale else "",
    ]
    return "・".join(filter(None, words))


def _named(names: QuerySet[Any, str], pk: int | None, nobodys: str) -> str:
    if pk is None:
        return ""
    return (names.filter(pk=pk).first() or "") if pk else nobodys


def rule_of(narrowing: Narrowing, people: Sequence[Poor]) -> Rule | None:
    """A rule of the list for the customers of whom these are the worst: what is asked of them, or without anything else, that they have
    less than 50 points, or no more than these. None of those of an import: the list cannot be asked for them."""
    if narrowing.run is not None:
        return None
    rules: list[Rule] = []
    if narrowing.team is not None:
        rules.append(_condition("customer.team", _chosen(narrowing.team)))
    if narrowing.owner is not None:
        rules.append(_condition("customer.owner", _chosen(narrowing.owner)))
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


def _chosen(pk: int) -> ChoiceTest:
    return ChoiceTest(op=ChoiceOp.IN, values=(str(pk),)) if pk else ChoiceTest(op=ChoiceOp.IS_EMPTY)


def _condition(fact: str, test: AnyTest) -> Condition:
    return Condition(fact=fact, test=test)


def worst(actor: Actor, narrowing: Narrowing, *, now: datetime) -> list[Poor]:
    """Up to fifty of those whom the actor sees, the fewest points first; nobody for whom any of it is masked, and nobody of an import
    that they do not see. Five queries and a row in the view log."""
    if not access.reads_compared(actor):
        return []
    if narrowing.run is not None and not visible_imports(actor).filter(pk=narrowing.run).exists():
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
        visible = visible.filter(team=narrowing.team or None)
    if narrowing.owner is not None:
        visible = visible.filter(owner=narrowing.owner or None)
    marks = QualityMark.rows.filter(customer__in=visible.order_by())
    if narrowing.run is not None:
        written = (ImportResult.Outcome.CREATED, ImportResult.Outcome.UPDATED)
        brought = ImportResult.rows.filter(run_id=narrowing.run, outcome__in=written)
        marks = marks.filter(customer_id__in=brought.values("object_id"))
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
