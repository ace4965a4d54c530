"""送信設定: choose a provider, fill in, and prove it by one mail to oneself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.messaging.actions import accounts as actions
from enishi.messaging.engine.prove import send_proof
from enishi.messaging.forms.accounts import AccountForm, ProveForm
from enishi.messaging.mail.presets import PRESETS, Preset
from enishi.messaging.queries import accounts as queries
from enishi.platform import policy, time
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST

NEW_PASSWORD = gettext_lazy("暗号化して保存し、画面には表示しません。")
KEPT_PASSWORD = gettext_lazy("空のままなら、いまのパスワードを使い続けます。暗号化して保存し、画面には表示しません。")


@require_GET
@needs("mail_account", "read")
def account_list(request: ActorRequest) -> HttpResponse:
    found = queries.accounts(request.actor)
    may = policy.allowed(request.actor, "mail_account", "configure")
    return render(request, "messaging/accounts.html", {"accounts": found, "may_configure": may})


@require_GET
@needs("mail_account", "configure")
def account_new(request: ActorRequest) -> HttpResponse:
    """The first step: which provider."""
    return render(request, "messaging/account_new.html", {"presets": PRESETS.values()})


@require_http_methods(["GET", "POST"])
@needs("mail_account", "configure")
def account_edit(request: ActorRequest, account_id: int | None = None) -> HttpResponse:
    card = queries.account_card(request.actor, account_id) if account_id else None
    preset = PRESETS.get((card.preset if card else request.GET.get("preset", "")), PRESETS["other"])
    initial = _initial(card, preset)
    form = AccountForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = actions.save_account(actor=request.actor, account_id=account_id, now=time.now(), **form.cleaned_data)
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("送信設定を保存しました。続けて、自分に1通送って確かめてください。"))
            return redirect("messaging:account-prove", saved)
    form.fields["username"].help_text = str(preset.username_hint)
    form.fields["password"].help_text = KEPT_PASSWORD if card else NEW_PASSWORD
    context = {"form": form, "preset": preset, "card": card}
    return render(request, "messaging/account_edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("mail_account", "configure")
def account_prove(request: ActorRequest, account_id: int) -> HttpResponse:
    """「自分に1通送る」: says what the server answered, and what to do where it refuses."""
    card = queries.account_card(request.actor, account_id)
    form = ProveForm(request.POST or None, initial={"to": getattr(request.user, "email", "")})
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            send_proof(actor=request.actor, account_id=account_id, to=form.cleaned_data["to"], now=time.now())
        except ActionError as error:
            refusal = error
        else:
            messages.success(request, _("送信サーバーが受け取りました。受信箱に届いたか、確かめてください。"))
            return redirect("messaging:accounts")
    context = {"form": form, "card": card, "refusal": refusal}
    return render(request, "messaging/account_prove.html", context, status=422 if refusal or form.errors else 200)


@require_POST
@needs("mail_account", "configure")
def account_archive(request: ActorRequest, account_id: int) -> HttpResponse:
    actions.archive_account(actor=request.actor, account_id=account_id, now=time.now())
    messages.success(request, _("送信設定を外しました。"))
    return redirect("messaging:accounts")


def _initial(card: queries.AccountCard | None, preset: Preset) -> dict[str, object]:
    if card is not None:
        names = [name for name in AccountForm.base_fields if name != "password"]
        return {name: getattr(card, name) for name in names}
    fixed = {"preset": preset.key, "name": str(preset.label), "host": preset.host, "port": preset.port, "security": preset.security}
    return {**fixed, "per_second": preset.per_second}
