"""The builder of a delivery: kept as it is typed, seen as one of its people, confirmed in a dialog."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csp import csp_override

from enishi.campaigns.actions import audiences
from enishi.campaigns.forms.plan import LABELS, PlanForm, block_inputs, blocks_from_post, edited
from enishi.campaigns.queries import drafts, previews
from enishi.campaigns.queries.deliveries import delivery_card
from enishi.customers.fields.catalogue import readable
from enishi.customers.queries.recipients import mergeable_fields
from enishi.messaging.engine.copies import MERGE_FIELDS
from enishi.messaging.first_templates import first_mail
from enishi.messaging.mail.blocks import compile_mail
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.guards import needs, public
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST
from enishi.platform.organisation import organisation
from enishi.platform.origins import app_url

type Words = str | Promise

MERGE_LABELS = {
    "customer.name": gettext_lazy("氏名"),
    "customer.family_name": gettext_lazy("姓"),
    "customer.given_name": gettext_lazy("名"),
    "customer.number": gettext_lazy("顧客番号"),
}


@require_POST
@needs("delivery", "create")
def new(request: ActorRequest) -> HttpResponse:
    """A draft from the first template; `segment` may come along from a segment's page."""
    subject, preheader, blocks = first_mail(organisation())
    accounts = drafts.account_choices(request.actor)
    segment = request.POST.get("segment", "")
    delivery_id = audiences.plan_delivery(
        actor=request.actor,
        name=_("新しい配信"),
        subject=subject,
        preheader=preheader,
        blocks=blocks,
        account_id=accounts[0][0] if accounts else None,
        segment_id=int(segment) if segment.isdecimal() else None,
        control_percent=organisation().holdout_percent,
        hypothesis="",
        now=time.now(),
    )
    return redirect("campaigns:edit", delivery_id)


@require_GET
@needs("delivery", "update")
def edit(request: ActorRequest, delivery_id: int) -> HttpResponse:
    draft = drafts.draft(request.actor, delivery_id)
    if draft.state != "draft":
        return redirect("campaigns:delivery", delivery_id)
    return render(request, "campaigns/edit.html", _context(request.actor, draft, as_id=request.GET.get("as", "")))


@require_POST
@needs("delivery", "update")
def save(request: ActorRequest, delivery_id: int) -> HttpResponse:
    """htmx: keep what was typed, even where it is not sendable yet; answers what it would look like and reach.

    The button that sends comes by here, too, so that the last look shows the last word that was typed.
    """
    draft = drafts.draft(request.actor, delivery_id)
    form = _form(request.actor, draft, request.POST)
    operation = request.POST.get("operation", "")
    blocks = edited(
        blocks_from_post(request.POST),
        operation,
        int(request.POST["index"]) if request.POST.get("index", "").isdecimal() else -1,
        request.POST.get("kind", ""),
    )
    if not form.is_valid():
        if "name" not in form.errors:
            raise Invalid(fields={name: [str(text) for text in texts] for name, texts in form.errors.items()})
        answer = render(request, "campaigns/edit.html#name", {"form": form, "draft": draft}, status=422)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#name-field", "outerMorph"
        return answer
    data = form.cleaned_data
    audiences.change_plan(
        actor=request.actor,
        delivery_id=delivery_id,
        name=data["name"],
        subject=data["subject"],
        preheader=data["preheader"],
        blocks=blocks,
        account_id=data["account"],
        segment_id=data["segment"],
        control_percent=0 if operation == "everybody" else data["control_percent"],
        hypothesis=data["hypothesis"],
        purpose=data["purpose"] or draft.purpose,
        now=time.now(),
    )
    as_id = request.POST.get("as", "")
    if operation == "confirm":
        return redirect(f"{reverse('campaigns:confirm', args=[delivery_id])}?{urlencode({'as': as_id})}")
    draft = drafts.draft(request.actor, delivery_id)
    part = "canvas" if operation in ("add", "remove", "up", "down") else "side"
    return render(request, f"campaigns/edit.html#{part}", {**_context(request.actor, draft, as_id=as_id), "part": operation or part})


@require_http_methods(["GET", "POST"])
@needs("delivery", "send")
def confirm(request: ActorRequest, delivery_id: int) -> HttpResponse:
    """The last look: subject, number, sender, and the mail as one real person. POST starts the wait."""
    draft = drafts.draft(request.actor, delivery_id)
    context = _context(request.actor, draft, as_id=request.GET.get("as", ""))
    if request.method == "POST":
        try:
            audiences.confirm_delivery(actor=request.actor, delivery_id=delivery_id, now=time.now())
        except ActionError as refusal:
            if refusal.status not in (409, 422):
                raise
            return render(request, "campaigns/confirm.html", {**context, "refusal": refusal}, status=refusal.status)
        messages.success(request, _("配信を確定しました。送信が始まるまでは取り消せます。"))
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=200, headers={"HX-Redirect": reverse("campaigns:delivery", args=[delivery_id])})
        return redirect("campaigns:delivery", delivery_id)
    return render(
        request,
        "campaigns/confirm.html",
        {
            **context,
            "refusal": context["reach_refusal"],
            "wait_minutes": organisation().send_wait_minutes,
            "card": delivery_card(request.actor, delivery_id),
        },
    )


def _form(actor: Actor, draft: drafts.Draft, data: object = None) -> PlanForm:
    initial = {
        "name": draft.name,
        "segment": draft.segment_id,
        "purpose": draft.purpose,
        "account": draft.account_id,
        "subject": draft.subject,
        "preheader": draft.preheader,
        "hypothesis": draft.hypothesis,
        "control_percent": draft.control_percent,
    }
    return PlanForm(
        data,
        initial=initial,
        segments=drafts.segment_choices(actor),
        accounts=drafts.account_choices(actor),
        purposes=drafts.purpose_choices(draft),
    )


def _context(actor: Actor, draft: drafts.Draft, *, as_id: str) -> dict[str, object]:
    """Everything the builder shows: the form, the blocks with their faults, whom it reaches, the preview."""
    now = time.now()
    errors: dict[str, list[str]] = {}
    try:
        compile_mail(subject=draft.subject, preheader=draft.preheader, blocks=draft.blocks)
    except Invalid as faults:
        errors = faults.fields
    reach, samples, refusal = None, [], None
    if draft.segment_id is not None:
        try:
            reach = drafts.reach(actor, draft.segment_id, purpose=draft.purpose, now=now)
            samples = drafts.samples(actor, draft.segment_id, purpose=draft.purpose, now=now)
        except ActionError as error:
            refusal = error
    chosen = next((s for s in samples if str(s.id) == as_id), samples[0] if samples else None)
    return {
        "draft": draft,
        "form": _form(actor, draft),
        "purpose": dict(drafts.purpose_choices(draft)).get(draft.purpose, ""),
        "blocks": block_inputs(draft.blocks, errors),
        "mail_errors": [_of_field(place, text) for place, texts in errors.items() if not place.startswith("blocks.") for text in texts],
        "block_errors": sum(len(texts) for place, texts in errors.items() if place.startswith("blocks.")),
        "sendable": not errors and reach is not None and reach.writable > 0 and draft.account_id is not None,
        "kinds": [(kind, label) for kind, label in LABELS.items() if kind != "footer"],
        "merge_fields": _merge_fields(actor),
        "reach": reach,
        "recipients": reach.recipients(draft.control_percent) if reach else 0,
        "detectable": _points(reach.detectable(draft.control_percent or 20)) if reach else "",
        "control_count": reach.people * draft.control_percent // 100 if reach else 0,
        "reach_refusal": refusal,
        "samples": samples,
        "chosen": chosen,
        "preview_url": previews.preview_url(actor, draft.id, chosen.id) if chosen else "",
        "subject_as": previews.subject_for(draft.id, chosen.id) if chosen else draft.subject,
    }


def _of_field(place: str, text: str) -> str:
    """A fault of the mail's head with the name of its field, as 「件名: 入力してください。」."""
    field = PlanForm.base_fields.get(place)
    return f"{field.label}: {text}" if field else text


def _merge_fields(actor: Actor) -> list[tuple[str, Words]]:
    """What may be put into a text, with its words: the built-in ones, and the company's own that the actor reads."""
    built_in: list[tuple[str, Words]] = [("{{ " + name + " | default: 'お客様' }}", MERGE_LABELS[name]) for name in MERGE_FIELDS]
    own = [("{{ customer." + key + " | default: '' }}", field.label) for key, field in mergeable_fields().items() if readable(actor, field)]
    return [*built_in, *own]


def _points(share: float | None) -> str:
    """A difference of rates in points, 「―」 where none could be seen."""
    return "―" if share is None else f"{share * 100:.1f}"


@require_GET
@public("a preview of a mail on the files host, by an address signed for a quarter of an hour")
@xframe_options_exempt
@csp_override(
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:", "https:"],
        "sandbox": [""],  # and no allowance; an empty list would leave the directive out
        "frame-ancestors": [app_url("")],
    }
)
def preview(request: HttpRequest, token: str) -> HttpResponse:
    try:
        answer = HttpResponse(previews.preview_by_token(token))
    except NotFound:
        answer = HttpResponse(
            "<!doctype html><meta charset=utf-8><p>" + _("表示の期限が切れました。画面を読み込み直してください。"), status=404
        )
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
