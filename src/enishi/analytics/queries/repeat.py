"""Fn転換率 as its page shows it: who came for the next purchase, by month and by days, told right where months are still young."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from enishi.analytics.analyses.repeat import RepeatParams
from enishi.analytics.queries.asking import Asking, Shown, shown
from enishi.analytics.survival import Step, come_by, half_came_after, share_at
from enishi.platform.actor import Actor

WITHIN = (90, 180, 365)
POINTS = tuple(range(0, 366, 15))


@dataclass(frozen=True, slots=True)
class Rate:
    """`estimate`: in percent, by Kaplan–Meier, None where nobody was watched so long; `plain`: came ÷ all, where all had the time."""

    label: str
    estimate: float | None
    plain: float | None


@dataclass(frozen=True, slots=True)
class Month:
    label: str
    customers: int
    came: int
    rates: list[Rate]


@dataclass(frozen=True, slots=True)
class Repeat:
    months: list[Month]
    whole: Month
    half_days: int | None
    chart_labels: list[str]
    chart: list[dict[str, object]]
    nth: int


type Waits = Sequence[tuple[int, int, int]]  # days, came, out of sight


def repeat_page(actor: Actor, *, as_of: date, months: int, nth: int) -> Shown[Repeat]:
    """Asks the engine. Raises NotAllowed."""
    return shown(actor, lambda asking: _page(asking, RepeatParams(as_of=as_of, months=months, nth=nth)))


def _page(asking: Asking, params: RepeatParams) -> Repeat:
    by_month: dict[int, list[tuple[int, int, int]]] = {}
    for row in asking.figures("repeat", params).records():
        by_month.setdefault(row["month"], []).append((row["waited"], row["came"], row["unseen"]))
    everybody = _merged(by_month)
    steps = come_by(everybody)
    found = [
        _month(f"{month // 12}/{month % 12 + 1:02d}", _last_day(month), rows, params)
        for month, rows in sorted(by_month.items(), reverse=True)
    ]
    whole = _month(_("全体"), date.max, everybody, params)
    points = [day for day in POINTS if day <= _longest(everybody)]
    return Repeat(
        found,
        whole,
        half_came_after(steps),
        [_("%(n)d日") % {"n": day} for day in points],
        [{"name": _("F%(n)d転換率") % {"n": params.nth}, "values": [round(float(share_at(steps, day)) * 100, 1) for day in points]}],
        params.nth,
    )


def _merged(by_month: Mapping[int, Waits]) -> list[tuple[int, int, int]]:
    """The waits of all months together."""
    found: dict[int, tuple[int, int]] = {}
    for rows in by_month.values():
        for days, came, unseen in rows:
            before = found.get(days, (0, 0))
            found[days] = (before[0] + came, before[1] + unseen)
    return [(days, *counts) for days, counts in sorted(found.items())]


def _month(label: str, last_day: date, rows: Waits, params: RepeatParams) -> Month:
    steps, people = come_by(rows), sum(came + unseen for _days, came, unseen in rows)
    return Month(
        label, people, sum(came for _days, came, _unseen in rows), [_rate(steps, rows, people, last_day, days, params) for days in WITHIN]
    )


def _rate(steps: Iterable[Step], rows: Waits, people: int, last_day: date, days: int, params: RepeatParams) -> Rate:
    is_mature = last_day != date.max and last_day + timedelta(days=days) <= params.as_of
    plain = sum(came for waited, came, _unseen in rows if waited <= days) * 100 / people if is_mature and people else None
    estimate = float(share_at(steps, days)) * 100 if _longest(rows) >= days else None
    return Rate(_("%(n)d日以内") % {"n": days}, estimate, plain)


def _longest(rows: Waits) -> int:
    return max((days for days, _came, _unseen in rows), default=0)


def _last_day(month: int) -> date:
    following = month + 1
    return date(following // 12, following % 12 + 1, 1) - timedelta(days=1)
