"""Registering and editing one customer, and what their form asks for on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.customers.actions.customers import AddressInUse, ChangedMeanwhile, create_customer, update_customer
from enishi.customers.actions.files import LARGEST_BYTES, too_large
from enishi.customers.details import Details
from enishi.customers.fields.field import Field
from enishi.customers.fields.values import FILES, ids_in, text
from enishi.customers.forms.customers import CustomerForm, FirstConsentForm
from enishi.customers.forms.own_fields import OwnField
from enishi.customers.models import Customer
from enishi.customers.queries import choices, form_shape
from enishi.customers.queries.consent import is_stopped
from enishi.customers.queries.files import FieldFile, held_files
from enishi.customers.queries.hints import hinted
from enishi.customers.queries.record import Editable, editable_customer, locate
from enishi.customers.standards.current import sentences
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods
from enishi.platform.japanese.postal import lookup


@require_http_methods(["GET", "POST"])
@needs("customer", "create")
def new(request: ActorRequest) -> HttpResponse:
    """顧客を登録."""
    form, consent = _form(request, Details()), FirstConsentForm(request.POST or None, prefix="consent")
    in_use = ""
    if request.method == "POST" and form.is_valid() and consent.is_valid():
        try:
            made = create_customer(
                details=form.details(),
                consent=consent.statements(),
                shares_address=form.cleaned_data["shares_address"],
                actor=request.actor,
                now=time.now(),
            )
        except Invalid as refusal:
            form.show(refusal)
            in_use = refusal.number if isinstance(refusal, AddressInUse) else ""
        else:
            messages.success(request, _("%(number)s として登録しました。") % {"number": made.number})
            for words in sentences(made.remarks):
                messages.warning(request, words)
            if is_stopped(request.actor, made.id):
                messages.warning(
                    request,
                    _(
                        "このメールアドレスは配信停止リストにあるため、メールは配信されません。ご本人から再開の申し出があれば、「同意」から停止を解除できます。"
                    ),
                )
            return redirect("customers:record", key=made.number)
    context = {
        "form": form,
        "consent": consent,
        "in_use": in_use,
        "sources": choices.SOURCE_NAMES,
        "hinted": hinted(form.fields),
    } | _limits()
    return render(request, "customers/form.html", context, status=422 if form.errors or consent.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def edit(request: ActorRequest, key: str) -> HttpResponse:
    """顧客を編集. Where somebody else was faster, the form stays as typed and shows what they changed."""
    found = locate(request.actor, key)
    customer = editable_customer(request.actor, found.id)
    form, in_use, conflict = _form(request, customer.details, lifecycle=customer.lifecycle), "", list[str]()
    if request.method == "POST" and form.is_valid():
        try:
            changed = update_customer(
                customer_id=found.id,
                details=form.details(before=customer.details),
                seen=request.POST.get("seen", ""),
                shares_address=form.cleaned_data["shares_address"],
                actor=request.actor,
                now=time.now(),
            )
        except ChangedMeanwhile:
            conflict = _differences(form, customer)
        except Invalid as refusal:
            form.show(refusal)
            in_use = refusal.number if isinstance(refusal, AddressInUse) else ""
        else:
            messages.success(request, _("変更を保存しました。"))
            for words in sentences(changed.remarks):
                messages.warning(request, words)
            return redirect("customers:record", key=found.number)
    # After a conflict the fingerprint is fresh, so that saving again is a decision and not an accident.
    seen = customer.seen if request.method == "GET" or conflict else request.POST.get("seen", "")
    context = {"form": form, "customer": customer, "seen": seen, "conflict": conflict, "in_use": in_use} | _limits()
    context |= {"sources": choices.SOURCE_NAMES, "hinted": hinted(form.fields)}
    return render(request, "customers/form.html", context, status=409 if conflict else 422 if form.errors else 200)


def _limits() -> dict[str, object]:
    """Of files, told before one is sent."""
    return {"largest_bytes": LARGEST_BYTES, "too_large": too_large()}


def _form(request: ActorRequest, details: Details, *, lifecycle: str = Customer.Lifecycle.PROSPECT) -> CustomerForm:
    shape = form_shape.for_actor(request.actor)
    return CustomerForm(
        request.POST or None,
        initial=CustomerForm.initial_of(details, shape.own),
        owners=choices.owners(request.actor),
        teams=choices.teams(request.actor),
        layout=shape.layout,
        own=shape.own,
        lifecycle=lifecycle,
        kept=details.custom,
        held=_held(request, shape.own),
    )


def _held(request: ActorRequest, own: Sequence[Field]) -> dict[int, FieldFile]:
    """Files that were sent for this form: they stay in it while something else is put right."""
    keys = [field.key for field in own if field.kind in FILES]
    return held_files(request.actor, keys, ids_in(one for key in keys for one in request.POST.getlist(key)))


def _differences(form: CustomerForm, customer: Editable) -> list[str]:
    """「電話番号：いまは「090-…」」 for each field that now says something else than what was typed."""
    own: list[Field] = [field.own for field in form.fields.values() if isinstance(field, OwnField)]
    typed, now, words = (
        CustomerForm.initial_of(form.details(before=customer.details), own),
        CustomerForm.initial_of(customer.details, own),
        [],
    )
    for name, field in form.fields.items():
        if name in now and now[name] != typed[name] and not (name == "name" and customer.details.family_name):
            shown = _shown(dict(getattr(field, "choices", ())), now[name])
            if isinstance(field, OwnField) and field.own.kind in FILES:
                shown = text(field.own, customer.details.custom.get(name))
            words.append(_("%(field)s：いまは「%(value)s」") % {"field": field.label, "value": shown or _("空欄")})
    return words or [_("いまの内容は、入力したものと同じです。")]


def _shown(choices: Mapping[object, object], value: object) -> object:
    if isinstance(value, list):
        return "、".join(str(choices.get(key, key)) for key in value)
    return choices.get(value, value)


@require_GET
@needs("customer", "read")
def postal(request: ActorRequest) -> JsonResponse:
    """The address behind a postal code, for the form: JSON {prefecture, city, street}; {} for an unknown code."""
    found = lookup(request.GET.get("code", "")[:10])
    answer = {"prefecture": found[0].prefecture, "city": found[0].city, "street": found[0].town} if found else {}
    return JsonResponse(answer)
