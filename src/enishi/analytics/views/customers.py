"""分析 of customers: デシル, CPM and Fn転換率."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render

from enishi.analytics.queries.cpm import cpm_page
from enishi.analytics.queries.decile import decile_page
from enishi.analytics.queries.repeat import repeat_page
from enishi.analytics.views.asked import MONTHS, as_of_in, choice_in
from enishi.platform import time
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET

NTH = ("2", "3", "4", "5")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    as_of: date
    today: date
    months: int
    nth: int


def _asked(request: ActorRequest) -> Asked:
    today = time.today(time.now())
    months, nth = choice_in(request.GET, "months", MONTHS, "24"), choice_in(request.GET, "nth", NTH, "2")
    return Asked(as_of_in(request.GET, today), today, int(months), int(nth))


@require_GET
@needs("order", "read")
def decile(request: ActorRequest) -> HttpResponse:
    """`as_of`, `months`."""
    asked = _asked(request)
    shown = decile_page(request.actor, as_of=asked.as_of, months=asked.months)
    return render(request, "analytics/decile.html", {"asked": asked, "months": MONTHS, "shown": shown, "here": request.get_full_path()})


@require_GET
@needs("order", "read")
def cpm(request: ActorRequest) -> HttpResponse:
    """`as_of`."""
    asked = _asked(request)
    shown = cpm_page(request.actor, as_of=asked.as_of)
    return render(request, "analytics/cpm.html", {"asked": asked, "shown": shown, "here": request.get_full_path()})


@require_GET
@needs("order", "read")
def repeat(request: ActorRequest) -> HttpResponse:
    """`as_of`, `months`, `nth`."""
    asked = _asked(request)
    shown = repeat_page(request.actor, as_of=asked.as_of, months=asked.months, nth=asked.nth)
    context = {"asked": asked, "months": MONTHS, "nths": NTH, "shown": shown, "here": request.get_full_path()}
    return render(request, "analytics/repeat.html", context)
