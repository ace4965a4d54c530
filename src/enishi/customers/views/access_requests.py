"""閲覧の依頼: asking beside a hint, the page of what waits and what one asked, and the answers."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions import access_requests as actions
from enishi.customers.forms.access_requests import AskForm, DeclineForm, GrantForm
from enishi.customers.queries.access_requests import access_news, access_page
from enishi.customers.queries.shares import proposed_end
from enishi.customers.views.undo import told
from enishi.platform import time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST

#: Hints hear the one, and say that somebody was asked; the dialog hears the other, and is over.
ASKED = "enishi:access-asked, enishi:close-dialog"


@require_GET
@needs("customer", "read")
def requests(request: ActorRequest) -> HttpResponse:
    return render(request, "customers/access_requests.html", {"page": access_page(request.actor, now=time.now())})


@require_GET
@needs("customer", "read")
def home(request: ActorRequest) -> HttpResponse:
    """htmx: the panel of ホーム; nothing where nothing waits and nothing was answered."""
    return render(request, "customers/access_home.html", {"page": access_news(request.actor, now=time.now())})


@require_http_methods(["GET", "POST"])
@needs("customer", "read")
def ask(request: ActorRequest) -> HttpResponse:
    """The dialog of asking to be shown whom a hint told of (`proof`); POST asks."""
    form = AskForm(request.POST or None, initial={"proof": request.GET.get("proof", "")}, auto_id="access_%s")
    if request.method == "POST" and form.is_valid():
        try:
            actions.ask_for_access(**form.cleaned_data, actor=request.actor, now=time.now())
        except ActionError as refusal:
            _show(form, refusal)
        else:
            return told(request, _("閲覧を依頼しました。返事は「今日やること」に出ます。"), changed=ASKED)
    words = {"title": _("この顧客を見せてもらう"), "submit": _("依頼する"), "action_url": reverse("customers:access-ask")}
    about = _("担当者など、この顧客を共有できる人に届きます。返事があるまで、顧客の内容は見られません。")
    return _dialog(request, form, about=about, **words)


@require_http_methods(["GET", "POST"])
@needs("customer", "share")
def grant(request: ActorRequest, access_id: int) -> HttpResponse:
    """The dialog of until when; POST shares the customer with whoever asked."""
    now = time.now()
    form = GrantForm(request.POST or None, initial={"until_on": proposed_end(now)}, auto_id="access_%s")
    if request.method == "POST" and form.is_valid():
        try:
            actions.grant_access(access_id=access_id, **form.cleaned_data, actor=request.actor, now=now)
        except ActionError as refusal:
            _show(form, refusal)
        else:
            return _done(request, _("共有しました。"))
    words = {"title": _("期限を決めて見せる"), "submit": _("共有する"), "action_url": reverse("customers:access-grant", args=[access_id])}
    about = _("相手は、自分のロールで見られる項目だけを見ます。変更や書き出しはできません。")
    return _dialog(request, form, about=about, **words)


@require_http_methods(["GET", "POST"])
@needs("customer", "share")
def decline(request: ActorRequest, access_id: int) -> HttpResponse:
    """The dialog of why not; POST says no."""
    form = DeclineForm(request.POST or None, auto_id="access_%s")
    if request.method == "POST" and form.is_valid():
        try:
            actions.decline_access(access_id=access_id, **form.cleaned_data, actor=request.actor, now=time.now())
        except ActionError as refusal:
            _show(form, refusal)
        else:
            return _done(request, _("断りました。理由は依頼した人に表示されます。"))
    words = {"title": _("閲覧の依頼を断る"), "submit": _("断る"), "action_url": reverse("customers:access-decline", args=[access_id])}
    return _dialog(request, form, about="", **words)


@require_POST
@needs("customer", "read")
def withdraw(request: ActorRequest, access_id: int) -> HttpResponse:
    try:
        actions.withdraw_access(access_id=access_id, actor=request.actor, now=time.now())
    except actions.AlreadyAnswered as refusal:
        messages.warning(request, str(refusal))
        return redirect("customers:access")
    return _done(request, _("依頼を取り下げました。"))


@require_POST
@needs("customer", "read")
def seen(request: ActorRequest, access_id: int) -> HttpResponse:
    """An answer was read; htmx: the panel of ホーム without it."""
    actions.see_answer(access_id=access_id, actor=request.actor, now=time.now())
    if not request.htmx:
        return redirect("customers:access")
    return render(request, "customers/access_home.html", {"page": access_news(request.actor, now=time.now())})


def _show(form: AskForm | GrantForm | DeclineForm, refusal: ActionError) -> None:
    """Beside the fields; what is no matter of the input, such as a missing right, rises."""
    if refusal.status not in (409, 422):
        raise refusal
    form.show(refusal)


def _dialog(request: ActorRequest, form: Form, **words: str) -> HttpResponse:
    return render(request, "customers/access_dialog.html", {"form": form, **words}, status=422 if form.errors else 200)


def _done(request: ActorRequest, words: str) -> HttpResponse:
    messages.success(request, words)
    url = reverse("customers:access")
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
