"""設定 → ログインの決まり: what the company asks of everybody who signs in, and from where they may work."""

from __future__ import annotations

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.platform import policy, time
from enishi.platform.actions import rules as actions
from enishi.platform.client import ip_of
from enishi.platform.errors import Invalid
from enishi.platform.forms.people import SignInRulesForm
from enishi.platform.forms.tokens import NetworkRulesForm, RecoveryForm
from enishi.platform.guards import confirmed, needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST
from enishi.platform.organisation import organisation
from enishi.platform.queries.signin import roles_and_networks, without_second_factor


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
@confirmed()
def page(request: ActorRequest) -> HttpResponse:
    form = _second_factor_form(request)
    if request.method == "POST" and form.is_valid():
        actions.ask_for_second_factor(starts_on=form.cleaned_data["second_factor_from"], actor=request.actor, now=time.now())
        messages.success(request, _("ログインの決まりを保存しました。"))
        return redirect("platform:signin-rules")
    return _page(request, form=form)


def _second_factor_form(request: ActorRequest, *, posted: bool = True) -> SignInRulesForm:
    starts_on = organisation().second_factor_from
    initial = {"second_factor": "on" if starts_on else "off", "second_factor_from": starts_on}
    return SignInRulesForm(request.POST or None if posted else None, initial=initial)


def _page(
    request: ActorRequest, *, form: SignInRulesForm | None = None, networks: NetworkRulesForm | None = None, code: str = ""
) -> HttpResponse:
    roles = roles_and_networks()
    if networks is None:
        initial: dict[str, object] = {f"role_{pk}": found for pk, _name, found in roles}
        networks = NetworkRulesForm(
            initial=initial | {"company": organisation().networks}, roles=[(pk, name) for pk, name, _found in roles]
        )
    form = form or _second_factor_form(request, posted=False)
    context = {
        "form": form,
        "without": without_second_factor(),
        "networks": networks,
        "code": code,
        "ip": ip_of(request),
        "proxies": settings.ALLAUTH_TRUSTED_PROXY_COUNT,
        "forwarded": "X-Forwarded-For" in request.headers,
    }
    wrong = form.errors or networks.errors
    return render(request, "platform/signin_rules.html", context, status=422 if wrong else 200)


@require_POST
@needs("settings", "configure")
@confirmed()
def limit_networks(request: ActorRequest) -> HttpResponse:
    """The lists are saved, and the code that opens them again is shown this once."""
    form = NetworkRulesForm(request.POST, roles=[(pk, name) for pk, name, _found in roles_and_networks()])
    if not form.is_valid():
        return _page(request, networks=form)
    try:
        code = actions.limit_networks(
            company=form.cleaned_data["company"], roles=form.by_role(), ip=ip_of(request), actor=request.actor, now=time.now()
        )
    except Invalid as refusal:
        form.show(refusal)
        return _page(request, networks=form)
    if not code:
        messages.success(request, _("どこからでも使えるようにしました。"))
        return redirect("platform:signin-rules")
    return _page(request, code=code)


def shut_out(request: HttpRequest, form: RecoveryForm | None = None) -> HttpResponse:
    """The answer to somebody who may not work from where they are; whoever configures may open the lists by the code."""
    actor = request.actor  # type: ignore[attr-defined]  # the middleware has found who it is
    can_open = policy.allowed(actor, "settings", "configure")
    context = {"ip": ip_of(request), "form": form or RecoveryForm(), "can_open": can_open}
    return render(request, "platform/shut_out.html", context, status=422 if form and form.errors else 403)


@require_POST
@needs("settings", "configure")
def open_networks(request: ActorRequest) -> HttpResponse:
    form = RecoveryForm(request.POST)
    if not form.is_valid():
        return shut_out(request, form)
    if not ratelimit.consume(request, action="login_failed", key=f"networks:{request.actor.user_id}"):
        form.add_error("code", _("続けて間違えたため、しばらく試せません。5分ほどたってから、もう一度お試しください。"))
        return shut_out(request, form)
    try:
        actions.open_networks(code=form.cleaned_data["code"], actor=request.actor, now=time.now())
    except Invalid as refusal:
        form.show(refusal)
        return shut_out(request, form)
    messages.success(request, _("IPアドレスの制限を解除しました。設定を直してください。"))
    return redirect("platform:signin-rules")
