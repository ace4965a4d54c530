"""/api/v1/customers/{key}/activities and /api/v1/tasks: what was done with customers, and what is to be done."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Header, Path, Query, Router, Schema, Status
from pydantic import Field

from enishi.customers import access
from enishi.customers.actions.activities import NextAction, record_activity, remove_activity
from enishi.customers.actions.comments import add_comment, change_comment, remove_comment
from enishi.customers.actions.tasks import add_task, complete_task, drop_task, postpone_task, reopen_task
from enishi.customers.queries.activities import activity_slice, comment_facts, open_tasks, task_facts
from enishi.customers.queries.record import locate
from enishi.platform import time
from enishi.platform.actions.installation import make_once
from enishi.platform.api import REFUSALS, ApiRequest, In
from enishi.platform.guards import needs

router = Router()
tasks = Router()
Key = Annotated[str, Path(max_length=40)]
Id = Annotated[int, Path(ge=1, lt=2**63)]
OnceKey = Annotated[str, Header(alias="Idempotency-Key", max_length=100)]
RowId = Annotated[int | None, Field(default=None, ge=1, lt=2**63)]


class NextIn(In):
    title: str = Field(max_length=200)
    due_on: date
    assignee_id: RowId = None


class ActivityIn(In):
    """What was done. A colleague whose name stands after an @ and who may see the customer is told on their home page."""

    kind: Literal["note", "call", "shop", "visit", "mail"]
    text: str = Field(max_length=4_000)
    next: NextIn | None = None

    def next_action(self) -> NextAction | None:
        return NextAction(self.next.title, self.next.due_on, self.next.assignee_id) if self.next else None


class ActivityPageIn(In):
    cursor: int = Field(default=0, ge=0, lt=2**63)
    limit: int = Field(default=50, ge=1, le=200)


class TaskIn(In):
    customer: str = Field(max_length=40, description="Number (C-000042) or id.")
    title: str = Field(max_length=200)
    due_on: date
    assignee_id: RowId = Field(default=None, description="The token's owner where it is not given.")


class TaskAsked(In):
    """Which open tasks."""

    customer: str = Field(default="", max_length=40)
    assignee_id: RowId = None
    until: date | None = None
    limit: int = Field(default=50, ge=1, le=200)


class DueIn(In):
    due_on: date


class MadeOut(Schema):
    id: int


class CommentIn(In):
    """What is said about an activity. A colleague whose name stands after an @ and who may see the customer is told."""

    text: str = Field(max_length=1_000)


class CommentOut(Schema):
    id: int
    activity_id: int
    text: str | None
    at: datetime
    edited_at: datetime | None
    author_id: int | None
    author_name: str | None


class ActivityOut(Schema):
    """What the token's owner may only see masked comes masked."""

    id: int
    kind: str
    text: str | None
    at: datetime
    author_id: int | None
    author_name: str | None
    comments: list[CommentOut]


class ActivityPageOut(Schema):
    items: list[ActivityOut]
    next_cursor: int | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


class TaskOut(Schema):
    id: int
    customer_id: int
    title: str | None
    due_on: date
    done_at: datetime | None
    created_at: datetime
    assignee_id: int
    assignee_name: str


class TasksOut(Schema):
    items: list[TaskOut]


@router.get("/{key}/activities", response={200: ActivityPageOut, **REFUSALS}, operation_id="list_activities")
@needs("customer", "read", parts=(access.ACTIVITIES,))
def list_activities(request: ApiRequest, key: Key, asked: Annotated[ActivityPageIn, Query()]) -> Any:
    """What was written down about a customer, newest first."""
    found = activity_slice(request.auth, locate(request.auth, key).id, before=asked.cursor, size=asked.limit)
    return {"items": [item.as_dict() for item in found.items], "next_cursor": found.next_id}


@router.post("/{key}/activities", response={201: MadeOut, **REFUSALS}, operation_id="record_activity")
@needs("activity", "create", parts=(access.ACTIVITIES,))
def post_activity(request: ApiRequest, payload: ActivityIn, key: Key, idempotency_key: OnceKey = "") -> Any:
    """Write down what was done, and what is to follow."""
    found, now = locate(request.auth, key), time.now()

    def make() -> int:
        made = record_activity(
            customer_id=found.id,
            kind=payload.kind,
            text=payload.text,
            next_action=payload.next_action(),
            actor=request.auth,
            now=now,
        )
        return made.id

    call = f"record_activity {found.id} ".encode() + request.body
    return Status(201, {"id": make_once(key=idempotency_key, call=call, make=make, actor=request.auth, now=now)})


@router.delete("/{key}/activities/{activity_id}", response={204: None, **REFUSALS}, operation_id="remove_activity")
@needs("activity", "create", parts=(access.ACTIVITIES, access.TASKS))
def delete_activity(request: ApiRequest, key: Key, activity_id: Id) -> Any:
    """Take back what the token's owner wrote, with the open task that followed from it."""
    remove_activity(customer_id=locate(request.auth, key).id, activity_id=activity_id, actor=request.auth, now=time.now())
    return Status(204, None)


@router.post("/{key}/activities/{activity_id}/comments", response={201: CommentOut, **REFUSALS}, operation_id="add_comment")
@needs("activity", "create", parts=(access.ACTIVITIES,))
def post_comment(request: ApiRequest, payload: CommentIn, key: Key, activity_id: Id, idempotency_key: OnceKey = "") -> Any:
    """Say something about an activity."""
    found, now = locate(request.auth, key), time.now()

    def make() -> int:
        return add_comment(customer_id=found.id, activity_id=activity_id, text=payload.text, actor=request.auth, now=now).id

    call = f"add_comment {found.id} {activity_id} ".encode() + request.body
    made = make_once(key=idempotency_key, call=call, make=make, actor=request.auth, now=now)
    return Status(201, comment_facts(request.auth, activity_id, made))


@router.patch("/{key}/comments/{comment_id}", response={200: CommentOut, **REFUSALS}, operation_id="change_comment")
@needs("activity", "create", parts=(access.ACTIVITIES,))
def patch_comment(request: ApiRequest, payload: CommentIn, key: Key, comment_id: Id) -> Any:
    """Put what the token's owner said in other words."""
    found = locate(request.auth, key)
    done = change_comment(customer_id=found.id, comment_id=comment_id, text=payload.text, actor=request.auth, now=time.now())
    return comment_facts(request.auth, done.activity_id, done.id)


@router.delete("/{key}/comments/{comment_id}", response={204: None, **REFUSALS}, operation_id="remove_comment")
@needs("activity", "create", parts=(access.ACTIVITIES,))
def delete_comment(request: ApiRequest, key: Key, comment_id: Id) -> Any:
    """Take away what the token's owner said; twice is once."""
    remove_comment(customer_id=locate(request.auth, key).id, comment_id=comment_id, actor=request.auth, now=time.now())
    return Status(204, None)


@tasks.get("", response={200: TasksOut, **REFUSALS}, operation_id="list_tasks")
@needs("customer", "read", parts=(access.TASKS,))
def list_tasks(request: ApiRequest, asked: Annotated[TaskAsked, Query()]) -> Any:
    """Open tasks, the next first."""
    customer_id = locate(request.auth, asked.customer).id if asked.customer else None
    found = open_tasks(request.auth, customer_id=customer_id, assignee_id=asked.assignee_id, until=asked.until, limit=asked.limit)
    return {"items": found}


@tasks.post("", response={201: TaskOut, **REFUSALS}, operation_id="add_task")
@needs("activity", "create", parts=(access.TASKS,))
def post_task(request: ApiRequest, payload: TaskIn, idempotency_key: OnceKey = "") -> Any:
    """Plan the next action with a customer."""
    found, now = locate(request.auth, payload.customer), time.now()

    def make() -> int:
        return add_task(
            customer_id=found.id,
            title=payload.title,
            due_on=payload.due_on,
            assignee_id=payload.assignee_id,
            actor=request.auth,
            now=now,
        )

    made = make_once(key=idempotency_key, call=b"add_task " + request.body, make=make, actor=request.auth, now=now)
    return Status(201, task_facts(request.auth, made).as_dict())


@tasks.post("/{task_id}/complete", response={200: TaskOut, **REFUSALS}, operation_id="complete_task")
@needs("activity", "create", parts=(access.TASKS,))
def post_complete(request: ApiRequest, task_id: Id) -> Any:
    """It is done; twice is once."""
    complete_task(task_id=task_id, actor=request.auth, now=time.now())
    return task_facts(request.auth, task_id).as_dict()


@tasks.post("/{task_id}/reopen", response={200: TaskOut, **REFUSALS}, operation_id="reopen_task")
@needs("activity", "create", parts=(access.TASKS,))
def post_reopen(request: ApiRequest, task_id: Id) -> Any:
    """It is not done after all."""
    reopen_task(task_id=task_id, actor=request.auth, now=time.now())
    return task_facts(request.auth, task_id).as_dict()


@tasks.delete("/{task_id}", response={204: None, **REFUSALS}, operation_id="drop_task")
@needs("activity", "create", parts=(access.TASKS,))
def delete_task(request: ApiRequest, task_id: Id) -> Any:
    """It will not be done; twice is once. 409 `task.already_done` where it is done."""
    drop_task(task_id=task_id, actor=request.auth, now=time.now())
    return Status(204, None)


@tasks.post("/{task_id}/due", response={200: TaskOut, **REFUSALS}, operation_id="postpone_task")
@needs("activity", "create", parts=(access.TASKS,))
def post_due(request: ApiRequest, payload: DueIn, task_id: Id) -> Any:
    """Move the date. 409 `task.already_done` where it is done."""
    postpone_task(task_id=task_id, due_on=payload.due_on, actor=request.auth, now=time.now())
    return task_facts(request.auth, task_id).as_dict()
