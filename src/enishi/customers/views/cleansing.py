"""データ整備: which rules on whom; then a trial, its differences, and the word to do it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from enishi.customers.actions import cleansing as actions
from enishi.customers.actions.bulk import RunIsOver
from enishi.customers.bulk.selection import Selection
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.cleansing import cleansing_page
from enishi.customers.queries.views import resolved
from enishi.platform import confirmation, time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST


@require_http_methods(["GET", "POST"])
@needs("customer", "bulk")
def cleansing(request: ActorRequest) -> HttpResponse:
    """Choose rules and people; with POST the trial is ordered, and on to its progress."""
    problem = ""
    if request.method == "POST":
        asked = resolved(request.actor, Asked(view=request.POST.get("target", "")[:40]))
        rules = request.POST.getlist("rules")[:200]
        try:
            run_id = actions.try_cleansing(rules=rules, selection=Selection(asked=asked), actor=request.actor, now=time.now())
        except Invalid as refusal:
            problem = next((text for texts in refusal.fields.values() for text in texts), str(refusal))
        else:
            return redirect("customers:bulk-run", run_id)
    context = {
        "page": cleansing_page(request.actor),
        "problem": problem,
        "chosen": request.POST.getlist("rules") if request.method == "POST" else None,
        "target": request.POST.get("target", ""),
    }
    return render(request, "customers/cleansing.html", context, status=422 if problem else 200)


@require_POST
@needs("customer", "bulk")
def approve(request: ActorRequest, bulk_id: int) -> HttpResponse:
    """この内容で整える: on to the run that does so."""
    if not confirmation.is_recent(request):
        return confirmation.ask(request)
    try:
        bulk_id = actions.cleanse(run_id=bulk_id, actor=request.actor, now=time.now())
    except RunIsOver as refusal:
        messages.warning(request, str(refusal))
    return redirect("customers:bulk-run", bulk_id)
