"""Asks the engine for a page: several figures within one short wait, of the customers whom the viewer may see."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from enishi.platform.actor import Actor
from enishi.warehouse.access import reach_of
from enishi.warehouse.analysis import Params, Reach
from enishi.warehouse.engine.client import WAIT_MS, Answer, Figures, ask


class NotYet(Exception):
    """A figure is still being worked on, or nobody works on it: `state` as the engine says it."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


@dataclass(slots=True)
class Asking:
    """The questions of one page. All of them together wait no longer than one may."""

    reach: Reach
    at: datetime | None = None  # as of which instant the data are
    _until: float = field(default_factory=lambda: time.monotonic() + WAIT_MS / 1000)

    def figures(self, analysis: str, params: Params) -> Figures:
        """The one table of this analysis. Raises NotYet."""
        [table] = self.tables(analysis, params).values()
        return table

    def begin(self, analysis: str, params: Params) -> None:
        """Let the engine begin with what is asked for after something else."""
        ask(analysis, params, self.reach, wait_ms=1)

    def tables(self, analysis: str, params: Params) -> Mapping[str, Figures]:
        """The tables of this analysis, by name. Raises NotYet."""
        wait_ms = max(1, round((self._until - time.monotonic()) * 1000))
        answer: Answer = ask(analysis, params, self.reach, wait_ms=wait_ms)
        if answer.state != "done":
            raise NotYet(answer.state)
        self.at = answer.at
        return answer.tables


@dataclass(frozen=True, slots=True)
class Shown[T]:
    """What a page shows: the figures of an instant, or why there are none yet ("running" and "starting" mend themselves)."""

    figures: T | None
    state: str = "done"
    at: datetime | None = None

    @property
    def comes_soon(self) -> bool:
        return self.state in ("running", "starting", "busy")


def shown[T](actor: Actor, make: Callable[[Asking], T]) -> Shown[T]:
    """The figures that `make` puts together for this viewer. Raises NotAllowed."""
    asking = Asking(reach_of(actor))
    try:
        figures = make(asking)
    except NotYet as wait:
        return Shown(None, wait.state)
    return Shown(figures, at=asking.at)
