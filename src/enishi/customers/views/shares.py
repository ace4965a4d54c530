"""共有 on a customer's page: with whom they are shared, sharing them, taking a share back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.shares import end_share, share_customer
from enishi.customers.forms.shares import ShareForm
from enishi.customers.queries.record import locate
from enishi.customers.queries.shares import asked_about, colleagues, proposed_end, sharing
from enishi.platform import policy, time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.queries.roles import why as reasons


@require_http_methods(["GET", "POST"])
@needs("customer", "share")
def share(request: ActorRequest, key: str) -> HttpResponse:
    """The dialog of shares; POST adds one."""
    found, now = locate(request.actor, key), time.now()
    shown = sharing(request.actor, found.id, now=now)
    form = ShareForm(
        request.POST or None,
        receivers=shown.receivers,
        may_give_writing=shown.can_give_writing,
        initial={"until_on": proposed_end(now)},
        auto_id="share_%s",
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            share_customer(
                customer_id=found.id,
                user_id=form.user_id,
                team_id=form.team_id,
                level=data["level"],
                until_on=data["until_on"],
                reason=data["reason"],
                actor=request.actor,
                now=now,
            )
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("共有しました。"))
            return _to_record(request, found.number)
    context = {"form": form, "number": found.number, "lines": shown.lines}
    return render(request, "customers/share_dialog.html", context, status=422 if form.errors else 200)


@require_POST
@needs("customer", "share")
def end(request: ActorRequest, key: str, share_id: int) -> HttpResponse:
    found = locate(request.actor, key)
    end_share(customer_id=found.id, share_id=share_id, actor=request.actor, now=time.now())
    messages.success(request, _("共有を取り消しました。"))
    return _to_record(request, found.number)


@require_GET
@needs("customer", "read")
def why(request: ActorRequest, key: str) -> HttpResponse:
    """見える／見えない理由: why the viewer sees this customer; whoever may read roles also asks it of a colleague (`user`)."""
    found = locate(request.actor, key)
    may_choose = policy.allowed(request.actor, "role", "read")
    chosen = request.GET.get("user", "") if may_choose else ""
    user_id = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else (request.actor.user_id or 0)
    context = {
        "why": reasons(user_id, asked_about(request.actor, found.id), now=time.now()),
        "number": found.number,
        "people": colleagues() if may_choose else [],
        "user_id": user_id,
    }
    return render(request, "customers/why_dialog.html", context)


def _to_record(request: ActorRequest, number: str) -> HttpResponse:
    url = reverse("customers:record", args=[number])
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
