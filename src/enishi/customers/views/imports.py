"""取り込み: past imports, a new file, one import as it stands, its errors as a file, the people it made."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions import imports as actions
from enishi.customers.forms.imports import ACCEPTED_NAMES, FileForm
from enishi.customers.queries import imports as queries
from enishi.customers.queries.import_undo import undo_offer
from enishi.customers.queries.twins import open_count_of_import
from enishi.customers.views.imports_frame import frame_of
from enishi.platform import time
from enishi.platform.errors import ActionError, NotAllowed
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, attachment, require_GET, require_http_methods


@require_GET
@needs("import", "read")
def import_list(request: ActorRequest) -> HttpResponse:
    """The list of past imports."""
    before = request.GET.get("before", "")
    rows, more = queries.past_imports(request.actor, before=int(before) if before.isdecimal() and len(before) < 19 else None)
    context = {"rows": rows, "more": more, "may_create": bool(queries.targets_for(request.actor))}
    return render(request, "customers/imports/list.html", context)


@require_http_methods(["GET", "POST"])
@needs("import", "create")
def new(request: ActorRequest) -> HttpResponse:
    """ファイル: the first step. The file is streamed into the store and read by a job."""
    targets = queries.targets_for(request.actor)
    if not targets:
        raise NotAllowed
    chosen = request.GET.get("target", "")
    form = FileForm(
        request.POST or None,
        request.FILES or None,
        targets=targets,
        initial={"target": chosen if chosen in dict(targets) else targets[0][0]},
    )
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run_id = actions.start_import(
                target=form.cleaned_data["target"], name=file.name, chunks=file.chunks(), actor=request.actor, now=time.now()
            )
        except ActionError as refusal:
            form.add_error("file", str(refusal))
        else:
            return _opened(request, reverse("imports:run", args=[run_id]))
    context = {"form": form, "accept": ACCEPTED_NAMES}
    return render(request, "customers/imports/new.html", context, status=422 if form.errors else 200)


def _opened(request: HttpRequest, url: str) -> HttpResponse:
    """Where to go on: for the browser, and for the script that sends a dropped file."""
    response = redirect(url)
    return HttpResponse(headers={"HX-Redirect": url}) if request.headers.get("HX-Request") == "true" else response


@require_GET
@needs("import", "read")
def run(request: ActorRequest, run_id: int) -> HttpResponse:
    """One import: its present step while it is being made ready, its progress, its report."""
    record = queries.import_record(request.actor, run_id)
    state = queries.State(record.state)
    if state == queries.State.MAPPING:
        return redirect("imports:content", run_id=run_id)
    if state in (queries.State.CHECKING, queries.State.READY):
        return redirect("imports:check", run_id=run_id)
    context = frame_of(request, record) | {"outcome": None, "offer": None}
    if record.started_at is not None:
        context["outcome"] = queries.outcome(request.actor, run_id, checked=False)
        context["offer"] = undo_offer(request.actor, run_id)
        context["twins"] = open_count_of_import(request.actor, run_id, now=time.now()) if record.target == "customers" else 0
    return render(request, "customers/imports/run.html", context)


@require_GET
@needs("import", "read")
def errors(request: ActorRequest, run_id: int) -> FileResponse:
    """The rejected rows as a file to mend and to put back. Raises NotFound, NotAllowed."""
    found = actions.error_file(run_id=run_id, actor=request.actor)
    return attachment(found.path, found.name)


@require_GET
@needs("import", "read")
def people(request: ActorRequest, run_id: int) -> HttpResponse:
    """The customers that an import made."""
    after = request.GET.get("after", "")
    record = queries.import_record(request.actor, run_id)
    rows, more = queries.imported_people(request.actor, run_id, after=int(after) if after.isdecimal() and len(after) < 19 else -1)
    context = frame_of(request, record) | {"rows": rows, "more": more, "title": _("登録した顧客")}
    return render(request, "customers/imports/people.html", context)
