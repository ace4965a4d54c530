"""分析 LTV, and what it counts with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.analytics.actions.costs import change_costs
from enishi.analytics.forms.costs import CostsForm
from enishi.analytics.queries.asked import MONTHS
from enishi.analytics.queries.costs import costs_page
from enishi.analytics.queries.cpa import LIFTS, cpa_page
from enishi.analytics.queries.ltv import BY, HORIZONS, NoMargin, ltv_page
from enishi.analytics.views.asked import as_of_in, choice_in
from enishi.platform import policy, time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    as_of: date
    today: date
    months: int
    horizon: int
    by: str

    def query(self, **other: object) -> str:
        told: dict[str, object] = {"months": self.months, "horizon": self.horizon, "by": self.by}
        told |= {"as_of": self.as_of.isoformat()} if self.as_of != self.today else {}
        return urlencode(told | other)


@require_GET
@needs("order", "read")
def ltv(request: ActorRequest) -> HttpResponse:
    """`as_of`, `months`, `horizon`, `by` (source, channel, product, month)."""
    told, today = request.GET.dict(), time.today(time.now())
    asked = Asked(
        as_of_in(told, today),
        today,
        int(choice_in(told, "months", [str(n) for n in MONTHS], "24")),
        int(choice_in(told, "horizon", [str(n) for n in HORIZONS], "12")),
        choice_in(told, "by", BY, "source"),
    )
    shown = ltv_page(request.actor, as_of=asked.as_of, months=asked.months, horizon=asked.horizon, by=asked.by)
    labels = {"source": _("流入経路"), "channel": _("販売チャネル"), "product": _("最初の商品"), "month": _("初回の月")}
    context = {
        "asked": asked,
        "months": MONTHS,
        "horizons": HORIZONS,
        "shown": shown,
        "here": request.get_full_path(),
        "by": [{"label": label, "url": f"?{asked.query(by=key)}", "current": key == asked.by} for key, label in labels.items()],
        "by_label": labels[asked.by],
        "no_margin": isinstance(shown.figures, NoMargin),
        "may_read_costs": policy.allowed(request.actor, "cost", "read"),
    }
    return render(request, "analytics/ltv.html", context)


@dataclass(frozen=True, slots=True)
class AskedCpa:
    """What the address asks for; `lift`: by how many percent LTV might grow."""

    as_of: date
    today: date
    months: int
    horizon: int
    lift: int


@require_GET
@needs("cost", "read")
def cpa(request: ActorRequest) -> HttpResponse:
    """`as_of`, `months`, `horizon`, `lift`."""
    told, today = request.GET.dict(), time.today(time.now())
    asked = AskedCpa(
        as_of_in(told, today),
        today,
        int(choice_in(told, "months", [str(n) for n in MONTHS], "12")),
        int(choice_in(told, "horizon", [str(n) for n in HORIZONS], "12")),
        int(choice_in(told, "lift", [str(n) for n in LIFTS], "0")),
    )
    shown = cpa_page(request.actor, as_of=asked.as_of, months=asked.months, horizon=asked.horizon, lift=asked.lift)
    context = {
        "asked": asked,
        "months": MONTHS,
        "horizons": HORIZONS,
        "lifts": LIFTS,
        "shown": shown,
        "here": request.get_full_path(),
        "no_margin": isinstance(shown.figures, NoMargin),
    }
    return render(request, "analytics/cpa.html", context)


@require_http_methods(["GET", "POST"])
@needs("cost", "read")
def costs(request: ActorRequest) -> HttpResponse:
    """LTVの前提: margins, costs of an order, rates."""
    page = costs_page(request.actor)
    form = CostsForm(request.POST or None, initial=page.values)
    if not page.can_change:
        form.lock()
    if request.method == "POST" and form.is_valid():
        try:
            change_costs(actor=request.actor, now=time.now(), **form.told())
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("前提を保存しました。LTVは新しい前提で計算されます。"))
            return redirect("analytics:costs")
    return render(request, "analytics/costs.html", {"form": form, "page": page}, status=422 if form.errors else 200)
