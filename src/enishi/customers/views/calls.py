"""電話メモ: the number, the person, three fields."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.customers.actions.calls import record_call
from enishi.customers.forms.calls import CallForm
from enishi.customers.queries.callers import callers
from enishi.customers.queries.composer import first_composer
from enishi.customers.queries.hints import hinted
from enishi.customers.standards.current import sentences
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods


@require_http_methods(["GET", "POST"])
@needs("activity", "create")
def call(request: ActorRequest) -> HttpResponse:
    offered = first_composer(request.actor, now=time.now())
    form = CallForm(request.POST or None, people=offered.people, due_on=offered.due_on, me=offered.me)
    if request.method == "POST" and form.is_valid():
        try:
            taken = record_call(
                caller=form.caller(),
                text=form.cleaned_data["text"],
                next_action=form.next_action(),
                actor=request.actor,
                now=time.now(),
            )
        except Invalid as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("電話メモを記録しました。"))
            for words in sentences(taken.remarks):
                messages.warning(request, words)
            return redirect("customers:record", key=taken.customer_id)
    phone = request.POST.get("phone", "") if request.method == "POST" else request.GET.get("phone", "")
    context = {
        "form": form,
        "callers": callers(request.actor, phone[:40]),
        "phone": phone[:40],
        "chosen": request.POST.get("customer_id", ""),
        "hinted": hinted(form.fields),
    }
    return render(request, "customers/call.html", context, status=422 if form.errors else 200)


@require_GET
@needs("activity", "create")
def who(request: ActorRequest) -> HttpResponse:
    """htmx: who may be calling, while the number is typed."""
    phone = request.GET.get("phone", "")[:40]
    return render(request, "customers/call.html#who", {"callers": callers(request.actor, phone), "phone": phone, "chosen": ""})
