"""監査ログ: the log with its search, and files made of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.platform import audit_files, confirmation, policy, time
from enishi.platform.actions import audit_files as actions
from enishi.platform.errors import Invalid
from enishi.platform.forms.audit import AuditFileForm, AuditForm
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, attachment, require_GET, require_http_methods, require_POST
from enishi.platform.queries import audit as queries_audit
from enishi.platform.queries.audit_files import audit_file

ASKED = ("text", "actor_id", "group", "door", "since", "until")


@require_GET
@needs("audit", "read")
def audit(request: ActorRequest) -> HttpResponse:
    """設定 → 監査ログ."""
    usual = queries_audit.usual(time.now())
    form = AuditForm(request.GET, usual=usual)
    wanted = form.wanted(usual)
    page = queries_audit.audit_page(request.actor, wanted, before=request.GET.get("before", ""))
    asked = QueryDict(mutable=True)
    asked.update({name: request.GET[name] for name in ASKED if request.GET.get(name)})
    context = {
        "form": form,
        "page": page,
        "asked": asked.urlencode(),
        "is_narrowed": bool(asked),
        "further": "before" in request.GET,
        "can_export": policy.allowed(request.actor, "audit", "export"),
    }
    return render(request, "platform/audit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("audit", "export")
def export(request: ActorRequest) -> HttpResponse:
    """The dialog in which a file of what the log shows is ordered; POST orders it and leads to its progress."""
    usual = queries_audit.usual(time.now())
    asked = QueryDict(request.POST.get("asked", request.GET.urlencode()))
    wanted = AuditForm(asked, usual=usual).wanted(usual)
    form = AuditFileForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not confirmation.is_recent(request):
            return confirmation.ask(request)
        try:
            file_id = actions.order_audit_file(
                kind="log",
                wishes=audit_files.wishes_of(wanted),
                file_format=form.cleaned_data["format"],
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                now=time.now(),
            )
        except Invalid as refusal:
            form.show(refusal)
        else:
            return _onward(request, reverse("platform:audit-file", args=[file_id]))
    context = {"form": form, "asked": asked.urlencode(), "wanted": wanted}
    return render(request, "platform/audit_export.html", context, status=422 if form.errors else 200)


def _onward(request: ActorRequest, url: str) -> HttpResponse:
    if not request.htmx:
        return redirect(url)
    return HttpResponse(status=204, headers={"HX-Redirect": url, "HX-Trigger": "enishi:tray"})


@require_GET
@needs("audit", "export")
def file(request: ActorRequest, audit_file_id: int) -> HttpResponse:
    """One file: its progress, then the download. Raises NotFound for everybody but its maker."""
    return render(request, "platform/audit_file.html", {"file": audit_file(request.actor, audit_file_id)})


@require_GET
@needs("audit", "export")
def progress(request: ActorRequest, audit_file_id: int) -> HttpResponse:
    """htmx: the progress again; once it is over, the result."""
    found = audit_file(request.actor, audit_file_id)
    if not found.is_open:
        url = reverse("platform:audit-file", args=[audit_file_id])
        return HttpResponse(headers={"HX-Redirect": url, "HX-Trigger": "enishi:tray"})
    return render(request, "platform/audit_file.html#progress", {"file": found})


@require_GET
@needs("audit", "export")
def download(request: ActorRequest, audit_file_id: int) -> FileResponse:
    found = actions.fetch_audit_file(file_id=audit_file_id, actor=request.actor, now=time.now())
    return attachment(found.path, found.name)


@require_POST
@needs("audit", "export")
def discard(request: ActorRequest, audit_file_id: int) -> HttpResponse:
    try:
        actions.discard_audit_file(file_id=audit_file_id, actor=request.actor, now=time.now())
    except actions.AuditFileIsOver as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("ファイルを削除しました。書き出しの記録は残ります。"))
    return redirect("platform:audit-file", audit_file_id)
