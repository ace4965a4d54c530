"""The composer of the record page, and taking back what was written with it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.activities import pin_activity, record_activity, remove_activity, unpin_activity
from enishi.customers.actions.tasks import add_task
from enishi.customers.forms.activities import ActivityForm
from enishi.customers.queries.composer import composer, readers
from enishi.customers.queries.record import Located, locate
from enishi.customers.queries.story import story
from enishi.customers.queries.tasks import shifts, tasks_of
from enishi.customers.views.record import empty_form, page
from enishi.customers.views.undo import Undo, told
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST


@require_POST
@needs("activity", "create")
def add(request: ActorRequest, key: str) -> HttpResponse:
    """Write down what was done or is to be done. htmx: the composer and the timeline, and a toast that takes it back."""
    found = locate(request.actor, key)
    offered = composer(request.actor, found.id, now=time.now())
    form = ActivityForm(request.POST, people=offered.people, due_on=offered.due_on, me=offered.me)
    done: Undo | None = None
    if form.is_valid():
        try:
            done = _record(request, found, form)
        except Invalid as refusal:
            form.show(refusal)
    if request.htmx:
        return _parts(request, found, form, done)
    if form.errors:
        return page(request, found, form=form, status=422)
    messages.success(request, _("記録しました。"))
    return redirect("customers:record", key=found.number)


def _record(request: ActorRequest, found: Located, form: ActivityForm) -> Undo | None:
    now, following = time.now(), form.next_action()
    if form.is_task and following is not None:
        task_id = add_task(
            customer_id=found.id,
            title=following.title,
            due_on=following.due_on,
            assignee_id=following.assignee_id,
            actor=request.actor,
            now=now,
        )
        return Undo(reverse("tasks:drop", args=[task_id]))
    data = form.cleaned_data
    made = record_activity(customer_id=found.id, kind=data["kind"], text=data["text"], next_action=following, actor=request.actor, now=now)
    return Undo(reverse("customers:activity-remove", args=[found.number, made.id]))


def _parts(request: ActorRequest, found: Located, form: ActivityForm, done: Undo | None) -> HttpResponse:
    now = time.now()
    context = {
        "story": story(request.actor, found.id, now=now),
        "tasks": tasks_of(request.actor, found.id, now=now),
        "shifts": shifts(time.today(now)),
        "number": found.number,
        "form": form if form.errors else empty_form(request, found.id),
        "undo": done,
        "words": "" if form.errors else _("記録しました。"),
    }
    return render(request, "customers/timeline.html#composed", context, status=422 if form.errors else 200)


@require_POST
@needs("activity", "create")
def remove(request: ActorRequest, key: str, activity_id: int) -> HttpResponse:
    """The undo of the composer."""
    remove_activity(customer_id=locate(request.actor, key).id, activity_id=activity_id, actor=request.actor, now=time.now())
    return told(request, _("記録を取り消しました。"))


@require_POST
@needs("activity", "create")
def pin(request: ActorRequest, key: str, activity_id: int) -> HttpResponse:
    found = locate(request.actor, key)
    pin_activity(customer_id=found.id, activity_id=activity_id, actor=request.actor, now=time.now())
    return told(request, _("履歴の上に固定しました。"), Undo(reverse("customers:activity-unpin", args=[found.number, activity_id])))


@require_POST
@needs("activity", "create")
def unpin(request: ActorRequest, key: str, activity_id: int) -> HttpResponse:
    found = locate(request.actor, key)
    unpin_activity(customer_id=found.id, activity_id=activity_id, actor=request.actor, now=time.now())
    return told(request, _("固定を外しました。"), Undo(reverse("customers:activity-pin", args=[found.number, activity_id])))


@require_GET
@needs("activity", "create")
def colleagues(request: ActorRequest, key: str) -> HttpResponse:
    """htmx: the names that may follow an @ in the composer."""
    found = locate(request.actor, key)
    return render(request, "customers/colleagues.html", {"colleagues": readers(request.actor, found.id)})
