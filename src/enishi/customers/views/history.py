"""変更履歴 of one customer, and writing a value of then again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.customers import AddressInUse
from enishi.customers.actions.restoring import restore_value
from enishi.customers.queries.history import customer_history, restoring
from enishi.customers.queries.record import locate
from enishi.platform import time
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods


@require_GET
@needs("customer", "read")
def history(request: ActorRequest, key: str) -> HttpResponse:
    """変更履歴."""
    found = locate(request.actor, key)
    before = request.GET.get("before", "")
    page = customer_history(request.actor, found.id, before=int(before) if before.isdecimal() and len(before) < 19 else None)
    return render(request, "customers/history.html", {"history": page, "number": found.number, "further": bool(before)})


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def restore(request: ActorRequest, key: str, change_id: int) -> HttpResponse:
    """The dialog with what stands there now and what stood there then; POST writes it again.

    After a refusal the dialog shows what stands there by then, so that pressing again is a decision.
    """
    found = locate(request.actor, key)
    refusal: ActionError | None = None
    if request.method == "POST":
        try:
            changed = restore_value(
                customer_id=found.id,
                change_id=change_id,
                seen=request.POST.get("seen", ""),
                shares_address="shares_address" in request.POST,
                actor=request.actor,
                now=time.now(),
            )
        except ActionError as error:
            if error.status not in (409, 422):
                raise
            refusal = error
        else:
            messages.success(request, _("元の値に戻しました。") if changed else _("すでにこの値になっています。"))
            url = reverse("customers:history", args=[found.number])
            return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
    context = {
        "restoring": restoring(request.actor, found.id, change_id),
        "number": found.number,
        "problems": _words_of(refusal),
        "may_share": isinstance(refusal, AddressInUse),
    }
    return render(request, "customers/restore_dialog.html", context, status=refusal.status if refusal else 200)


def _words_of(refusal: ActionError | None) -> list[str]:
    if isinstance(refusal, Invalid) and refusal.fields:
        return [text for texts in refusal.fields.values() for text in texts]
    return [str(refusal)] if refusal else []
