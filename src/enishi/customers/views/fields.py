"""設定: 顧客の項目 — the company's own fields."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.fields import change_field, define_field, retire_field
from enishi.customers.forms.fields import FieldForm, changed_choices
from enishi.customers.queries.fields import field_catalogue, field_named, narrowing_fields
from enishi.customers.queries.trades import trade_cards
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST


@require_GET
@needs("settings", "configure")
def catalogue(request: ActorRequest) -> HttpResponse:
    """Every field with its meaning and how far it is filled."""
    return render(request, "customers/fields/catalogue.html", {"catalogue": field_catalogue(), "trades": trade_cards()})


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def new(request: ActorRequest) -> HttpResponse:
    """項目を加える; `section` is where it stands on the form."""
    form = FieldForm(request.POST or None, narrowing=narrowing_fields(), initial={"kind": request.GET.get("kind", "text")})
    section = request.POST.get("section", request.GET.get("section", ""))[:20]
    if request.method == "POST" and form.is_valid():
        try:
            define_field(definition=form.definition([]), section=section, actor=request.actor, now=time.now())
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("「%(label)s」を加えました。") % {"label": form.cleaned_data["label"]})
            return redirect("customers:form-designer" if section else "customers:fields")
    context = {"form": form, "section": section}
    return render(request, "customers/fields/field.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def edit(request: ActorRequest, field_key: str) -> HttpResponse:
    """One field: words, limits, choices."""
    field = field_named(field_key)
    form = FieldForm(request.POST or None, narrowing=narrowing_fields(besides=field_key), known=field, initial=FieldForm.initial_of(field))
    if request.method == "POST" and form.is_valid():
        choices = changed_choices(field, dict(request.POST.lists()))
        try:
            change_field(key=field_key, definition=form.definition(choices), actor=request.actor, now=time.now())
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("「%(label)s」を変えました。") % {"label": form.cleaned_data["label"]})
            return redirect("customers:fields")
    parents = field_named(field.depends_on).choices if field.depends_on else ()
    context = {"form": form, "field": field, "parents": parents}
    return render(request, "customers/fields/field.html", context, status=422 if form.errors else 200)


@require_POST
@needs("settings", "configure")
def retire(request: ActorRequest, field_key: str) -> HttpResponse:
    """使用停止, or back into use."""
    try:
        retire_field(key=field_key, retired=request.POST.get("retired") == "1", actor=request.actor, now=time.now())
    except Invalid as refusal:
        for text in [*refusal.fields.get("label", []), *([str(refusal)] if not refusal.fields else [])]:
            messages.error(request, text)
    return redirect(reverse("customers:fields"))
