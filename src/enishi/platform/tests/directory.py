"""A directory that calls SCIM, as tests see it: its token, and the requests that Entra ID and Okta send."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from enishi.platform.actions import scim
from enishi.platform.models import ScimUser, User

ROOT = "/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass
class Directory:
    token: str
    token_id: int = 0

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        said = {"Authorization": f"Bearer {self.token}", **{key.replace("_", "-"): value for key, value in headers.items()}}
        sent = (
            {} if body is None else {"data": body if isinstance(body, str) else json.dumps(body), "content_type": "application/scim+json"}
        )
        return getattr(Client(), method)(f"{ROOT}{path}", headers=said, **sent)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("get", path, **headers)

    def patch(self, path: str, *operations: dict[str, object], **headers: str) -> Any:
        return self.call("patch", path, {"schemas": [PATCH], "Operations": list(operations)}, **headers)

    def make(self, name: str = "aoi@ennichido.example", **said: object) -> str:
        """A user as Entra ID makes one; their id."""
        answer = self.call("post", "/Users", entra_user(name, **said))
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]

    def group(self, name: str, *members: str, **said: object) -> str:
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": pk} for pk in members], **said}
        answer = self.call("post", "/Groups", body)
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]


def entra_user(name: str, **said: object) -> dict[str, object]:
    """What Entra ID sends with the mapping that it comes with: much of it nobody here asked for."""
    return {
        "schemas": [USER, ENTERPRISE],
        "externalId": f"oid-{name}",
        "userName": name,
        "active": True,
        "displayName": "髙橋 葵",
        "emails": [{"primary": True, "type": "work", "value": name}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "葵 髙橋", "familyName": "髙橋", "givenName": "葵"},
        "phoneNumbers": [{"type": "work", "value": "03-5550-0100"}],
        "addresses": [{"type": "work", "country": "日本"}],
        "title": "店長",
        "preferredLanguage": "ja-JP",
        ENTERPRISE: {"department": "EC課", "employeeNumber": "701984"},
        **said,
    }


def user_of(scim_id: str) -> User:
    return ScimUser.rows.select_related("user").get(pk=scim_id).user


@pytest.fixture
def directory(admin_only, now) -> Directory:
    """SCIM is on, and a directory has its token."""
    cache.clear()
    scim.set_scim(is_on=True, first_sign_in="", actor=admin_only, now=now)
    made = scim.create_scim_token(name="Entra ID", expires_at=None, networks=[], actor=admin_only, now=now)
    return Directory(made.token, made.id)


@pytest.fixture
def map_to(admin_only, now) -> Callable[..., None]:
    """`map_to(group, role=…, team=…)`: an administrator confirms what a group gives."""

    def give(group_id: str, role: Any = None, team: Any = None, by: Any = None) -> None:
        role_id, team_id = role.pk if role else None, team.pk if team else None
        scim.map_group(group_id=int(group_id), role_id=role_id, team_id=team_id, actor=by or admin_only, now=now)

    return give
