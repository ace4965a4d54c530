"""漏えい時支援: whose data was seen in a stretch of time, by whom, and the list of them as a file."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from enishi.customers import breach
from enishi.customers.forms.leak import LeakForm
from enishi.platform import confirmation, policy, time
from enishi.platform.actions.audit_files import order_audit_file
from enishi.platform.errors import Invalid
from enishi.platform.forms.audit import AuditFileForm
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods


@require_GET
@needs("audit", "read")
def leak(request: ActorRequest) -> HttpResponse:
    """The question, and once it is asked, how far the leak goes."""
    asked = "since" in request.GET
    form = LeakForm(request.GET if asked else None, now=time.now())
    context: dict[str, object] = {"form": form, "can_export": policy.allowed(request.actor, "audit", "export")}
    if asked and form.is_valid():
        context |= {"extent": breach.extent(request.actor, form.leak()), "asked": request.GET.urlencode(), "many": breach.MANY}
        context["leak"] = form.leak()
    return render(request, "customers/leak.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("audit", "export")
def file(request: ActorRequest) -> HttpResponse:
    """The dialog in which the list of affected people is ordered; POST orders it."""
    question = LeakForm(request.POST if request.method == "POST" else request.GET, now=time.now())
    if not question.is_valid():
        return redirect("customers:leak")
    form = AuditFileForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if not confirmation.is_recent(request):
            return confirmation.ask(request)
        try:
            file_id = order_audit_file(
                kind="affected",
                wishes=question.leak().as_json(),
                file_format=form.cleaned_data["format"],
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                now=time.now(),
            )
        except Invalid as refusal:
            form.show(refusal)
        else:
            url = reverse("platform:audit-file", args=[file_id])
            headers = {"HX-Redirect": url, "HX-Trigger": "enishi:tray"}
            return HttpResponse(status=204, headers=headers) if request.htmx else redirect(url)
    context = {"form": form, "question": question}
    return render(request, "customers/leak_file.html", context, status=422 if form.errors else 200)
