"""セグメント: the list, the builder with its live count, and the people in it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.models.customer import Customer
from enishi.platform import policy, time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.listing import Window, window_of
from enishi.rules.address import packed, unpacked
from enishi.rules.builder.draft import Draft, draft_of, press, read
from enishi.rules.builder.page import BuilderPage, builder_page
from enishi.rules.facts import registry
from enishi.rules.readback import sentence
from enishi.rules.rights import readable
from enishi.rules.tree import EVERYONE, Rule, RuleInvalid
from enishi.segments.actions import segments as actions
from enishi.segments.queries import screens

STAGES = dict(Customer.Lifecycle.choices)


@require_GET
@needs("segment", "read")
def segment_list(request: ActorRequest) -> HttpResponse:
    context = {"segments": screens.segment_rows(request.actor), "may_create": policy.allowed(request.actor, "segment", "create")}
    return render(request, "segments/list.html", context)


@require_http_methods(["GET", "POST"])
@needs("segment", "create")
def new(request: ActorRequest) -> HttpResponse:
    """A new segment; POST saves it (or presses a button of the builder where scripts are off)."""
    return _build(request, None)


@require_http_methods(["GET", "POST"])
@needs("segment", "update")
def edit(request: ActorRequest, segment_id: int) -> HttpResponse:
    return _build(request, segment_id)


@require_POST
@needs("segment", "create")
def build(request: ActorRequest) -> HttpResponse:
    """htmx: one press or change in the builder; answers the builder, the sentence, the count and the people."""
    page = _page(request, _posted(request))
    return render(request, "segments/answer.html", {"builder": page, **_people(request, page)})


@require_GET
@needs("segment", "read")
def segment(request: ActorRequest, segment_id: int) -> HttpResponse:
    """The people in a segment, page by page."""
    card = screens.segment_card(request.actor, segment_id)
    now = time.now()
    count = screens.headcount(request.actor, card.rule, now=now)
    if count:
        actions.remember_count(actor=request.actor, segment_id=segment_id, count=count.members, now=now)
    page = screens.members(request.actor, card.rule, window_of(request.GET), now=now)
    context = {
        "card": card,
        "sentence": sentence(card.rule, registry()),
        "count": count,
        "page": page,
        "rows": _rows(page),
        "packed": packed(card.rule),
        "as_of": count.at if count else now,
        "may_update": policy.allowed(request.actor, "segment", "update"),
        "may_send": policy.allowed(request.actor, "delivery", "create"),
    }
    return render(request, "segments/segment.html", context)


@require_GET
@needs("segment", "read")
def count(request: ActorRequest) -> HttpResponse:
    """htmx: the headcount of a rule again, until it is counted; on the screen of a segment its number alone."""
    rule = unpacked(request.GET.get("rule", ""))
    context = {"count": screens.headcount(request.actor, rule, now=time.now()), "packed": packed(rule)}
    return render(request, "segments/segment.html#number" if "number" in request.GET else "segments/people.html#headcount", context)


@require_POST
@needs("segment", "archive")
def archive(request: ActorRequest, segment_id: int) -> HttpResponse:
    actions.archive_segment(actor=request.actor, segment_id=segment_id, now=time.now())
    messages.success(request, _("セグメントを片づけました。"))
    return redirect("segments:list")


def _posted(request: ActorRequest) -> Draft:
    palette = readable(registry(), request.actor)
    return press(read(request.POST, palette), request.POST.get("do"), palette)


def _page(request: ActorRequest, draft: Draft, *, strict: bool = False) -> BuilderPage:
    known, pressed = readable(registry(), request.actor), request.POST.get("do")
    return builder_page(draft, known, url=reverse("segments:build"), strict=strict, pressed=pressed)


def _build(request: ActorRequest, segment_id: int | None) -> HttpResponse:
    card = screens.segment_card(request.actor, segment_id) if segment_id else None
    name = request.POST.get("name", card.name if card else "").strip()[:120]
    errors: list[str] = []
    if request.method == "POST":
        page = _page(request, _posted(request), strict="save" in request.POST)
        if "save" in request.POST:
            errors = _faults(name, page)
            if not errors:
                return _save(request, segment_id, name, page)
    else:
        draft = draft_of(card.rule if card else _brought(request), readable(registry(), request.actor))
        if draft is None and segment_id:
            messages.warning(request, _("このセグメントの条件は、この画面では変えられない形です。"))
            return redirect("segments:segment", segment_id)
        draft = draft or Draft()
        page = _page(request, draft)
    context = {"card": card, "name": name, "builder": page, "errors": errors, **_people(request, page)}
    return render(request, "segments/build.html", context, status=422 if errors else 200)


def _brought(request: ActorRequest) -> Rule:
    """The rule that another screen's link brings along; nothing of one that cannot be read."""
    try:
        return unpacked(request.GET.get("rule", ""))
    except RuleInvalid:
        return EVERYONE


def _faults(name: str, page: BuilderPage) -> list[str]:
    faults = [] if name else [_("セグメント名を入力してください。")]
    if not page.complete:
        faults.append(_("赤く表示された条件を直してください。"))
    return faults


def _save(request: ActorRequest, segment_id: int | None, name: str, page: BuilderPage) -> HttpResponse:
    if segment_id is None:
        segment_id = actions.create_segment(actor=request.actor, name=name, rule=page.rule, now=time.now())
    else:
        actions.change_segment(actor=request.actor, segment_id=segment_id, name=name, rule=page.rule, now=time.now())
    messages.success(request, _("セグメントを保存しました。"))
    return redirect("segments:segment", segment_id)


def _people(request: ActorRequest, page: BuilderPage) -> dict[str, object]:
    """The live count and the first people of the complete conditions."""
    now = time.now()
    try:
        count = screens.headcount(request.actor, page.rule, now=now)
        found = screens.members(request.actor, page.rule, Window(), now=now)
    except ActionError as refusal:
        return {"count": None, "rows": [], "refusal": refusal}
    return {"count": count, "rows": _rows(found)[:12], "packed": packed(page.rule)}


def _rows(page: screens.MemberPage) -> list[dict[str, object]]:
    return [
        {
            "url": f"/customers/{row.number}/",
            "name": row.name or row.number,
            "number": row.number,
            "stage": row.lifecycle,
            "stage_label": STAGES.get(row.lifecycle, ""),
            "prefecture": row.prefecture or "",
            "why_not": page.mailable.get(row.id, ""),
        }
        for row in page.rows
    ]
