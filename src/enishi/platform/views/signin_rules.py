"""設定 → ログインの決まり: what the company asks of everybody who signs in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.platform import actions_rules as actions
from enishi.platform import time
from enishi.platform.forms_people import SignInRulesForm
from enishi.platform.guards import confirmed, needs
from enishi.platform.http import ActorRequest, require_http_methods
from enishi.platform.organisation import organisation
from enishi.platform.queries_signin import without_second_factor


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
@confirmed()
def page(request: ActorRequest) -> HttpResponse:
    starts_on = organisation().second_factor_from
    form = SignInRulesForm(request.POST or None, initial={"second_factor": "on" if starts_on else "off", "second_factor_from": starts_on})
    if request.method == "POST" and form.is_valid():
        actions.ask_for_second_factor(starts_on=form.cleaned_data["second_factor_from"], actor=request.actor, now=time.now())
        messages.success(request, _("ログインの決まりを保存しました。"))
        return redirect("platform:signin-rules")
    context = {"form": form, "without": without_second_factor()}
    return render(request, "platform/signin_rules.html", context, status=422 if form.errors else 200)
