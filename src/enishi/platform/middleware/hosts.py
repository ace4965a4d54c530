"""One process, separate origins: the app, the track host for mailed links, the files host for foreign content."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port

from enishi.platform import context
from enishi.platform.client import ip_of

_DOORS: dict[str, context.Door] = {"/api/": "api", "/scim/": "scim"}


class HostRoutingMiddleware:
    """Chooses the URL table by host, so that no app page answers on the track or files host and no other way.
    The first of ours to meet a request, it also tells the log by which door it came."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        door: context.Door = next((door for start, door in _DOORS.items() if request.path_info.startswith(start)), "screen")
        context.arrive(door, ip_of(request))
        host, _port = split_domain_port(request.get_host())  # in lower case, without a last dot
        if host == settings.TRACK_HOST:
            request.urlconf = settings.TRACK_URLCONF
        elif host == settings.FILES_HOST:
            request.urlconf = settings.FILES_URLCONF
        return self.get_response(request)
