"""Changing customers in the cells of their list: one cell opens on demand, ranges are previewed, everything has its undo."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import listing
from enishi.customers.actions import cells as actions
from enishi.customers.actions.customers import AddressInUse, ChangedMeanwhile
from enishi.customers.cells.block import COLUMNS, read_block, spread
from enishi.customers.cells.columns import labels
from enishi.customers.cells.orders import MOST_ROWS, Clear, FillDown, Order, Paste
from enishi.customers.cells.reading import emptied
from enishi.customers.forms.cells import CellForm
from enishi.customers.listing import Words
from enishi.customers.queries import choices
from enishi.customers.queries.cells import open_cell, rows_again
from enishi.customers.queries.hints import hinted
from enishi.customers.queries.record import locate
from enishi.customers.standards.current import sentences
from enishi.customers.views.undo import Undo, told
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST

MOST_SHOWN = 200  # cells of a preview
CHANGED = "enishi:cells"  # rows of the list are asked for again when it hears it


@require_http_methods(["GET", "POST"])
@needs("customer", "update")
def cell(request: ActorRequest, key: str, column: str) -> HttpResponse:
    """htmx: the open cell; with `alone` as a dialog, for the customer's own page. POST writes it; where somebody else was faster it
    stays as typed and says what stands there now."""
    found = open_cell(request.actor, locate(request.actor, key).id, column)
    alone = "alone" in request.GET
    template = "customers/cells/alone.html" if alone else "customers/cells/editor.html"
    if found.objection:
        return render(request, template, {"cell": found}, status=409)
    form = CellForm(request.POST if request.method == "POST" else None, cell=found)
    seen, conflict, in_use = request.POST.get("seen", found.seen), False, ""
    if request.method == "POST" and form.is_valid():
        try:
            written = actions.change_cell(
                customer_id=found.customer_id,
                column=column,
                values=form.values(),
                seen=seen,
                shares_address="shares_address" in request.POST,
                actor=request.actor,
                now=time.now(),
            )
        except ChangedMeanwhile:
            seen, conflict = found.seen, True
        except Invalid as refusal:
            form.show(refusal)
            in_use = refusal.number if isinstance(refusal, AddressInUse) else ""
        else:
            words = _("%(name)sの「%(column)s」を変えました。") % {"name": found.name, "column": found.label}
            return done_cell(request, found.number, words, written, closes=alone)
    context = {"cell": found, "form": form, "seen": seen, "conflict": conflict, "in_use": in_use} | _offers(form)
    return render(request, template, context, status=409 if conflict else 422 if form.errors else 200)


@require_POST
@needs("customer", "update")
def clear_one(request: ActorRequest, key: str, column: str) -> HttpResponse:
    """htmx: one cell is emptied; what cannot be empty opens, with the reason."""
    found = open_cell(request.actor, locate(request.actor, key).id, column)
    if found.objection:
        return render(request, "customers/cells/editor.html", {"cell": found}, status=409)
    values = emptied(column, found.details.kind)
    try:
        written = actions.change_cell(
            customer_id=found.customer_id, column=column, values=values, seen=found.seen, actor=request.actor, now=time.now()
        )
    except Invalid as refusal:
        form = CellForm(QueryDict(), cell=found)
        if form.is_valid():
            form.show(refusal)
        context = {"cell": found, "form": form, "seen": found.seen} | _offers(form)
        return render(request, "customers/cells/editor.html", context, status=422)
    words = _("%(name)sの「%(column)s」を空にしました。") % {"name": found.name, "column": found.label}
    return done_cell(request, found.number, words, written)


@require_GET
@needs("customer", "read")
def rows(request: ActorRequest) -> HttpResponse:
    """Rows of the list again, after a change: `rows` (numbers), `cols`, and `choose` where the list has boxes to tick."""
    found = rows_again(request.actor, _numbers(request.GET), _columns(request.GET), now=time.now())
    return render(request, "customers/list.html#rows", {"page": {"rows": found}, "can_choose": "choose" in request.GET})


@require_POST
@needs("customer", "bulk")
def paste(request: ActorRequest) -> HttpResponse:
    """htmx: what a pasted block would change; with `confirmed`, it is changed."""
    text = request.POST.get("text", "")
    try:
        block = spread(read_block(text), _size(request, "height"), _size(request, "width"))
    except Invalid as refusal:
        return _dialog(request, None, str(refusal))
    return _ordered(request, Paste(_numbers(request.POST), _columns(request.POST), block))


@require_POST
@needs("customer", "bulk")
def fill(request: ActorRequest) -> HttpResponse:
    """htmx: what copying the first row down would change; with `confirmed`, it is changed."""
    return _ordered(request, FillDown(_numbers(request.POST), _columns(request.POST)))


@require_POST
@needs("customer", "bulk")
def clear(request: ActorRequest) -> HttpResponse:
    """htmx: what emptying a range of cells would change; with `confirmed`, it is changed."""
    return _ordered(request, Clear(_numbers(request.POST), _columns(request.POST)))


@require_POST
@needs("customer", "update")
def undo(request: ActorRequest, change_set_id: int) -> HttpResponse:
    """htmx: one's own change of cells taken back."""
    taken = actions.undo_cells(change_set_id=change_set_id, actor=request.actor, now=time.now())
    words = _("%(n)d件の顧客を元に戻しました。") % {"n": len(taken.numbers)} if taken.numbers else _("戻すものはありませんでした。")
    if taken.left:
        words += _("%(n)d件は、あとで変えられたか戻せないため、そのままです。") % {"n": taken.left}
    return done(request, words, taken.numbers, None, undone=request.path)


def _ordered(request: ActorRequest, order: Order) -> HttpResponse:
    problem = ""
    if "confirmed" in request.POST:
        try:
            filled = actions.fill_cells(order=order, seen=request.POST.get("seen", ""), actor=request.actor, now=time.now())
        except ChangedMeanwhile:
            problem = _("確認している間に、ほかの人が変えた顧客があります。いまの内容で表示し直しました。")
        except Invalid as refusal:
            problem = str(refusal)
        else:
            words = _("%(n)d個のセルを変えました。") % {"n": filled.cells}
            return done(request, words, filled.numbers, filled.change_set_id, closes=True)
    return _dialog(request, order, problem)


def _dialog(request: ActorRequest, order: Order | None, problem: str) -> HttpResponse:
    """What would change, and what cannot. A refusal of the whole is the same dialog without a button."""
    title, door = _ASKED[type(order)]
    context: dict[str, object] = {"problem": problem, "title": title, "order_url": reverse(door), "posted": request.POST}
    if order is not None:
        try:
            plan = actions.preview_cells(order=order, actor=request.actor)
        except Invalid as refusal:
            context |= {"problem": str(refusal)}
        else:
            known = labels(listing.column_sets(request.actor))
            changes = [(row, known.get(one.column, ""), one) for row in plan.rows for one in row.cells if not one.problem]
            refused = [(row, known.get(one.column, ""), one) for row in plan.rows for one in row.cells if one.problem]
            beyond_rows, beyond_columns = order.beyond
            context |= {
                "plan": plan,
                "changes": changes[:MOST_SHOWN],
                "more": max(0, len(changes) - MOST_SHOWN),
                "refused": refused[:MOST_SHOWN],
                "more_refused": max(0, len(refused) - MOST_SHOWN),
                "beyond_rows": beyond_rows,
                "beyond_columns": beyond_columns,
            }
    return render(request, "customers/cells/dialog.html", context, status=409 if context["problem"] else 200)


#: Of each order, how its preview is headed and where it is confirmed. A block that cannot be read is none yet.
_ASKED: Mapping[type, tuple[Words, str]] = {
    Paste: (gettext_lazy("貼り付ける内容の確認"), "customers:cells-paste"),
    type(None): (gettext_lazy("貼り付ける内容の確認"), "customers:cells-paste"),
    FillDown: (gettext_lazy("下へコピーする内容の確認"), "customers:cells-fill"),
    Clear: (gettext_lazy("空にする内容の確認"), "customers:cells-clear"),
}


def done(
    request: ActorRequest, words: str, numbers: Sequence[str], deed: int | None, *, closes: bool = False, undone: str = ""
) -> HttpResponse:
    """A toast with the undo, and the word that rows are out of date."""
    url = reverse("customers:cells-undo", args=[deed]) if deed else ""
    answer = told(request, words, Undo(url) if url else None)
    heard: dict[str, object] = {"enishi:close-dialog": {}} if closes else {}
    answer["HX-Trigger"] = json.dumps(heard | {CHANGED: {"rows": list(numbers), "undo": url, "undone": undone}})
    return answer


def _offers(form: CellForm) -> dict[str, object]:
    return {"sources": choices.SOURCE_NAMES, "hinted": hinted(form.fields)}


def done_cell(request: ActorRequest, number: str, words: str, written: actions.Written, *, closes: bool = False) -> HttpResponse:
    """What one cell says now, and what the input standards tell of it."""
    deed = written.change_set_id
    said = "".join([words, *sentences(written.remarks)]) if deed else ""
    return done(request, said, [number] if deed else [], deed, closes=closes)


def _numbers(given: QueryDict) -> tuple[str, ...]:
    return tuple(filter(None, given.get("rows", "").upper().split(",")))[: MOST_ROWS + 1]


def _columns(given: QueryDict) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, given.get("cols", "").split(","))))[:COLUMNS]


def _size(request: ActorRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and 0 < len(text) < 5 else 1
