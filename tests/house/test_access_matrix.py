"""The access matrix, made from the route table: every route × every actor × own, team and other records.

Expected values come from a second, deliberately naive policy (loops over plain values, below). Every protected text
column of every planted record holds a canary; each body, header and file name is searched for the canaries that the
actor must not see. A refused POST leaves the database as it was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction
from django.test import Client

from enishi.commerce.models import Order, OrderLine, Product, PurchaseSummary
from enishi.customers.models import Customer, CustomerTag, ImportRun, Note, Tag
from enishi.customers.search import fill_search_columns
from enishi.messaging.models import Delivery, MailAccount, Message, SinkMail, Template
from enishi.platform import presets
from enishi.platform.models import ChangeSet, FieldChange, StoredFile
from enishi.platform.privacy import Level, Privacy
from enishi.platform.routes import Route, all_routes
from enishi.segments.models import Segment

RELATIONS = ("own", "team", "other")
# Routes that end the session or need a signed token of their own; tested beside their views.
APART = {"account_logout", "account_reset_password_from_key"}


@dataclass(frozen=True)
class Person:
    """An actor of the matrix, in the words of the naive policy."""

    name: str
    roles: tuple[str, ...]
    signed_in: bool = True
    active: bool = True


PEOPLE = [
    Person("anonymous", (), signed_in=False),
    Person("deactivated", ("ec_lead",), active=False),
    Person("nobody", ()),
    Person("own", ("sales",)),
    Person("team_masked", ("store_staff",)),
    Person("team", ("store_manager",)),
    Person("director", ("director",)),
    Person("viewer", ("viewer",)),
    Person("marketer", ("ec_staff",)),
    Person("lead", ("ec_lead",)),
    Person("support", ("support",)),
    Person("admin", ("admin",)),
]


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
    ids: dict[str, dict[str, int]] = field(default_factory=dict)  # relation → kind → id
    canaries: dict[str, tuple[str, str]] = field(default_factory=dict)  # token → (object, relation)

    def canary(self, obj: str, relation: str, column: str) -> str:
        token = f"canary{obj}{relation}{column}".lower().replace("_", "")
        self.canaries[token] = (obj, relation)
        return token


@pytest.fixture
def planted(organisation, make_user, yanaka, kamakura, now):
    """One set of records for each relation; all of "team" belong to 谷中, those of "other" to nobody's team."""
    found = Planted()
    users = {}
    for person in PEOPLE:
        if person.signed_in:
            users[person.name] = make_user(f"m_{person.name}", *person.roles, team=yanaka)
    stranger = make_user("m_stranger", "ec_lead", team=kamakura)
    for relation in RELATIONS:
        found.ids[relation] = _plant(
            found, relation, owner=None, stranger=stranger, team=yanaka if relation != "other" else kamakura, now=now
        )
    return found, users


def _plant(found, relation, *, owner, stranger, team, now):
    mark = lambda column, obj="customer": found.canary(obj, relation, column)  # noqa: E731
    customer = Customer(
        number=f"C-90{RELATIONS.index(relation):04d}",
        name=mark("name"),
        family_name=mark("family"),
        kana=mark("kana"),
        email=f"{mark('email')}@example.jp",
        phone=mark("phone"),
        city=mark("city"),
        street=mark("street"),
        owner=None,
        team=team,
        created_at=now,
        custom={"cf_1": mark("custom")},
    )
    fill_search_columns(customer)
    customer.save()
    Note.rows.create(customer=customer, text=mark("note"), at=now)
    tag, _ = Tag.rows.get_or_create(name="常連")
    CustomerTag.rows.create(customer=customer, tag=tag, at=now)
    product, _ = Product.rows.get_or_create(code="P1", defaults={"name": "煎茶"})
    order = Order.rows.create(
        number=f"O-90{RELATIONS.index(relation):04d}",
        external_id=relation,
        channel="ec",
        customer=customer,
        ordered_at=now,
        ordered_on=now.date(),
        goods_jpy=1000,
        claim={"name": mark("claim", "order")},
        created_at=now,
    )
    OrderLine.rows.create(
        order=order,
        line_no=1,
        product=product,
        quantity=1,
        unit_price=1000,
        amount_jpy=1000,
        recipient={"name": mark("recipient", "order")},
    )
    PurchaseSummary.rows.create(customer=customer, purchase_count=1, first_on=now.date(), last_on=now.date(), revenue_jpy=1000)
    deed = ChangeSet.rows.create(actor_kind="staff", actor=stranger, door="screen", at=now)
    FieldChange.rows.create(
        change_set=deed,
        object="customers.customer",
        object_id=customer.pk,
        field="name",
        before=mark("before"),
        after=mark("after"),
        privacy_class="personal",
    )
    # A file is its owner's. Its name also stands on the import it was given to, which is read by the right to imports.
    file, given = (
        StoredFile.rows.create(
            token=f"{relation}{obj}".ljust(32, "0"),
            name=f"{found.canary(obj, 'other', relation)}.csv",
            size_bytes=1,
            sha256="0",
            owner=stranger,
            created_at=now,
        )
        for obj in ("file", "import")
    )
    run = ImportRun.rows.create(
        target="customers",
        file=given,
        owner=stranger,
        state="mapping",
        created_at=now,
        columns=[],
        shape={"format": "csv", "encoding": "utf-8", "header": ["氏名"]},
    )
    account, _ = MailAccount.rows.get_or_create(
        name="縁日堂",
        defaults={
            "preset": "other",
            "host": "127.0.0.1",
            "port": 2525,
            "security": "none",
            "from_name": "縁日堂",
            "from_email": "shop@example.jp",
            "created_at": now,
        },
    )
    rule = {"kind": "all", "rules": []}
    segment = Segment.rows.create(number=f"S-{relation}", name=f"セグメント{relation}", rule=rule, created_at=now)
    delivery = Delivery.rows.create(
        number=f"D-{relation}", name=f"配信{relation}", account=account, state="done", created_at=now, started_at=now
    )
    from enishi.campaigns.models import Audience

    Audience.rows.create(delivery=delivery, segment=segment, assigned_at=now)
    Message.rows.create(delivery=delivery, customer_id=customer.pk, state="accepted")
    template = Template.rows.create(number=f"T-{relation}", name="季節", created_at=now)
    mail = SinkMail.rows.create(
        recipient=f"{found.canary('sink_mail', relation, 'to')}@example.jp",
        sender="",
        subject=found.canary("sink_mail", relation, "subject"),
        message_id="",
        raw=b"",
        view_token=f"t{relation}",
        at=now,
    )
    return {
        "key": customer.pk, "customer_id": customer.pk, "pk": customer.pk, "order_id": order.pk, "run_id": run.pk, "import_id": run.pk, "segment_id": segment.pk,
        "delivery_id": delivery.pk, "template_id": template.pk, "account_id": account.pk, "mail_id": mail.pk, "note_id": Note.rows.get(customer=customer).pk,
        "tag_id": tag.pk, "product_id": product.pk, "file_id": file.pk, "channel": "email", "token": "none", "part": "x" * 32, "number": order.number,
        "key_": "x", "slug": "email", "kind": "customers", "target": "customers", "name": "list", "which": "customers",
    }  # fmt: skip


def _own(planted: Planted, user) -> None:
    """Let this actor own the records of the relation "own"."""
    Customer.rows.filter(pk=planted.ids["own"]["customer_id"]).update(owner=user)


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
    clear = person.signed_in and person.active and reads_personal(person)
    return [token for token, (obj, relation) in planted.canaries.items() if not (clear and may(person, obj, "read", relation))]


def _fingerprint() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg(x, '|')) FROM (SELECT 'c' || c::text AS x FROM customers_customer c UNION ALL SELECT 'n' || n::text FROM customers_note n"
            " UNION ALL SELECT 't' || t::text FROM customers_customertag t UNION ALL SELECT 's' || s::text FROM customers_consentstate s"
            " UNION ALL SELECT 'o' || o::text FROM commerce_order o UNION ALL SELECT 'd' || d::text FROM messaging_delivery d"
            " UNION ALL SELECT 'a' || a::text FROM messaging_mailaccount a UNION ALL SELECT 'g' || g::text FROM segments_segment g"
            " UNION ALL SELECT 'r' || r::text FROM customers_importrun r UNION ALL SELECT 'z' || z::text FROM platform_organisation z"
            " UNION ALL SELECT 'e' || e.id::text FROM platform_event e UNION ALL SELECT 'j' || j.id::text FROM procrastinate_jobs j ORDER BY 1) AS everything"
        )
        return cursor.fetchone()[0]


def _ask(client: Client, method: str, path: str, headers: dict[str, str]):
    """One request whose changes are rolled back; the answer with its whole text."""
    with transaction.atomic():
        before = _fingerprint() if method == "post" else ""
        answer = getattr(client, method)(path, headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        changed = method == "post" and _fingerprint() != before
        transaction.set_rollback(True)
    return answer, body.decode("utf-8", "replace").lower() + repr(sorted(answer.headers.items())).lower(), changed


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
    for route in all_routes():
        if route.host != "app" or route.name in APART:
            continue
        for relation in RELATIONS if "<" in route.route else ("own",):
            path = _path(route, found.ids[relation])
            if path is None:
                continue
            for method, headers in (("get", {}), ("get", {"HX-Request": "true", "HX-Target": "div#rows"}), ("post", {})):
                answer, text, changed = _ask(client, method, path, headers)
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
    text = client.get(f"/customers/{found.ids['other']['customer_id']}/", follow=True).content.decode()
    assert "canarycustomerothername" in text.lower()
