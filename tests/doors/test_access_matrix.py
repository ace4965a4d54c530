"""The access matrix, made from the route table: every route × every actor × own, team and other records.

Expected values come from a second, deliberately naive policy (loops over plain values, below). Every protected text
column of every planted record holds a canary; each body, header and file name is searched for the canaries that the
actor must not see. A refused POST leaves the database as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.test import Client

from enishi.customers.models import Customer
from enishi.platform import presets
from enishi.platform.demo.access import PEOPLE, RELATIONS, Canary, Ground, Person, plant
from enishi.platform.models import ApiToken
from enishi.platform.privacy import Level, Privacy
from enishi.platform.rights import token_hash
from enishi.platform.routes import Route, all_routes

# What routes take that is nobody's.
NOBODYS = {
    "token": "none",
    "part": "x" * 32,
    "key_": "x",
    "name": "list",
    "which": "customers",
    "value": "x@example.jp",
    "token_id": 1,
    "session_id": 1,
    "pk": 1,
    "user_id": 999_999,
    "invitation_id": 1,
    "provider_id": "oidc-x",
    "module": "commerce",
    "version_id": 1,
    "purpose_key": "marketing",
    "deputy_id": 1,
}
# Routes that end the session or need a signed token of their own; tested beside their views.
APART = {"account_logout", "account_reset_password_from_key"}
# What an outsider would send to the API to change something.
BODIES = {
    "api:post_customer": {"family_name": "x"},
    "api:patch_customer": {"leave_alone": True},
    "api:put_customer": {"city": "x", "family_name": "x"},
    "api:post_bulk": {"items": [{"kind": "email", "value": "x@example.jp", "fields": {"family_name": "x"}}]},
    "api:post_consent": {"channel": "email", "allowed": False},
    "api:post_tag": {"name": "x"},
    "api:post_note": {"text": "x"},
    "api:post_contact": {"kind": "phone", "phone": "080-5550-0001"},
    "api:put_contact": {"email": "x@example.jp"},
    "api:post_activity": {"kind": "call", "text": "x"},
    "api:post_due": {"due_on": "2026-12-01"},
}


def may(person: Person, obj: str, act: str, relation: str) -> bool:
    """The naive policy: is there a role with this grant whose scope holds the record?"""
    holds = {"own": ("own", "team", "all"), "team": ("team", "all"), "other": ("all",)}[relation]
    return any(
        key == obj and act in acts and scope in holds
        for preset in presets.PRESETS
        if preset.key in person.roles
        for key, acts, scope in preset.grants
    )


def reads_personal(person: Person) -> bool:
    return any(preset.levels.get(Privacy.PERSONAL, Level.HIDDEN) >= Level.READ for preset in presets.PRESETS if preset.key in person.roles)


@dataclass
class Planted:
    grounds: dict[str, Ground]

    @property
    def canaries(self) -> list[Canary]:
        return [canary for ground in self.grounds.values() for canary in ground.canaries]

    def ids(self, relation: str) -> dict[str, object]:
        return self.grounds[relation].ids | NOBODYS


@pytest.fixture
def planted(organisation, make_user, yanaka, kamakura, now):
    """One set of records for each relation; all of "team" belong to 谷中, those of "other" to nobody's team."""
    users = {person.name: make_user(person.login, *person.roles, team=yanaka) for person in PEOPLE if person.signed_in}
    for name, user in users.items():
        ApiToken.rows.create(user=user, name="x", token_hash=token_hash(_token(name)), read_only=False, created_at=now)
    stranger = make_user("stranger", "ec_lead", team=kamakura)
    teams = {"own": yanaka, "team": yanaka, "other": kamakura}
    return Planted({relation: plant(Ground(relation, teams[relation], stranger, now)) for relation in RELATIONS}), users


def _token(person_name: str) -> str:
    return f"enishi_{person_name}"


def _own(planted: Planted, user) -> None:
    """Let this actor own the records of the relation "own"."""
    Customer.rows.filter(pk=planted.ids("own")["customer_id"]).update(owner=user)


def _path(route: Route, ids: dict[str, object]) -> str | None:
    """The address of a route for these records; None where it takes something the matrix does not plant."""

    def fill(match: re.Match[str]) -> str:
        name = match.group(1).rpartition(":")[2]
        if name not in ids:
            missing.append(name)
        return str(ids.get(name, ""))

    missing: list[str] = []
    path = re.sub(r"<([^>]+)>", fill, route.route)
    if route.name.startswith("account_") or "(?P" in route.route:
        path = route.route if "(?P" not in route.route else ""
    assert not missing, f"the matrix plants no value for {missing} of {route.route}"
    return f"/{path}" if path or route.route == "" else None


def _forbidden(planted: Planted, person: Person) -> list[str]:
    """The canaries that must not reach this actor, by the naive policy."""
    inside, clear = person.signed_in and person.active, reads_personal(person)
    return [
        canary.token
        for canary in planted.canaries
        if not (inside and (clear or not canary.personal) and may(person, canary.object, "read", canary.relation))
    ]


def _fingerprint() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg(x, '|')) FROM (SELECT 'c' || c::text AS x FROM customers_customer c UNION ALL SELECT 'n' || n::text FROM customers_activity n"
            " UNION ALL SELECT 'f' || f::text FROM customers_customerfile f"
            " UNION ALL SELECT 'k' || k::text FROM customers_task k UNION ALL SELECT 'm' || m::text FROM customers_mention m"
            " UNION ALL SELECT 't' || t::text FROM customers_customertag t UNION ALL SELECT 's' || s::text FROM customers_consentstate s"
            " UNION ALL SELECT 'o' || o::text FROM commerce_order o UNION ALL SELECT 'd' || d::text FROM messaging_delivery d"
            " UNION ALL SELECT 'a' || a::text FROM messaging_mailaccount a UNION ALL SELECT 'g' || g::text FROM segments_segment g"
            " UNION ALL SELECT 'v' || v::text FROM customers_savedview v UNION ALL SELECT 'b' || b::text FROM customers_bulkrun b"
            " UNION ALL SELECT 'r' || r::text FROM customers_importrun r UNION ALL SELECT 'z' || z::text FROM platform_organisation z"
            " UNION ALL SELECT 'e' || e.id::text FROM platform_event e UNION ALL SELECT 'j' || j.id::text FROM procrastinate_jobs j ORDER BY 1) AS everything"
        )
        return cursor.fetchone()[0]


def _attempts(route: Route, person: Person) -> list[tuple[str, dict[str, str], dict[str, object] | None]]:
    """(method, headers, JSON body) of the requests to make: a page as a whole, as a part and posted; an operation as it is."""
    if route.name.startswith("api:"):
        bearer = {"Authorization": f"Bearer {_token(person.name)}"} if person.signed_in else {}
        return [(method.lower(), bearer, BODIES.get(route.name, {})) for method in route.methods]
    return [("get", {}, None), ("get", {"HX-Request": "true", "HX-Target": "div#rows"}, None), ("post", {}, None)]


def _ask(client: Client, method: str, path: str, headers: dict[str, str], body: dict[str, object] | None, before: str):
    """One request whose changes are rolled back; the answer with its whole text, and whether the base was as `before` after it."""
    with transaction.atomic():
        sent = {} if body is None or method == "get" else {"data": body, "content_type": "application/json"}
        answer = getattr(client, method)(path, headers=headers, **sent)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        changed = method != "get" and _fingerprint() != before
        transaction.set_rollback(True)
    return answer, content.decode("utf-8", "replace").lower() + repr(sorted(answer.headers.items())).lower(), changed


@pytest.mark.parametrize("person", PEOPLE, ids=[person.name for person in PEOPLE])
def test_no_route_shows_or_changes_what_the_actor_may_not(person, planted, now):
    found, users = planted
    client = Client(raise_request_exception=True)
    if person.signed_in:
        user = users[person.name]
        _own(found, user)
        client.force_login(user, backend="enishi.platform.signin.ActiveUserBackend")
        if not person.active:
            user.is_active = False
            user.save()
    forbidden = _forbidden(found, person)
    outsider = not (person.signed_in and person.active)
    leaks, open_doors, traces = [], [], []
    before = _fingerprint()
    for route in all_routes():
        if route.host != "app" or route.name in APART:
            continue
        for relation in RELATIONS if "<" in route.route else ("own",):
            path = _path(route, found.ids(relation))
            if path is None:
                continue
            for method, headers, sent in _attempts(route, person):
                answer, text, changed = _ask(client, method, path, headers, sent, before)
                where = f"{method} {path} ({answer.status_code})"
                leaks += [f"{where} {token}" for token in forbidden if token in text]
                if outsider and not route.public and answer.status_code not in (302, 401, 405):
                    open_doors.append(where)
                if changed and (outsider or answer.status_code in (401, 403, 404)) and not route.public:
                    traces.append(where)
    assert (leaks, open_doors, traces) == ([], [], [])


def test_the_matrix_would_notice_an_open_door(planted):
    """The canaries are really there: an actor with every right meets them."""
    found, users = planted
    client = Client()
    client.force_login(users["lead"], backend="enishi.platform.signin.ActiveUserBackend")
    text = client.get(f"/customers/{found.ids('other')['customer_id']}/", follow=True).content.decode()
    assert "canarycustomerothername" in text.lower()
