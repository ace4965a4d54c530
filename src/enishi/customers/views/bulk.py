"""一括変更: a dialog that says to whom and what, then its progress, its result, and the way back."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions import bulk as actions
from enishi.customers.bulk.acts import APART
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRun
from enishi.customers.queries import choices
from enishi.customers.queries.bulk import preview, run_page
from enishi.customers.queries.views import resolved
from enishi.customers.views.customers import asked_by
from enishi.platform import confirmation, time
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST
from enishi.platform.words import own

Verb = BulkRun.Verb
NOBODY = "nobody"  # 担当なし, chosen on purpose: nothing chosen is no order


@require_POST
@needs("customer", "bulk")
def order(request: ActorRequest, verb: str) -> HttpResponse:
    """Without `confirmed` the dialog: how many, ten of them, who is left out; with it the order, and on to its progress."""
    if verb not in Verb.values or verb in APART:
        raise Http404
    selection, now, problem, value = posted_selection(request), time.now(), "", request.POST.get("value", "")
    if "confirmed" in request.POST:
        if selection.asked is not None and not confirmation.is_recent(request):  # everybody on the list, not rows picked by hand
            return confirmation.ask(request)
        try:
            run_id = actions.change_many(verb=verb, selection=selection, value=_target(verb, value), actor=request.actor, now=now)
        except Invalid as refusal:
            problem = next((text for texts in refusal.fields.values() for text in texts), str(refusal))
        else:
            return HttpResponse(
                status=204, headers={"HX-Redirect": reverse("customers:bulk-run", args=[run_id]), "HX-Trigger": "enishi:tray"}
            )
    context = {
        "verb": verb,
        "title": Verb(verb).label,
        "preview": preview(request.actor, verb, selection, now=now),
        "selection": selection,
        "value": value,
        "problem": problem,
        **_offered(request, verb),
    }
    return render(request, "customers/bulk/dialog.html", context, status=422 if problem else 200)


def _target(verb: str, value: str) -> str:
    """What the action is told of what was chosen. Raises Invalid where nothing was."""
    if verb in (Verb.OWNER, Verb.TEAM) and not value:
        raise Invalid(fields={"value": [_("一覧から選んでください。")]})
    return "" if value == NOBODY else value


def _offered(request: ActorRequest, verb: str) -> dict[str, object]:
    """What the dialog offers to choose from."""
    match verb:
        case Verb.TAG | Verb.UNTAG:
            return {"tag_names": choices.tag_names()}
        case Verb.OWNER:
            return {"options": [(NOBODY, _("担当なし")), *choices.owners(request.actor)], "field": own(_("新しい担当"))}
        case Verb.TEAM:
            return {"options": [(NOBODY, _("部署なし")), *choices.teams(request.actor)], "field": _("新しい部署")}
        case _:
            return {}


def posted_selection(request: ActorRequest) -> Selection:
    """The chosen rows, or with `selection=all` everybody on the list from which the form came (`back`). Raises Invalid."""
    if request.POST.get("selection") == "all":
        query = request.POST.get("back", "").partition("?")[2]
        return Selection(asked=resolved(request.actor, asked_by(QueryDict(query))))
    ids = tuple(int(text) for text in request.POST.getlist("ids") if text.isascii() and text.isdecimal() and len(text) < 19)
    if not ids:
        raise Invalid(_("顧客を選んでください。"))
    return Selection(ids=ids)


@require_GET
@needs("customer", "bulk")
def run(request: ActorRequest, bulk_id: int) -> HttpResponse:
    """One change of many: its progress, then what came of it."""
    return render(request, "customers/bulk/run.html", {"run": run_page(request.actor, bulk_id)})


@require_GET
@needs("customer", "bulk")
def progress(request: ActorRequest, bulk_id: int) -> HttpResponse:
    """htmx: the progress again; once it is over, the result."""
    found = run_page(request.actor, bulk_id)
    if not found.is_open:
        return HttpResponse(headers={"HX-Redirect": reverse("customers:bulk-run", args=[bulk_id]), "HX-Trigger": "enishi:tray"})
    return render(request, "customers/bulk/run.html#progress", {"run": found})


class _Verb(Protocol):
    """What is done to a run, as the action says it; the id of another run where it leads to one."""

    def __call__(self, *, run_id: int, actor: Actor, now: datetime) -> int | None: ...


def _done_to(request: ActorRequest, bulk_id: int, verb: _Verb) -> HttpResponse:
    """On to the run, as it is now; a refusal is told there."""
    try:
        bulk_id = verb(run_id=bulk_id, actor=request.actor, now=time.now()) or bulk_id
    except actions.RunIsOver as refusal:
        messages.warning(request, str(refusal))
    return redirect("customers:bulk-run", bulk_id)


@require_POST
@needs("customer", "bulk")
def stop(request: ActorRequest, bulk_id: int) -> HttpResponse:
    return _done_to(request, bulk_id, actions.stop_many)


@require_POST
@needs("customer", "bulk")
def resume(request: ActorRequest, bulk_id: int) -> HttpResponse:
    return _done_to(request, bulk_id, actions.resume_many)


@require_POST
@needs("customer", "bulk")
def undo(request: ActorRequest, bulk_id: int) -> HttpResponse:
    """元に戻す: on to the run that does so."""
    return _done_to(request, bulk_id, actions.undo_many)
