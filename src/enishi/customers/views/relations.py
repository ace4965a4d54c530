"""関係 on a customer's page: dialogs to tie, to change and to take away."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.relations import change_relation, relate_customers, remove_relation
from enishi.customers.forms.relations import NewRelationForm, RelationForm
from enishi.customers.queries.record import locate
from enishi.customers.queries.relations import candidates, tie_of, ways_of
from enishi.platform import time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def new(request: ActorRequest, key: str) -> HttpResponse:
    """The dialog in which a customer is tied to another; POST ties them."""
    found = locate(request.actor, key)
    form = NewRelationForm(request.POST or None, ways=ways_of(found.kind))
    if request.method == "POST" and form.is_valid():
        way = form.chosen
        try:
            relate_customers(
                customer_id=found.id,
                other_id=form.cleaned_data["other"],
                kind=way.kind,
                outward=way.outward,
                terms=form.terms(),
                actor=request.actor,
                now=time.now(),
            )
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("関係を登録しました。"))
            return _to_record(request, found.number)
    context = {"form": form, "number": found.number, "found": _found(request, form, found.id), "q": request.POST.get("q", "")}
    return render(request, "customers/relation_dialog.html", context, status=422 if form.errors else 200)


@require_GET
@needs("customer", "read")
def candidate_list(request: ActorRequest, key: str) -> HttpResponse:
    """htmx: customers who may stand at the other end, by a few letters."""
    found = locate(request.actor, key)
    form = NewRelationForm(request.GET, ways=ways_of(found.kind))
    return render(
        request, "customers/relation_dialog.html#found", {"found": _found(request, form, found.id), "q": request.GET.get("q", "")}
    )


def _found(request: ActorRequest, form: NewRelationForm, customer_id: int) -> list[object]:
    text = (request.POST or request.GET).get("q", "")
    return [*candidates(request.actor, text, kind=form.chosen.other_kind, besides=customer_id)]


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def edit(request: ActorRequest, key: str, relation_id: int) -> HttpResponse:
    """The dialog of one relation; POST writes its terms."""
    found, now = locate(request.actor, key), time.now()
    tie = tie_of(request.actor, found.id, relation_id, today=time.today(now))
    form = RelationForm(request.POST or None, initial=RelationForm.initial_of(tie))
    if request.method == "POST" and form.is_valid():
        try:
            change_relation(customer_id=found.id, relation_id=relation_id, terms=form.terms(), actor=request.actor, now=now)
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("関係を変えました。"))
            return _to_record(request, found.number)
    context = {"form": form, "number": found.number, "tie": tie}
    return render(request, "customers/relation_edit_dialog.html", context, status=422 if form.errors else 200)


@require_POST
@needs("customer", "update")
def remove(request: ActorRequest, key: str, relation_id: int) -> HttpResponse:
    found = locate(request.actor, key)
    remove_relation(customer_id=found.id, relation_id=relation_id, actor=request.actor, now=time.now())
    messages.success(request, _("関係を消しました。"))
    return _to_record(request, found.number)


def _to_record(request: ActorRequest, number: str) -> HttpResponse:
    url = reverse("customers:record", args=[number])
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if request.htmx else redirect(url)
