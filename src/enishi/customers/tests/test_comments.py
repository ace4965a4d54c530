"""Comments on activities: who may say something, who is told, what stays of it, and where it is found."""

from __future__ import annotations

import pytest
from django.urls import reverse

from enishi.customers.actions import comments as actions
from enishi.customers.actions.activities import record_activity, remove_activity, see_mentions
from enishi.customers.models import ActivityGrams, Comment, Mention
from enishi.customers.queries.history import customer_history
from enishi.customers.queries.palette import activity_hits
from enishi.customers.queries.story import story
from enishi.customers.queries.tasks import calls_to
from enishi.customers.tests.test_activity_api import api
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event
from enishi.platform.rights import actor_of

__all__ = ["api"]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mori(make_user):
    return actor_of(make_user("mori", "ec_lead", display_name="森 拓海"))


@pytest.fixture
def yuriko(make_customer):
    return make_customer()


@pytest.fixture
def note(yuriko, misaki, now):
    return record_activity(customer_id=yuriko.pk, kind="note", text="のしの件で電話あり", actor=misaki, now=now).id


@pytest.fixture
def say(yuriko, note, mori, now):
    def said(text="在庫を確かめました", *, actor=mori, customer=yuriko) -> int:
        return actions.add_comment(customer_id=customer.pk, activity_id=note, text=text, actor=actor, now=now).id

    return said


def remarks(actor, customer, now):
    entries = [line.entry for day in story(actor, customer.pk, now=now).days for line in day.lines]
    return [remark for entry in entries if entry.thread for remark in entry.thread.remarks]


def test_comments_stand_under_their_activity_the_oldest_first(say, yuriko, misaki, mori, now):
    say("在庫を確かめました")
    say("ありがとうございます\n𠮷田さんにも伝えます", actor=misaki)
    found = remarks(misaki, yuriko, now)
    assert [(one.text, one.is_mine) for one in found] == [
        ("在庫を確かめました", False),
        ("ありがとうございます\n𠮷田さんにも伝えます", True),
    ]
    assert found[0].about == "森 拓海・2026/11/22 10:11"
    assert [event.kind for event in Event.rows.filter(kind__startswith="comment.")] == ["comment.added"] * 2


def test_a_mention_is_on_home_until_it_is_seen_and_only_for_who_sees_the_customer(say, note, misaki, mori, hayashi, now):
    say("@髙橋 美咲 @林 さくら 12/5着で承れます")
    [call] = calls_to(misaki)
    assert (call.id, call.text, call.author) == (note, "@髙橋 美咲 @林 さくら 12/5着で承れます", "森 拓海")
    assert calls_to(hayashi) == []
    say("@森 拓海 了解です", actor=misaki)
    assert [one.text for one in calls_to(mori)] == ["@森 拓海 了解です"]
    assert see_mentions(activity_ids=[note], actor=misaki, now=now) == 1
    assert calls_to(misaki) == []


def test_a_removed_comment_calls_nobody(say, yuriko, misaki, mori, now):
    pk = say("@髙橋 美咲 至急")
    actions.remove_comment(customer_id=yuriko.pk, comment_id=pk, actor=mori, now=now)
    assert calls_to(misaki) == []
    actions.restore_comment(customer_id=yuriko.pk, comment_id=pk, actor=mori, now=now)
    assert len(calls_to(misaki)) == 1


def test_one_s_own_is_changed_and_what_it_said_stays_in_the_history(say, yuriko, misaki, mori, now):
    pk = say("12/5着")
    actions.change_comment(customer_id=yuriko.pk, comment_id=pk, text="@髙橋 美咲 12/6着", actor=mori, now=now)
    [remark] = remarks(misaki, yuriko, now)
    assert (remark.text, "編集済み" in remark.about, "知らせた相手：髙橋 美咲" in remark.about) == ("@髙橋 美咲 12/6着", True, True)
    [line] = customer_history(misaki, yuriko.pk).lines
    assert (line.field, line.before, line.after, line.can_restore) == ("コメント", "12/5着", "@髙橋 美咲 12/6着", False)
    actions.change_comment(customer_id=yuriko.pk, comment_id=pk, text="@髙橋 美咲 12/7着", actor=mori, now=now)
    assert Mention.rows.count() == 1
    for act in (actions.remove_comment, actions.restore_comment):
        for _twice in range(2):
            act(customer_id=yuriko.pk, comment_id=pk, actor=mori, now=now)
    assert list(Event.rows.filter(kind__startswith="comment.").order_by("pk").values_list("kind", flat=True)) == [
        "comment.added",
        "comment.changed",
        "comment.changed",
        "comment.removed",
        "comment.restored",
    ]


def test_somebody_else_s_and_what_is_not_to_be_seen_stay_as_they_are(say, note, yuriko, misaki, yoshida, hayashi, make_customer, now):
    pk = say()
    for act, more in ((actions.change_comment, {"text": "x"}), (actions.remove_comment, {}), (actions.restore_comment, {})):
        with pytest.raises(NotAllowed):
            act(customer_id=yuriko.pk, comment_id=pk, actor=misaki, now=now, **more)
        with pytest.raises(NotFound):
            act(customer_id=yuriko.pk, comment_id=pk, actor=yoshida, now=now, **more)
    with pytest.raises(NotFound):
        say(actor=yoshida)
    with pytest.raises(NotFound):
        say(customer=make_customer())
    for text in (" ", "あ" * 1_001):
        with pytest.raises(Invalid):
            say(text)
    remove_activity(customer_id=yuriko.pk, activity_id=note, actor=misaki, now=now)
    with pytest.raises(NotFound):
        say()
    assert Comment.rows.count() == 1


def test_masked_readers_see_that_something_was_said_and_what_they_said_themselves(make_customer, misaki, hayashi, yanaka, sign_in, now):
    customer = make_customer(team=yanaka)
    activity = record_activity(customer_id=customer.pk, kind="note", text="のし", actor=misaki, now=now).id
    actions.add_comment(customer_id=customer.pk, activity_id=activity, text="内緒の話です", actor=misaki, now=now)
    actions.add_comment(customer_id=customer.pk, activity_id=activity, text="承知しました", actor=hayashi, now=now)
    page = sign_in(hayashi).get(reverse("customers:record", args=[customer.number])).content.decode()
    assert ("内緒の話です" in page, "承知しました" in page) == (False, True)


def test_readers_comment_nothing(make_customer, misaki, onlooker, sign_in, now):
    customer = make_customer()
    activity = record_activity(customer_id=customer.pk, kind="note", text="のし", actor=misaki, now=now).id
    assert "コメントする" not in sign_in(onlooker).get(reverse("customers:record", args=[customer.number])).content.decode()
    with pytest.raises(NotAllowed):
        actions.add_comment(customer_id=customer.pk, activity_id=activity, text="x", actor=onlooker, now=now)


def test_a_search_finds_an_activity_by_its_comments(say, yuriko, misaki, yoshida, mori, now):
    pk = say("名入れは髙﨑様です")
    [hit] = activity_hits(misaki, "高崎様", 5)
    assert (hit.label, hit.url) == ("名入れは髙﨑様です", f"/customers/{yuriko.number}/")
    assert activity_hits(misaki, "のしの 髙﨑様", 5) == []  # no single text says both
    assert activity_hits(yoshida, "髙﨑様", 5) == []
    actions.remove_comment(customer_id=yuriko.pk, comment_id=pk, actor=mori, now=now)
    assert (activity_hits(misaki, "髙﨑様", 5), ActivityGrams.rows.count()) == ([], 1)


# ---- the screen


def test_a_thread_opens_where_it_stands_and_takes_a_comment(misaki_client, yuriko, note, misaki, now):
    url = reverse("customers:comments", args=[yuriko.number, note])
    record = misaki_client.get(reverse("customers:record", args=[yuriko.number])).content.decode()
    assert (f'id="thread-{note}"' in record, url in record) == (True, True)
    assert "<textarea" in misaki_client.get(url, headers=HTMX).content.decode()
    refused = misaki_client.post(url, {"text": "あ" * 1_001}, headers=HTMX)
    assert (refused.status_code, "1000文字以内で入力してください。" in refused.content.decode(), "あああ" in refused.content.decode()) == (
        422,
        True,
        True,
    )
    written = misaki_client.post(url, {"text": "確かめます"}, headers=HTMX).content.decode()
    comment = Comment.rows.get()
    assert all(words in written for words in ("確かめます", "コメントしました。", f"comments/{comment.pk}/remove/", "返信する"))
    assert "<textarea" not in written


def test_one_s_own_comment_opens_is_changed_and_removed_with_an_undo(misaki_client, yuriko, say, misaki):
    pk, theirs = say("確かめます", actor=misaki), say()
    url = reverse("customers:comment", args=[yuriko.number, pk])
    assert "確かめます</textarea>" in misaki_client.get(url, headers=HTMX).content.decode()
    assert "確かめました" in misaki_client.post(url, {"text": "確かめました"}, headers=HTMX).content.decode()
    assert misaki_client.get(reverse("customers:comment", args=[yuriko.number, theirs]), headers=HTMX).status_code == 404
    answer = misaki_client.post(f"{url}remove/", headers=HTMX)
    assert (f"{url}restore/" in answer.content.decode(), answer["HX-Trigger"]) == (True, "enishi:tasks")
    misaki_client.post(f"{url}restore/", headers=HTMX)
    assert Comment.rows.get(pk=pk).archived_at is None


def test_the_timeline_asks_once_for_all_comments(yuriko, misaki, say, now, django_assert_max_num_queries):
    for number in range(6):
        pk = record_activity(customer_id=yuriko.pk, kind="call", text=f"電話{number}", actor=misaki, now=now).id
        actions.add_comment(customer_id=yuriko.pk, activity_id=pk, text="@森 拓海 了解", actor=misaki, now=now)
    say()
    with django_assert_max_num_queries(22):
        assert len(remarks(misaki, yuriko, now)) == 7


# ---- other systems


def test_other_systems_comment_read_change_and_remove(api, yuriko, note, say):
    theirs = say()
    base = f"/customers/{yuriko.number}"
    made = [
        api("post", f"{base}/activities/{note}/comments", {"text": "受注番号 O-1"}, **{"Idempotency-Key": "c-1"}).json()
        for _twice in range(2)
    ]
    assert (made[0]["id"], made[0]["text"]) == (made[1]["id"], "受注番号 O-1")
    [item] = api("get", f"{base}/activities").json()["items"]
    assert [(one["id"], one["author_name"]) for one in item["comments"]] == [(theirs, "森 拓海"), (made[0]["id"], "髙橋 美咲")]
    changed = api("patch", f"{base}/comments/{made[0]['id']}", {"text": "受注番号 O-2"}).json()
    assert (changed["text"], changed["edited_at"] is not None) == ("受注番号 O-2", True)
    assert api("patch", f"{base}/comments/{theirs}", {"text": "x"}).status_code == 403
    assert api("delete", f"{base}/comments/{made[0]['id']}").status_code == 204
    assert len(api("get", f"{base}/activities").json()["items"][0]["comments"]) == 1
