"""APIトークン: a member of staff makes, narrows and revokes their own; and the description of the API."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform import time
from enishi.platform.actions import tokens as actions
from enishi.platform.api import Description
from enishi.platform.errors import ActionError
from enishi.platform.forms.tokens import TokenForm
from enishi.platform.guards import confirmed, needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.queries import tokens as queries


@require_http_methods(["GET", "POST"])
@needs("api_token", "create")
@confirmed()
def tokens(request: ActorRequest) -> HttpResponse:
    """One's own tokens. POST makes one, and only that answer shows it."""
    scopes, fields = queries.scope_choices(request.actor), queries.field_choices()
    form = TokenForm(request.POST or None, scopes=scopes, fields=fields)
    fresh = ""
    if request.method == "POST" and form.is_valid():
        try:
            said = form.cleaned_data["name"]
            fresh = actions.create_token(name=said, reach=form.said(), actor=request.actor, now=time.now()).token
        except ActionError as refusal:
            form.show(refusal)
        else:
            form = TokenForm(scopes=scopes, fields=fields)
    context = {"form": form, "fresh": fresh, "rows": queries.own_tokens(request.actor)}
    return render(request, "platform/tokens.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("api_token", "create")
@confirmed()
def token(request: ActorRequest, token_id: int) -> HttpResponse:
    """What one of them may do, changed from its next call on."""
    row = queries.own_token(request.actor, token_id)
    initial = {
        "name": row.name,
        "reach": "chosen" if row.scopes is not None else "read" if row.read_only else "all",
        "scopes": row.scopes or [],
        "shows": "chosen" if row.fields is not None else "all",
        "fields_shown": row.fields or [],
        "expires_on": row.last_day,
        "networks": row.networks,
    }
    form = TokenForm(request.POST or None, scopes=queries.scope_choices(request.actor), fields=queries.field_choices(), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            name = form.cleaned_data["name"]
            actions.change_token(token_id=token_id, name=name, reach=form.said(), actor=request.actor, now=time.now())
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("トークンを変えました。次の呼び出しから効きます。"))
            return redirect("platform:tokens")
    return render(request, "platform/token.html", {"form": form, "row": row}, status=422 if form.errors else 200)


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
