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
from enishi.customers.queries.shares import proposed_end, sharing
from enishi.platform import time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST


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


def _to_record(request: ActorRequest, number: str) -> HttpResponse:
    url = reverse("customers:record", args=[number])
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
