"""The access matrix, made from the route table: every route × every actor × own, team and other records × every format.

Expected values come from a second, deliberately naive policy (loops over plain values, below). Every protected text
column of every planted record holds a canary; each body, header and file name is searched for the canaries that the
actor must not see (a workbook, a PDF by its text), and so are the mails that the request wrote and the jobs that it ordered. Files that
a job makes are fetched by their makers and searched as well. A refused request leaves the database as it was.

Actors are members of staff, their tokens, and nobody; a directory (SCIM) has a test of its own beside this one.
The product has no portal in which customers sign in, and no calendar (ics).
"""

from __future__ import annotations

import inspect
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdf
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import resolve, reverse
from psycopg import sql

from enishi.customers.models import Customer, ExportRun
from enishi.customers.tasks import export as export_job
from enishi.platform import confirmation, presets, tasks, time, wiring
from enishi.platform.demo.access import OTHER, OWN, PEOPLE, RELATIONS, Canary, Ground, Person, plant
from enishi.platform.models import ApiToken, AuditFile
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
    "table_key": "deciles",
    "analysis": "decile",
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
    "scim_id": "1",
    "scim_group_id": 1,
    "meeting_id": 1,
}
ABOUT_A_CUSTOMER = re.compile(r"<(customer:)?key>|<int:customer_id>")
# Routes that end the session or need a signed token of their own; tested beside their views.
APART = {"account_logout", "account_reset_password_from_key"}
# What an outsider would send to the API to change something.
BODIES = {
    "api:list_customers": {"family_name": "x"},
    "api:get_customer": {"leave_alone": True},
    "api:put_customer": {"city": "x", "family_name": "x"},
    "api:post_bulk": {"items": [{"kind": "email", "value": "x@example.jp", "fields": {"family_name": "x"}}]},
    "api:post_consent": {"channel": "email", "allowed": False},
    "api:post_tag": {"name": "x"},
    "api:post_note": {"text": "x"},
    "api:list_shares": {"reason": "x"},
    "api:list_contacts": {"kind": "phone", "phone": "080-5550-0001"},
    "api:put_contact": {"email": "x@example.jp"},
    "api:list_activities": {"kind": "call", "text": "x"},
    "api:post_due": {"due_on": "2026-12-01"},
    "api:list_relations": {"kind": "works_for", "other": "1"},
    "api:put_relation": {"title": "x"},
    "api:post_comment": {"text": "x"},
    "api:patch_comment": {"text": "x"},
    "api:post_merge": {"keep": "1", "gone": ["2"]},
    "api:decide": {"pairs": [1], "decision": "apart"},
    "api:list_tasks": {"customer": "1", "title": "x", "due_on": "2026-12-01"},
}


# The files that a page makes at once, by what is posted: each is read as the format that it says.
FILES = {
    "customers:consent-proof-file": {"csv": {"format": "csv"}, "json": {"format": "json"}, "pdf": {"format": "pdf"}},
    "customers:print": {"pdf": {}},
}
EVERYBODY = {"confirmed": "1", "selection": "all", "back": "/customers/", "reason": "x"}
LABELS = {"sheet": "2x6", "first": "1", "order": "kana", "right_mm": "0", "down_mm": "0"}
LEAK = {"since": "2026-11-20T00:00", "until": "2026-11-30T00:00", "reason": "x"}
# The files that a job makes: where they are ordered, by whose right, how, and where their maker fetches them.
ORDERS = {
    "export xlsx": ("exports:new", "customer.export", EVERYBODY | {"which": "all", "format": "xlsx"}, ExportRun, "exports:file"),
    "export csv": ("exports:new", "customer.export", EVERYBODY | {"which": "all", "format": "csv"}, ExportRun, "exports:file"),
    "export cp932": ("exports:new", "customer.export", EVERYBODY | {"which": "all", "format": "cp932"}, ExportRun, "exports:file"),
    "labels pdf": ("customers:labels", "customer.export", EVERYBODY | LABELS, ExportRun, "exports:file"),
    "log csv": ("platform:audit-export", "audit.export", {"format": "csv", "reason": "x"}, AuditFile, "platform:audit-file-download"),
    "log xlsx": ("platform:audit-export", "audit.export", {"format": "xlsx", "reason": "x"}, AuditFile, "platform:audit-file-download"),
    "leak csv": ("customers:leak-file", "audit.export", LEAK | {"format": "csv"}, AuditFile, "platform:audit-file-download"),
    "leak xlsx": ("customers:leak-file", "audit.export", LEAK | {"format": "xlsx"}, AuditFile, "platform:audit-file-download"),
}
# Routes that answer with a file of their own beside those: of nobody's data, or what was sent with the request.
OTHER_FILES = {
    "platform:demo-file",
    "platform:api-description",
    "platform:healthz",
    "platform:readyz",
    "company_saml_metadata",
    "imports:errors",
    "api:get_content",
    "customers:standards-print",
}


def may(person: Person, obj: str, act: str, relation: str) -> bool:
    """The naive policy: is there a role with this grant whose scope holds the record, and does the token reach as far?"""
    holds = {"own": ("own", "team", "all"), "team": ("team", "all"), "other": ("all",)}[relation]
    return (person.scopes is None or f"{obj}.{act}" in person.scopes) and any(
        key == obj and act in acts and scope in holds
        for preset in presets.PRESETS
        if preset.key in person.roles
        for key, acts, scope in preset.grants
    )


def reads(person: Person, privacy: Privacy) -> bool:
    return any(preset.levels.get(privacy, Level.HIDDEN) >= Level.READ for preset in presets.PRESETS if preset.key in person.roles)


def comes_in(person: Person, route: Route) -> bool:
    """Whether the door knows this actor: a page by its session, an operation of the API by its token."""
    return person.signed_in and person.active and (route.name.startswith("api:") or person.scopes is None)


def expected(person: Person, route: Route, relation: str) -> frozenset[int] | None:
    """The answers that the naive policy has for this cell; None where it has nothing to say (open, or about one's own things)."""
    if route.public:
        return None
    if route.name.startswith("scim:"):  # which knows directories alone: tests/doors/test_scim_token.py
        return frozenset({401})
    if not comes_in(person, route):
        return frozenset({302, 401})
    obj, _, act = route.guard.partition(".")
    if obj == "signed_in":
        return None
    if not may(person, obj, act, "own"):
        return frozenset({403})
    if not ABOUT_A_CUSTOMER.search(route.route):
        return None
    if not may(person, "customer", "read", relation):
        return frozenset({404})
    if obj != "audit" and not may(person, obj, act, relation):
        return frozenset({403, 404})
    return None


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
    scopes = {person.name: list(person.scopes) for person in PEOPLE if person.scopes is not None}
    for name, user in users.items():
        ApiToken.rows.create(
            user=user, name="x", token_hash=token_hash(_token(name)), read_only=False, scopes=scopes.get(name), created_at=now
        )
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
    inside, personal, sensitive = person.signed_in and person.active, reads(person, Privacy.PERSONAL), reads(person, Privacy.SENSITIVE)
    return [
        canary.token
        for canary in planted.canaries
        if not (
            inside
            and (personal or not canary.personal)
            and (sensitive or not canary.sensitive)
            and may(person, canary.object, "read", canary.relation)
        )
    ]


# What a refused request must leave as it was, whole rows of it, and tables that only grow.
WHOLE = [
    "customers_customer",
    "customers_contactpoint",
    "customers_activity",
    "customers_comment",
    "customers_mention",
    "customers_task",
    "customers_customerfile",
    "customers_customertag",
    "customers_relation",
    "customers_consentstate",
    "customers_savedview",
    "customers_customfield",
    "customers_formlayout",
    "customers_standardbook",
    "customers_bulkrun",
    "customers_exportrun",
    "customers_importrun",
    "commerce_order",
    "messaging_delivery",
    "messaging_mailaccount",
    "messaging_template",
    "segments_segment",
    "analytics_valuesettings",
    "analytics_channelcost",
    "analytics_source",
    "analytics_spelling",
    "analytics_adcost",
    "platform_organisation",
    "platform_role",
    "platform_rolegrant",
    "platform_userrole",
    "platform_team",
    "platform_share",
    "platform_approvalrequest",
    "platform_auditfile",
    "platform_scimsettings",
    "platform_scimgroup",
]
GROWING = ("platform_changeset", "platform_apitoken", "platform_scimtoken", "platform_scimuser", "procrastinate_jobs")
EVENTS = sql.SQL("SELECT 'event' || count(*) FROM platform_event WHERE kind <> 'access.denied'")  # which a refusal leaves on purpose


def _fingerprint() -> str:
    whole, growing = sql.SQL("SELECT {0} || t::text AS x FROM {1} t"), sql.SQL("SELECT {0} || count(*) FROM {1}")
    told = [(whole, table) for table in WHOLE] + [(growing, table) for table in GROWING]
    rows = sql.SQL(" UNION ALL ").join(said.format(sql.Literal(table), sql.Identifier(table)) for said, table in told)
    rows += sql.SQL(" UNION ALL ") + EVENTS
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT md5(string_agg(x, '|' ORDER BY x)) FROM ({}) AS everything").format(rows))
        return cursor.fetchone()[0]


# ---- asking ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """One representation of a route: a page as a whole, as a part, posted, as a file; an operation of the API as it is."""

    method: str
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, object] | None = None


def _attempts(route: Route, person: Person, path: str) -> Iterator[Attempt]:
    if route.name.startswith("api:"):
        bearer = {"Authorization": f"Bearer {_token(person.name)}"} if person.signed_in else {}
        for method in route.methods:
            yield Attempt(method.lower(), bearer, None if method == "GET" else _body(route))
        return
    bearer = {"Authorization": f"Bearer {_token(person.name)}"} if person.scopes is not None else {}
    if not route.methods or "GET" in route.methods:
        yield Attempt("get", bearer)
        for part in _parts(path):
            yield Attempt("get", bearer | {"HX-Request": "true", "HX-Target": f"div#{part}"})
    for body in FILES.get(route.name, {"": {}}).values():
        yield Attempt("post", bearer, body)


def _body(route: Route) -> dict[str, object]:
    return {"file": SimpleUploadedFile("x.txt", b"x")} if route.name == "api:list_files" else BODIES.get(route.name, {})


def _parts(path: str) -> list[str]:
    """The parts that htmx can ask of a page: those that its view names, else any."""
    view = inspect.unwrap(resolve(path).func)
    named = re.findall(r'wants_part\(\w+, (?:"([\w-]+)"|(\w+))\)', inspect.getsource(view))
    return [literal or view.__globals__[name] for literal, name in named] or ["x"]


@dataclass
class Heard:
    """What came of a request: the answer, everything in it that can be read, and what it left behind."""

    status: int
    content_type: str
    text: str
    changed: bool


@dataclass
class Ears:
    """Listens at the doors by which something leaves beside the answer."""

    statements: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)

    def __call__(self, execute: Any, query: Any, params: Any, many: bool, context: Any) -> Any:
        words = query if isinstance(query, str) else repr(query)
        if re.search(r"INSERT INTO|UPDATE |DELETE FROM|TRUNCATE|procrastinate", words) and "FOR UPDATE" not in words:
            self.statements.append(words)
        return execute(query, params, many, context)


def _ask(client: Client, path: str, attempt: Attempt, before: str, ears: Ears) -> Heard:
    """One request whose changes are rolled back. `changed`: whether a refused one has left a trace."""
    with transaction.atomic():
        ears.statements.clear()
        ears.mails.clear()
        last_job = _jobs(0)[0]
        sent: dict[str, Any] = {} if attempt.body is None else {"data": attempt.body}
        if sent and path.startswith("/api/") and not path.endswith("/files"):
            sent["content_type"] = "application/json"
        with connection.execute_wrapper(ears):
            answer = getattr(client, attempt.method)(path, headers=attempt.headers, **sent)
        left = _left_behind(last_job, ears) if any("procrastinate" in query for query in ears.statements) else ""
        changed = answer.status_code in (302, 401, 403, 404) and bool(ears.statements) and _fingerprint() != before
        text = _read(_content(answer)) + repr(sorted(answer.headers.items())) + left
        text += "".join(_fetch(client, address) for address in re.findall(rf"//{settings.FILES_HOST}(?::\d+)?(/[\w/:.=-]+)", text))
        transaction.set_rollback(True)
    return Heard(answer.status_code, answer.headers.get("Content-Type", ""), text.lower(), changed)


def _fetch(client: Client, path: str) -> str:
    """What the files host serves under an address that the actor was given."""
    answer = client.get(path, headers={"Host": settings.FILES_HOST})
    return _read(_content(answer)) + repr(sorted(answer.headers.items()))


def _jobs(after: int) -> tuple[int, str]:
    """The number of the last job, and the arguments of those after `after`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(id), 0), string_agg(task_name || args::text, ' ') FILTER (WHERE id > %s) FROM procrastinate_jobs", [after]
        )
        last, words = cursor.fetchone()
        return last, words or ""


def _left_behind(last_job: int, ears: Ears) -> str:
    """The arguments of the jobs that a request ordered, and the mails that come of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE id > %s AND task_name = 'platform.mail_notice' ORDER BY id", [last_job])
        notices = [row[0] if isinstance(row[0], dict) else json.loads(row[0]) for row in cursor.fetchall()]
    for said in notices:
        tasks.mail_notice(**said)
    return _jobs(last_job)[1] + " ".join(ears.mails)


def _content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def _read(content: bytes) -> str:
    """All that a file says: the cells of a workbook, the text of a PDF and who made it, else what it is."""
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            return " ".join(name + _read(opened.read(name)) for name in opened.namelist())
    if content.startswith(b"%PDF"):
        document = pypdf.PdfReader(io.BytesIO(content))
        return " ".join(page.extract_text() for page in document.pages) + repr(document.metadata)
    return content.decode("utf-8", "replace")


@pytest.fixture
def ears(monkeypatch):
    """The mails that staff would get are heard instead of sent."""
    ears = Ears()
    monkeypatch.setitem(wiring.load("STAFF_MAIL"), "send", lambda mail: ears.mails.append(f"{mail.to} {mail.subject} {mail.text}"))
    monkeypatch.setitem(wiring.load("STAFF_MAIL"), "ready", lambda: True)
    return ears


def _browser(found: Planted, users: dict[str, Any], person: Person) -> Client:
    """The browser of this actor, who has just proved who they are; a deactivated one was signed in before."""
    client = Client(raise_request_exception=True)
    if person.signed_in:
        _own(found, users[person.name])
        if person.scopes is None:
            client.force_login(users[person.name], backend="enishi.platform.signin.ActiveUserBackend")
            session = client.session
            session[confirmation.CONFIRMED] = int(time.wall_clock().timestamp())
            session.save()
            client.get("/healthz")  # the session begins: what every request would do, each in vain
        if not person.active:
            users[person.name].is_active = False
            users[person.name].save()
    return client


def _cells(found: Planted, person: Person) -> Iterator[tuple[Route, str, str]]:
    """Every route of the app with every relation, each address once; where the door itself is shut to the actor, what lies nearest."""
    asked: set[tuple[str, tuple[str, ...]]] = set()
    for route in all_routes():
        if route.host == "app" and route.name not in APART:
            shut = expected(person, route, OTHER) is not None and expected(person, route, OWN) == expected(person, route, OTHER)
            for relation in (OWN,) if shut else RELATIONS:
                path = _path(route, found.ids(relation))
                if path is not None and (path, route.methods) not in asked:
                    asked.add((path, route.methods))
                    yield route, relation, path


@pytest.mark.parametrize("person", PEOPLE, ids=[person.name for person in PEOPLE])
def test_no_route_shows_or_changes_what_the_actor_may_not(person, planted, now, ears):
    found, users = planted
    client = _browser(found, users, person)
    forbidden = _forbidden(found, person)
    leaks, wrong, traces, unknown = [], [], [], set[str]()
    before = _fingerprint()
    for route, relation, path in _cells(found, person):
        for attempt in _attempts(route, person, path):
            heard = _ask(client, path, attempt, before, ears)
            where = f"{attempt.method} {path} ({heard.status})"
            leaks += [f"{where} {token}" for token in forbidden if token in heard.text]
            if heard.status == 200 and not re.match("text/html|application/json", heard.content_type):
                unknown |= {route.name} - FILES.keys() - OTHER_FILES - {fetched for *_, fetched in ORDERS.values()}
            answers = expected(person, route, relation)
            if answers is not None and heard.status not in answers | {405}:
                wrong.append(f"{where}, not {sorted(answers)}: {route.guard} of {relation}")
            if heard.changed and not route.public and (answers is not None or heard.status in (401, 403, 404)):
                traces.append(where)
    assert (leaks, wrong, traces, unknown) == ([], [], [], set())


@pytest.mark.parametrize("person", PEOPLE, ids=[person.name for person in PEOPLE])
def test_a_file_of_a_job_holds_what_its_maker_may_see_and_nothing_else(person, planted, now):
    found, users = planted
    client = _browser(found, users, person)
    forbidden, wrong = _forbidden(found, person), []
    for name, (door, right, form, model, fetched) in ORDERS.items():
        answer = client.post(reverse(door), form)
        made = model.rows.exclude(owner__username="stranger").order_by("-pk").first()
        if not (person.active and person.scopes is None and person.signed_in and may(person, *right.split("."), "own")):
            assert (made, answer.status_code in (302, 403)) == (None, True), name
            continue
        {ExportRun: export_job, AuditFile: tasks.write_audit_file}[model](run_id=made.pk)
        answer = client.get(reverse(fetched, args=[made.pk]))
        assert answer.status_code == 200, name
        text = (_read(_content(answer)) + repr(sorted(answer.headers.items()))).lower()
        wrong += [f"{name} holds {token}" for token in forbidden if token in text]
        if name.startswith("export"):
            names = [one for one in found.canaries if one.object == "customer" and one.token.endswith("name")]
            wrong += [
                f"{name} lacks {one.token}"
                for one in names
                if one.token.endswith(f"{one.relation}name") and may(person, "customer", "export", one.relation) and one.token not in text
            ]
        model.rows.filter(pk=made.pk).update(owner=found.grounds["other"].stranger)
    assert wrong == []


def test_the_matrix_would_notice_an_open_door(planted):
    """The canaries are really there: an actor with every right meets them."""
    found, users = planted
    client = Client()
    client.force_login(users["lead"], backend="enishi.platform.signin.ActiveUserBackend")
    text = client.get(f"/customers/{found.ids('other')['customer_id']}/", follow=True).content.decode()
    assert "canarycustomerothername" in text.lower()
