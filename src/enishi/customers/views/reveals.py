"""開示 on a customer's page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from enishi.customers.actions.reveals import HOLDS_FOR, reveal_customer
from enishi.customers.forms.shares import RevealForm
from enishi.customers.queries.record import locate
from enishi.platform import time
from enishi.platform.errors import ActionError
from enishi.platform.guards import confirmed, needs
from enishi.platform.http import ActorRequest, require_http_methods


@require_http_methods(["GET", "POST"])
@needs("customer", "reveal")
@confirmed()
def reveal(request: ActorRequest, key: str) -> HttpResponse:
    """The dialog that asks why; POST opens what is masked, for ten minutes."""
    found = locate(request.actor, key)
    form = RevealForm(request.POST or None, auto_id="reveal_%s")
    if request.method == "POST" and form.is_valid():
        try:
            reveal_customer(customer_id=found.id, reason=form.cleaned_data["reason"], actor=request.actor, now=time.now())
        except ActionError as refusal:
            form.show(refusal)
        else:
            url = reverse("customers:record", args=[found.number])
            return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
    context = {"form": form, "number": found.number, "minutes": int(HOLDS_FOR.total_seconds() // 60)}
    return render(request, "customers/reveal_dialog.html", context, status=422 if form.errors else 200)
