"""The token of a directory opens SCIM and nothing else, and nothing else opens SCIM."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from enishi.platform import objects, policy
from enishi.platform.actor import Actor
from enishi.platform.demo.access import PEOPLE
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.models import ApiToken, ScimUser
from enishi.platform.rights import token_hash
from enishi.platform.routes import Route, all_routes
from enishi.platform.scim import door
from enishi.platform.tests.directory import Directory, directory
from tests.doors.alone import planted, stage
from tests.doors.test_access_matrix import Planted, _attempts, _path, _token
from tests.doors.test_actions_alone import _actions, _told

__all__ = ["directory", "planted", "stage"]
pytestmark = pytest.mark.django_db


def _scim() -> list[Route]:
    return [route for route in all_routes() if route.name.startswith("scim:")]


def test_every_address_of_scim_asks_for_its_token_alone(planted: tuple[Planted, dict], directory: Directory, monkeypatch) -> None:
    """Staff with a session, staff with an API token of every right, and nobody: 401 each, and nothing of anybody in it."""
    found, users = planted
    monkeypatch.setattr(door, "MOST_STRANGERS_A_MINUTE", 10_000)
    browser = Client()
    browser.force_login(users["admin"], backend="enishi.platform.signin.ActiveUserBackend")
    assert len(_scim()) > 10
    for route in _scim():
        path = re.sub(r"<[^>]+>", "1", f"/{route.route}")
        for method in route.methods:
            for client, headers in (
                (browser, {}),
                (Client(), {"Authorization": f"Bearer {_token('lead')}"}),
                (Client(), {}),
            ):
                answer = getattr(client, method.lower())(path, headers=headers)
                assert answer.status_code == 401, (method, path)
                assert not any(canary.token in answer.content.decode().lower() for canary in found.canaries)


def test_the_token_of_a_directory_opens_nothing_else(planted: tuple[Planted, dict], directory: Directory) -> None:
    """Every route of the app asked with it: as nobody."""
    found, _users = planted
    bearer, open_doors, leaks = {"Authorization": f"Bearer {directory.token}"}, [], []
    nobody = next(person for person in PEOPLE if not person.signed_in)
    for route in all_routes():
        if route.host != "app" or route.public or route.name.startswith("scim:"):
            continue
        path = _path(route, found.ids("own"))
        if path is None:
            continue
        for attempt in _attempts(route, nobody, path):
            sent = {} if attempt.body is None else {"data": attempt.body}
            if sent and path.startswith("/api/") and not path.endswith("/files"):
                sent["content_type"] = "application/json"
            answer = getattr(Client(), attempt.method)(path, headers=attempt.headers | bearer, **sent)
            open_doors += [f"{attempt.method} {path} {answer.status_code}"] if answer.status_code not in (302, 401, 405) else []
            text = b"" if answer.streaming else answer.content
            leaks += [path for canary in found.canaries if canary.token in text.decode("utf-8", "replace").lower()]
    assert (open_doors, leaks) == ([], [])


def test_a_directory_holds_no_right_of_the_wall(organisation) -> None:
    actor = Actor(kind="scim", name="x", levels={}, scim_token_id=1)
    for key, thing in objects.all_objects().items():
        for act in thing.acts:
            assert not policy.allowed(actor, key, act)
            with pytest.raises(NotAllowed):
                policy.require(actor, key, act)


def test_a_directory_calls_no_action_but_its_own(stage, directory: Directory) -> None:
    """Called by themselves, without any door: whatever asks for a right refuses it."""
    actor = Actor(kind="scim", name="x", levels={}, scim_token_id=directory.token_id)
    let_in = [where for where, (taken, _besides) in _told().items() if taken and not _refuses(stage, where, _actions()[where], actor)]
    assert let_in == []


def _refuses(stage, where, action, actor) -> bool:
    return isinstance(stage.call(where, action, actor), NotAllowed | NotFound)


def test_an_api_token_that_looks_like_one_is_none(misaki_user, directory: Directory, now) -> None:
    ApiToken.rows.create(user=misaki_user, name="x", token_hash=token_hash("scim_x"), read_only=False, created_at=now)
    assert Directory("scim_x").get("/Users").status_code == 401
    assert not ScimUser.rows.exists()
