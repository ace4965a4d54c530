"""印刷: 顧客カルテ of one customer, 宛名ラベル of the chosen or of a whole list. Both leave as a PDF to be saved."""

from __future__ import annotations

import io

from django.contrib import messages
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.customers.actions.printing import Printed, print_card, print_labels
from enishi.customers.forms.printing import LabelForm
from enishi.customers.queries.printing import label_counts
from enishi.customers.queries.record import locate
from enishi.customers.views.bulk import posted_selection
from enishi.platform import time
from enishi.platform.errors import ActionError
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
    """Without `confirmed` the dialog: how many, who is left out and who did not say yes; with it the PDF."""
    selection, now = posted_selection(request), time.now()
    form = LabelForm(request.POST if "confirmed" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            return _saved(print_labels(selection=selection, wishes=form.wishes(), actor=request.actor, now=now))
        except ActionError as refusal:
            if refusal.status not in (409, 422):
                raise
            messages.error(request, str(refusal))
            return redirect("customers:list")
    if form.is_bound:
        messages.error(request, _("ラベルの用紙と始める位置を選び直してください。"))
        return redirect("customers:list")
    context = {"form": form, "selection": selection, "counts": label_counts(request.actor, selection, now=now)}
    return render(request, "customers/labels_dialog.html", context)


def _saved(printed: Printed) -> HttpResponseBase:
    return FileResponse(io.BytesIO(printed.pdf), as_attachment=True, filename=printed.name, content_type="application/pdf")
