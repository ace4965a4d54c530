"""一括統合: whom it would merge, its progress, what came of it, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from enishi.customers.actions import merge_batches as actions
from enishi.customers.queries.merge_batches import SCORES, batch_page
from enishi.platform import confirmation, time
from enishi.platform.actor import Actor
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST


@require_POST
@needs("customer", "merge")
def plan(request: ActorRequest) -> HttpResponse:
    """Order the plan, and on to it."""
    asked = request.POST.get("at_least", "")
    at_least = int(asked) if asked in map(str, SCORES) else SCORES[0]
    return redirect("twins:batch", actions.plan_merges(at_least_ppm=at_least, actor=request.actor, now=time.now()))


@require_GET
@needs("customer", "merge")
def batch(request: ActorRequest, batch_id: int) -> HttpResponse:
    """One batch: its plan, its progress, then what came of it."""
    return render(request, "customers/merge_batch.html", {"batch": batch_page(request.actor, batch_id)})


@require_GET
@needs("customer", "merge")
def progress(request: ActorRequest, batch_id: int) -> HttpResponse:
    """htmx: the progress again; once it is over, the page."""
    found = batch_page(request.actor, batch_id)
    if not found.is_open:
        return HttpResponse(headers={"HX-Redirect": reverse("twins:batch", args=[batch_id]), "HX-Trigger": "enishi:tray"})
    return render(request, "customers/merge_batch.html#progress", {"batch": found})


class _Verb(Protocol):
    def __call__(self, *, batch_id: int, actor: Actor, now: datetime) -> int | None: ...


def _done_to(request: ActorRequest, batch_id: int, verb: _Verb) -> HttpResponse:
    """On to the batch, as it is now; a refusal is told there."""
    try:
        batch_id = verb(batch_id=batch_id, actor=request.actor, now=time.now()) or batch_id
    except actions.BatchIsOver as refusal:
        messages.warning(request, str(refusal))
    return redirect("twins:batch", batch_id)


@require_POST
@needs("customer", "merge")
def approve(request: ActorRequest, batch_id: int) -> HttpResponse:
    """この内容で統合する, by somebody who is still there."""
    if not confirmation.is_recent(request):
        return confirmation.ask(request)
    return _done_to(request, batch_id, actions.approve_merges)


@require_POST
@needs("customer", "merge")
def stop(request: ActorRequest, batch_id: int) -> HttpResponse:
    return _done_to(request, batch_id, actions.stop_merges)


@require_POST
@needs("customer", "merge")
def resume(request: ActorRequest, batch_id: int) -> HttpResponse:
    return _done_to(request, batch_id, actions.resume_merges)


@require_POST
@needs("customer", "merge")
def undo(request: ActorRequest, batch_id: int) -> HttpResponse:
    """元に戻す: on to the batch that does so."""
    return _done_to(request, batch_id, actions.undo_merges)
