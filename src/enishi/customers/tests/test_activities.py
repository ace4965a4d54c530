"""What was done with a customer: written down, taken back, told to colleagues, and who may."""

from __future__ import annotations

from datetime import date

import pytest

from enishi.customers.actions.activities import NextAction, called, record_activity, remove_activity, see_mentions
from enishi.customers.models import Activity, ActivityGrams, Mention, Task
from enishi.customers.queries.story import story
from enishi.customers.queries.tasks import calls_to
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event
from enishi.platform.rights import actor_of


@pytest.fixture
def yuriko(make_customer):
    return make_customer()


@pytest.fixture
def mori(make_user):
    return actor_of(make_user("mori", "ec_lead", display_name="森 拓海"))


def record(customer, actor, now, text="電話は午前中", kind="call", **more):
    return record_activity(customer_id=customer.pk, kind=kind, text=text, actor=actor, now=now, **more)


def titles(actor, customer, now):
    return [
        (line.entry.label, line.entry.title, line.entry.detail) for day in story(actor, customer.pk, now=now).days for line in day.lines
    ][:-1]


def test_an_activity_is_written_down_with_the_next_action(yuriko, misaki, now):
    done = record(yuriko, misaki, now, text="電話は\r\n午前中", next_action=NextAction(" 見本を送る ", date(2026, 11, 24)))
    assert (Activity.rows.get().text, Activity.rows.get().kind) == ("電話は\n午前中", "call")
    task = Task.rows.get(pk=done.task_id)
    assert (task.title, task.due_on, task.assignee_id, task.activity_id) == ("見本を送る", date(2026, 11, 24), misaki.user_id, done.id)
    assert Event.rows.get(kind="activity.recorded").data == {"kind": "call"}
    assert Event.rows.get(kind="task.added").data == {"assignee_id": misaki.user_id}
    assert "午前" in ActivityGrams.rows.get(activity_id=done.id).grams
    assert titles(misaki, yuriko, now) == [("電話", "電話は\n午前中", "髙橋 美咲")]


def test_nothing_is_written_where_the_next_action_is_refused(yuriko, misaki, now):
    with pytest.raises(Invalid) as refusal:
        record(yuriko, misaki, now, next_action=NextAction("見本を送る", None))
    assert list(refusal.value.fields) == ["next.due_on"]
    assert not Activity.rows.exists()


def test_only_its_author_takes_an_activity_back_and_with_it_what_was_to_follow(yuriko, make_customer, misaki, mori, now):
    done = record(yuriko, misaki, now, next_action=NextAction("見本を送る", date(2026, 11, 24)))
    with pytest.raises(NotAllowed):
        remove_activity(customer_id=yuriko.pk, activity_id=done.id, actor=mori, now=now)
    with pytest.raises(NotFound):
        remove_activity(customer_id=make_customer().pk, activity_id=done.id, actor=misaki, now=now)
    for _twice in range(2):
        remove_activity(customer_id=yuriko.pk, activity_id=done.id, actor=misaki, now=now)
    assert (Activity.rows.get().archived_at, Task.rows.get().archived_at) == (now, now)
    assert Event.rows.filter(kind="activity.removed").count() == 1
    assert titles(misaki, yuriko, now) == []


@pytest.mark.parametrize("text", ["", " \n ", "あ" * 4_001])
def test_an_activity_has_words_but_not_too_many(yuriko, misaki, now, text):
    with pytest.raises(Invalid):
        record(yuriko, misaki, now, text=text)


def test_an_unknown_kind_is_refused(yuriko, misaki, now):
    with pytest.raises(Invalid):
        record(yuriko, misaki, now, kind="dance")


def test_the_unseen_are_not_found_and_readers_do_not_write(yuriko, make_customer, yoshida, onlooker, now):
    with pytest.raises(NotFound):
        record(yuriko, yoshida, now)
    with pytest.raises(NotAllowed):
        record(make_customer(), onlooker, now)


# ---- mentions


def test_a_colleague_who_is_called_finds_it_until_they_have_seen_it(yuriko, misaki, mori, now):
    done = record(yuriko, misaki, now, text="@森 拓海 のしの件お願いします")
    assert done.told == ("森 拓海",)
    assert [(call.id, call.author, call.number) for call in calls_to(mori)] == [(done.id, "髙橋 美咲", yuriko.number)]
    assert titles(misaki, yuriko, now)[0][2] == "髙橋 美咲・知らせた相手：森 拓海"
    assert calls_to(misaki) == []
    assert see_mentions(activity_ids=[done.id], actor=misaki, now=now) == 0
    assert see_mentions(activity_ids=[done.id], actor=mori, now=now) == 1
    assert calls_to(mori) == []


def test_nobody_is_told_of_a_customer_whom_they_may_not_see(yuriko, misaki, yoshida, hayashi, now):
    """𠮷田 sees his own customers alone; 林 of another shop nobody in clear."""
    assert record(yuriko, misaki, now, text="@𠮷田 健 @林 さくら").told == ()
    assert not Mention.rows.exists()


def test_the_owner_of_a_customer_may_be_called(make_customer, misaki, yoshida, now):
    own = make_customer(owner_id=yoshida.user_id)
    assert record(own, misaki, now, text="＠𠮷田健さん、お願いします").told == ("𠮷田 健",)


def test_a_call_that_is_taken_back_is_seen_nowhere(yuriko, misaki, mori, now):
    done = record(yuriko, misaki, now, text="@森 拓海")
    remove_activity(customer_id=yuriko.pk, activity_id=done.id, actor=misaki, now=now)
    assert calls_to(mori) == []


def test_names_are_read_whole_and_the_longer_first():
    people = {1: "林", 2: "林 早紀", 3: "森 拓海", 4: "森 拓海"}
    assert called("@林 早紀 へ", people) == {2: "林 早紀"}
    assert called("@林さん、＠林早紀", people) == {1: "林", 2: "林 早紀"}
    assert called("@森 拓海", people) == {3: "森 拓海", 4: "森 拓海"}
    assert called("林 早紀 mori@example.jp", people) == {}


def test_writing_down_costs_few_queries(yuriko, misaki, now, django_assert_max_num_queries):
    with django_assert_max_num_queries(18):
        record(yuriko, misaki, now, text="@森 拓海", next_action=NextAction("見本を送る", date(2026, 11, 24)))
