"""What the wall refuses leaves an event, without a word of anybody, and not more of them than one can read."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from enishi.customers.tests import factories
from enishi.platform import denied, rights, time
from enishi.platform.actions.tokens import create_token
from enishi.platform.models import Event
from enishi.platform.queries import audit as queries_audit
from enishi.platform.queries.audit_rows import Wanted


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


@pytest.fixture
def hidden(make_user, now):
    """A customer of a colleague, whom a salesperson does not see."""
    return factories.customer(name="見えない人", owner_id=make_user("ken", "sales").pk)


@pytest.fixture
def seller(make_user, sign_in):
    return sign_in(rights.actor_of(make_user("aoi", "sales")))


def refused():
    return list(Event.rows.filter(kind="access.denied").order_by("pk"))


def test_a_record_that_one_may_not_see_leaves_who_what_and_by_which_route(hidden, seller, now):
    assert seller.get(f"/customers/{hidden.pk}/").status_code == 404
    (event,) = refused()
    assert (event.subject_id, event.customer_id, event.actor_kind, event.door) == (hidden.pk, hidden.pk, "staff", "screen")
    assert event.data == {"object": "customer", "route": "customers:record", "status": 404}
    assert event.ip == "127.0.0.1"
    assert "見えない人" not in repr(event.__dict__)


def test_a_page_that_one_has_no_right_to_leaves_one_too(seller, now):
    assert seller.get("/settings/roles/").status_code == 403
    (event,) = refused()
    assert (event.subject_id, event.data["route"], event.data["status"]) == (0, "platform:roles", 403)


def test_the_api_is_asked_the_same(hidden, make_user, client, now):
    owner = rights.actor_of(make_user("aoi", "sales"))
    token = create_token(name="EC", read_only=True, actor=owner, now=now).token
    answer = client.get(f"/api/v1/customers/{hidden.pk}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 404
    (event,) = refused()
    assert (event.customer_id, event.actor_kind, event.door) == (hidden.pk, "token", "api")


def test_the_same_again_counts_once_in_ten_minutes(hidden, seller, now):
    for _again in range(3):
        seller.get(f"/customers/{hidden.pk}/")
    assert len(refused()) == 1
    cache.clear()  # as ten minutes do
    seller.get(f"/customers/{hidden.pk}/")
    assert len(refused()) == 2


def test_whoever_tries_every_number_fills_nothing(seller, monkeypatch, now):
    monkeypatch.setattr(denied, "MOST_AN_HOUR", 5)
    for pk in range(900_000, 900_020):
        assert seller.get(f"/customers/{pk}/").status_code == 404
    assert len(refused()) == 5


def test_an_address_that_nobody_has_and_what_one_may_see_leave_nothing(seller, misaki_client, hidden, now):
    assert misaki_client.get("/customers/does-not-exist/").status_code == 404
    assert misaki_client.get(f"/customers/{hidden.number}/").status_code == 200
    assert refused() == []


def test_the_audit_tells_of_it_by_the_person_who_was_not_shown(hidden, seller, make_user, now):
    auditor = rights.actor_of(make_user("auditor", "admin", "all_customers"))
    seller.get(f"/customers/{hidden.pk}/")
    day = time.today(now)
    (line,) = queries_audit.audit_page(auditor, Wanted(since=day, until=day, group="rights", text=hidden.number)).lines
    assert (line.what, line.door) == ("権限のない画面や記録を開こうとした", "画面")
    assert "127.0.0.1" in "".join(line.notes)
