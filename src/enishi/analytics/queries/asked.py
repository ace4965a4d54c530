"""What is asked of an analysis, whichever door it came through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from enishi.analytics.analyses.periods import DayParams
from enishi.rules.tree import Rule
from enishi.segments.analyses import RuleParams

MONTHS = (6, 12, 24, 36)
NTH = (2, 3, 4, 5)
LAPSES = (180, 240, 365)
LEVELS = ("product", "category")
ATTRIBUTES = ("channel", "payment_method", "acquisition_source", "prefecture", "gender", "kind")
FIRST_DAY = date(1990, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`versus`: an earlier day that is compared with, `segment`: one that is; `among`: the rule of those who alone are counted; `cell`:
    of whom the people are wanted, in the words of the analysis. What an analysis does not take, it leaves alone."""

    as_of: date
    today: date
    versus: date | None = None
    segment: int | None = None
    among: Rule | None = None
    months: int = 24
    nth: int = 2
    lapse: int = 365
    attribute: str = "channel"
    level: str = "product"
    by: str = "limits"
    figure: str = "people"
    cell: str = ""
    compared_as_of: date | None = None  # where this is what a page compares with: the day of the page

    @property
    def limits_of(self) -> date:
        """The day from whose figures limits are proposed: one for both sides of a comparison."""
        return self.compared_as_of or self.as_of

    def params[P: DayParams](self, kind: type[P], /, **more: Any) -> P:
        """The parameters of an analysis."""
        among = RuleParams(rule=self.among, today=self.today) if self.among is not None else None
        return kind(as_of=self.as_of, among=among, **more)

    def query(self, **other: object) -> str:
        """The query of the address of this page with some values changed; None leaves one out."""
        told: dict[str, object] = {
            "as_of": self.as_of if self.as_of != self.today else None,
            "versus": self.versus,
            "segment": self.segment,
            "months": self.months if self.months != 24 else None,
            "nth": self.nth if self.nth != 2 else None,
            "lapse": self.lapse if self.lapse != 365 else None,
            "attribute": self.attribute if self.attribute != "channel" else None,
            "level": self.level if self.level != "product" else None,
            "by": self.by if self.by != "limits" else None,
            "show": self.figure if self.figure != "people" else None,
            "cell": self.cell or None,
        }
        told |= other
        return urlencode({name: value for name, value in told.items() if value is not None})
