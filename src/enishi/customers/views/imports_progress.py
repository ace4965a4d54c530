"""An import under way: its progress, and stopping, resuming or putting it away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions import imports as actions
from enishi.customers.queries import imports as queries
from enishi.customers.views.imports_frame import frame_of
from enishi.platform import time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST


@require_GET
@needs("import", "read")
def progress(request: ActorRequest, run_id: int) -> HttpResponse:
    """htmx: the progress line again; once the work is over, the page that comes next."""
    record = queries.import_record(request.actor, run_id)
    if not record.worked_on:
        return HttpResponse(headers={"HX-Redirect": reverse("imports:run", args=[run_id]), "HX-Trigger": "enishi:tray"})
    return render(request, "customers/imports/_progress.html", frame_of(request, record))


@require_POST
@needs("import", "update")
def stop(request: ActorRequest, run_id: int) -> HttpResponse:
    try:
        actions.stop_import(run_id=run_id, actor=request.actor, now=time.now())
    except actions.ImportIsBusy as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("止めました。取り込んだ行はそのまま残ります。"))
    return redirect("imports:run", run_id=run_id)


@require_POST
@needs("import", "update")
def resume(request: ActorRequest, run_id: int) -> HttpResponse:
    try:
        actions.resume_import(run_id=run_id, actor=request.actor)
    except ActionError as refusal:
        messages.warning(request, str(refusal))
    return redirect("imports:run", run_id=run_id)


@require_POST
@needs("import", "archive")
def discard(request: ActorRequest, run_id: int) -> HttpResponse:
    try:
        actions.discard_import(run_id=run_id, actor=request.actor, now=time.now())
    except actions.ImportIsBusy as refusal:
        messages.warning(request, str(refusal))
        return redirect("imports:run", run_id=run_id)
    messages.success(request, _("この取り込みをやめました。何も登録していません。"))
    return redirect("imports:list")
