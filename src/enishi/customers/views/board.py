"""The list of customers as a board: further cards of a column, and moving a card into another one."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from enishi.customers.actions.cells import change_cell
from enishi.customers.actions.customers import ChangedMeanwhile
from enishi.customers.queries.groupings import group_of, open_card, places, value_of_group
from enishi.customers.queries.pages import column_page
from enishi.customers.queries.record import locate
from enishi.customers.views.cells import done_cell
from enishi.customers.views.customers import address_of, asked_by
from enishi.customers.views.undo import told
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods

STAYS = "enishi:stays"  # a card that was dragged goes back


@require_GET
@needs("customer", "read")
def more(request: ActorRequest) -> HttpResponse:
    """htmx: further cards of the column `group`, behind the customer `after`, of the list that the address asks for."""
    asked, group = asked_by(request.GET), request.GET.get("group", "")[:40]
    board, cards, after = column_page(request.actor, asked, group, now=time.now())
    context = {
        "board": board,
        "cards": cards,
        "column": {"group": group, "more": after},
        "more_query": address_of(asked).to().partition("?")[2],
    }
    return render(request, "customers/board.html#more", context)


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def move(request: ActorRequest, key: str, column: str) -> HttpResponse:
    """htmx: GET: into which column the card may go. POST: `to`, and `from`, in which it was seen. It is written as a cell is."""
    found = open_card(request.actor, locate(request.actor, key).id, column)
    (name,) = found.names if len(found.names) == 1 else ("",)
    now_in = group_of(found.details, name)
    if request.method == "GET" or found.objection:
        return _dialog(request, {"cell": found, "places": places(found), "now_in": now_in, "problem": found.objection})
    target, problem = request.POST.get("to", "")[:40], ""
    try:
        if request.POST.get("from", now_in) != now_in:
            raise ChangedMeanwhile
        written = change_cell(
            customer_id=found.customer_id,
            column=column,
            values={name: value_of_group(name, target)},
            seen=found.seen,
            actor=request.actor,
            now=time.now(),
        )
    except ChangedMeanwhile:
        problem = _("%(name)sは、先にほかの人が「%(place)s」に変えています。") % {"name": found.name, "place": found.words or _("空欄")}
    except Invalid as refusal:
        problem = next((text for texts in refusal.fields.values() for text in texts), str(refusal))
    else:
        label = dict(places(found)).get(target, "")
        words = _("%(name)sを「%(place)s」に移しました。") % {"name": found.name, "place": label or target}
        return done_cell(request, found.number, words, written, closes=True)
    if "dragged" in request.POST:
        answer = told(request, problem)
        answer["HX-Trigger"] = json.dumps({STAYS: {"number": found.number}})
        return answer
    return _dialog(request, {"cell": found, "places": places(found), "now_in": now_in, "problem": problem, "chosen": target})


def _dialog(request: ActorRequest, context: dict[str, object]) -> HttpResponse:
    return render(request, "customers/board.html#dialog", context, status=409 if context["problem"] else 200)
