"""設定: 関係の種類 of the company's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.customers.actions.relations import define_relation_type, rename_relation_type, retire_relation_type
from enishi.customers.forms.relations import RelationTypeForm
from enishi.customers.queries.relations import own_types, type_named
from enishi.customers.ties import BUILT_IN
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def types(request: ActorRequest) -> HttpResponse:
    """All kinds; POST adds one."""
    form = RelationTypeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            define_relation_type(naming=form.naming(), actor=request.actor, now=time.now())
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("関係の種類を加えました。"))
            return redirect("customers:relation-types")
    context = {"form": form, "built_in": BUILT_IN, "rows": own_types()}
    return render(request, "customers/relation_types.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def edit(request: ActorRequest, type_id: int) -> HttpResponse:
    """One kind; POST renames it."""
    row = type_named(type_id)
    form = RelationTypeForm(request.POST or None, initial=row)
    del form.fields["source_kind"], form.fields["target_kind"]  # relations of it stand already
    if request.method == "POST" and form.is_valid():
        try:
            rename_relation_type(type_id=type_id, naming=form.naming(), actor=request.actor, now=time.now())
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("関係の種類を変えました。"))
            return redirect("customers:relation-types")
    return render(request, "customers/relation_type_form.html", {"form": form, "name": row["name"]}, status=422 if form.errors else 200)


@require_POST
@needs("settings", "configure")
def retire(request: ActorRequest, type_id: int) -> HttpResponse:
    """使用停止, or back into use."""
    retired = request.POST.get("retired") == "1"
    retire_relation_type(type_id=type_id, retired=retired, actor=request.actor, now=time.now())
    messages.success(request, _("使用を停止しました。登録済みの関係は残ります。") if retired else _("また使えるようにしました。"))
    return redirect("customers:relation-types")
