"""設定: フォームの設計 — where the fields of a customer stand."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.customers.actions.layouts import bring_back, change_draft, discard_draft, publish_draft, step_back
from enishi.customers.fields import catalogue, layout
from enishi.customers.fields.designing import STEPS
from enishi.customers.forms.customers import CustomerForm
from enishi.customers.models import Customer
from enishi.customers.queries import choices, form_shape
from enishi.customers.queries.desk import cards
from enishi.customers.queries.fields import designer
from enishi.platform import time
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST

_LISTS = ("stages", "show_values", "roles")


@require_GET
@needs("settings", "configure")
def design(request: ActorRequest) -> HttpResponse:
    """The designer: palette, sections, preview."""
    return _desk(request)


@require_POST
@needs("settings", "configure")
def step(request: ActorRequest, name: str) -> HttpResponse:
    """htmx: one step of laying out; the desk as it is then."""
    if name not in STEPS:
        raise NotFound
    said = {key: values if key in _LISTS else values[-1] for key, values in request.POST.lists()}
    try:
        change_draft(sections=layout.stored(STEPS[name](designer().layout, said)), actor=request.actor, now=time.now())
    except Invalid as refusal:
        return _desk(request, refusal=str(refusal), status=422)
    return _desk(request)


@require_POST
@needs("settings", "configure")
def undo(request: ActorRequest) -> HttpResponse:
    """htmx: the last step back, or with `forward` again."""
    step_back(forward=request.POST.get("forward") == "1", actor=request.actor, now=time.now())
    return _desk(request)


@require_POST
@needs("settings", "configure")
def discard(request: ActorRequest) -> HttpResponse:
    discard_draft(actor=request.actor)
    messages.success(request, _("下書きを捨てました。フォームは公開中のままです。"))
    return redirect("customers:form-designer")


@require_POST
@needs("settings", "configure")
def publish(request: ActorRequest) -> HttpResponse:
    publish_draft(note=request.POST.get("note", "")[:200], actor=request.actor, now=time.now())
    messages.success(request, _("フォームを公開しました。登録・編集・顧客の画面に反映されています。"))
    return redirect("customers:form-designer")


@require_POST
@needs("settings", "configure")
def restore(request: ActorRequest, version_id: int) -> HttpResponse:
    """An earlier version is the form again."""
    bring_back(version_id=version_id, actor=request.actor, now=time.now())
    messages.success(request, _("前の版に戻しました。"))
    return redirect("customers:form-designer")


def _desk(request: ActorRequest, *, refusal: str = "", status: int = 200) -> HttpResponse:
    desk = designer()
    role = request.POST.get("as", request.GET.get("as", ""))[:40]
    kind = request.POST.get("preview", request.GET.get("preview", ""))
    kind = kind if kind in Customer.Kind.values else Customer.Kind.PERSON.value
    shape = form_shape.seen_by(
        desk.layout, {role} if role else {key for key, _name in desk.roles}, tuple(catalogue.fields_in_use().values())
    )
    context = {
        "desk": desk,
        "cards": cards(desk.layout),
        "preview": CustomerForm(
            initial={"kind": kind},
            owners=choices.owners(request.actor),
            teams=choices.teams(request.actor),
            layout=shape.layout,
            own=shape.own,
            auto_id="preview_%s",
        ),
        "as": role,
        "preview_kind": kind,
        "stages": Customer.Lifecycle.choices,
        "refusal": refusal,
    }
    template = "customers/fields/designer.html"
    return render(request, f"{template}#desk" if request.htmx else template, context, status=status)
