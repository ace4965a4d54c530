"""Finds out on whose behalf a request comes, and closes every route to outsiders that is not declared public."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from enishi.platform import context, modules, time
from enishi.platform.actor import ANONYMOUS
from enishi.platform.api import API_NAMESPACE
from enishi.platform.client import ip_of
from enishi.platform.guards import OWN_ACCOUNT, is_public
from enishi.platform.networks import may_come
from enishi.platform.once import asked_once
from enishi.platform.rights import actor_of
from enishi.platform.scim.door import SCIM_NAMESPACE
from enishi.platform.second_factor import missing_from


class ActorMiddleware:
    """Sets `request.actor`. Without a user, only routes marked `@public` answer; the rest ask to sign in.

    A route of a module that is off does not exist, for anybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = getattr(request, "user", None)
        with asked_once():
            request.actor = actor_of(user) if user is not None and user.is_authenticated else ANONYMOUS  # type: ignore[attr-defined]
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        context.enter(match.view_name if match else "")
        if match and modules.is_closed(view, match.view_name):
            raise Http404
        if match and {API_NAMESPACE, SCIM_NAMESPACE} & set(match.namespaces):  # asks for its own token, and knows no session
            return None
        name = match.view_name if match else ""
        if request.actor.kind != "anonymous":  # type: ignore[attr-defined]
            if name not in _FROM_ANYWHERE and not may_come(request.user, ip_of(request)):
                from enishi.platform.views.signin_rules import shut_out

                return shut_out(request)
            return None if name.startswith(_WITHOUT_SECOND_FACTOR) else _to_second_factor(request)
        if is_public(view, name):
            return None
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Redirect": reverse(settings.LOGIN_URL)})
        return redirect_to_login(request.get_full_path())


# Where somebody gets from an address that is on no list: out, and to the code that opens the lists.
_FROM_ANYWHERE = frozenset({"account_logout", "platform:networks-open"})

# Where somebody gets who must first add a second factor: to the pages where they do, and out.
_WITHOUT_SECOND_FACTOR = (
    *OWN_ACCOUNT,
    "platform:security",
    "platform:confirm",
    "platform:appearance",
    "platform:language",
    "platform:tray",
)


def _to_second_factor(request: HttpRequest) -> HttpResponse | None:
    due = missing_from(request.actor, request.user, request.session)  # type: ignore[attr-defined]
    if due is None or due > time.today(time.wall_clock()):
        return None
    page = reverse("platform:security")
    return HttpResponse(status=403, headers={"HX-Redirect": page}) if request.headers.get("HX-Request") == "true" else redirect(page)
