"""印刷: 顧客カルテ of one customer, 宛名ラベル of the chosen or of a whole list. The one leaves as a PDF at
once, the other is made by a job, like every file that leaves the house."""

from __future__ import annotations

import io

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from enishi.customers.actions.printing import Printed, order_labels, print_card
from enishi.customers.forms.printing import LabelForm
from enishi.customers.queries.printing import label_counts
from enishi.customers.queries.record import locate
from enishi.customers.views.bulk import posted_selection
from enishi.platform import time
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_POST
from enishi.platform.printing import FontsMissing


@require_POST
@needs("customer", "read")
def card(request: ActorRequest, key: str) -> HttpResponseBase:
    found = locate(request.actor, key)
    try:
        return _saved(print_card(customer_id=found.id, actor=request.actor, now=time.now()))
    except FontsMissing as refusal:
        messages.error(request, str(refusal))
        return redirect("customers:record", key=found.number)


@require_POST
@needs("customer", "export")
def labels(request: ActorRequest) -> HttpResponseBase:
    """The dialog: how many, who is left out and who did not say yes; with `confirmed` the order, and on to its progress."""
    selection, now = posted_selection(request), time.now()
    form = LabelForm(request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            run_id = order_labels(
                selection=selection, wishes=form.wishes(), reason=form.cleaned_data["reason"], actor=request.actor, now=now
            )
        except ActionError as refusal:
            if refusal.status not in (409, 422):
                raise
            fields = refusal.fields if isinstance(refusal, Invalid) else {}
            for name, texts in (fields or {"": [str(refusal)]}).items():
                form.add_error(name if name in form.fields else None, texts)
        else:
            url = reverse("exports:run", args=[run_id])
            return HttpResponse(status=204, headers={"HX-Redirect": url, "HX-Trigger": "enishi:tray"})
    context = {"form": form, "selection": selection, "counts": label_counts(request.actor, selection, now=now)}
    return render(request, "customers/labels_dialog.html", context, status=422 if form.errors else 200)


def _saved(printed: Printed) -> HttpResponseBase:
    return FileResponse(io.BytesIO(printed.pdf), as_attachment=True, filename=printed.name, content_type="application/pdf")
