"""同意の証跡 of one person; the register of purposes; the suppression list."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.customers.actions.consent import lift_suppression, suppress_address
from enishi.customers.actions.consent_proof import FORMATS, export_proof
from enishi.customers.actions.purposes import retire_purpose, save_purpose
from enishi.customers.forms.consents import AddressForm, PurposeForm
from enishi.customers.models.consent import Channel
from enishi.customers.queries import consent_proof as queries
from enishi.customers.queries import suppressions
from enishi.customers.queries.record import locate
from enishi.platform import time
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.printing import FontsMissing


@require_GET
@needs("customer", "read")
def proof(request: ActorRequest, key: str) -> HttpResponse:
    """同意の証跡."""
    found = locate(request.actor, key)
    return render(request, "customers/consent_proof.html", {"proof": queries.consent_proof(request.actor, found.id)})


@require_POST
@needs("customer", "read")
def proof_file(request: ActorRequest, key: str) -> HttpResponse:
    """The proof as a file: PDF, CSV or JSON."""
    file_format = request.POST.get("format", "")
    if file_format not in FORMATS:
        raise NotFound
    found = locate(request.actor, key)
    try:
        made = export_proof(customer_id=found.id, file_format=file_format, actor=request.actor, now=time.now())
    except FontsMissing as refusal:
        messages.error(request, str(refusal))
        return redirect("customers:consent-proof", key=found.number)
    answer = HttpResponse(made.content, content_type=FORMATS[file_format])
    answer.headers["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer


# ---- purposes -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def purposes(request: ActorRequest) -> HttpResponse:
    """設定 → 同意と利用目的; POST adds a purpose."""
    form = PurposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            save_purpose(key="", actor=request.actor, now=time.now(), **form.cleaned_data)
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("利用目的を加えました。"))
            return redirect("customers:purposes")
    context = {"form": form, "rows": queries.purpose_rows()}
    return render(request, "customers/purposes.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def purpose(request: ActorRequest, purpose_key: str) -> HttpResponse:
    """One purpose: its words, and every version of the wordings that people were shown."""
    row, wordings = queries.wordings_of(purpose_key)
    form = PurposeForm(request.POST or None, initial={"name": row.name, "text": row.text})
    if request.method == "POST" and form.is_valid():
        try:
            save_purpose(key=purpose_key, actor=request.actor, now=time.now(), **form.cleaned_data)
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("利用目的を変えました。前の文は変更の記録に残っています。"))
            return redirect("customers:purposes")
    context = {"form": form, "purpose": row, "wordings": wordings}
    return render(request, "customers/purpose.html", context, status=422 if form.errors else 200)


@require_POST
@needs("settings", "configure")
def purpose_retire(request: ActorRequest, purpose_key: str) -> HttpResponse:
    retired = request.POST.get("retired") == "yes"
    try:
        retire_purpose(key=purpose_key, retired=retired, actor=request.actor, now=time.now())
    except Invalid as refusal:
        messages.warning(request, refusal.fields[""][0])
    else:
        messages.success(
            request, _("使用をやめました。これまでの同意の記録は残っています。") if retired else _("また使えるようにしました。")
        )
    return redirect("customers:purposes")


# ---- the suppression list -------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@needs("settings", "configure")
def suppression_list(request: ActorRequest) -> HttpResponse:
    """設定 → 配信停止リスト: POST looks an address up, puts it on the list (`act` is "add") or takes it off ("lift"). An address
    is never part of an address of ours."""
    form, listed = AddressForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        address, act = form.cleaned_data["address"], request.POST.get("act", "")
        if act == "add" and suppress_address(channel=Channel.EMAIL, address=address, reason="by_hand", actor=request.actor, now=time.now()):
            messages.success(request, _("配信停止リストに加えました。この宛先には、もう配信しません。"))
        if act == "lift" and lift_suppression(channel=Channel.EMAIL, address=address, actor=request.actor, now=time.now()):
            messages.success(request, _("配信停止リストから外しました。同意が配信可なら、また配信されます。"))
        listed = suppressions.look_up(Channel.EMAIL, address)
        if not listed.is_address:
            form.add_error("address", _("メールアドレスとして読めません。"))
    context = {"form": form, "listed": listed, "counts": suppressions.counts()}
    return render(request, "customers/suppressions.html", context, status=422 if form.errors else 200)
