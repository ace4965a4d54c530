"""承認: what waits for one's yes, one request, deputies; and the rules in the settings."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.platform import approvals, time
from enishi.platform.actions import approvals as actions
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.forms.approvals import DecisionForm, DeputyForm, RuleForm
from enishi.platform.guards import needs, signed_in
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.queries import approvals as queries

PARTS = ("turn", "own", "done")


@require_GET
@signed_in
def approval_list(request: ActorRequest) -> HttpResponse:
    return _page(request, DeputyForm(people=queries.colleagues(request.actor)))


def _page(request: ActorRequest, form: DeputyForm, status: int = 200) -> HttpResponse:
    now = time.now()
    part = request.GET.get("part", "turn")
    part = part if part in PARTS else "turn"
    labels = {"turn": _("あなたの承認待ち"), "own": _("あなたの申請"), "done": _("あなたが決めたもの")}
    tabs = [{"label": labels[key], "url": f"?part={key}", "current": key == part} for key in PARTS]
    context = {"lines": queries.lines(request.actor, part, now=now), "part": part, "tabs": tabs, "form": form}
    context["deputies"] = queries.deputies(request.actor, now=now)
    return render(request, "platform/approvals.html", context, status=status)


@require_http_methods(["GET", "POST"])
@signed_in
def approval(request: ActorRequest, approval_id: int) -> HttpResponse:
    """One request; POST decides the step whose turn it is (`decision` is "approve" or "reject")."""
    form, refusal = DecisionForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        approve = request.POST.get("decision") == "approve"
        try:
            actions.decide(
                request_id=approval_id, approve=approve, comment=form.cleaned_data["comment"], actor=request.actor, now=time.now()
            )
        except Invalid as error:
            form.show(error)
        except (actions.ApprovalIsOver, actions.OwnRequest, actions.ApproverLacksRight) as error:
            refusal = error
        else:
            messages.success(request, _("承認しました。") if approve else _("却下しました。"))
            return redirect("platform:approvals")
    page = queries.request_page(request.actor, approval_id, now=time.now())
    status = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "platform/approval.html", {"page": page, "form": form, "refusal": refusal}, status=status)


@require_POST
@signed_in
def approval_cancel(request: ActorRequest, approval_id: int) -> HttpResponse:
    try:
        actions.cancel_request(request_id=approval_id, actor=request.actor, now=time.now())
    except actions.ApprovalIsOver as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("申請を取り下げました。"))
    return redirect("platform:approvals")


@require_POST
@signed_in
def deputy_add(request: ActorRequest) -> HttpResponse:
    form = DeputyForm(request.POST, people=queries.colleagues(request.actor))
    if form.is_valid():
        try:
            actions.appoint_deputy(user_id=request.actor.user_id or 0, actor=request.actor, now=time.now(), **form.cleaned_data)
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("代理を決めました。期間のあいだ、あなたの代わりに承認できます。"))
            return redirect("platform:approvals")
    return _page(request, form, 422)


@require_POST
@signed_in
def deputy_end(request: ActorRequest, deputy_id: int) -> HttpResponse:
    actions.end_deputy(deputy_row_id=deputy_id, actor=request.actor, now=time.now())
    messages.success(request, _("代理を終えました。"))
    return redirect("platform:approvals")


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def rules(request: ActorRequest) -> HttpResponse:
    """設定 → 承認: one form a kind of act; POST saves that of `kind`."""
    approvers, kind, status = queries.approvers(), request.POST.get("kind", ""), 200
    found = []
    for rule in queries.rules():
        initial: dict[str, object] = {"on": rule.on, "threshold": rule.threshold, "days": rule.days}
        initial |= {f"step_{place}": step for place, step in enumerate(rule.steps, start=1)}
        form = RuleForm(request.POST if rule.kind == kind else None, initial=initial, approvers=approvers)
        if rule.kind == kind and form.is_valid():
            try:
                actions.change_rule(wish=form.wish(kind), actor=request.actor, now=time.now())
            except ActionError as refusal:
                form.show(refusal)
            else:
                messages.success(request, _("承認のきまりを保存しました。"))
                return redirect("platform:approval-rules")
        status = 422 if form.errors else status
        found.append((rule, form))
    return render(request, "platform/approval_rules.html", {"rules": found, "alone": approvals.works_alone()}, status=status)
