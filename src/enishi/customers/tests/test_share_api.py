"""/api/v1/customers/{key}/shares: the same verbs as the dialog, under the same rights."""

from __future__ import annotations

from datetime import date

import pytest

from enishi.customers.models import Customer
from enishi.platform import policy, rights
from enishi.platform.actions.tokens import Reach, create_token
from enishi.platform.models import ChangeSet, Event, Share, ViewLog

REASON = "受注会を一緒に担当"


@pytest.fixture
def theirs(now, yoshida):
    return Customer.rows.create(number="C-000001", name="齋藤 百合子", owner_id=yoshida.user_id, created_at=now)


@pytest.fixture
def tanaka_user(make_user):
    return make_user("tanaka", "sales", display_name="田中 一郎")


@pytest.fixture
def calls(client, now):
    """`calls(actor)` → a function that asks the API as a token of theirs, by default one that may do all they may."""

    def of(actor, *, scopes=None, read_only=False):
        token = create_token(name="EC", reach=Reach(read_only=read_only, scopes=scopes), actor=actor, now=now).token

        def ask(method, path, body=None):
            sent = {"data": body, "content_type": "application/json"} if body is not None else {}
            return getattr(client, method)(f"/api/v1/customers/{path}", headers={"Authorization": f"Bearer {token}"}, **sent)

        return ask

    return of


def seen(user):
    return set(policy.scope(rights.actor_of(user), Customer, "read").values_list("number", flat=True))


def test_a_customer_is_shared_listed_and_taken_back(theirs, yoshida, tanaka_user, calls, now):
    ask = calls(yoshida)
    made = ask("post", "C-000001/shares", {"user_id": tanaka_user.pk, "until_on": "2026-12-31", "reason": REASON})
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["receiver"], said["level"], said["until_on"], said["reason"]) == ("田中 一郎", "read", "2026-12-31", REASON)
    assert seen(tanaka_user) == {"C-000001"}
    assert ask("get", "C-000001/shares").json() == {"items": [said]}
    assert ask("delete", f"C-000001/shares/{said['id']}").status_code == 204
    assert ask("delete", f"C-000001/shares/{said['id']}").status_code == 204
    assert (seen(tanaka_user), ask("get", "C-000001/shares").json()) == (set(), {"items": []})
    assert set(Event.rows.filter(kind__startswith="customer.share").values_list("kind", "door")) == {
        ("customer.shared", "api"),
        ("customer.share_ended", "api"),
    }
    assert set(ChangeSet.rows.values_list("door", flat=True)) == {"api"}
    assert ViewLog.rows.filter(object="customers.customer", columns=["shares"], object_ids=[theirs.pk]).exists()


def test_who_may_not_share_gets_no_list_and_shares_nothing(theirs, yoshida, misaki, onlooker, tanaka_user, calls):
    body = {"user_id": tanaka_user.pk, "reason": REASON}
    stranger = calls(rights.actor_of(tanaka_user))
    assert [stranger("get", "C-000001/shares").status_code, stranger("post", "C-000001/shares", body).status_code] == [404, 404]
    looker = calls(onlooker)
    assert [looker("get", "C-000001/shares").status_code, looker("post", "C-000001/shares", body).status_code] == [403, 403]
    assert not Share.rows.exists()


def test_a_second_share_with_the_same_receiver_takes_the_place_of_the_first(theirs, yoshida, tanaka_user, calls):
    ask = calls(yoshida)
    first, second = (
        ask("post", "C-000001/shares", {"user_id": tanaka_user.pk, "level": level, "reason": REASON}) for level in ("read", "update")
    )
    assert [share["id"] for share in ask("get", "C-000001/shares").json()["items"]] == [second.json()["id"]]
    assert first.json()["id"] != second.json()["id"]


def test_a_token_shares_where_its_scopes_say_so(theirs, yoshida, tanaka_user, calls):
    body = {"user_id": tanaka_user.pk, "reason": REASON}
    assert calls(yoshida, scopes=["customer.read"])("post", "C-000001/shares", body).status_code == 403
    assert calls(yoshida, read_only=True)("post", "C-000001/shares", body).status_code == 403
    assert calls(yoshida, scopes=["customer.read", "customer.share"])("post", "C-000001/shares", body).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"until_on": "2020-01-01"}, "until_on"),
        ({"until_on": date.max.isoformat()}, "until_on"),
        ({"user_id": 999_999}, "receiver"),
        ({"user_id": None}, "receiver"),
        ({"level": "export"}, "level"),
        ({"owner_id": 1}, "owner_id"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(theirs, yoshida, tanaka_user, calls, wrong, field):
    answer = calls(yoshida)("post", "C-000001/shares", {"user_id": tanaka_user.pk, "reason": REASON} | wrong)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"]
    assert not Share.rows.exists()
