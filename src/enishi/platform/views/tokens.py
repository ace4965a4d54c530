"""APIトークン: a member of staff makes and revokes their own; and the description of the API."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform import actions, queries, time
from enishi.platform.api import Description
from enishi.platform.errors import ActionError
from enishi.platform.forms import TokenForm
from enishi.platform.guards import confirmed, needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST


@require_http_methods(["GET", "POST"])
@needs("api_token", "create")
@confirmed()
def tokens(request: ActorRequest) -> HttpResponse:
    """One's own tokens. POST makes one, and only that answer shows it."""
    form = TokenForm(request.POST or None)
    fresh = ""
    if request.method == "POST" and form.is_valid():
        try:
            fresh = actions.create_token(actor=request.actor, now=time.now(), **form.cleaned_data).token
        except ActionError as refusal:
            form.show(refusal)
        else:
            form = TokenForm()
    context = {"form": form, "fresh": fresh, "rows": queries.own_tokens(request.actor)}
    return render(request, "platform/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@needs("api_token", "create")
def revoke(request: ActorRequest, token_id: int) -> HttpResponse:
    actions.revoke_token(token_id=token_id, actor=request.actor, now=time.now())
    messages.success(request, _("トークンを無効にしました。このトークンでの呼び出しは、いまから断られます。"))
    here = reverse("platform:tokens")
    return HttpResponse(status=204, headers={"HX-Redirect": here}) if request.htmx else redirect(here)


@require_GET
@needs("api_token", "create")
def description(request: ActorRequest) -> JsonResponse:
    """The OpenAPI document of what is on here, for tools that make clients of it."""
    from config.api import api

    return JsonResponse(Description(api, "/api/v1/"), json_dumps_params={"ensure_ascii": False, "indent": 1})
