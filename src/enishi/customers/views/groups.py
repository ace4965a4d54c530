"""What is done to the customers chosen in the list: a dialog that says to whom, then the deed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.groups import assign_owner, put_tag
from enishi.customers.queries import choices
from enishi.customers.queries.chosen import chosen_customers
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_POST


def _ids(request: ActorRequest) -> list[int]:
    ids = [int(text) for text in request.POST.getlist("ids") if text.isdecimal() and len(text) < 19]
    if not ids:
        raise Invalid(_("顧客を選んでください。"))
    return ids


def _back(request: ActorRequest) -> HttpResponse:
    """To the list as it was: its address came with the form, and only one of our own lists counts."""
    base, address = reverse("customers:list"), request.POST.get("back", "")
    url = address if address == base or address.startswith(f"{base}?") else base
    return HttpResponse(status=204, headers={"HX-Redirect": url})


@require_POST
@needs("customer", "bulk")
def tag(request: ActorRequest) -> HttpResponse:
    """タグを付ける: without `confirmed` the dialog, with it the deed."""
    ids, problem = _ids(request), ""
    if "confirmed" in request.POST:
        try:
            count = put_tag(customer_ids=ids, name=request.POST.get("name", ""), actor=request.actor, now=time.now())
        except Invalid as refusal:
            problem = next((text for texts in refusal.fields.values() for text in texts), str(refusal))
        else:
            words = _("%(n)d人にタグ「%(tag)s」を付けました。") if count else _("全員にもう付いています。")
            messages.success(request, words % {"n": count, "tag": request.POST.get("name", "").strip()})
            return _back(request)
    context = {"chosen": chosen_customers(request.actor, ids, "update"), "tag_names": choices.tag_names(), "problem": problem}
    return render(request, "customers/tag_dialog.html", context, status=422 if problem else 200)


@require_POST
@needs("customer", "bulk")
def assign(request: ActorRequest) -> HttpResponse:
    """担当を変える: without `confirmed` the dialog, with it the deed."""
    ids, problem = _ids(request), ""
    if "confirmed" in request.POST:
        chosen = request.POST.get("owner_id", "")
        try:
            count = assign_owner(
                customer_ids=ids, owner_id=int(chosen) if chosen.isdecimal() else None, actor=request.actor, now=time.now()
            )
        except Invalid as refusal:
            problem = next((text for texts in refusal.fields.values() for text in texts), str(refusal))
        else:
            messages.success(request, _("%(n)d人の担当を変えました。") % {"n": count})
            return _back(request)
    context = {"chosen": chosen_customers(request.actor, ids, "assign"), "owners": choices.owners(request.actor), "problem": problem}
    return render(request, "customers/assign_dialog.html", context, status=422 if problem else 200)
