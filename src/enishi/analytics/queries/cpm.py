"""CPM（顧客ポートフォリオ） as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.analytics.analyses.cpm import BEST, FIRST, GROWING, KINDS, RUSHING, STEADY, CpmParams
from enishi.analytics.queries.asking import Asking, Shown, shown
from enishi.platform.actor import Actor

LABELS = {
    FIRST: gettext_lazy("初回"),
    GROWING: gettext_lazy("よちよち"),
    STEADY: gettext_lazy("コツコツ"),
    RUSHING: gettext_lazy("流行"),
    BEST: gettext_lazy("優良"),
}


@dataclass(frozen=True, slots=True)
class Part:
    customers: int
    revenue_jpy: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of customer: those who still come, and those who are gone."""

    label: str
    about: str
    active: Part
    gone: Part


@dataclass(frozen=True, slots=True)
class Portfolio:
    kinds: list[Kind]
    active: Part
    gone: Part
    gone_days: int

    @property
    def customers(self) -> int:
        return self.active.customers + self.gone.customers


def cpm_page(actor: Actor, *, as_of: date) -> Shown[Portfolio]:
    """Asks the engine. Raises NotAllowed."""
    return shown(actor, lambda asking: _page(asking, CpmParams(as_of=as_of)))


def _page(asking: Asking, params: CpmParams) -> Portfolio:
    found = {(row["kind"], row["gone"]): Part(row["customers"], row["revenue_jpy"]) for row in asking.figures("cpm", params).records()}
    about = _about(params)
    kinds = [
        Kind(str(LABELS[kind]), about[kind], found.get((kind, False), Part(0, 0)), found.get((kind, True), Part(0, 0))) for kind in KINDS
    ]
    return Portfolio(kinds, _sum([kind.active for kind in kinds]), _sum([kind.gone for kind in kinds]), params.gone_days)


def _sum(parts: list[Part]) -> Part:
    return Part(sum(part.customers for part in parts), sum(part.revenue_jpy for part in parts))


def _about(params: CpmParams) -> dict[str, str]:
    """What each kind is, in the order in which it is asked."""
    words = {"days": params.best_days, "yen": f"{params.best_jpy:,}", "steady": params.steady_days}
    return {
        FIRST: _("購入は1回だけ"),
        BEST: _("初回から最終購入まで%(days)d日以上、累計%(yen)s円以上") % words,
        RUSHING: _("初回から最終購入まで%(days)d日未満、累計%(yen)s円以上") % words,
        STEADY: _("初回から最終購入まで%(steady)d日以上") % words,
        GROWING: _("そのほか（2回以上）"),
    }
