"""統合: side by side, done, looked at again, and taken back."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.merging import MOST, merge_customers
from enishi.customers.actions.unmerging import unmerge_customers
from enishi.customers.queries.merging import merge_preview, past_merges, proposed, unmerge_preview
from enishi.customers.queries.record import Located, locate
from enishi.customers.queries.relations import candidates
from enishi.customers.views.bulk import posted_selection
from enishi.platform import time
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST

_CHOICE = "choice-"


@require_http_methods(["GET", "POST"])
@needs("customer", "merge")
def merge(request: ActorRequest) -> HttpResponse:
    """Those whom `ids` names, side by side (?ids=1,2 or several); POST merges them. With one, a search for the others."""
    asked = request.POST if request.method == "POST" else request.GET
    found = _named(request, asked)
    if len(found) < 2 or len(found) > MOST:
        return _picker(request, found)
    refusal: ActionError | None = None
    keep = _kept(request, found, asked)
    gone = [pk for pk in found if pk != keep]
    choices = _chosen(asked)
    if request.method == "POST":
        try:
            done = merge_customers(
                keep=keep,
                gone=gone,
                choices=choices,
                reason=request.POST.get("reason", ""),
                confirmed=request.POST.getlist("confirmed"),
                seen=request.POST.get("seen", ""),
                actor=request.actor,
                now=time.now(),
            )
        except ActionError as error:
            if error.status not in (409, 422):
                raise
            refusal = error
        else:
            messages.success(request, _("%(n)d件を %(number)s に統合しました。") % {"n": len(found), "number": done.number})
            return redirect("customers:record", key=done.number)
    preview = merge_preview(request.actor, keep, gone, choices)
    context = {
        "preview": preview,
        "ids": ",".join(map(str, found)),
        "count": len(found),
        "problems": _words_of(refusal),
        "confirmed": request.POST.getlist("confirmed"),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "customers/merge.html", context, status=refusal.status if refusal else 200)


def _named(request: ActorRequest, asked: QueryDict) -> dict[int, Located]:
    """The customers of `ids`, each once. Raises NotFound."""
    keys = [key for text in asked.getlist("ids") for key in text.split(",") if key.strip()][: MOST + 1]
    located = [locate(request.actor, key.strip()) for key in keys]
    return {found.id: found for found in located}


def _kept(request: ActorRequest, found: dict[int, Located], asked: QueryDict) -> int:
    keep = asked.get("keep", "")
    return int(keep) if _is_id(keep) and int(keep) in found else proposed(request.actor, [*found])[0]


def _chosen(asked: QueryDict) -> dict[str, int]:
    """Part → customer, of the choices that were sent."""
    sent = {name.removeprefix(_CHOICE): asked.get(name, "") for name in asked if name.startswith(_CHOICE)}
    return {part: int(text) for part, text in sent.items() if _is_id(text)}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _picker(request: ActorRequest, found: dict[int, Located]) -> HttpResponse:
    """Too few to be merged, or too many: the page that lets one look for the others."""
    first = next(iter(found.values()), None)
    text = request.GET.get("q", "")
    rows: Sequence[object] = candidates(request.actor, text, kind=first.kind, besides=first.id) if first and text else ()
    context = {"first": first, "q": text, "found": rows, "too_many": len(found) > MOST, "most": MOST}
    template = "customers/merge_pick.html#found" if request.htmx else "customers/merge_pick.html"
    return render(request, template, context)


def _words_of(refusal: ActionError | None) -> list[str]:
    if isinstance(refusal, Invalid) and refusal.fields:
        return [text for texts in refusal.fields.values() for text in texts]
    return [str(refusal)] if refusal else []


@require_POST
@needs("customer", "merge")
def merge_selected(request: ActorRequest) -> HttpResponse:
    """htmx: the rows that were chosen in the list, side by side on a page of their own."""
    selection = posted_selection(request)
    chosen = selection.customers(request.actor, now=time.now()).order_by("pk").values_list("pk", flat=True)[: MOST + 1]
    url = f"{reverse('customers:merge')}?ids={','.join(map(str, chosen))}"
    return HttpResponse(status=204, headers={"HX-Redirect": url})


@require_GET
@needs("customer", "merge")
def merges(request: ActorRequest) -> HttpResponse:
    """統合の一覧, the newest first."""
    before = request.GET.get("before", "")
    page = past_merges(request.actor, before=int(before) if _is_id(before) else None)
    return render(request, "customers/merges.html", {"page": page, "further": bool(before)})


@require_http_methods(["GET", "POST"])
@needs("customer", "merge")
def unmerge(request: ActorRequest, merge_id: int) -> HttpResponse:
    """One merge, and what taking it back would do; POST takes it back."""
    refusal: ActionError | None = None
    if request.method == "POST":
        try:
            done = unmerge_customers(
                merge_id=merge_id, later=_chosen(request.POST), seen=request.POST.get("seen", ""), actor=request.actor, now=time.now()
            )
        except ActionError as error:
            if error.status not in (409, 422):
                raise
            refusal = error
        else:
            words = _("統合を取り消し、%(n)d件に戻しました。") % {"n": len(done.gone_ids) + 1}
            if done.left:
                words += _("あとから変更された%(n)d件は、残した顧客のままです。") % {"n": done.left}
            messages.success(request, words)
            return redirect("customers:record", key=done.kept_id)
    context = {"preview": unmerge_preview(request.actor, merge_id), "problems": _words_of(refusal)}
    return render(request, "customers/unmerge.html", context, status=refusal.status if refusal else 200)
