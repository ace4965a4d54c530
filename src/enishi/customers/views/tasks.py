"""今日やること, the page of tasks, and what is done with one tap; calls by @."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers.actions.activities import see_mentions
from enishi.customers.actions.tasks import complete_task, drop_task, postpone_task, reopen_task, restore_task
from enishi.customers.forms.activities import DueForm
from enishi.customers.queries import tasks
from enishi.customers.views.undo import Undo, told
from enishi.platform import time
from enishi.platform.errors import Invalid
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_POST, wants_part
from enishi.platform.japanese.dates import format_date


@require_GET
@needs("customer", "read")
def home(request: ActorRequest) -> HttpResponse:
    """htmx: the panel of ホーム."""
    return render(request, "customers/tasks/home.html", {"page": tasks.today_tasks(request.actor, now=time.now())})


@require_GET
@needs("customer", "read")
def task_list(request: ActorRequest) -> HttpResponse:
    """タスク: of whom, open or done, the next first. htmx: the list alone, or its next page."""
    asked = request.GET
    page = tasks.task_page(
        request.actor, whose=asked.get("whose", ""), state=asked.get("state", ""), after=asked.get("after", ""), now=time.now()
    )
    base = reverse("tasks:list")
    tabs = [{"label": label, "url": f"{base}?whose={key}&state={page.state}", "current": key == page.whose} for key, label in tasks.WHOSE]
    states = [
        {"label": label, "url": f"{base}?whose={page.whose}&state={key}", "current": key == page.state} for key, label in tasks.STATES
    ]
    part = "#rows" if asked.get("after") and request.htmx else "#list" if wants_part(request, "task-list") else ""
    return render(request, f"customers/tasks/list.html{part}", {"page": page, "tabs": tabs, "states": states})


@require_POST
@needs("activity", "create")
def complete(request: ActorRequest, task_id: int) -> HttpResponse:
    complete_task(task_id=task_id, actor=request.actor, now=time.now())
    return told(request, _("タスクを完了にしました。"), Undo(reverse("tasks:reopen", args=[task_id])))


@require_POST
@needs("activity", "create")
def reopen(request: ActorRequest, task_id: int) -> HttpResponse:
    reopen_task(task_id=task_id, actor=request.actor, now=time.now())
    return told(request, _("未完了に戻しました。"))


@require_POST
@needs("activity", "create")
def postpone(request: ActorRequest, task_id: int) -> HttpResponse:
    """Move the date; the undo moves it back."""
    form = DueForm(request.POST)
    if not form.is_valid():
        raise Invalid(fields={"due_on": [str(error) for error in form.errors["due_on"]]})
    due_on = form.cleaned_data["due_on"]
    before = postpone_task(task_id=task_id, due_on=due_on, actor=request.actor, now=time.now())
    undo = Undo(reverse("tasks:postpone", args=[task_id]), {"due_on": before.isoformat()})
    return told(request, _("期限を %(day)s にしました。") % {"day": format_date(due_on)}, undo if before != due_on else None)


@require_POST
@needs("activity", "create")
def drop(request: ActorRequest, task_id: int) -> HttpResponse:
    drop_task(task_id=task_id, actor=request.actor, now=time.now())
    return told(request, _("タスクを取りやめました。"), Undo(reverse("tasks:restore", args=[task_id])))


@require_POST
@needs("activity", "create")
def restore(request: ActorRequest, task_id: int) -> HttpResponse:
    restore_task(task_id=task_id, actor=request.actor, now=time.now())
    return told(request, _("タスクを元に戻しました。"))


@require_GET
@needs("customer", "read")
def calls(request: ActorRequest) -> HttpResponse:
    """htmx: where colleagues call the reader; nothing where nobody does."""
    return render(request, "customers/tasks/calls.html", {"calls": tasks.calls_to(request.actor)})


@require_POST
@needs("customer", "read")
def seen(request: ActorRequest, activity_id: int) -> HttpResponse:
    """One call was read; htmx: those that are left."""
    see_mentions(activity_ids=[activity_id], actor=request.actor, now=time.now())
    return render(request, "customers/tasks/calls.html", {"calls": tasks.calls_to(request.actor)})
