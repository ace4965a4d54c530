"""Only in the demo: its clock, and two files to try an import with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from enishi.platform import time
from enishi.platform.actions import installation as actions
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.guards import needs, signed_in
from enishi.platform.http import ActorRequest, onward, require_GET, require_POST

FILES = {"customers": "顧客.csv", "orders": "注文.csv"}


@require_POST
@needs("demo", "configure")
def move_clock(request: ActorRequest) -> HttpResponse:
    """「1日進める／7日進める」. The simulated people act afterwards, in the worker."""
    days = {"1": 1, "7": 7}.get(request.POST.get("days", ""))
    if days is None:
        raise Invalid(fields={"days": [_("1日か7日を選んでください。")]})
    actions.ask_for_days(actor=request.actor, days=days, now=time.now())
    messages.success(request, _("%(days)d日進めています。お客さまの行動が1日ずつ届きます。") % {"days": days})
    return redirect(onward(request))


@require_GET
@signed_in
def sample(request: ActorRequest, which: str) -> HttpResponse:
    """顧客.csv or 注文.csv of a shop whose people are not in the base, with the faults that real files have."""
    if which not in FILES:
        raise NotFound
    from enishi.platform.demo import files

    make = files.customers_csv if which == "customers" else files.orders_csv
    disposition = content_disposition_header(as_attachment=True, filename=FILES[which]) or "attachment"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(make(time.today(time.now())), content_type="text/csv; charset=Shift_JIS", headers=headers)
