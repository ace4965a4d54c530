"""Next actions with a customer: adding, doing, putting off, dropping; each can be undone."""

from __future__ import annotations

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.customers import access
from enishi.customers.models import Task
from enishi.platform import changes, events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError, Invalid, NotFound
from enishi.platform.japanese.normalise import clean

LONGEST = 200


class TaskIsDone(ActionError):
    """A task that is done has no date to put off, and is not dropped."""

    code = "task.already_done"
    message = gettext_lazy("このタスクは完了しています。")


@action
def add_task(
    *,
    customer_id: int,
    title: str,
    due_on: date | None,
    actor: Actor,
    now: datetime,
    assignee_id: int | None = None,
    activity_id: int | None = None,
) -> int:
    """Plan the next action; its id. Records `task.added`. `assignee_id` None is the actor.

    Raises NotFound, NotAllowed, Invalid (also for a colleague who may not change the customer).
    """
    customer = access.customer_to_record(actor, customer_id)
    title, doer = clean(title), assignee_id or actor.user_id
    problems: dict[str, list[str]] = {}
    if not title:
        problems["title"] = [_("次にすることを入力してください。")]
    elif len(title) > LONGEST:
        problems["title"] = [_("%(n)d文字以内で入力してください。") % {"n": LONGEST}]
    if due_on is None:
        problems["due_on"] = [_("期限を入力してください。")]
    if doer is None or (doer != actor.user_id and doer not in access.doers(customer)):
        problems["assignee_id"] = [_("この顧客を扱える人を選んでください。")]
    if problems or due_on is None or doer is None:
        raise Invalid(fields=problems)
    task = Task.rows.create(
        customer=customer,
        activity_id=activity_id,
        title=title,
        due_on=due_on,
        assignee_id=doer,
        created_at=now,
        created_by_id=actor.user_id,
    )
    events.record("task.added", subject=task.pk, customer=customer.pk, actor=actor, at=now, data={"assignee_id": doer})
    return task.pk


@action
def complete_task(*, task_id: int, actor: Actor, now: datetime) -> None:
    """It is done. Records `task.completed`; twice is once. Raises NotFound, NotAllowed."""
    task = _task(actor, task_id)
    if task.done_at is None:
        _write(task, "task.completed", {"done_at": now, "done_by_id": actor.user_id}, actor, now)


@action
def reopen_task(*, task_id: int, actor: Actor, now: datetime) -> None:
    """It is not done after all: the undo of `complete_task`. Records `task.reopened`; twice is once.

    Raises NotFound, NotAllowed.
    """
    task = _task(actor, task_id)
    if task.done_at is not None:
        _write(task, "task.reopened", {"done_at": None, "done_by_id": None}, actor, now)


@action
def postpone_task(*, task_id: int, due_on: date | None, actor: Actor, now: datetime) -> date:
    """Move the date of an open task; the date it had. Records `task.postponed`; the same date again changes nothing.

    Raises NotFound, NotAllowed, Invalid, TaskIsDone.
    """
    task = _task(actor, task_id)
    if due_on is None:
        raise Invalid(fields={"due_on": [_("期限を入力してください。")]})
    if task.done_at is not None:
        raise TaskIsDone
    before = task.due_on
    if before != due_on:
        _write(task, "task.postponed", {"due_on": due_on}, actor, now)
    return before


@action
def drop_task(*, task_id: int, actor: Actor, now: datetime) -> None:
    """It will not be done. Records `task.dropped`; twice is once. Raises NotFound, NotAllowed, TaskIsDone."""
    task = access.task_for(actor, task_id)
    if task.done_at is not None:
        raise TaskIsDone
    if task.archived_at is None:
        _write(task, "task.dropped", {"archived_at": now}, actor, now)


@action
def restore_task(*, task_id: int, actor: Actor, now: datetime) -> None:
    """It is to be done after all: the undo of `drop_task`. Records `task.restored`; twice is once.

    Raises NotFound, NotAllowed.
    """
    task = access.task_for(actor, task_id)
    if task.archived_at is not None:
        _write(task, "task.restored", {"archived_at": None}, actor, now)


def _task(actor: Actor, task_id: int) -> Task:
    task = access.task_for(actor, task_id)
    if task.archived_at is not None:
        raise NotFound
    return task


def _write(task: Task, kind: str, values: dict[str, date | int | None], actor: Actor, now: datetime) -> None:
    """Set columns, with what they were before in the history."""
    pairs = {name.removesuffix("_id"): (getattr(task, name), after) for name, after in values.items()}
    for name, after in values.items():
        setattr(task, name, after)
    task.save(update_fields=list(pairs))
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Task, [(task.pk, pairs)])
    events.record(kind, subject=task.pk, customer=task.customer_id, actor=actor, at=now, data={"change_set": deed.pk})
