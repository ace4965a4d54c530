"""Writing down what was done with a customer, with the next action and the colleagues who are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.customers.actions.tasks import add_task
from enishi.customers.models import Activity, ActivityGrams, Comment, Customer, Mention, Task
from enishi.customers.open_fields import require_part
from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.japanese.normalise import clean_lines

LONGEST = 4_000
MOST_PINNED = 5
NEXT = "next."  # before the fields of the next action, where a refusal is about them


@dataclass(frozen=True, slots=True)
class NextAction:
    """What follows: `assignee_id` None is the writer themselves."""

    title: str
    due_on: date | None
    assignee_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    id: int
    task_id: int | None
    told: tuple[str, ...]  # names of the colleagues whom the text calls


@action
def record_activity(
    *, customer_id: int, kind: str, text: str, actor: Actor, now: datetime, next_action: NextAction | None = None
) -> Recorded:
    """Write down what was done. Records `activity.recorded`; of a next action `task.added`.

    A colleague who is named after an @ and may see the customer finds the text on their ホーム; nobody else is told.
    Raises NotFound, NotAllowed, Invalid.
    """
    customer = access.customer_to_record(actor, customer_id)
    if next_action is not None:
        require_part(actor, access.TASKS, at="next")
    if kind not in Activity.Kind.values:
        raise Invalid(fields={"kind": [_("一覧から選んでください。")]})
    activity = Activity(customer=customer, kind=kind, text=_checked(text), author_id=actor.user_id, at=now)
    activity.save(force_insert=True)
    ActivityGrams.of(activity).save(force_insert=True)
    told = call_colleagues(activity.text, customer, actor, activity=activity)
    events.record("activity.recorded", subject=activity.pk, customer=customer.pk, actor=actor, at=now, data={"kind": kind})
    task_id = None
    if next_action is not None:
        task_id = _plan(next_action, activity, actor, now)
    return Recorded(activity.pk, task_id, told)


def _plan(following: NextAction, activity: Activity, actor: Actor, now: datetime) -> int:
    """What follows, as a task. A refusal names its fields as those of what follows."""
    try:
        return add_task(
            customer_id=activity.customer_id,
            title=following.title,
            due_on=following.due_on,
            assignee_id=following.assignee_id,
            activity_id=activity.pk,
            actor=actor,
            now=now,
        )
    except Invalid as refusal:
        raise Invalid(fields={f"{NEXT}{name}": texts for name, texts in refusal.fields.items()}) from refusal


@action
def remove_activity(*, customer_id: int, activity_id: int, actor: Actor, now: datetime) -> None:
    """Take one's own activity off a customer's timeline, with the task that followed from it while it is open.

    Records `activity.removed`; twice is once. Raises NotFound, NotAllowed (somebody else's).
    """
    activity = access.activity_for(actor, activity_id)
    if activity.customer_id != customer_id:
        raise NotFound
    if activity.author_id != actor.user_id:
        raise NotAllowed(_("ほかの人の記録は消せません。"))
    if activity.archived_at is None:
        activity.archived_at = now
        activity.save(update_fields=["archived_at"])
        Task.rows.filter(activity=activity, done_at__isnull=True, archived_at__isnull=True).update(archived_at=now)
        events.record("activity.removed", subject=activity.pk, customer=customer_id, actor=actor, at=now)


@action
def pin_activity(*, customer_id: int, activity_id: int, actor: Actor, now: datetime) -> None:
    """Put an activity on top of its customer's timeline, whoever wrote it; twice is once. Records `activity.pinned`.

    Raises NotFound, NotAllowed, Invalid (there are `MOST_PINNED` already).
    """
    activity = _activity_of(customer_id, activity_id, actor)
    if activity.pinned_at is None:
        Customer.rows.select_for_update().get(pk=customer_id)  # until commit: two pins at once are counted one after the other
        if Activity.rows.filter(customer_id=customer_id, pinned_at__isnull=False, archived_at__isnull=True).count() >= MOST_PINNED:
            raise Invalid(_("固定できるのは%(n)d件までです。どれかの固定を外してください。") % {"n": MOST_PINNED})
        _set_pinned(activity, now, "activity.pinned", actor, now)


@action
def unpin_activity(*, customer_id: int, activity_id: int, actor: Actor, now: datetime) -> None:
    """Back to its place among the others; twice is once. Records `activity.unpinned`. Raises NotFound, NotAllowed."""
    activity = _activity_of(customer_id, activity_id, actor)
    if activity.pinned_at is not None:
        _set_pinned(activity, None, "activity.unpinned", actor, now)


def _activity_of(customer_id: int, activity_id: int, actor: Actor) -> Activity:
    activity = access.activity_for(actor, activity_id)
    if activity.customer_id != customer_id or activity.archived_at is not None:
        raise NotFound
    return activity


def _set_pinned(activity: Activity, pinned_at: datetime | None, kind: str, actor: Actor, now: datetime) -> None:
    activity.pinned_at = pinned_at
    activity.save(update_fields=["pinned_at"])
    events.record(kind, subject=activity.pk, customer=activity.customer_id, actor=actor, at=now)


@action
def see_mentions(*, activity_ids: list[int], actor: Actor, now: datetime) -> int:
    """The actor has seen that these activities, or comments on them, call them; how many were new."""
    unseen = Mention.rows.filter(activity_id__in=activity_ids, user_id__in=[actor.user_id], seen_at__isnull=True)
    return unseen.update(seen_at=now)


def _checked(text: str) -> str:
    text = clean_lines(text)
    if not text:
        raise Invalid(fields={"text": [_("内容を入力してください。")]})
    if len(text) > LONGEST:
        raise Invalid(fields={"text": [_("%(n)d文字以内で入力してください。") % {"n": LONGEST}]})
    return text


# ---- mentions -----------------------------------------------------------------------------------------------------


def call_colleagues(text: str, customer: Customer, actor: Actor, *, activity: Activity, comment: Comment | None = None) -> tuple[str, ...]:
    """Tell those whom a text calls by @ and who may see the customer; their names. Who was told of it before is not told again."""
    if "@" not in text and "＠" not in text:
        return ()
    found = {pk: name for pk, name in called(text, access.readers(customer)).items() if pk != actor.user_id}
    Mention.rows.bulk_create([Mention(activity=activity, comment=comment, user_id=pk) for pk in found], ignore_conflicts=True)
    return tuple(found.values())


def called(text: str, people: Mapping[int, str]) -> dict[int, str]:
    """Those of `people` whose whole name stands after an @, with or without the space in it: @髙橋 美咲, ＠髙橋美咲.

    A longer name is read first, so that @林 早紀 does not call a 林.
    """
    rest, found = _squeezed(text.replace("＠", "@")), {}
    for pk, name in sorted(people.items(), key=lambda person: -len(person[1])):
        sign = f"@{_squeezed(name)}"
        if sign in rest:
            found[pk] = name
            namesakes = {other: shown for other, shown in people.items() if shown == name}
            found |= namesakes
            rest = rest.replace(sign, " ")
    return found


def _squeezed(text: str) -> str:
    return text.replace(" ", "").replace("\u3000", "")
