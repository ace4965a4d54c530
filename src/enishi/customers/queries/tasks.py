"""Next actions: what is to be done, by whom, by when; and the words in which colleagues call the reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db.models import Count, F, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from enishi.customers import access
from enishi.customers.models import Activity, Customer, Mention, Task
from enishi.customers.queries.comments import CommentFacts, comments_on
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.kana import to_hiragana
from enishi.platform.models import TeamMember
from enishi.platform.policy import present_many, shown
from enishi.platform.sql.rights import team_ids

PAGE = 50
ON_HOME = 8

#: The parts of the page of tasks, in the order of its tabs.
WHOSE = (("mine", gettext_lazy("自分")), ("team", gettext_lazy("部署")), ("all", gettext_lazy("全員")))
STATES = (("open", gettext_lazy("未完了")), ("done", gettext_lazy("完了")))


@dataclass(frozen=True, slots=True)
class _Row:
    """A task, masked."""

    id: int
    due_on: date
    done_at: datetime | None
    title: str | None = shown("title", author="created_by_id")
    assignee_id: int = shown("assignee")
    assignee: str = shown("assignee__display_name")
    number: str = shown("customer__number")
    name: str | None = shown("customer__name")
    kana: str | None = shown("customer__kana", format=to_hiragana)
    kind: str = shown("customer__kind")


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task in its final words."""

    id: int
    title: str
    due: str  # 11/21(土)
    due_iso: str
    late: bool
    name: str
    ruby: str
    honorific: str
    number: str  # of the customer: where the name leads
    assignee: str  # empty where it is the reader
    done: str  # when it was done; empty while it is open
    may_change: bool  # by the reader: done, put off, dropped


@dataclass(frozen=True, slots=True)
class TaskGroup:
    key: str  # late, today, week, after
    label: str
    lines: list[TaskLine]


@dataclass(frozen=True, slots=True)
class TaskPage:
    groups: list[TaskGroup]
    count: int
    late: int
    whose: str
    state: str
    next: str  # what `after` carries for the next page; empty on the last
    shifts: tuple[tuple[str, str], ...]  # (date, words): where a task can be put off to


def today_tasks(actor: Actor, *, now: datetime) -> TaskPage:
    """The reader's own open tasks that are late, of today or of this week, the most urgent first. Three queries at most, and
    one view-log row."""
    today = time.today(now)
    rows = _open(access.visible_tasks(actor).filter(assignee_id=actor.user_id, due_on__lte=_end_of_week(today)))
    lines = _present(actor, rows.order_by("due_on", "id")[:ON_HOME])
    count, late = _counts(rows, today)
    return TaskPage(_grouped(lines, today, actor), count, late, "mine", "open", "", shifts(today))


def task_page(actor: Actor, *, whose: str, state: str, after: str, now: datetime) -> TaskPage:
    """One page of the tasks of the reader, of their departments or of everybody, as far as they see the customers. A
    spoilt `after` begins at the top. Five queries at most, and one view-log row."""
    today = time.today(now)
    whose = whose if whose in dict(WHOSE) else "mine"
    rows = _of(access.visible_tasks(actor), actor, whose)
    if state == "done":
        found = _present(actor, rows.filter(done_at__isnull=False).order_by("-done_at", "-id")[:PAGE])
        group = TaskGroup("done", _("新しい順"), _lines(found, today, actor))
        return TaskPage([group] if found else [], len(found), 0, whose, "done", "", shifts(today))
    rows = _open(rows)
    position = _position(after)
    page = rows.filter(TupleGreaterThan(Tuple(F("due_on"), F("pk")), position)) if position else rows
    found = _present(actor, page.order_by("due_on", "id")[: PAGE + 1])
    more = f"{found[PAGE - 1].due_on.isoformat()}.{found[PAGE - 1].id}" if len(found) > PAGE else ""
    count, late = _counts(rows, today)
    return TaskPage(_grouped(found[:PAGE], today, actor), count, late, whose, "open", more, shifts(today))


def tasks_of(actor: Actor, customer_id: int, *, now: datetime) -> list[TaskLine]:
    """What is to be done with one person, the next first. Two queries at most; their page writes the view log."""
    today = time.today(now)
    rows = _open(access.visible_tasks(actor).filter(customer_id=customer_id)).order_by("due_on", "id")[:20]
    return _lines(present_many(_Row, actor, rows, log=False), today, actor)


def shifts(today: date) -> tuple[tuple[str, str], ...]:
    """Where a task can be put off to with one tap."""
    ways = ((1, _("明日")), (3, _("3日後")), (7, _("1週間後")))
    days = [(today + timedelta(days=count), words) for count, words in ways]
    return tuple((day.isoformat(), f"{words} {_short(day)}") for day, words in days)


def _open(rows: QuerySet[Task]) -> QuerySet[Task]:
    return rows.filter(done_at__isnull=True)


def _counts(rows: QuerySet[Task], today: date) -> tuple[int, int]:
    """How many, and how many of them are late. One query."""
    found = rows.aggregate(count=Count("pk"), late=Count("pk", filter=Q(due_on__lt=today)))
    return found["count"], found["late"]


def _of(rows: QuerySet[Task], actor: Actor, whose: str) -> QuerySet[Task]:
    if whose == "all":
        return rows
    if whose == "mine" or actor.user_id is None:
        return rows.filter(assignee_id=actor.user_id)
    return rows.filter(assignee_id__in=TeamMember.rows.filter(team_id__in=team_ids(actor.user_id)).values("user_id"))


def _present(actor: Actor, rows: QuerySet[Task]) -> list[_Row]:
    return present_many(_Row, actor, rows)


def _grouped(rows: Sequence[_Row], today: date, actor: Actor) -> list[TaskGroup]:
    labels = {"late": _("期限超過"), "today": _("今日"), "week": _("今週"), "after": _("来週以降")}
    told = zip(rows, _lines(rows, today, actor), strict=True)
    return [
        TaskGroup(key, labels[key], [line for _row, line in found])
        for key, found in groupby(told, key=lambda one: _when(one[0].due_on, today))
    ]


def _when(due: date, today: date) -> str:
    if due < today:
        return "late"
    if due == today:
        return "today"
    return "week" if due <= _end_of_week(today) else "after"


def _end_of_week(today: date) -> date:
    """The Sunday of this week; on Sunday that of the next, so that Monday's work is in sight."""
    return today + timedelta(days=7 if today.weekday() == 6 else 6 - today.weekday())


def _lines(rows: Sequence[_Row], today: date, actor: Actor) -> list[TaskLine]:
    """One query at most."""
    changeable = access.tasks_to_change(actor, [row.id for row in rows])
    return [_line(row, today, actor, row.id in changeable) for row in rows]


def _line(row: _Row, today: date, actor: Actor, may_change: bool) -> TaskLine:
    is_person = row.kind == Customer.Kind.PERSON
    return TaskLine(
        id=row.id,
        title=row.title or _("（内容は表示できません）"),
        due=_short(row.due_on) if row.due_on.year == today.year else format_date(row.due_on),
        due_iso=row.due_on.isoformat(),
        late=row.done_at is None and row.due_on < today,
        name=row.name or _("（氏名は表示できません）"),
        ruby=(row.kana or "") if is_person and row.name and "＊" not in row.name else "",
        honorific=pgettext("after a name", "様") if is_person else pgettext("after a name", "御中"),
        number=row.number,
        assignee="" if row.assignee_id == actor.user_id else row.assignee,
        done=f"{_short(time.local(row.done_at).date())} {time.local(row.done_at):%H:%M}" if row.done_at else "",
        may_change=may_change,
    )


def _short(day: date) -> str:
    return format_date(day)[5:]


def _position(after: str) -> tuple[date, int] | None:
    day, _dot, pk = after.partition(".")
    if not (pk.isascii() and pk.isdecimal() and len(pk) < 19):
        return None
    try:
        return date.fromisoformat(day), int(pk)
    except ValueError:
        return None


# ---- calls by @ ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Call:
    id: int
    at: datetime
    kind: str
    text: str | None
    author: str | None = shown("author__display_name")
    number: str = shown("customer__number")
    name: str | None = shown("customer__name")


@dataclass(frozen=True, slots=True)
class CallLine:
    """An activity in which a colleague calls the reader."""

    id: int
    text: str
    author: str
    at: str
    name: str
    number: str


def calls_to(actor: Actor) -> list[CallLine]:
    """Where the reader is called and has not said that they saw it, newest first; of an activity and its comments, the newest call.
    Three queries, and a view-log row each for activities and comments."""
    unseen = Mention.rows.filter(user_id__in=[actor.user_id], seen_at__isnull=True)
    unseen = unseen.filter(Q(comment__isnull=True) | Q(comment__archived_at__isnull=True)).order_by("-pk")
    calls = list(unseen.values_list("activity_id", "comment_id")[:20])
    if not calls:
        return []
    ids, called_in = [activity_id for activity_id, _comment in calls], {comment_id for _activity, comment_id in calls}
    said = {pk: [one for one in found if one.id in called_in] for pk, found in comments_on(actor, ids).items()}
    rows: QuerySet[Activity] = access.visible_activities(actor).filter(pk__in=ids).order_by("-at", "-pk")
    return [_call(row, said.get(row.id, [])) for row in present_many(_Call, actor, rows)]


def _call(row: _Call, comments: Sequence[CommentFacts]) -> CallLine:
    """The words that call: those of the newest comment, else of the activity itself."""
    text, author, at = (comments[-1].text, comments[-1].author_name, comments[-1].at) if comments else (row.text, row.author, row.at)
    return CallLine(
        id=row.id,
        text=text or _("（内容は表示できません）"),
        author=author or "",
        at=f"{_short(time.local(at).date())} {time.local(at):%H:%M}",
        name=row.name or _("（氏名は表示できません）"),
        number=row.number,
    )
