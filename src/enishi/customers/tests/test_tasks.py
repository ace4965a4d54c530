"""Next actions: done, undone, put off; whose they are, and in which order they are shown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from enishi.customers.actions.tasks import TaskIsDone, add_task, complete_task, drop_task, postpone_task, reopen_task, restore_task
from enishi.customers.models import Task
from enishi.customers.queries.story import story
from enishi.customers.queries.tasks import PAGE, task_page, tasks_of, today_tasks
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, FieldChange, TeamMember, ViewLog

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.fixture
def yuriko(make_customer):
    return make_customer()


@pytest.fixture
def make_task(yuriko, misaki, now):
    def make(title="見本を送る", due_on=TODAY, actor=misaki, customer=yuriko, **more):
        return add_task(customer_id=customer.pk, title=title, due_on=due_on, actor=actor, now=now, **more)

    return make


def shape(page):
    return [(group.key, [line.title for line in group.lines]) for group in page.groups]


def test_a_task_is_done_once_and_undone(make_task, misaki, now):
    task_id = make_task()
    for _twice in range(2):
        complete_task(task_id=task_id, actor=misaki, now=now)
    task = Task.rows.get()
    assert (task.done_at, task.done_by_id) == (now, misaki.user_id)
    assert Event.rows.filter(kind="task.completed").count() == 1
    reopen_task(task_id=task_id, actor=misaki, now=now)
    assert (Task.rows.get().done_at, Task.rows.get().done_by_id) == (None, None)
    assert list(FieldChange.rows.filter(object="customers.task", field="done_at").values_list("before", "after")) == [
        (None, now.isoformat()),
        (now.isoformat(), None),
    ]


def test_a_task_is_put_off_and_back(make_task, misaki, now):
    task_id = make_task()
    assert postpone_task(task_id=task_id, due_on=TODAY + timedelta(days=1), actor=misaki, now=now) == TODAY
    assert postpone_task(task_id=task_id, due_on=TODAY, actor=misaki, now=now) == TODAY + timedelta(days=1)
    postpone_task(task_id=task_id, due_on=TODAY, actor=misaki, now=now)
    assert Event.rows.filter(kind="task.postponed").count() == 2
    with pytest.raises(Invalid):
        postpone_task(task_id=task_id, due_on=None, actor=misaki, now=now)
    complete_task(task_id=task_id, actor=misaki, now=now)
    with pytest.raises(TaskIsDone):
        postpone_task(task_id=task_id, due_on=TODAY, actor=misaki, now=now)


def test_a_task_is_dropped_and_brought_back_and_one_that_is_done_stays(make_task, yuriko, misaki, now):
    task_id = make_task()
    for _twice in range(2):
        drop_task(task_id=task_id, actor=misaki, now=now)
    assert tasks_of(misaki, yuriko.pk, now=now) == []
    with pytest.raises(NotFound):
        complete_task(task_id=task_id, actor=misaki, now=now)
    for _twice in range(2):
        restore_task(task_id=task_id, actor=misaki, now=now)
    assert [line.title for line in tasks_of(misaki, yuriko.pk, now=now)] == ["見本を送る"]
    assert list(Event.rows.filter(kind__in=["task.dropped", "task.restored"]).order_by("id").values_list("kind", flat=True)) == [
        "task.dropped",
        "task.restored",
    ]
    complete_task(task_id=task_id, actor=misaki, now=now)
    with pytest.raises(TaskIsDone):
        drop_task(task_id=task_id, actor=misaki, now=now)


@pytest.mark.parametrize(("title", "due_on", "field"), [(" ", TODAY, "title"), ("あ" * 201, TODAY, "title"), ("x", None, "due_on")])
def test_a_task_says_what_and_when(make_task, title, due_on, field):
    with pytest.raises(Invalid) as refusal:
        make_task(title, due_on)
    assert list(refusal.value.fields) == [field]


def test_a_task_is_given_only_to_who_may_change_the_customer(make_task, make_user, yoshida, hayashi, misaki):
    mori = make_user("mori", "ec_staff")
    make_task(assignee_id=mori.pk)
    for other in (yoshida.user_id, hayashi.user_id, make_user("enta", "director").pk, 999_999):
        with pytest.raises(Invalid) as refusal:
            make_task(assignee_id=other)
        assert list(refusal.value.fields) == ["assignee_id"]


def test_no_task_is_planned_with_a_customer_out_of_sight(yuriko, yoshida, now):
    with pytest.raises(NotFound):
        add_task(customer_id=yuriko.pk, title="電話", due_on=TODAY, actor=yoshida, now=now)
    assert not Task.rows.exists()


def test_tasks_go_with_the_rights_to_their_customer(make_task, make_customer, yoshida, onlooker, hayashi, yanaka, now):
    task_id = make_task()
    for verb in (complete_task, reopen_task, drop_task, restore_task):
        with pytest.raises(NotFound):
            verb(task_id=task_id, actor=yoshida, now=now)
    shop = make_task(customer=make_customer(team=yanaka))
    with pytest.raises(NotAllowed):
        complete_task(task_id=shop, actor=onlooker, now=now)
    complete_task(task_id=shop, actor=hayashi, now=now)  # masked, and may record


def test_home_shows_what_is_late_of_today_and_of_the_week(make_task, misaki, make_customer, now):
    for title, days in (("来週", 8), ("明日", 1), ("今日", 0), ("昨日", -1)):
        make_task(title, TODAY + timedelta(days=days))
    make_task("ごみ箱", customer=make_customer(archived_at=now))
    page = today_tasks(misaki, now=now)
    assert shape(page) == [("late", ["昨日"]), ("today", ["今日"]), ("week", ["明日"])]
    assert (page.count, page.late) == (3, 1)
    assert (page.groups[0].lines[0].due, page.groups[0].lines[0].name, page.groups[0].lines[0].ruby) == (
        "11/21(土)",
        "齋藤 百合子",
        "さいとう ゆりこ",
    )
    assert ViewLog.rows.get().object == "customers.task"
    assert [words for _day, words in page.shifts] == ["明日 11/23(月)", "3日後 11/25(水)", "1週間後 11/29(日)"]


def test_mine_of_the_team_and_all(make_task, misaki, make_user, yanaka, now):
    colleague, stranger = make_user("mori", "ec_lead", team=yanaka), make_user("tani", "ec_lead")
    TeamMember.rows.create(team=yanaka, user_id=misaki.user_id)
    make_task("私")
    make_task("同僚", assignee_id=colleague.pk)
    make_task("他課", assignee_id=stranger.pk)
    told = {whose: shape(task_page(misaki, whose=whose, state="open", after="", now=now)) for whose in ("mine", "team", "all", "spoilt")}
    assert told == {
        "mine": [("today", ["私"])],
        "team": [("today", ["私", "同僚"])],
        "all": [("today", ["私", "同僚", "他課"])],
        "spoilt": [("today", ["私"])],
    }


def test_the_masked_see_that_there_is_something_to_do_but_not_what(make_task, make_customer, hayashi, yanaka, now):
    make_task("秘密の用件", customer=make_customer(team=yanaka))
    [line] = task_page(hayashi, whose="all", state="open", after="", now=now).groups[0].lines
    assert (line.title, line.name, line.ruby) == ("＊＊＊", "齋＊＊", "")


def test_long_lists_come_in_pages(make_task, misaki, now):
    for number in range(PAGE + 5):
        make_task(f"{number}")
    first = task_page(misaki, whose="mine", state="open", after="", now=now)
    rest = task_page(misaki, whose="mine", state="open", after=first.next, now=now)
    assert ([len(g.lines) for g in first.groups], [len(g.lines) for g in rest.groups], rest.next) == ([PAGE], [5], "")
    for spoilt in ("x", "2026-99-99.1", f"2026-01-01.{'9' * 30}", "2026-01-01.٣"):
        assert shape(task_page(misaki, whose="mine", state="open", after=spoilt, now=now)) == shape(first)


def test_what_is_done_stands_on_the_timeline_and_what_is_open_above_it(make_task, yuriko, misaki, now):
    complete_task(task_id=make_task("済んだこと"), actor=misaki, now=now)
    make_task("これから")
    assert [line.title for line in tasks_of(misaki, yuriko.pk, now=now)] == ["これから"]
    entry = story(misaki, yuriko.pk, now=now).days[0].lines[0].entry
    assert (entry.label, entry.title, entry.detail) == ("タスク完了", "済んだこと", "髙橋 美咲")
    done = task_page(misaki, whose="mine", state="done", after="", now=now)
    assert shape(done) == [("done", ["済んだこと"])]


def test_lists_of_tasks_cost_few_queries(make_task, misaki, now, django_assert_max_num_queries):
    for _number in range(10):
        make_task()
    with django_assert_max_num_queries(6):  # the savepoint of the view log counts for two
        today_tasks(misaki, now=now)
    with django_assert_max_num_queries(8):
        task_page(misaki, whose="team", state="open", after="", now=now)
