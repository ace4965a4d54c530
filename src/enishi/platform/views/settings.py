"""設定: the organisation, the state of the installation, and the first run."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from enishi.platform import modules, policy, time
from enishi.platform.actions import installation as actions
from enishi.platform.errors import Invalid
from enishi.platform.forms.base import OrganisationForm, SetUpForm, WordsForm
from enishi.platform.guards import needs, public, signed_in
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.organisation import is_set_up, organisation
from enishi.platform.queries import installation as queries
from enishi.platform.words import own


@require_GET
@signed_in
def index(request: ActorRequest) -> HttpResponse:
    """The pages of 設定 that the actor may open."""
    pages = [
        page | {"label": own(page["label"]), "url": reverse(page["view"])}
        for page in modules.wired("SETTINGS_PAGES")
        if "needs" not in page or policy.allowed(request.actor, *page["needs"])
    ]
    return render(request, "platform/settings.html", {"pages": pages})


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def organisation_page(request: ActorRequest) -> HttpResponse:
    row = organisation()
    initial = {name: getattr(row, name) for name in OrganisationForm.base_fields}
    initial["extra_holidays"] = [date.fromisoformat(day) for day in row.extra_holidays]
    form = OrganisationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.change_organisation(actor=request.actor, now=time.now(), **form.cleaned_data)
        messages.success(request, _("設定を保存しました。"))
        return redirect("platform:organisation")
    return render(request, "platform/organisation.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def words_page(request: ActorRequest) -> HttpResponse:
    """呼び方: what the company calls customers and who looks after them."""
    form = WordsForm(request.POST or None, initial=WordsForm.initial_of(organisation().words))
    if request.method == "POST" and form.is_valid():
        try:
            actions.rename_terms(chosen=form.chosen(), actor=request.actor, now=time.now())
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("呼び方を変えました。全員の画面に反映されています。"))
            return redirect("platform:words")
    return render(request, "platform/words.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@needs("settings", "configure")
def module_list(request: ActorRequest) -> HttpResponse:
    """機能のオン／オフ."""
    return render(request, "platform/modules.html", {"modules": queries.module_rows()})


@require_POST
@needs("settings", "configure")
def module_switch(request: ActorRequest, module: str) -> HttpResponse:
    """`on` is "yes" or "no". What stands in the way is said beside the switch."""
    on = request.POST.get("on") == "yes"
    try:
        actions.switch_module(key=module, on=on, actor=request.actor, now=time.now())
    except (actions.ModuleNeeded, actions.ModuleBusy) as refusal:
        context = {"modules": queries.module_rows(), "refused": module, "refusal": refusal}
        return render(request, "platform/modules.html", context, status=refusal.status)
    messages.success(request, _("機能をオンにしました。") if on else _("機能をオフにしました。データは残っています。"))
    return redirect("platform:modules")


@require_GET
@needs("settings", "read")
def status_page(request: ActorRequest) -> HttpResponse:
    return render(request, "platform/status.html", {"status": queries.status(time.now())})


@require_http_methods(["GET", "POST"])
@public("the first run makes the first user; once that is done it only leads to sign-in")
def set_up(request: ActorRequest) -> HttpResponse:
    if is_set_up():
        return redirect("account_login")
    form = SetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = {name: value for name, value in form.cleaned_data.items() if name != "password_again"}
        try:
            user_id = actions.set_up(language=get_language() or settings.LANGUAGE_CODE, now=time.now(), **data)
        except Invalid as refusal:
            form.show(refusal)
        else:
            return _sign_in(request, user_id)
    return render(request, "platform/set_up.html", {"form": form}, status=422 if form.errors else 200)


def _sign_in(request: ActorRequest, user_id: int) -> HttpResponse:
    from enishi.platform.signin import ActiveUserBackend

    user = ActiveUserBackend().get_user(user_id)
    login(request, user, backend="enishi.platform.signin.ActiveUserBackend")
    messages.success(request, _("準備ができました。まず顧客のファイルを取り込みましょう。"))
    return redirect("platform:home")
