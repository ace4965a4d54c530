"""Types and small answers that every front room shares."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from enishi.platform.actor import Actor
from enishi.platform.models import User


class ActorRequest(HttpRequest):
    """A request with the actor that the middleware found; `htmx` is truthy for a partial."""

    actor: Actor
    htmx: HtmxDetails
    user: User | AnonymousUser


def wants_part(request: HttpRequest, target: str = "") -> bool:
    """Whether htmx asks for a named part (htmx 4 sends `HX-Target: tag#id`)."""
    if request.headers.get("HX-Request") != "true" or request.headers.get("HX-History-Restore-Request") == "true":
        return False
    return not target or request.headers.get("HX-Target", "").rpartition("#")[2] == target
