"""書き出し: the dialog that says whom and what, its progress, the file, and which there were."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from django.contrib import messages
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions import exports as actions
from enishi.customers.actions.exports import Wanted
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting.columns import all_keys
from enishi.customers.models import ExportRun
from enishi.customers.queries import exports as queries
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.views import resolved
from enishi.customers.views.bulk import posted_selection
from enishi.customers.views.customers import asked_by
from enishi.platform import confirmation, time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs, signed_in
from enishi.platform.http import ActorRequest, attachment, require_GET, require_http_methods, require_POST


@require_http_methods(["GET", "POST"])
@needs("customer", "export")
def new(request: ActorRequest) -> HttpResponse:
    """The dialog: GET over the list that the address asks for, POST over the chosen rows; with `confirmed` the order, and on
    to its progress."""
    asked, selection = _meant(request)
    problems: dict[str, str] = {}
    if "confirmed" in request.POST:
        if not confirmation.is_recent(request):
            return confirmation.ask(request)
        keys = all_keys(request.actor) if request.POST.get("which") == "all" else queries.view_keys(request.actor, asked.columns)
        wanted = Wanted(selection, tuple(keys), request.POST.get("format", ""), asked.sort, asked.backwards)
        try:
            run_id = actions.export_customers(wanted=wanted, reason=request.POST.get("reason", ""), actor=request.actor, now=time.now())
        except Invalid as refusal:
            problems = {name: texts[0] for name, texts in refusal.fields.items()}
        else:
            url = reverse("exports:run", args=[run_id])
            return HttpResponse(status=204, headers={"HX-Redirect": url, "HX-Trigger": "enishi:tray"})
    context = {
        "preview": queries.preview(request.actor, selection, asked, now=time.now()),
        "selection": selection,
        "back": _back(request),
        "formats": [(one.value, one.label) for one in ExportRun.FILES],
        "format": request.POST.get("format", "xlsx"),
        "which": request.POST.get("which", "view"),
        "reason": request.POST.get("reason", ""),
        "problems": problems,
    }
    return render(request, "customers/exports/dialog.html", context, status=422 if problems else 200)


def _meant(request: ActorRequest) -> tuple[Asked, Selection]:
    """The list, and who of it: all, or the chosen rows."""
    asked = resolved(request.actor, asked_by(QueryDict(_back(request).partition("?")[2])))
    if request.method == "GET":
        return asked, Selection(asked=replace(asked, columns=()))
    return asked, posted_selection(request)


def _back(request: ActorRequest) -> str:
    return request.POST.get("back", "") or f"{reverse('customers:list')}?{request.GET.urlencode()}"


@require_GET
@needs("customer", "export")
def own_list(request: ActorRequest) -> HttpResponse:
    """The user's own exports, the latest first."""
    return _past(request, own=True)


@require_GET
@needs("settings", "read")
def log(request: ActorRequest) -> HttpResponse:
    """書き出しの記録: everybody's exports: who, when, how many, which columns, why."""
    return _past(request, own=False)


def _past(request: ActorRequest, *, own: bool) -> HttpResponse:
    before = request.GET.get("before", "")
    at = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    rows, more = queries.past_exports(request.actor, own=own, before=at)
    return render(request, "customers/exports/list.html", {"rows": rows, "more": more, "own": own})


@require_GET
@signed_in
def run(request: ActorRequest, export_id: int) -> HttpResponse:
    """One export: its progress, then the file. Raises NotFound for everybody but its maker."""
    return render(request, "customers/exports/run.html", {"run": queries.export_page(request.actor, export_id)})


@require_GET
@signed_in
def progress(request: ActorRequest, export_id: int) -> HttpResponse:
    """htmx: the progress again; once it is over, the result."""
    found = queries.export_page(request.actor, export_id)
    if not found.is_open:
        return HttpResponse(headers={"HX-Redirect": reverse("exports:run", args=[export_id]), "HX-Trigger": "enishi:tray"})
    return render(request, "customers/exports/run.html#progress", {"run": found})


@require_POST
@signed_in
def stop(request: ActorRequest, export_id: int) -> HttpResponse:
    try:
        actions.stop_export(run_id=export_id, actor=request.actor, now=time.now())
    except actions.ExportIsOver as refusal:
        messages.warning(request, str(refusal))
    return redirect("exports:run", export_id)


@require_POST
@signed_in
def resume(request: ActorRequest, export_id: int) -> HttpResponse:
    try:
        actions.resume_export(run_id=export_id, actor=request.actor, now=time.now())
    except actions.ExportIsOver as refusal:
        messages.warning(request, str(refusal))
    return redirect("exports:run", export_id)


@require_POST
@signed_in
def discard(request: ActorRequest, export_id: int) -> HttpResponse:
    try:
        actions.discard_export(run_id=export_id, actor=request.actor, now=time.now())
    except actions.ExportIsOver as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("ファイルを削除しました。書き出しの記録は残ります。"))
    return redirect("exports:run", export_id)


@require_GET
@signed_in
def file(request: ActorRequest, export_id: int) -> FileResponse:
    """The file, for its maker alone. Raises NotFound, RightsChanged."""
    return _file(request, export_id, "file")


@require_GET
@signed_in
def lost(request: ActorRequest, export_id: int) -> FileResponse:
    """The cells that the encoding could not hold. Raises NotFound, RightsChanged."""
    return _file(request, export_id, "lost")


def _file(request: ActorRequest, export_id: int, which: Literal["file", "lost"]) -> FileResponse:
    found = actions.fetch_export(run_id=export_id, which=which, actor=request.actor, now=time.now())
    return attachment(found.path, found.name)
