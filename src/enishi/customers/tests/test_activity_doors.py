"""The composer, 今日やること, the page of tasks and the telephone note, through their doors."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.tasks import add_task
from enishi.customers.models import Activity, Customer, Identity, Task

HTMX = {"HX-Request": "true"}
TODAY = date(2026, 11, 22)


@pytest.fixture
def yuriko(make_customer):
    return make_customer(phone="090-1234-5678")


@pytest.fixture
def task(yuriko, misaki, now):
    return add_task(customer_id=yuriko.pk, title="見本を送る", due_on=TODAY, actor=misaki, now=now)


def write(client, customer, **fields):
    data = {"kind": "call", "text": "午前中に", "next_title": "", "next_due_on": "2026-11-24"} | fields
    return client.post(reverse("customers:activity-add", args=[customer.number]), data, headers=HTMX)


# ---- the composer


def test_one_form_writes_down_and_plans_and_its_toast_takes_both_back(misaki_client, yuriko):
    part = write(misaki_client, yuriko, next_title="見本を送る").content.decode()
    made = Activity.rows.get()
    undo = reverse("customers:activity-remove", args=[yuriko.number, made.pk])
    assert all(words in part for words in ("午前中に", "見本を送る", "11/24(火)", undo, "元に戻す"))
    answer = misaki_client.post(undo, headers=HTMX)
    assert answer["HX-Trigger"] == "enishi:tasks"
    made.refresh_from_db()
    assert made.archived_at is not None
    assert Task.rows.get().archived_at is not None


def test_a_task_alone_needs_no_words_about_what_was(misaki_client, yuriko):
    part = write(misaki_client, yuriko, kind="task", text="", next_title="電話する").content.decode()
    assert (Task.rows.get().title, Activity.rows.exists()) == ("電話する", False)
    assert reverse("tasks:drop", args=[Task.rows.get().pk]) in part
    refused = write(misaki_client, yuriko, kind="task", text="", next_title="")
    words = ("次にすることを入力してください。", 'aria-invalid="true"')
    assert (refused.status_code, [each in refused.content.decode() for each in words]) == (422, [True, True])


def test_what_is_refused_stays_in_the_composer(misaki_client, yuriko):
    refused = write(misaki_client, yuriko, next_title="見本を送る", next_due_on="").content.decode()
    assert all(words in refused for words in ("期限を入力してください。", "午前中に</textarea>", 'value="見本を送る"'))
    whole = misaki_client.post(reverse("customers:activity-add", args=[yuriko.number]), {"kind": "note", "text": " "})
    assert (whole.status_code, "<html" in whole.content.decode()) == (422, True)


def test_the_composer_names_those_who_may_be_called(misaki_client, make_user, yuriko, yoshida):
    make_user("mori", "ec_lead", display_name="森 拓海")
    part = misaki_client.get(reverse("customers:colleagues", args=[yuriko.number]), headers=HTMX).content.decode()
    assert ("森 拓海" in part, "𠮷田" in part, "髙橋" in part) == (True, False, False)


# ---- tasks


def test_home_ticks_a_task_off_and_undoes_it(misaki_client, task):
    assert "見本を送る" in misaki_client.get(reverse("tasks:home"), headers=HTMX).content.decode()
    done = misaki_client.post(reverse("tasks:complete", args=[task]), headers=HTMX)
    assert (done["HX-Trigger"], reverse("tasks:reopen", args=[task]) in done.content.decode()) == ("enishi:tasks", True)
    assert "見本を送る" not in misaki_client.get(reverse("tasks:home"), headers=HTMX).content.decode()
    misaki_client.post(reverse("tasks:reopen", args=[task]), headers=HTMX)
    assert Task.rows.get().done_at is None


def test_putting_off_can_be_undone_to_the_day_before(misaki_client, task):
    answer = misaki_client.post(reverse("tasks:postpone", args=[task]), {"due_on": "2026-11-25"}, headers=HTMX)
    assert all(words in answer.content.decode() for words in ("2026/11/25(水)", "2026-11-22"))
    assert Task.rows.get().due_on == date(2026, 11, 25)
    assert misaki_client.post(reverse("tasks:postpone", args=[task]), {"due_on": "x"}, headers=HTMX).status_code == 422
    assert misaki_client.post(reverse("tasks:postpone", args=[task]), {"due_on": ""}, headers=HTMX).status_code == 422


def test_dropping_has_an_undo(misaki_client, task):
    assert reverse("tasks:drop", args=[task]) in misaki_client.get(reverse("tasks:home"), headers=HTMX).content.decode()
    answer = misaki_client.post(reverse("tasks:drop", args=[task]), headers=HTMX)
    assert reverse("tasks:restore", args=[task]) in answer.content.decode()
    assert "見本を送る" not in misaki_client.get(reverse("tasks:home"), headers=HTMX).content.decode()
    misaki_client.post(reverse("tasks:restore", args=[task]), headers=HTMX)
    assert "見本を送る" in misaki_client.get(reverse("tasks:home"), headers=HTMX).content.decode()


def test_without_htmx_a_tick_leads_back(misaki_client, task):
    answer = misaki_client.post(reverse("tasks:complete", args=[task]), {"next": "/tasks/"})
    assert (answer.status_code, answer["Location"]) == (302, "/tasks/")


def test_the_page_of_tasks_shows_whose_and_what_is_done(misaki_client, task):
    page = reverse("tasks:list")
    assert "見本を送る" in misaki_client.get(page).content.decode()
    assert "見本を送る" in misaki_client.get(page, {"whose": "all"}).content.decode()
    assert "完了したタスクはありません" in misaki_client.get(page, {"state": "done"}).content.decode()
    misaki_client.post(reverse("tasks:complete", args=[task]))
    assert "やることはありません" in misaki_client.get(page).content.decode()
    assert "見本を送る" in misaki_client.get(page, {"state": "done"}).content.decode()


def test_a_call_by_at_stays_until_it_is_seen(misaki_client, misaki, make_user, yuriko, now):
    from enishi.platform.rights import actor_of

    mori = actor_of(make_user("mori", "ec_lead", display_name="森 拓海"))
    made = record_activity(customer_id=yuriko.pk, kind="note", text="@髙橋 美咲 在庫あり", actor=mori, now=now)
    assert "在庫あり" in misaki_client.get(reverse("tasks:calls"), headers=HTMX).content.decode()
    assert misaki_client.post(reverse("tasks:seen", args=[made.id]), headers=HTMX).content.decode().strip() == ""


# ---- the telephone note


def take_call(client, **fields):
    data = {"phone": "090-1234-5678", "customer_id": "", "text": "のしの件", "next_title": "折り返す", "next_due_on": "2026-11-24"} | fields
    return client.post(reverse("customers:call"), data)


@pytest.mark.parametrize("phone", ["09012345678", "０９０−１２３４−５６７８", "5678"])
def test_a_number_leads_to_its_person(misaki_client, yuriko, make_customer, phone):
    make_customer(name="別人", phone="03-1111-2222")
    part = misaki_client.get(reverse("customers:call-who"), {"phone": phone}, headers=HTMX).content.decode()
    assert (yuriko.number in part, "別人" in part) == (True, False)


def test_a_call_of_somebody_known_is_written_down(misaki_client, yuriko):
    answer = take_call(misaki_client, customer_id=yuriko.pk)
    assert (answer.status_code, Activity.rows.get().kind, Task.rows.get().title) == (302, "call", "折り返す")


def test_somebody_new_is_registered_with_the_call(misaki_client):
    take_call(misaki_client, phone="03-3333-4444", customer_id="new", family_name="谷")
    made = Customer.rows.get()
    assert (made.name, made.phone, Activity.rows.get().customer_id) == ("谷", "03-3333-4444", made.pk)
    assert Identity.rows.get(kind="phone").customer_id == made.pk


def test_nobody_is_registered_where_a_field_is_refused(misaki_client):
    assert take_call(misaki_client, phone="03-3333-4444", customer_id="new", family_name="谷", next_due_on="").status_code == 422
    assert take_call(misaki_client, customer_id="new", family_name="").status_code == 422
    assert take_call(misaki_client, customer_id="new", family_name="谷", text=" ").status_code == 422
    refused = take_call(misaki_client)
    assert "相手を選んでください" in refused.content.decode()
    assert take_call(misaki_client, customer_id="9" * 30).status_code == 422
    assert not Customer.rows.exists()


def test_the_unseen_are_neither_found_nor_called(yuriko, yoshida, sign_in):
    client = sign_in(yoshida)
    part = client.get(reverse("customers:call-who"), {"phone": yuriko.phone}, headers=HTMX).content.decode()
    assert yuriko.number not in part
    assert take_call(client, customer_id=yuriko.pk).status_code == 404
    assert not Activity.rows.exists()


def test_readers_take_no_calls(onlooker, sign_in):
    assert sign_in(onlooker).get(reverse("customers:call")).status_code == 403
