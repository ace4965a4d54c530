"""設定: 入力基準 — the rules, tried before they are published, and the printed rulebook."""

from __future__ import annotations

import io
import json

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.customers.actions import standards as actions
from enishi.customers.actions.printing import print_standards
from enishi.customers.forms.standards import RuleForm
from enishi.customers.queries.standards import edited_rules, field_choices, offered_checks, rule_named, standards_page
from enishi.customers.standards.rule import Rule
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs, signed_in
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.printing import FontsMissing


@require_GET
@needs("settings", "configure")
def standards(request: ActorRequest) -> HttpResponse:
    """The rules with what they would do to a sample of the base; a draft until it is published."""
    return render(request, "customers/standards/book.html", {"page": standards_page(request.actor)})


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def new_rule(request: ActorRequest) -> HttpResponse:
    return _rule(request, None)


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def edit_rule(request: ActorRequest, rule_key: str) -> HttpResponse:
    return _rule(request, rule_named(rule_key))


def _rule(request: ActorRequest, known: Rule | None) -> HttpResponse:
    form = RuleForm(request.POST or None, fields=field_choices(), initial=RuleForm.initial_of(known) if known else None)
    if request.method == "POST" and form.is_valid():
        try:
            key = known.key if known else actions.free_key(edited_rules()[0])
            actions.put_rule(rule=form.rule(key), actor=request.actor, now=time.now())
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("下書きに入れました。公開するまで、登録や取り込みには働きません。"))
            return redirect("customers:standards")
    shows = {check: json.dumps([{"field": "field", "values": fields}]) for check, fields in offered_checks().items()}
    context = {"form": form, "known": known, "shows": shows}
    return render(request, "customers/standards/rule.html", context, status=422 if form.errors else 200)


@require_POST
@needs("settings", "configure")
def drop_rule(request: ActorRequest, rule_key: str) -> HttpResponse:
    actions.drop_rule(key=rule_key, actor=request.actor, now=time.now())
    messages.success(request, _("下書きから外しました。公開するまで、いまの基準が働きます。"))
    return redirect("customers:standards")


@require_POST
@needs("settings", "configure")
def propose(request: ActorRequest) -> HttpResponse:
    """すすめの基準 into the draft."""
    actions.take_proposed(actor=request.actor, now=time.now())
    messages.success(request, _("すすめの基準を下書きに入れました。要らないものは外してから公開してください。"))
    return redirect("customers:standards")


@require_POST
@needs("settings", "configure")
def discard(request: ActorRequest) -> HttpResponse:
    actions.discard_draft(actor=request.actor)
    messages.success(request, _("下書きを捨てました。公開中の基準はそのままです。"))
    return redirect("customers:standards")


@require_POST
@needs("settings", "configure")
def publish(request: ActorRequest) -> HttpResponse:
    try:
        actions.publish_standards(note=request.POST.get("note", ""), actor=request.actor, now=time.now())
    except Invalid as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("入力基準を公開しました。登録・編集・取り込み・APIに働きます。"))
    return redirect("customers:standards")


@require_POST
@needs("settings", "configure")
def restore(request: ActorRequest, version_id: int) -> HttpResponse:
    """An earlier version counts again."""
    actions.bring_back(version_id=version_id, actor=request.actor, now=time.now())
    messages.success(request, _("前の版に戻しました。"))
    return redirect("customers:standards")


@require_POST
@signed_in
def rulebook(request: ActorRequest) -> HttpResponseBase:
    """The published rules as a PDF, for whoever writes customers."""
    try:
        printed = print_standards(actor=request.actor, now=time.now())
    except FontsMissing as refusal:
        messages.error(request, str(refusal))
        return redirect("platform:home")
    return FileResponse(io.BytesIO(printed.pdf), as_attachment=True, filename=printed.name, content_type="application/pdf")
