"""配信: the list, one delivery's page with what it changed, and the only acts that its state allows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from enishi.campaigns.actions.audiences import judge_delivery
from enishi.campaigns.models import Audience
from enishi.campaigns.queries import deliveries as queries
from enishi.campaigns.queries import results
from enishi.campaigns.queries.start import first_steps
from enishi.messaging.actions import deliveries as actions
from enishi.messaging.models import Message
from enishi.platform import modules, policy, time
from enishi.platform.errors import ActionError, Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST


@require_GET
@needs("delivery", "read")
def delivery_list(request: ActorRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    rows = queries.delivery_rows(request.actor, before=int(before) if before.isdecimal() else None)
    context = {
        "rows": rows[: queries.PAGE],
        "more": rows[queries.PAGE - 1].card.id if len(rows) > queries.PAGE else None,
        "may_create": policy.allowed(request.actor, "delivery", "create"),
    }
    return render(request, "campaigns/deliveries.html", context)


@require_GET
@needs("delivery", "read")
def home(request: ActorRequest) -> HttpResponse:
    """htmx: the newest deliveries on ホーム, with what can still be done."""
    return render(request, "campaigns/home.html", {"rows": queries.delivery_rows(request.actor, limit=5), "now": time.now()})


@require_GET
@needs("import", "create")
def start(request: ActorRequest) -> HttpResponse:
    """htmx: what to do first, on ホーム until something was sent."""
    steps = first_steps(request.actor)
    return render(request, "campaigns/start.html", {"steps": steps, "done": sum(step.done for step in steps)})


@require_GET
@needs("delivery", "read")
def delivery(request: ActorRequest, delivery_id: int) -> HttpResponse:
    """A delivery's page; a draft opens in the builder."""
    card = queries.delivery_card(request.actor, delivery_id)
    if card.state == "draft" and policy.allowed(request.actor, "delivery", "update"):
        return redirect("campaigns:edit", delivery_id)
    return render(request, "campaigns/delivery.html", _context(request, card))


@require_GET
@needs("delivery", "read")
def state(request: ActorRequest, delivery_id: int) -> HttpResponse:
    """htmx: the state and the figures, asked again while something moves."""
    card = queries.delivery_card(request.actor, delivery_id)
    return render(request, "campaigns/delivery.html#live", {**_context(request, card), "part": True})


def _context(request: ActorRequest, card: queries.DeliveryCard) -> dict[str, object]:
    """Where it stands and what may be done; once it was started, what it changed."""
    audience = results.audience_of(request.actor, card.id)
    now = time.now()
    open_rows, total = queries.open_rows(card.id)
    return {
        "card": card,
        "audience": audience,
        "now": now,
        "open_rows": open_rows,
        "total": total,
        "done_rows": total - open_rows,
        "moving": card.state in ("freezing", "waiting", "sending"),
        "may_send": policy.allowed(request.actor, "delivery", "send"),
        "may_judge": policy.allowed(request.actor, "delivery", "update"),
        "may_hurry": policy.allowed(request.actor, "demo", "configure"),
        **(_results(audience, now, moving=card.state == "sending") if card.started_at else {}),
    }


def _results(audience: Audience, now: datetime, *, moving: bool) -> dict[str, object]:
    """The lift reads everybody who was assigned: not every two seconds, while the rest is still being sent.

    Purchases are shown while the module that keeps orders is on.
    """
    sells = modules.runs("commerce")
    lift = None if moving or not sells else results.lift(audience, now=now)
    return {
        "sells": sells,
        "funnel": results.funnel(audience.pk, control=audience.control_count),
        "reasons": [(Message.Reason(reason).label, count) for reason, count in results.suppressed_reasons(audience.pk)],
        "lift": lift,
        "scale": _scale(lift),
        "attributed": results.attributed(audience.pk),
        "links": results.links(audience.pk),
    }


def _scale(lift: results.Lift | None) -> tuple[float, float]:
    """Ends of the axis for the lift in points: wide enough for the interval, and always with zero inside."""
    if lift is None or lift.points is None:
        return (-2.0, 8.0)
    reach = max(abs(lift.points.low), abs(lift.points.high)) * 100 * 1.15
    return (-max(reach, 2.0), max(reach, 2.0))


def _act(request: ActorRequest, delivery_id: int, act: Callable[..., None], done: str) -> HttpResponse:
    try:
        act(actor=request.actor, delivery_id=delivery_id, now=time.now())
    except Invalid as refusal:
        messages.error(request, " ".join(text for texts in refusal.fields.values() for text in texts) or str(refusal))
    except ActionError as refusal:
        if refusal.status != 409:
            raise
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("campaigns:delivery", delivery_id)


@require_POST
@needs("delivery", "send")
def cancel(request: ActorRequest, delivery_id: int) -> HttpResponse:
    return _act(request, delivery_id, actions.cancel_delivery, _("配信を取り消しました。だれにも送っていません。"))


@require_POST
@needs("demo", "configure")
def hurry(request: ActorRequest, delivery_id: int) -> HttpResponse:
    return _act(request, delivery_id, actions.hurry_delivery, _("待たずに送り始めます。"))


@require_POST
@needs("delivery", "send")
def stop(request: ActorRequest, delivery_id: int) -> HttpResponse:
    return _act(request, delivery_id, actions.stop_delivery, _("配信を止めました。残りは送っていません。"))


@require_POST
@needs("delivery", "send")
def resume(request: ActorRequest, delivery_id: int) -> HttpResponse:
    return _act(request, delivery_id, actions.resume_delivery, _("残りの配信を始めました。"))


@require_POST
@needs("delivery", "update")
def judge(request: ActorRequest, delivery_id: int) -> HttpResponse:
    """What was learned. Without a choice nothing is kept, and the page says so."""
    verdict, lesson = request.POST.get("verdict", ""), request.POST.get("lesson", "")[:2000]
    return _act(request, delivery_id, partial(judge_delivery, verdict=verdict, lesson=lesson), _("判断を残しました。"))
