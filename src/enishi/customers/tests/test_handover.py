"""引き継ぎ: many customers given to a colleague with a note and the open tasks, told once, and taken back; who owned whom when. A125."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from enishi.customers.actions.bulk import change_many, undo_many
from enishi.customers.actions.handover import Handover, hand_over, notice_handover
from enishi.customers.actions.tasks import add_task, complete_task
from enishi.customers.bulk import running
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRun, Customer, Task
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.handover import handed_over, handed_to, owners_of
from enishi.customers.timeline import merged
from enishi.platform import time
from enishi.platform.actions.people import deactivate_user
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, RoleGrant, User
from enishi.platform.rights import actor_of

NOTE = "来月の展示会の案内を約束しています。"
EVERYBODY = Selection(asked=Asked())


@pytest.fixture
def leaver(make_user, yanaka):
    return make_user("leaver", "sales", team=yanaka, display_name="退職 太郎")


@pytest.fixture
def heir(make_user, yanaka):
    return make_user("heir", "sales", team=yanaka, display_name="後任 﨑子")


@pytest.fixture
def theirs(make_customer, leaver, monkeypatch):
    """Five customers of who leaves, in chunks of two."""
    monkeypatch.setattr(running, "CHUNK", 2)
    return [make_customer(name=f"顧客{i}", owner_id=leaver.pk) for i in range(5)]


@pytest.fixture
def task(theirs, leaver, now):
    return add_task(customer_id=theirs[0].pk, title="見積もりを送る", due_on=now.date(), actor=actor_of(leaver), now=now)


@pytest.fixture
def give(misaki, heir, now):
    def order(actor=misaki, selection=EVERYBODY, **said):
        wish = Handover(**({"owner": str(heir.pk), "note": NOTE} | said))
        return done(hand_over(selection=selection, handover=wish, actor=actor, now=now))

    return order


def done(run_id):
    while running.run_stretch(run_id, seconds=0):
        pass
    return BulkRun.rows.get(pk=run_id)


def undone(run, actor, now):
    return done(undo_many(run_id=run.pk, actor=actor, now=now))


def owners():
    return set(Customer.rows.values_list("owner_id", flat=True))


def story(actor, customer):
    return [entry for entry in merged(actor, [customer.pk]).entries if entry.label.startswith("引き継ぎ")]


# ---- giving -------------------------------------------------------------------------------------------------------


def test_customers_and_open_tasks_go_to_the_new_owner_with_a_note(theirs, task, give, misaki, heir, leaver, now):
    finished = add_task(customer_id=theirs[1].pk, title="電話", due_on=now.date(), actor=actor_of(leaver), now=now)
    complete_task(task_id=finished, actor=actor_of(leaver), now=now)
    others = add_task(customer_id=theirs[2].pk, title="確認", due_on=now.date(), actor=misaki, now=now)
    run = give()
    assert (run.state, run.changed_count, run.refused_count) == ("done", 5, 0)
    assert owners() == {heir.pk}
    assert dict(Task.rows.values_list("pk", "assignee_id")) == {task: heir.pk, finished: leaver.pk, others: misaki.user_id}
    assert Event.rows.filter(kind="customer.assigned", data__owner_id=heir.pk).count() == 5
    assert Event.rows.filter(kind="task.changed").count() == 1


def test_the_tasks_stay_where_that_is_wished_and_where_the_new_owner_may_do_none(theirs, task, give, make_user, leaver):
    give(tasks=False)
    assert Task.rows.get(pk=task).assignee_id == leaver.pk
    Customer.rows.update(owner_id=leaver.pk)
    reader = make_user("reader", "viewer")
    give(owner=str(reader.pk))
    assert (owners(), Task.rows.get(pk=task).assignee_id) == ({reader.pk}, leaver.pk)


def test_the_tasks_stay_that_whoever_hands_over_may_not_change(theirs, task, give, leaver, heir):
    RoleGrant.rows.filter(object="activity", action="create").update(scope="own")
    give()
    assert (owners(), Task.rows.get(pk=task).assignee_id) == ({heir.pk}, leaver.pk)


def test_the_team_goes_along_where_one_is_chosen(theirs, give, kamakura, heir):
    give(team=str(kamakura.pk))
    assert set(Customer.rows.values_list("owner_id", "team_id")) == {(heir.pk, kamakura.pk)}
    give(team="")
    assert set(Customer.rows.values_list("team_id", flat=True)) == {None}


def test_nobody_is_no_heir_nor_who_has_left(theirs, give, leaver):
    for said in ({"owner": ""}, {"owner": "0"}, {"owner": "x"}):
        with pytest.raises(Invalid) as refused:
            give(**said)
        assert list(refused.value.fields) == ["owner"]
    User.rows.filter(pk=leaver.pk).update(is_active=False)
    with pytest.raises(Invalid):
        give(owner=str(leaver.pk))
    with pytest.raises(Invalid) as refused:
        give(note="あ" * 2_001)
    assert list(refused.value.fields) == ["note"]
    assert not BulkRun.rows.exists()


def test_a_hand_over_takes_the_right_to_assign_now_and_when_it_runs(theirs, give, misaki, misaki_user, heir, leaver, now):
    with pytest.raises(NotAllowed):
        give(actor=actor_of(heir))
    run_id = hand_over(selection=EVERYBODY, handover=Handover(owner=str(heir.pk)), actor=misaki, now=now)
    RoleGrant.rows.filter(object="customer", action="assign").delete()
    run = done(run_id)
    assert (run.changed_count, run.refused_count, owners()) == (0, 5, {leaver.pk})


def test_it_is_no_verb_of_the_other_changes(theirs, misaki, heir, now):
    with pytest.raises(NotFound):
        change_many(verb="handover", selection=EVERYBODY, value=str(heir.pk), actor=misaki, now=now)


# ---- telling ------------------------------------------------------------------------------------------------------


def test_the_note_stands_once_on_each_timeline(theirs, give, misaki, now):
    give()
    for customer in theirs:
        [entry] = story(misaki, customer)
        assert (entry.label, entry.title, entry.detail) == ("引き継ぎ", NOTE, "髙橋 美咲 から 後任 﨑子 へ")


def test_the_new_owner_is_told_once_of_as_many_as_they_see(theirs, give, heir, leaver, now):
    run = give()
    new = actor_of(heir)
    [line] = handed_to(new, now=now)
    assert (line.words, line.note) == ("髙橋 美咲さんから5人を引き継ぎました", NOTE)
    Customer.rows.filter(pk=theirs[0].pk).update(owner_id=leaver.pk, team_id=None)  # given to somebody else since
    assert handed_to(new, now=now)[0].words == "髙橋 美咲さんから4人を引き継ぎました"
    page = handed_over(new, run.pk)
    assert (page.count, {name for _url, _number, name in page.people}) == (4, {f"顧客{i}" for i in range(1, 5)})
    assert handed_to(actor_of(leaver), now=now) == []
    assert handed_to(new, now=now + timedelta(days=31)) == []
    notice_handover(run_id=run.pk, actor=new, now=now)
    assert handed_to(new, now=now) == []


def test_nobody_else_opens_it_or_takes_it_away(theirs, give, leaver, now):
    run = give()
    with pytest.raises(NotFound):
        handed_over(actor_of(leaver), run.pk)
    with pytest.raises(NotFound):
        notice_handover(run_id=run.pk, actor=actor_of(leaver), now=now)


def test_the_former_owner_sees_no_more_than_their_role_shows(theirs, give, leaver, now):
    give()
    with pytest.raises(NotFound):
        owners_of(actor_of(leaver), theirs[0].pk)


def test_a_note_is_masked_to_who_reads_no_personal_data(theirs, give, make_user, yanaka, now):
    clerk = make_user("clerk", "store_staff", team=yanaka)
    Customer.rows.update(team_id=yanaka.pk)
    give(owner=str(clerk.pk))
    assert NOTE not in str(story(actor_of(clerk), theirs[0]))
    assert all(NOTE not in line.note for line in handed_to(actor_of(clerk), now=now))


# ---- taking back --------------------------------------------------------------------------------------------------


def test_undo_gives_back_owners_and_tasks_and_marks_the_note(theirs, task, give, misaki, heir, leaver, now):
    run = give()
    back = undone(run, misaki, now)
    assert (back.state, back.changed_count, owners()) == ("done", 5, {leaver.pk})
    assert Task.rows.get(pk=task).assignee_id == leaver.pk
    assert [entry.label for entry in story(misaki, theirs[0])] == ["引き継ぎ（取り消し済み）"]
    assert handed_to(actor_of(heir), now=now) == []
    assert handed_over(actor_of(heir), run.pk).is_undone


def test_what_somebody_changed_since_stays(theirs, task, give, misaki, heir, leaver, now):
    run = give()
    Customer.rows.filter(pk=theirs[0].pk).update(owner_id=misaki.user_id)
    complete_task(task_id=task, actor=misaki, now=now)
    back = undone(run, misaki, now)
    assert (back.changed_count, back.refused_count) == (4, 1)
    assert (Customer.rows.get(pk=theirs[0].pk).owner_id, Task.rows.get(pk=task).assignee_id) == (misaki.user_id, heir.pk)
    assert [entry.label for entry in story(misaki, theirs[0])] == ["引き継ぎ"]


# ---- who owned whom -----------------------------------------------------------------------------------------------


def test_the_record_tells_who_looked_after_them_from_when_to_when(theirs, give, misaki, heir, now):
    first = [(one.name, one.from_on, one.until_on) for one in owners_of(misaki, theirs[0].pk)]
    assert first == [("退職 太郎", "2026/03/01(日)", "")]
    give()
    time.freeze(now + timedelta(days=9))
    done(change_many(verb="owner", selection=EVERYBODY, value="", actor=misaki, now=time.now()))
    assert [(one.name, one.from_on, one.until_on) for one in owners_of(misaki, theirs[0].pk)] == [
        ("担当なし", "2026/12/01(火)", ""),
        ("後任 﨑子", "2026/11/22(日)", "2026/12/01(火)"),
        ("退職 太郎", "2026/03/01(日)", "2026/11/22(日)"),
    ]


# ---- screens ------------------------------------------------------------------------------------------------------


def test_the_list_opens_the_dialog_and_orders(theirs, misaki_client, heir):
    door = reverse("customers:handover-order")
    assert door in misaki_client.get(reverse("customers:list")).content.decode()
    ids = [customer.pk for customer in theirs[:2]]
    page = misaki_client.post(door, {"ids": ids}, headers={"HX-Request": "true"}).content.decode()
    assert ("2人を引き継ぐ" in page, "checked" in page) == (True, True)
    refused = misaki_client.post(door, {"ids": ids, "owner": "", "note": NOTE, "confirmed": "1"})
    assert (refused.status_code, "選んでください" in refused.content.decode(), NOTE in refused.content.decode()) == (422, True, True)
    made = misaki_client.post(door, {"ids": ids, "owner": heir.pk, "team": "same", "note": NOTE, "tasks": "1", "confirmed": "1"})
    run = BulkRun.rows.get()
    assert (made.status_code, made["HX-Redirect"]) == (204, reverse("customers:bulk-run", args=[run.pk]))
    assert (run.target_id, run.note, run.wishes) == (heir.pk, NOTE, {"tasks": True})


def test_the_home_page_tells_and_is_told(theirs, give, sign_in, heir, now):
    run = give()
    client = sign_in(actor_of(heir))
    home = reverse("customers:handover-home")
    shown = client.get(home).content.decode()
    assert (NOTE in shown, reverse("customers:handover", args=[run.pk]) in shown) == (True, True)
    page = client.get(reverse("customers:handover", args=[run.pk])).content.decode()
    assert ("顧客3" in page, NOTE in page) == (True, True)
    left = client.post(reverse("customers:handover-seen", args=[run.pk]), headers={"HX-Request": "true"})
    assert "引き継ぎました" not in left.content.decode()
    assert "引き継ぎました" not in client.get(home).content.decode()


def test_the_page_of_a_user_says_what_stays_with_them_and_offers_to_hand_over(theirs, task, make_user, leaver, sign_in, now):
    boss = actor_of(make_user("boss", "admin", "all_customers", "ec_lead"))
    client, url = sign_in(boss), reverse("platform:user", args=[leaver.pk])
    page = client.get(url).content.decode()
    assert all(words in page for words in ("担当の顧客 5件", "未完了のタスク 1件", reverse("customers:handover-order")))
    deactivate_user(user_id=leaver.pk, actor=boss, now=now)
    page = client.get(url)
    assert "担当の顧客 5件" in page.content.decode()
    held = next(one for one in page.context["user"].holds if one.gives_url)
    opened = client.post(held.gives_url, {"selection": "all", "back": held.url}, headers={"HX-Request": "true"})
    assert "5人を引き継ぐ" in opened.content.decode()


def test_the_record_page_has_the_panel(theirs, misaki_client):
    url = reverse("customers:owners", args=[theirs[0].pk])
    assert url in misaki_client.get(reverse("customers:record", args=[theirs[0].number])).content.decode()
    assert "退職 太郎" in misaki_client.get(url, headers={"HX-Request": "true"}).content.decode()
