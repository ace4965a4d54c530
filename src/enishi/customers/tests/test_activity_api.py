"""The API of activities and tasks: the same verbs and refusals as on the screens."""

from __future__ import annotations

import pytest
from django.test import Client

from enishi.customers.models import Activity, Task
from enishi.platform.actions.tokens import create_token

NEXT = {"title": "見本を送る", "due_on": "2026-11-24"}


@pytest.fixture
def api(misaki, now):
    token = create_token(name="電話システム", read_only=False, actor=misaki, now=now).token

    def call(method, path, body=None, **headers):
        sent = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(Client(), method)(f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"} | headers, **sent)

    return call


def test_a_call_is_written_down_once_with_what_follows(api, make_customer):
    number = make_customer().number
    body = {"kind": "call", "text": "のしの件", "next": NEXT}
    made = [api("post", f"/customers/{number}/activities", body, **{"Idempotency-Key": "call-1"}).json() for _twice in range(2)]
    assert made[0] == made[1]
    [item] = api("get", f"/customers/{number}/activities").json()["items"]
    assert (item["kind"], item["text"], item["author_name"]) == ("call", "のしの件", "髙橋 美咲")
    [task] = api("get", f"/tasks?customer={number}").json()["items"]
    assert (task["title"], task["due_on"], task["assignee_name"]) == ("見本を送る", "2026-11-24", "髙橋 美咲")
    assert api("delete", f"/customers/{number}/activities/{item['id']}").status_code == 204
    assert api("get", f"/customers/{number}/activities").json() == {"items": [], "next_cursor": None}


def test_a_task_is_planned_put_off_done_and_reopened(api, make_customer):
    number = make_customer().number
    made = api("post", "/tasks", {"customer": number, **NEXT})
    assert made.status_code == 201
    task = made.json()["id"]
    assert api("post", f"/tasks/{task}/due", {"due_on": "2026-12-01"}).json()["due_on"] == "2026-12-01"
    assert api("get", "/tasks?until=2026-11-30").json()["items"] == []
    assert api("post", f"/tasks/{task}/complete").json()["done_at"] is not None
    refused = api("post", f"/tasks/{task}/due", {"due_on": "2026-12-02"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "task.already_done")
    assert api("delete", f"/tasks/{task}").status_code == 409
    assert api("post", f"/tasks/{task}/reopen").json()["done_at"] is None
    assert api("delete", f"/tasks/{task}").status_code == 204
    assert api("get", f"/tasks?customer={number}").json()["items"] == []


def test_a_refusal_names_the_fields_that_were_sent(api, make_customer):
    number = make_customer().number
    asked = {"title": " ", "due_on": "2026-11-24", "assignee_id": 999_999}
    refused = api("post", "/tasks", {"customer": number, **asked})
    assert (refused.status_code, set(refused.json()["error"]["fields"])) == (422, {"title", "assignee_id"})
    refused = api("post", f"/customers/{number}/activities", {"kind": "call", "text": "x", "next": asked})
    assert (refused.status_code, set(refused.json()["error"]["fields"])) == (422, {"next.title", "next.assignee_id"})


def test_activities_come_in_pages(api, make_customer, misaki, now):
    customer = make_customer()
    Activity.rows.bulk_create([Activity(customer=customer, text=f"{number}", at=now) for number in range(5)])
    first = api("get", f"/customers/{customer.number}/activities?limit=3").json()
    rest = api("get", f"/customers/{customer.number}/activities?limit=3&cursor={first['next_cursor']}").json()
    assert ([item["text"] for item in first["items"] + rest["items"]], rest["next_cursor"]) == (["4", "3", "2", "1", "0"], None)


@pytest.mark.parametrize("body", [{"kind": "dance", "text": "x"}, {"kind": "call", "text": " "}, {"kind": "call", "text": "x", "at": "1"}])
def test_bad_input_writes_nothing(api, make_customer, body):
    assert api("post", f"/customers/{make_customer().number}/activities", body).status_code == 422
    assert (Activity.rows.exists(), Task.rows.exists()) == (False, False)
