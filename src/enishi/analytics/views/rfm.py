"""分析 RFM."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from enishi.analytics.queries.rfm import Asked, rfm_page
from enishi.analytics.views.asked import MONTHS, as_of_in, choice_in
from enishi.platform import policy, time
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET

SCORES = ("1", "2", "3", "4", "5")


@require_GET
@needs("order", "read")
def rfm(request: ActorRequest) -> HttpResponse:
    """`as_of`, `months`, `by` (limits, quintiles), `show` (people, revenue), and a cell as `r` and `f`."""
    today = time.today(time.now())
    r, f = (choice_in(request.GET, name, SCORES, "") for name in ("r", "f"))
    asked = Asked(
        as_of=as_of_in(request.GET, today),
        today=today,
        months=int(choice_in(request.GET, "months", MONTHS, "24")),
        by=choice_in(request.GET, "by", ("limits", "quintiles"), "limits"),
        figure=choice_in(request.GET, "show", ("people", "revenue"), "people"),
        cell=(int(r), int(f)) if r and f else None,
    )
    context = {
        "asked": asked,
        "months": MONTHS,
        "shown": rfm_page(request.actor, asked),
        "here": request.get_full_path(),
        "figures": _switch(asked, "show", asked.figure, {"people": _("人数"), "revenue": _("売上")}),
        "limits": _switch(asked, "by", asked.by, {"limits": _("日数と回数"), "quintiles": _("5等分")}, r=None, f=None),
        "close_query": asked.query(r=None, f=None),
        "may_segment": policy.allowed(request.actor, "segment", "create"),
    }
    return render(request, "analytics/rfm.html", context)


def _switch(asked: Asked, name: str, current: str, words: Mapping[str, str], **without: None) -> list[dict[str, object]]:
    """Links that change one value of the address."""
    return [
        {"label": label, "url": f"?{asked.query(**{name: value}, **without)}", "current": value == current}
        for value, label in words.items()
    ]
