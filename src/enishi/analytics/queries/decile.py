"""デシル as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from enishi.analytics.analyses.periods import WindowParams
from enishi.analytics.queries.asking import Asking, Shown, shown
from enishi.platform.actor import Actor


@dataclass(frozen=True, slots=True)
class Band:
    """One tenth of the buyers."""

    label: str
    customers: int
    revenue_jpy: int
    purchases: int
    least_jpy: int
    most_jpy: int
    through_jpy: int  # the revenue of this tenth and those above it

    @property
    def per_head_jpy(self) -> int:
        return self.revenue_jpy // self.customers


@dataclass(frozen=True, slots=True)
class Deciles:
    bands: list[Band]
    customers: int
    revenue_jpy: int
    chart_labels: list[str]
    chart: list[dict[str, object]]


def decile_page(actor: Actor, *, as_of: date, months: int) -> Shown[Deciles]:
    """Asks the engine. Raises NotAllowed."""
    return shown(actor, lambda asking: _page(asking, WindowParams(as_of=as_of, months=months)))


def _page(asking: Asking, params: WindowParams) -> Deciles:
    bands: list[Band] = []
    for row in asking.figures("decile", params).records():
        through = row["revenue_jpy"] + (bands[-1].through_jpy if bands else 0)
        label = _("デシル%(n)d") % {"n": row["decile"]}
        customers, revenue, purchases = row["customers"], row["revenue_jpy"], row["purchases"]
        bands.append(Band(label, customers, revenue, purchases, row["least_jpy"], row["most_jpy"], through))
    whole = bands[-1].through_jpy if bands else 0
    return Deciles(bands, sum(band.customers for band in bands), whole, [band.label for band in bands], _chart(bands, whole))


def _chart(bands: Sequence[Band], whole: int) -> list[dict[str, object]]:
    return [
        {"name": _("売上の割合"), "values": [_percent(band.revenue_jpy, whole) for band in bands]},
        {"name": _("累計の割合"), "values": [_percent(band.through_jpy, whole) for band in bands]},
    ]


def _percent(part: int, whole: int) -> float:
    return round(part * 100 / whole, 1) if whole else 0.0
