"""While somebody looks at the product as a role: their rights are the narrower ones, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from enishi.platform.errors import NotAllowed
from enishi.platform.looking import SESSION_KEY, looking_as

#: What may be sent all the same: to stop looking, to leave, and how one's own screen looks.
_ALLOWED = frozenset({"platform:look-end", "account_logout", "platform:appearance", "platform:language"})


class LookingMiddleware:
    """Behind the actor's. The API knows no session, and so nothing of this."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.looks_as = None  # type: ignore[attr-defined]
        session = getattr(request, "session", None)
        role_id = session.get(SESSION_KEY) if session is not None and request.actor.kind == "staff" else None  # type: ignore[attr-defined]
        if session is not None and isinstance(role_id, int):
            found = looking_as(request.actor, role_id)  # type: ignore[attr-defined]
            if found is None:
                del session[SESSION_KEY]
            else:
                request.actor, request.looks_as = found.actor, found  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        looks = request.looks_as is not None and request.method not in ("GET", "HEAD", "OPTIONS")  # type: ignore[attr-defined]
        if not looks or (match is not None and match.view_name in _ALLOWED):
            return None
        refusal = NotAllowed(_("別のロールで見ている間は、なにも変えられません。見終わってから操作してください。"))
        return render(request, "platform/refused.html", {"refusal": refusal, "fields": {}}, status=refusal.status)
