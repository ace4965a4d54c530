"""絞り込み: the rule builder for the list of customers."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.filtering import palette
from enishi.customers.queries.filters import Headcount, headcount
from enishi.customers.queries.views import KEY, resolved
from enishi.customers.views.customers import address_of, asked_by
from enishi.platform import time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST
from enishi.rules.builder.draft import Draft, draft_of, press, read
from enishi.rules.builder.page import BuilderPage, builder_page
from enishi.rules.tree import EVERYONE


@require_http_methods(["GET", "POST"])
@needs("customer", "read")
def edit(request: ActorRequest) -> HttpResponse:
    """The builder over the list that the address asks for; `apply` leads back to the list with the rule."""
    asked = asked_by(request.GET)
    rule = resolved(request.actor, asked).rule
    if request.method == "POST":
        page = _page(request, _posted(request), strict="apply" in request.POST)
        if "apply" in request.POST and page.complete:
            nothing = EVERYONE if asked.view.startswith(KEY) else None  # a saved view has a filter of its own
            return redirect(address_of(replace(asked, rule=page.rule if page.line_count else nothing)).to())
    else:
        draft = draft_of(rule, palette(request.actor)) if rule else Draft()
        if draft is None:
            messages.warning(request, _("この条件は、この画面では変えられない形です。外して組み直してください。"))
            return redirect(address_of(asked).to())
        page = _page(request, draft)
    wrong = request.method == "POST" and "apply" in request.POST
    context = {"builder": page, "back_url": address_of(asked).to(), "wrong": wrong, **_count(request, page)}
    return render(request, "customers/filter.html", context, status=422 if wrong else 200)


@require_POST
@needs("customer", "read")
def build(request: ActorRequest) -> HttpResponse:
    """htmx: one press or change in the builder; answers the builder, the sentence and the count."""
    page = _page(request, _posted(request))
    return render(request, "customers/filter.html#answer", {"builder": page, **_count(request, page)})


def _posted(request: ActorRequest) -> Draft:
    known = palette(request.actor)
    return press(read(request.POST, known), request.POST.get("do"), known)


def _page(request: ActorRequest, draft: Draft, *, strict: bool = False) -> BuilderPage:
    pressed = request.POST.get("do")
    return builder_page(draft, palette(request.actor), url=reverse("customers:filter-build"), strict=strict, pressed=pressed)


def _count(request: ActorRequest, page: BuilderPage) -> dict[str, Headcount | ActionError | None]:
    try:
        return {"count": headcount(request.actor, page.rule, now=time.now()), "refusal": None}
    except ActionError as refusal:
        return {"count": None, "refusal": refusal}
