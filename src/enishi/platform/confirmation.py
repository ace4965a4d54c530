"""Is it still the same person who sits there? Asked before what hurts most: exports, bulk changes, keys, second factors.

Signing in is a proof, and so is the password, a code or a passkey given again; a proof holds for ten minutes. A form that
was sent without one is kept, sealed, while the proof is asked for, and carried out behind it; htmx asks in a dialog above
the page, which stays as it is, and then presses the button again.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from urllib.parse import urlencode

from cryptography.exceptions import InvalidTag
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse

from enishi.platform import modules, time
from enishi.platform.secrets import seal, unseal

HOLDS_FOR = timedelta(minutes=10)
CONFIRMED, SINCE, SUSPENDED = "confirmed_at", "since", "suspended"  # keys of the session
_LONGEST = 200_000  # letters of a form that is kept; a longer one is asked for again


def is_recent(request: HttpRequest) -> bool:
    """Whether this session has given a proof within ten minutes."""
    last = max(int(request.session.get(SINCE, 0)), int(request.session.get(CONFIRMED, 0)))
    return bool(last) and time.wall_clock().timestamp() - last <= HOLDS_FOR.total_seconds()


def note(request: HttpRequest) -> None:
    """A proof was given just now. The session gets a new key (ASVS 7.2.4)."""
    request.session[CONFIRMED] = int(time.wall_clock().timestamp())
    request.session.cycle_key()


def ask(request: HttpRequest) -> HttpResponse:
    """The answer of a guarded view while there is no proof: the page that asks for one, or htmx's dialog (status 403)."""
    page = reverse("platform:confirm")
    if request.headers.get("HX-Request") == "true":
        from enishi.platform.views.confirm import dialog

        return dialog(request)
    if request.method == "POST" and not request.FILES:
        _suspend(request)
    return HttpResponseRedirect(f"{page}?{urlencode({'next': request.get_full_path()})}")


def _suspend(request: HttpRequest) -> None:
    form = request.POST.urlencode()
    if len(form) > _LONGEST:
        return
    kept = json.dumps({"path": request.get_full_path(), "form": form})
    request.session[SUSPENDED] = base64.b64encode(seal(kept, place=_place(request))).decode()


def _place(request: HttpRequest) -> str:
    return f"django_session|suspended|{request.user.pk}"


def resume(request: HttpRequest, path: str) -> HttpResponseBase:
    """Behind the proof: carry out the form that was kept for this path, else lead there."""
    sealed = request.session.pop(SUSPENDED, "")
    kept = _opened(request, sealed) if sealed else None
    place, _mark, query = path.partition("?")
    try:
        match = resolve(place)
    except Resolver404:
        return HttpResponseRedirect("/")
    if kept is None or kept["path"] != path or modules.is_closed(match.func, match.view_name):
        reads = "GET" in getattr(match.func, "methods", ("GET",))
        return HttpResponseRedirect(path if reads else "/")
    request.path = request.path_info = place
    request.META["QUERY_STRING"] = query
    request.GET = QueryDict(query)
    request.POST = QueryDict(kept["form"])
    request.method = "POST"
    request.resolver_match = match
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return response


def _opened(request: HttpRequest, sealed: str) -> dict[str, str] | None:
    try:
        kept: dict[str, str] = json.loads(unseal(base64.b64decode(sealed), place=_place(request)))
    except (InvalidTag, ValueError):
        return None
    return kept
