"""連絡先 on a customer's page: dialogs to add, to change, to make primary and to take away."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.contacts import add_contact, change_contact, make_contact_primary, remove_contact
from enishi.customers.actions.customers import AddressInUse
from enishi.customers.forms.contacts import ContactForm
from enishi.customers.models import ContactPoint
from enishi.customers.queries.contacts import editable_contact
from enishi.customers.queries.hints import hinted
from enishi.customers.queries.record import locate
from enishi.customers.standards.book import Remark
from enishi.customers.standards.current import sentences
from enishi.platform import time
from enishi.platform.errors import ActionError, NotFound
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_http_methods, require_POST


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def new(request: ActorRequest, key: str, way: str) -> HttpResponse:
    """The dialog in which a mail address, phone or address is added; POST adds it."""
    found = locate(request.actor, key)
    if way not in ContactPoint.Kind.values:
        raise NotFound
    form, in_use = ContactForm(request.POST or None, kind=way, is_new=True, auto_id="contact_%s"), ""
    if request.method == "POST" and form.is_valid():
        try:
            added = add_contact(customer_id=found.id, point=form.point(), shares_address=form.shares, actor=request.actor, now=time.now())
        except ActionError as refusal:
            in_use = _show(form, refusal)
        else:
            messages.success(request, _("連絡先を追加しました。"))
            _tell(request, added.remarks)
            return _to_record(request, found.number)
    title = {"email": _("メールアドレスを追加する"), "phone": _("電話番号を追加する"), "address": _("住所を追加する")}[way]
    context = {
        "form": form,
        "number": found.number,
        "kind": found.kind,
        "way": way,
        "title": title,
        "in_use": in_use,
        "hinted": hinted(form.fields),
    }
    return render(request, "customers/contact_dialog.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def edit(request: ActorRequest, key: str, contact: str) -> HttpResponse:
    """The dialog of one contact point; POST writes it anew."""
    found = locate(request.actor, key)
    editable = editable_contact(request.actor, found.id, contact)
    kind, in_use = editable.point.kind, ""
    form = ContactForm(request.POST or None, kind=kind, is_new=False, initial=ContactForm.initial_of(editable.point), auto_id="contact_%s")
    if request.method == "POST" and form.is_valid():
        try:
            remarks = change_contact(
                customer_id=found.id,
                contact=contact,
                point=form.point(),
                shares_address=form.shares,
                actor=request.actor,
                now=time.now(),
            )
        except ActionError as refusal:
            in_use = _show(form, refusal)
        else:
            messages.success(request, _("連絡先を変えました。"))
            _tell(request, remarks)
            return _to_record(request, found.number)
    title = {"email": _("メールアドレスを変える"), "phone": _("電話番号を変える"), "address": _("住所を変える")}[kind]
    context = {
        "form": form,
        "number": found.number,
        "kind": found.kind,
        "way": kind,
        "title": title,
        "contact": editable,
        "in_use": in_use,
        "hinted": hinted(form.fields),
    }
    return render(request, "customers/contact_dialog.html", context, status=422 if form.errors else 200)


@require_POST
@needs("customer", "update")
def primary(request: ActorRequest, key: str, contact: str) -> HttpResponse:
    """A further contact point changes places with the primary one."""
    found = locate(request.actor, key)
    make_contact_primary(customer_id=found.id, contact=contact, actor=request.actor, now=time.now())
    messages.success(request, _("主な連絡先を入れ替えました。"))
    return _to_record(request, found.number)


@require_POST
@needs("customer", "update")
def remove(request: ActorRequest, key: str, contact: str) -> HttpResponse:
    found = locate(request.actor, key)
    remove_contact(customer_id=found.id, contact=contact, actor=request.actor, now=time.now())
    messages.success(request, _("連絡先を消しました。"))
    return _to_record(request, found.number)


def _tell(request: ActorRequest, remarks: Iterable[Remark]) -> None:
    for words in sentences(remarks):
        messages.warning(request, words)


def _show(form: ContactForm, refusal: ActionError) -> str:
    """Write a refusal into the form; the number of the customer who has the address."""
    form.show(refusal)
    return refusal.number if isinstance(refusal, AddressInUse) else ""


def _to_record(request: ActorRequest, number: str) -> HttpResponse:
    url = reverse("customers:record", args=[number])
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
