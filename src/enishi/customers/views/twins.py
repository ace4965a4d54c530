"""重複の確認: the work list, what is decided in it, and the search that fills it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions import twins as actions
from enishi.customers.queries import choices
from enishi.customers.queries.look_alikes import look_alikes
from enishi.customers.queries.merge_batches import may_merge_many, scores
from enishi.customers.queries.twins import BANDS, SHOWN, Asked, twin_page
from enishi.customers.views.undo import undone_by
from enishi.platform import time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, onward, require_GET, require_POST


@require_GET
@needs("customer", "merge")
def twins(request: ActorRequest) -> HttpResponse:
    """The groups, the surest first; by state, score, department and import."""
    asked = _asked(request)
    page = twin_page(request.actor, asked, now=time.now())
    context = {
        "page": page,
        "asked": asked,
        "tabs": [_item(asked, label, shown=key) for key, label in zip(SHOWN, (_("未確認"), _("あとで"), _("同じ人ではない")), strict=True)],
        "bands": [_item(asked, label, band=key) for key, label in zip(BANDS, (_("すべて"), _("確実"), _("要確認")), strict=True)],
        "scores": scores() if asked.shown == "open" and may_merge_many(request.actor) else (),
        "teams": choices.teams(request.actor),
        "onward": _url(asked, after=page.after) if page.after else "",
    }
    return render(request, "customers/twins.html", context)


@require_GET
@needs("customer", "merge")
def progress(request: ActorRequest) -> HttpResponse:
    """htmx: how far the search is; once it is over, the list again."""
    page = twin_page(request.actor, Asked(), now=time.now())
    if page.search is None or page.search.state != "running":
        return HttpResponse(headers={"HX-Redirect": reverse("twins:list"), "HX-Trigger": "enishi:tray"})
    return render(request, "customers/twins.html#progress", {"page": page})


@require_POST
@needs("customer", "read")
def hint(request: ActorRequest) -> HttpResponse:
    """htmx, while a customer is typed in: who is there already. Posted, so that nothing typed stands in an address."""
    typed = {name: text[:200] for name, text in request.POST.items() if isinstance(text, str)}
    besides = next(iter(_ids(request.GET.get("besides", ""))), None)
    found = look_alikes(request.actor, typed, besides=besides)
    places = {"at": "customers:list", "ask_at": "customers:access-ask", "asked_at": "customers:access"}
    return render(request, "customers/look_alikes.html", {"found": found} | {key: reverse(view) for key, view in places.items()})


@require_POST
@needs("customer", "merge")
def apart(request: ActorRequest) -> HttpResponse:
    return _decided(request, actions.tell_apart, _("「同じ人ではない」としました。"))


@require_POST
@needs("customer", "merge")
def later(request: ActorRequest) -> HttpResponse:
    return _decided(request, actions.put_off, _("2週間後に、もう一度この一覧に出します。"))


@require_POST
@needs("customer", "merge")
def reopen(request: ActorRequest) -> HttpResponse:
    return _decided(request, actions.reopen_pairs, _("未確認に戻しました。"), undo=False)


@require_POST
@needs("customer", "merge")
def search(request: ActorRequest) -> HttpResponse:
    """Order a search; a refusal is told in the list."""
    return _told(request, lambda: actions.search_twins(whole="whole" in request.POST, actor=request.actor, now=time.now()))


@require_POST
@needs("customer", "merge")
def stop(request: ActorRequest, search_id: int) -> HttpResponse:
    return _told(request, lambda: actions.stop_search(search_id=search_id, actor=request.actor, now=time.now()))


def _told(request: ActorRequest, deed: Callable[[], object]) -> HttpResponse:
    try:
        deed()
    except ActionError as refusal:
        if refusal.code not in (actions.SearchUnderWay.code, actions.SearchIsOver.code):
            raise
        messages.warning(request, str(refusal))
    return redirect("twins:list")


def _decided(request: ActorRequest, verb: Callable[..., int], words: str, *, undo: bool = True) -> HttpResponse:
    """On to the same list, with the way back."""
    pairs = request.POST.get("pairs") or request.GET.get("pairs", "")  # in the address where the button of a toast posts
    try:
        verb(pair_ids=_ids(pairs), actor=request.actor, now=time.now())
    except actions.AlreadyDecided as refusal:
        messages.warning(request, str(refusal))
    else:
        if undo:
            undone_by(request, words, f"{reverse('twins:reopen')}?{urlencode({'pairs': pairs, 'next': onward(request)})}")
        else:
            messages.success(request, words)
    return redirect(onward(request))


def _ids(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.isascii() and part.isdecimal() and len(part) < 19]


def _asked(request: ActorRequest) -> Asked:
    given = request.GET
    score, _dash, pk = given.get("after", "").partition("-")
    return Asked(
        shown=given["shown"] if given.get("shown") in SHOWN else "open",
        band=given["band"] if given.get("band") in BANDS else "all",
        team_id=next(iter(_ids(given.get("team", ""))), None),
        import_id=next(iter(_ids(given.get("import", ""))), None),
        after=(int(score), int(pk)) if _ids(score) and _ids(pk) else None,
    )


def _item(asked: Asked, label: str, **changed: str) -> dict[str, object]:
    current = all(getattr(asked, name) == value for name, value in changed.items())
    return {"label": label, "url": _url(asked, **changed), "current": current}


def _url(asked: Asked, **changed: str) -> str:
    words = {"shown": asked.shown, "band": asked.band, "team": asked.team_id or "", "import": asked.import_id or "", **changed}
    return f"{reverse('twins:list')}?{urlencode({name: value for name, value in words.items() if value not in ('', 'all')})}"
