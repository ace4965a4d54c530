"""列: which columns the list shows, in which order, and how many rows a page."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from enishi.customers.actions import list_settings as actions
from enishi.customers.models import ListSetting
from enishi.customers.queries import settings as queries
from enishi.customers.queries.views import KEY, resolved
from enishi.customers.views.customers import MOST_COLUMNS, address_of, asked_by
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods


@require_http_methods(["GET", "POST"])
@needs("customer", "read")
def columns(request: ActorRequest) -> HttpResponse:
    """The dialog over the list that the address asks for. POST keeps the columns: of the built-in tabs for the user, of a
    saved view in the address, from where the view can be overwritten. `reset` brings the usual ones back."""
    asked = asked_by(request.GET)
    if request.method == "GET":
        return _dialog(request)
    chosen = [] if "reset" in request.POST else request.POST.getlist("columns")[:MOST_COLUMNS]
    own = queries.list_setting(request.actor)
    size = request.POST.get("page_size", "")
    of_view = asked.view.startswith(KEY)
    if not chosen and "reset" not in request.POST:
        return _dialog(request, _("列を1つ以上選んでください。"))
    try:
        actions.choose_columns(
            columns=own.columns if of_view else chosen,
            page_size=int(size) if size.isascii() and size.isdecimal() and len(size) < 5 else own.page_size,
            actor=request.actor,
            now=time.now(),
        )
    except Invalid as refusal:
        return _dialog(request, next((text for texts in refusal.fields.values() for text in texts), str(refusal)))
    url = address_of(replace(asked, columns=tuple(chosen) if of_view else ())).to()
    return HttpResponse(status=204, headers={"HX-Redirect": url})


def _dialog(request: ActorRequest, problem: str = "") -> HttpResponse:
    asked, own = resolved(request.actor, asked_by(request.GET)), queries.list_setting(request.actor)
    typed = request.POST.getlist("columns")
    context = {
        "action": request.get_full_path(),
        "offers": queries.offers(request.actor, typed, asked.columns, own.columns),
        "sizes": ListSetting.PageSize.choices,
        "page_size": own.page_size,
        "of_view": request.GET.get("view", "").startswith(KEY),
        "problem": problem,
    }
    return render(request, "customers/columns_dialog.html", context, status=422 if problem else 200)
