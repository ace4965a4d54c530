"""Types and small answers that every front room shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.contrib.auth.models import AnonymousUser
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators import http as django_http
from django_htmx.middleware import HtmxDetails

from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.models import User


class ActorRequest(HttpRequest):
    """A request with the actor that the middleware found; `htmx` is truthy for a partial."""

    actor: Actor
    htmx: HtmxDetails
    user: User | AnonymousUser


def user_of(request: HttpRequest) -> User:
    """The user of a page that only staff see. Raises NotAllowed for anybody else."""
    if not isinstance(request.user, User):
        raise NotAllowed
    return request.user


def wants_part(request: HttpRequest, target: str = "") -> bool:
    """Whether htmx asks for a named part (htmx 4 sends `HX-Target: tag#id`)."""
    if request.headers.get("HX-Request") != "true" or request.headers.get("HX-History-Restore-Request") == "true":
        return False
    return not target or request.headers.get("HX-Target", "").rpartition("#")[2] == target


def onward(request: HttpRequest) -> str:
    """Where a small form leads back to: the path it names in `next`, home where that is none of ours."""
    path = request.POST.get("next") or request.GET.get("next", "")
    return path if url_has_allowed_host_and_scheme(path, allowed_hosts=None) and path.startswith("/") else "/"


_TYPES = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


def attachment(path: Path, name: str) -> FileResponse:
    """A file of ours as a download under this name."""
    content_type = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=content_type)


def require_http_methods[**P](methods: list[str]) -> Callable[[Callable[P, HttpResponseBase]], Callable[P, HttpResponseBase]]:
    """Answer 405 to other methods, as Django's decorator does, and tell the census of routes which ones are meant."""

    def mark(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
        limited: Callable[P, HttpResponseBase] = django_http.require_http_methods(methods)(view)
        limited.methods = tuple(methods)  # type: ignore[attr-defined]
        return limited

    return mark


require_GET = require_http_methods(["GET"])
require_POST = require_http_methods(["POST"])
require_safe = require_http_methods(["GET", "HEAD"])
