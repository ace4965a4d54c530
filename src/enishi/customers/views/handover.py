"""引き継ぎ: the dialog that gives many customers to a colleague, what the new owner is told, and 担当の履歴 on the record page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.handover import SAME, Handover, hand_over, notice_handover
from enishi.customers.models import BulkRun
from enishi.customers.queries import choices, handover
from enishi.customers.queries.bulk import preview
from enishi.customers.queries.record import locate
from enishi.customers.views.bulk import NOBODY, posted_selection
from enishi.platform import confirmation, time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST
from enishi.platform.words import own


@require_POST
@needs("customer", "assign")
def order(request: ActorRequest) -> HttpResponse:
    """Without `confirmed` the dialog: how many, to whom, with which note; with it the order, and on to its progress."""
    selection, now = posted_selection(request), time.now()
    wish = _wish(request)
    problems: dict[str, str] = {}
    if "confirmed" in request.POST:
        if selection.asked is not None and not confirmation.is_recent(request):  # everybody on the list, not rows picked by hand
            return confirmation.ask(request)
        try:
            run_id = hand_over(selection=selection, handover=wish, actor=request.actor, now=now)
        except Invalid as refusal:
            problems = {name: texts[0] for name, texts in refusal.fields.items() if texts} or {"owner": str(refusal)}
        else:
            leads = reverse("customers:bulk-run", args=[run_id])
            return HttpResponse(status=204, headers={"HX-Redirect": leads, "HX-Trigger": "enishi:tray"})
    context = {
        "preview": preview(request.actor, BulkRun.Verb.HANDOVER, selection, now=now),
        "selection": selection,
        "wish": wish,
        "team": wish.team or NOBODY,
        "problems": problems,
        "owners": choices.owners(request.actor),
        "teams": [(SAME, _("変えない")), (NOBODY, _("部署なし")), *choices.teams(request.actor)],
        "owner_label": own(_("新しい担当")),
    }
    return render(request, "customers/handover/dialog.html", context, status=422 if problems else 200)


def _wish(request: ActorRequest) -> Handover:
    """What the dialog says; when it opens, the tasks go along."""
    said = request.POST
    team = said.get("team", SAME)
    return Handover(
        owner=said.get("owner", ""),
        team="" if team == NOBODY else team,
        note=said.get("note", ""),
        tasks="tasks" in said or "owner" not in said,
    )


@require_GET
@needs("customer", "read")
def home(request: ActorRequest) -> HttpResponse:
    """htmx: what the reader was given; nothing where there is nothing new."""
    return _home(request)


@require_GET
@needs("customer", "read")
def page(request: ActorRequest, handover_id: int) -> HttpResponse:
    """One hand-over: the note, and whom it was about."""
    return render(request, "customers/handover/page.html", {"page": handover.handed_over(request.actor, handover_id)})


@require_POST
@needs("customer", "read")
def seen(request: ActorRequest, handover_id: int) -> HttpResponse:
    """The new owner has seen it; htmx: those that are left."""
    notice_handover(run_id=handover_id, actor=request.actor, now=time.now())
    return _home(request) if request.htmx else redirect("platform:home")


def _home(request: ActorRequest) -> HttpResponse:
    return render(request, "customers/handover/home.html", {"lines": handover.handed_to(request.actor, now=time.now())})


@require_GET
@needs("customer", "read")
def owners(request: ActorRequest, key: str) -> HttpResponse:
    """htmx: 担当の履歴 on the record page."""
    found = locate(request.actor, key)
    if not request.htmx:
        return redirect("customers:record", key=found.number)
    return render(request, "customers/handover/owners.html", {"tenures": handover.owners_of(request.actor, found.id)})
