"""顧客ステージ: where a customer stands, as a pure function of the days they bought on.

Source of the formula: the glossary, Lifecycle. The reasoning in one place, so that the import, the nightly look and
the screen that explains a stage can never differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from enishi.customers.models import Customer

Stage = Customer.Lifecycle


@dataclass(frozen=True, slots=True)
class Limits:
    """The figures of the formula, in days and purchases; one set per organisation."""

    sleeping_days: int = 180
    lost_days: int = 365
    revived_days: int = 90
    best_purchases: int = 3
    best_share_bp: int = 2_000  # the top 20 % by 24-month revenue


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Standing:
    """A stage, and since which day; None where the day is not in the purchases (優良 hangs on everybody's revenue)."""

    stage: Stage
    since: date | None


def standing(days: Sequence[date], *, today: date, among_best: bool, limits: Limits = LIMITS) -> Standing:
    """The stage on `today` of somebody who bought on `days` (each once, rising, none after today).

    `among_best`: whether their 24-month revenue is among the top share. Nobody without a purchase comes here as
    anything but 見込み; 検討 is told by visits and requests, not by purchases.
    """
    if not days:
        return Standing(Stage.PROSPECT, None)
    silent = (today - days[-1]).days
    sleeps_after = _sleeps_after(days, limits)
    if silent >= limits.lost_days:
        return Standing(Stage.LOST, days[-1] + timedelta(days=limits.lost_days))
    if silent >= sleeps_after:
        return Standing(Stage.SLEEPING, days[-1] + timedelta(days=sleeps_after))
    revived_on = _revived_on(days, limits)
    if revived_on is not None and (today - revived_on).days <= limits.revived_days:
        return Standing(Stage.REVIVED, revived_on)
    if len(days) >= limits.best_purchases and among_best:
        return Standing(Stage.BEST, None)
    if revived_on is not None:
        return Standing(Stage.REPEAT, revived_on + timedelta(days=limits.revived_days + 1))
    return Standing(Stage.REPEAT, days[1]) if len(days) > 1 else Standing(Stage.FIRST, days[0])


def _sleeps_after(days: Sequence[date], limits: Limits) -> int:
    """Days without a purchase after which somebody with these purchases counts as 休眠."""
    if len(days) < 2:
        return limits.sleeping_days
    own = median((later - earlier).days for earlier, later in pairwise(days))
    return max(limits.sleeping_days, round(2 * own))


def _revived_on(days: Sequence[date], limits: Limits) -> date | None:
    """The latest purchase that ended a sleep."""
    for index in range(len(days) - 1, 0, -1):
        gap = (days[index] - days[index - 1]).days
        if gap >= min(_sleeps_after(days[:index], limits), limits.lost_days):
            return days[index]
    return None
