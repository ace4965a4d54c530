"""/api/v1/duplicates: pairs page by page, what is decided of them, and searches, under the rights of the screens."""

from __future__ import annotations

import pytest

from enishi.customers.models import TwinPair, TwinSearch
from enishi.customers.tests.test_twin_doors import make_pair
from enishi.customers.tests.test_twins import HANAKO, nobody_else_writes
from enishi.customers.twins import doors
from enishi.platform.actions.tokens import Reach, create_token
from enishi.platform.models import RoleLevel
from enishi.platform.rights import actor_of

__all__ = ["nobody_else_writes"]


@pytest.fixture
def steward(make_user):
    return actor_of(make_user("steward", "ec_lead"))


@pytest.fixture
def ask(client, now, steward):
    """Ask the API, by default as a token of the steward."""

    def call(method, path="", body=None, *, actor=steward, **reach):
        token = create_token(name="ETL", reach=Reach(**{"read_only": False, "scopes": None} | reach), actor=actor, now=now).token
        sent = {"data": body, "content_type": "application/json"} if body is not None else {}
        return getattr(client, method)(f"/api/v1/duplicates{path}", headers={"Authorization": f"Bearer {token}"}, **sent)

    return call


@pytest.fixture
def three(make_customer, now, organisation):
    """Three pairs, the least sure first."""
    found = []
    for score, held in ((920_000, ["birthday"]), (999_950, []), (999_950, ["strong_ids"])):
        found.append(make_pair(make_customer(**HANAKO), make_customer(**HANAKO), now, score_ppm=score, held_by=held))
    return found


def ids(answer):
    return [item["id"] for item in answer.json()["items"]]


def test_pairs_come_the_surest_first_page_by_page_with_their_reasons(three, ask):
    least, sure, strong = three
    first = ask("get", "?limit=2")
    assert ids(first) == [strong.pk, sure.pk]
    assert ids(ask("get", f"?limit=2&cursor={first.json()['next_cursor']}")) == [least.pk]
    said = first.json()["items"][1]
    assert (said["score"], said["sure"], said["held"], said["state"]) == (0.99995, True, [], "open")
    assert {one["words"] for one in said["reasons"] if one["speaks_for"]} == {"氏名とフリガナが同じ", "生年月日が同じ", "電話番号が同じ"}
    assert first.json()["items"][0]["held"] == ["会員番号など、1人に1つのIDがそれぞれ違う"]
    assert [one["id"] for one in said["customers"]] == [sure.first_id, sure.second_id]
    assert "花子" not in first.content.decode()
    assert ids(ask("get", "?min_score=0.999")) == [strong.pk, sure.pk]
    assert ids(ask("get", f"?customer={least.second_id}")) == [least.pk]


def test_pairs_are_decided_all_or_none_and_opened_again(three, ask):
    least, sure, strong = three
    said = ask("post", "/decide", {"pairs": [least.pk, sure.pk], "decision": "apart"}).json()["items"]
    assert {one["state"] for one in said} == {"distinct"}
    refused = ask("post", "/decide", {"pairs": [strong.pk, sure.pk], "decision": "later"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "twins.already_decided")
    assert ids(ask("get", "?state=distinct")) == [sure.pk, least.pk]
    assert ids(ask("get")) == [strong.pk]
    ask("post", "/decide", {"pairs": [strong.pk], "decision": "later"})
    assert ids(ask("get", "?state=later")) == [strong.pk]
    ask("post", "/decide", {"pairs": [least.pk, sure.pk, strong.pk], "decision": "open"})
    assert len(ids(ask("get"))) == 3


@pytest.mark.django_db(transaction=True)
def test_a_search_is_ordered_followed_and_stopped(ask, make_customer):
    make_customer(**HANAKO), make_customer(**HANAKO)
    assert ask("get", "/searches/last").status_code == 404
    made = ask("post", "/searches", {"whole": True})
    assert (made.status_code, made.json()["state"]) == (201, "running")
    assert ask("post", "/searches", {}).json()["error"]["code"] == "twins.search_under_way"
    doors.run(made.json()["id"])
    said = ask("get", f"/searches/{made.json()['id']}").json()
    assert (said["state"], said["total"], said["found"]) == ("done", 2, 1)
    again = ask("post", "/searches", {}).json()
    assert ask("post", f"/searches/{again['id']}/stop").json()["state"] == "stopped"
    assert ask("post", f"/searches/{again['id']}/stop").json()["error"]["code"] == "twins.search_over"
    assert ask("get", "/searches/last").json()["id"] == again["id"]


def test_nothing_is_told_beyond_the_rights_of_the_token(three, ask, steward, hayashi, misaki, now):
    assert ask("get", actor=hayashi).status_code == 403
    assert ask("get", scopes=("customer.read",)).status_code == 403
    assert ask("post", "/decide", {"pairs": [three[0].pk], "decision": "apart"}, read_only=True).status_code == 403
    assert ask("post", "/decide", {"pairs": [three[0].pk, 10**9], "decision": "apart"}).status_code == 404
    assert ask("get", "?min_score=2").status_code == 422
    assert ask("get", "?cursor=x").status_code == 422
    assert TwinPair.rows.filter(state="open").count() == 3
    RoleLevel.rows.filter(role__key="ec_lead", privacy_class="personal").update(level=1)
    for path in ("", "/searches/last"):
        assert ask("get", path).status_code == 403
    assert ask("post", "/searches", {}).status_code == 403
    assert not TwinSearch.rows.exists()
