"""引き継ぎ: many customers given to a colleague, with the open tasks of whoever looked after them, and back again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from enishi.customers import access
from enishi.customers.models import BulkRun, Customer, Task
from enishi.platform import changes, events
from enishi.platform.actor import Actor
from enishi.platform.models import FieldChange
from enishi.platform.rights import actor_by_id

type Columns = Mapping[str, changes.Change]  # owner and team: (before, after)


def hand_over(run: BulkRun, actor: Actor, customers: Sequence[Customer], now: datetime) -> set[int]:
    """Give them to the new owner and, where it was wished, to their team; the ids of those that are another's now. With them the open
    tasks of whoever owned each, as far as the actor may change them and the new owner may do them. Ten queries at most."""
    tasks = _tasks_along(run, actor, customers)  # looked up while the actor still reaches them
    team = {"team": run.wishes["team_id"]} if "team_id" in run.wishes else {}
    wanted: dict[str, int | None] = {"owner": run.target_id, **team}
    given = {
        customer: {name: (before, after) for name, after in wanted.items() if (before := getattr(customer, f"{name}_id")) != after}
        for customer in customers
    }
    given = {customer: columns for customer, columns in given.items() if columns}
    _write(run, actor, given, now)
    moved = {customer.pk for customer, columns in given.items() if "owner" in columns}
    _assign(run, actor, [(task, task.assignee_id, run.target_id) for task in tasks if task.customer_id in moved], now)
    return {customer.pk for customer in given}


def _tasks_along(run: BulkRun, actor: Actor, customers: Sequence[Customer]) -> list[Task]:
    if not run.wishes.get("tasks") or actor_by_id(run.target_id).scope_for("activity", "create") == "none":
        return []
    owners = {customer.pk: customer.owner_id for customer in customers if customer.owner_id not in (None, run.target_id)}
    rows = Task.rows.filter(customer_id__in=owners, done_at=None, archived_at=None).order_by("pk").select_for_update()
    found = [task for task in rows if task.assignee_id == owners[task.customer_id]]
    allowed = access.tasks_to_change(actor, [task.pk for task in found])
    return [task for task in found if task.pk in allowed]


def take_back(run: BulkRun, done: BulkRun, actor: Actor, customers: Sequence[Customer], now: datetime) -> tuple[set[int], set[int]]:
    """Owners, teams and open tasks as they were before: (ids that are as before, ids of which somebody changed something since)."""
    recorded = _recorded(done, Customer, [customer.pk for customer in customers])
    given: dict[Customer, Columns] = {}
    since = set[int]()
    for customer in customers:
        told = recorded.get(customer.pk, {})
        ours = {name: pair for name, pair in told.items() if getattr(customer, f"{name}_id") == pair[1]}
        if len(ours) < len(told):
            since.add(customer.pk)
        if ours:
            given[customer] = {name: (after, before) for name, (before, after) in ours.items()}
    _write(run, actor, given, now)
    back = [customer.pk for customer, columns in given.items() if "owner" in columns]
    rows = {task.pk: task for task in Task.rows.filter(customer_id__in=back, done_at=None, archived_at=None).select_for_update()}
    tasks = [
        (rows[pk], told["assignee"][1], told["assignee"][0])
        for pk, told in _recorded(done, Task, list(rows)).items()
        if rows[pk].assignee_id == told["assignee"][1]
    ]
    _assign(run, actor, tasks, now)
    return {customer.pk for customer in given} - since, since


def _recorded(done: BulkRun, model: type[Customer] | type[Task], ids: Sequence[int]) -> dict[int, dict[str, changes.Change]]:
    """What a run wrote of these rows: id → column → (before, after)."""
    found: dict[int, dict[str, changes.Change]] = {}
    rows = FieldChange.rows.filter(object=model._meta.label_lower, object_id__in=ids, change_set_id=done.change_set_id)
    for row in rows if ids else ():
        found.setdefault(row.object_id, {})[row.field] = (row.before, row.after)
    return found


def _write(run: BulkRun, actor: Actor, given: Mapping[Customer, Columns], now: datetime) -> None:
    """Into the base and the history, under the run's change set. Records `customer.assigned`, of a team alone `customer.updated`."""
    if not given:
        return
    changes.record_changes(run.change_set, Customer, [(customer.pk, columns) for customer, columns in given.items()])
    for name in ("owner", "team"):
        for after in {columns[name][1] for columns in given.values() if name in columns}:
            ids = [customer.pk for customer, columns in given.items() if name in columns and columns[name][1] == after]
            rows = Customer.rows.filter(pk__in=ids)
            rows.update(owner_id=after) if name == "owner" else rows.update(team_id=after)
    events.record_many([_told(run, customer.pk, columns, now) for customer, columns in given.items()], actor=actor)


def _told(run: BulkRun, customer_id: int, columns: Columns, now: datetime) -> events.NewEvent:
    data: dict[str, events.Primitive] = {"change_set": run.change_set_id}
    if "owner" not in columns:
        return events.NewEvent("customer.updated", customer_id, customer_id, now, data | {"fields": "team"})
    owner_id = columns["owner"][1]
    return events.NewEvent("customer.assigned", customer_id, customer_id, now, data | {"owner_id": int(str(owner_id or 0))})


def _assign(run: BulkRun, actor: Actor, tasks: Iterable[tuple[Task, object, object]], now: datetime) -> None:
    """Give tasks to somebody else: (task, before, after). Records `task.changed`."""
    found = list(tasks)
    if not found:
        return
    changes.record_changes(run.change_set, Task, [(task.pk, {"assignee": (before, after)}) for task, before, after in found])
    for after in {after for _task, _before, after in found}:
        Task.rows.filter(pk__in=[task.pk for task, _before, to in found if to == after]).update(assignee_id=int(str(after)))
    data: dict[str, events.Primitive] = {"change_set": run.change_set_id}
    events.record_many([events.NewEvent("task.changed", task.pk, task.customer_id, now, data) for task, _b, _a in found], actor=actor)
