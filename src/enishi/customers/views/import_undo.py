"""取り込みを元に戻す: what it would come to, the word that does it, its progress, and what was left alone."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions import import_undo as actions
from enishi.customers.queries import import_undo as queries
from enishi.customers.queries.imports import import_record
from enishi.platform import time
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST
from enishi.platform.policy import allowed


@require_GET
@needs("import", "read")
def page(request: ActorRequest, run_id: int) -> HttpResponse:
    """What taking the import back would come to, how far it is, or what came of it."""
    record, undo = import_record(request.actor, run_id), queries.undo_page(request.actor, run_id)
    trail = [
        (_("取り込み"), reverse("imports:list")),
        (record.file_name, reverse("imports:run", args=[run_id])),
        (_("取り込みを元に戻す"), ""),
    ]
    context = {"record": record, "undo": undo, "trail": trail, "may_undo": allowed(request.actor, "import", "archive")}
    return render(request, "customers/imports/undo.html", context)


@require_GET
@needs("import", "read")
def progress(request: ActorRequest, run_id: int) -> HttpResponse:
    """htmx: the progress again; once it is over, what came of it."""
    undo = queries.undo_page(request.actor, run_id)
    if not undo.is_open:
        return HttpResponse(headers={"HX-Redirect": reverse("imports:undo", args=[run_id]), "HX-Trigger": "enishi:tray"})
    record = import_record(request.actor, run_id)
    context = {"undo": undo, "record": record, "may_undo": allowed(request.actor, "import", "archive")}
    return render(request, "customers/imports/undo.html#progress", context)


@require_GET
@needs("import", "archive")
def confirm(request: ActorRequest, run_id: int) -> HttpResponse:
    """htmx: the dialog that says what will be done, before it is."""
    record, undo = import_record(request.actor, run_id), queries.undo_page(request.actor, run_id)
    return render(request, "customers/imports/undo_dialog.html", {"record": record, "undo": undo})


def _done(request: ActorRequest, run_id: int, verb: Callable[[], None]) -> HttpResponse:
    """On to the undo as it is now; a refusal is told on the import's own page."""
    try:
        verb()
    except actions.CannotBeUndone as refusal:
        messages.warning(request, str(refusal))
        return redirect("imports:run", run_id=run_id)
    return redirect("imports:undo", run_id=run_id)


@require_POST
@needs("import", "archive")
def check(request: ActorRequest, run_id: int) -> HttpResponse:
    return _done(request, run_id, lambda: actions.check_undo(run_id=run_id, actor=request.actor, now=time.now()))


@require_POST
@needs("import", "archive")
def start(request: ActorRequest, run_id: int) -> HttpResponse:
    return _done(request, run_id, lambda: actions.undo_import(run_id=run_id, actor=request.actor, now=time.now()))


@require_POST
@needs("import", "archive")
def stop(request: ActorRequest, run_id: int) -> HttpResponse:
    return _done(request, run_id, lambda: actions.stop_undo(run_id=run_id, actor=request.actor, now=time.now()))


@require_POST
@needs("import", "archive")
def resume(request: ActorRequest, run_id: int) -> HttpResponse:
    return _done(request, run_id, lambda: actions.resume_undo(run_id=run_id, actor=request.actor))
