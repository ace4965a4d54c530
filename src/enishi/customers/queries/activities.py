"""Activities and tasks of one customer for other systems, masked for the token's owner."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from enishi.customers import access
from enishi.customers.models import Task
from enishi.customers.queries.comments import CommentFacts, comments_on
from enishi.platform.actor import Actor
from enishi.platform.policy import present, present_many, shown


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    id: int
    kind: str
    at: datetime
    text: str | None = shown("text", author="author_id")
    author_id: int | None = shown("author")
    author_name: str | None = shown("author__display_name")


@dataclass(frozen=True, slots=True)
class Discussed:
    """An activity with what was said about it."""

    activity: ActivityFacts
    comments: list[CommentFacts]

    def as_dict(self) -> dict[str, object]:
        return asdict(self.activity) | {"comments": [asdict(one) for one in self.comments]}


@dataclass(frozen=True, slots=True)
class TaskFacts:
    id: int
    due_on: date
    done_at: datetime | None
    created_at: datetime
    title: str | None = shown("title", author="created_by_id")
    assignee_id: int = shown("assignee")
    assignee_name: str = shown("assignee__display_name")
    customer_id: int = shown("customer")

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ActivitySlice:
    items: list[Discussed]
    next_id: int | None


def activity_slice(actor: Actor, customer_id: int, *, before: int, size: int) -> ActivitySlice:
    """Activities by falling id, from below `before` on (0: from the newest). Two queries, and a view-log row each."""
    rows = access.visible_activities(actor).filter(customer_id=customer_id)
    if before:
        rows = rows.filter(pk__lt=before)
    found = present_many(ActivityFacts, actor, rows.order_by("-pk")[: size + 1])
    said = comments_on(actor, [one.id for one in found[:size]])
    items = [Discussed(one, said.get(one.id, [])) for one in found[:size]]
    return ActivitySlice(items, found[size - 1].id if len(found) > size else None)


def comment_facts(actor: Actor, activity_id: int, comment_id: int) -> CommentFacts:
    """Raises NotFound. One query, and one view-log row."""
    return present(CommentFacts, actor, access.visible_comments(actor).filter(activity_id=activity_id), pk=comment_id)


def task_facts(actor: Actor, task_id: int) -> TaskFacts:
    """Raises NotFound. One query, and one view-log row."""
    return present(TaskFacts, actor, access.visible_tasks(actor), pk=task_id)


def open_tasks(actor: Actor, *, customer_id: int | None, assignee_id: int | None, until: date | None, limit: int) -> list[TaskFacts]:
    """Open tasks, the next first. One query, and one view-log row."""
    rows: QuerySet[Task] = access.visible_tasks(actor).filter(done_at__isnull=True)
    if customer_id is not None:
        rows = rows.filter(customer_id=customer_id)
    if assignee_id is not None:
        rows = rows.filter(assignee_id=assignee_id)
    if until is not None:
        rows = rows.filter(due_on__lte=until)
    return present_many(TaskFacts, actor, rows.order_by("due_on", "id")[:limit])
