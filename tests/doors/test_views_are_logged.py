"""Whoever is shown somebody's personal data is in the view log: every page, part and answer of the API on which a planted
personal text stands leaves a row, with who looked, at what, and by which door. D05 of the security cases."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client

from enishi.customers.models import Customer
from enishi.platform import rights
from enishi.platform.demo.access import OTHER, Ground, plant
from enishi.platform.models import ApiToken, ViewLog
from enishi.platform.rights import token_hash
from enishi.platform.routes import Route, all_routes
from tests.doors.test_access_matrix import APART, Planted, _path

# What stands there is nobody's personal data, or was put there by the reader a moment ago; each with its reason.
NOT_LOOKING: dict[str, str] = {
    "customers:share": "why a customer is shared is a colleague's word about their work, and internal",
    "customers:access": "why a customer is asked for is a colleague's word about their work, and internal",
    "customers:access-home": "the same, on ホーム",
}


@pytest.fixture
def ground(misaki_user, yanaka, now):
    ApiToken.rows.create(user=misaki_user, name="x", token_hash=token_hash("enishi_lead"), read_only=False, created_at=now)
    found = plant(Ground(OTHER, yanaka, misaki_user, now))
    Customer.rows.filter(pk=found.ids["customer_id"]).update(owner=misaki_user)
    return found


def looks(route: Route):
    """How a route is read: as a page, as a part, or by the API."""
    if route.name.startswith("api:"):
        return [{"Authorization": "Bearer enishi_lead"}]
    return [{}, {"HX-Request": "true", "HX-Target": "div#rows"}]


def personal_canaries(ground: Ground) -> list[str]:
    """Those that only stand in personal columns of customers and of what hangs on them."""
    return [canary.token for canary in ground.canaries if canary.object in ("customer", "order")]


def test_whatever_shows_personal_data_leaves_a_row_in_the_view_log(ground, misaki_client, now):
    found = Planted({OTHER: ground})
    unseen, shown = [], 0
    for route in all_routes():
        if route.host != "app" or route.name in APART or "GET" not in route.methods or route.name in NOT_LOOKING:
            continue
        path = _path(route, found.ids(OTHER))
        if path is None:
            continue
        for headers in looks(route):
            with transaction.atomic():
                before = ViewLog.rows.count()
                client = Client() if "Authorization" in headers else misaki_client
                client.raise_request_exception = False  # a planted file has no bytes on the disk
                answer = client.get(path, headers=headers)
                text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode("utf-8", "replace").lower()
                tokens = [token for token in personal_canaries(ground) if token in text]
                rows = list(ViewLog.rows.order_by("-pk")[: ViewLog.rows.count() - before])
                transaction.set_rollback(True)
            if tokens and answer.status_code == 200:
                shown += 1
                if not rows:
                    unseen.append(f"{route.name} {tokens}")
                by_token = "Authorization" in headers
                wrong = [row for row in rows if not row.actor_id or not row.object_ids or (row.token_id is not None) != by_token]
                named = {row.route for row in rows}  # an address of the API has a name for each of its operations
                assert named <= {route.name} or (by_token and all(name.startswith("api:") for name in named)), (route.name, named)
                assert [(route.name, row.object) for row in wrong] == []
    print("\n".join(unseen))
    assert unseen == []
    assert shown > 30


def test_a_token_is_written_down_beside_its_owner(ground, misaki_user, now):
    token = ApiToken.rows.get(user=misaki_user)
    Client().get(f"/api/v1/customers/{ground.ids['customer_id']}", headers={"Authorization": "Bearer enishi_lead"})
    row = ViewLog.rows.latest("pk")
    assert (row.actor_id, row.token_id, row.route) == (misaki_user.pk, token.pk, "api:get_customer")
    assert {"name", "email", "phone"} <= set(row.columns)
    assert rights.actor_of_token("enishi_lead").token_id == token.pk
