"""Kaplan–Meier: the share that has come by a day, where some were watched for a shorter time than others.

Kaplan and Meier, 1958: of those still watched and not yet come at each day, the share that comes on it takes so much of what is left.
Who drops out of sight on a day was still there for those who came on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Step:
    """By so many days, `share` has come (an exact fraction)."""

    days: int
    share: Fraction


def come_by(waits: Iterable[tuple[int, int, int]]) -> list[Step]:
    """Of (days, how many came on that day, how many dropped out of sight on it): the days on which the share grows."""
    rows = sorted(waits)
    watched = sum(came + unseen for _days, came, unseen in rows)
    left, steps = Fraction(1), []
    for days, came, unseen in rows:
        if came:
            left *= 1 - Fraction(came, watched)
            steps.append(Step(days, 1 - left))
        watched -= came + unseen
    return steps


def share_at(steps: Iterable[Step], days: int) -> Fraction:
    """The share that has come by a day."""
    return max((step.share for step in steps if step.days <= days), default=Fraction(0))


def half_came_after(steps: Iterable[Step]) -> int | None:
    """The days by which half has come; None where that was not seen."""
    return next((step.days for step in steps if step.share >= Fraction(1, 2)), None)
