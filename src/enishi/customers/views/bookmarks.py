"""The star on a customer, and the customers that a member of staff has at hand."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from enishi.customers.actions.bookmarks import add_favourite, note_visit, remove_favourite
from enishi.customers.queries.bookmarks import at_hand, is_favourite
from enishi.customers.queries.record import Located, locate
from enishi.platform import time
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, onward, require_GET, require_POST


@require_POST
@needs("customer", "read")
def visit(request: ActorRequest, key: str) -> HttpResponse:
    """htmx: the record page was opened by a person; answers its star."""
    found = locate(request.actor, key)
    note_visit(customer_id=found.id, actor=request.actor, now=time.now())
    return _star(request, found, is_on=is_favourite(request.actor, found.id))


@require_POST
@needs("customer", "read")
def star(request: ActorRequest, key: str) -> HttpResponse:
    found = locate(request.actor, key)
    add_favourite(customer_id=found.id, actor=request.actor, now=time.now())
    return _star(request, found, is_on=True)


@require_POST
@needs("customer", "read")
def unstar(request: ActorRequest, key: str) -> HttpResponse:
    found = locate(request.actor, key)
    remove_favourite(customer_id=found.id, actor=request.actor)
    return _star(request, found, is_on=False)


def _star(request: ActorRequest, found: Located, *, is_on: bool) -> HttpResponse:
    """htmx: the button as it is now. Without htmx: back to where the form stood."""
    if not request.htmx:
        return redirect(onward(request))
    return render(request, "customers/star.html", {"number": found.number, "is_on": is_on})


@require_GET
@needs("customer", "read")
def home(request: ActorRequest) -> HttpResponse:
    """htmx: the panel of ホーム."""
    return render(request, "customers/at_hand.html", {"at_hand": at_hand(request.actor)})
