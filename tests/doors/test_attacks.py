"""Cases of the table in `docs/security-cases.csv` that go through more than one room: each tries what an attacker would."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import socket
from datetime import UTC, datetime
from uuid import uuid4

import openpyxl
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from enishi.customers.actions.exports import Wanted, export_customers
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import running
from enishi.customers.models import Customer, ExportRun, Identity
from enishi.customers.queries.asked import Asked
from enishi.customers.tests.factories import customer
from enishi.customers.tests.import_files import imported, messages_of
from enishi.messaging.keys import link_key
from enishi.messaging.mail.envelope import AddressRefused, HeaderRefused, Letterhead, MailAddress
from enishi.messaging.mail.smtp_connection import Security, SmtpServer
from enishi.messaging.mail.smtp_pool import SmtpPool
from enishi.messaging.mail.tracking import Purpose, make_token, sign, token_hash
from enishi.messaging.models import DeliveryLink, Message
from enishi.messaging.sink.server import MailSink
from enishi.messaging.tests.factories import account, make_people, make_sending
from enishi.platform import files
from enishi.platform.actions.tokens import create_token
from enishi.platform.models import User
from enishi.platform.rights import actor_of
from enishi.platform.secrets import seal

pytestmark = pytest.mark.django_db
__all__ = ["account", "make_people", "make_sending"]

API = "/api/v1/customers"


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def bearer(user: User, now: datetime) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(name='自社EC', read_only=False, actor=actor_of(user), now=now).token}"}


def every_row(
    *, besides: tuple[str, ...] = ("platform_viewlog", "platform_apitoken", "platform_cache", "platform_apicall", "django_session")
) -> list[str]:
    """The whole base as text. `besides`: what a request leaves of itself, its look, its token's last use."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed} - set(besides))
    with connection.cursor() as cursor:
        rows = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} || ' ' || t::text FROM {} AS t").format(name, sql.Identifier(name)) for name in tables
        )
        cursor.execute(sql.SQL("{} ORDER BY 1").format(rows))
        return [row for (row,) in cursor.fetchall()]


# ---- A05: names of columns that nobody offered


@pytest.mark.parametrize(
    "asked",
    [
        {"owner__password__startswith": "pbkdf2"},
        {"q[notes__author__email__regex]": "^a"},
        {"_connector": "OR 1=1"},
        {"email__startswith": "s"},
    ],
)
def test_a_list_is_the_same_whatever_columns_an_address_names(misaki_user, misaki_client, now, asked):
    for number in range(3):
        customer(email=f"s{number}@example.jp")
    headers = bearer(misaki_user, now)
    for ask in (lambda query: misaki_client.get("/customers/", query), lambda query: Client().get(API, query, headers=headers)):
        with_it, without = ask(asked), ask({})
        assert (with_it.status_code, _stable(with_it)) in ((422, _stable(with_it)), (200, _stable(without)))


@pytest.mark.parametrize("order", ["owner__password", "-email", 'custom.a"b', "email\x01", "name; DROP TABLE x"])
def test_no_order_that_was_not_offered(misaki_user, misaki_client, now, order):
    assert misaki_client.get("/customers/", {"sort": order}).status_code == 422
    answer = Client().get(API, {"sort": order}, headers=bearer(misaki_user, now))
    plain = Client().get(API, headers=bearer(misaki_user, now))
    assert answer.status_code == 422 or answer.json() == plain.json()


def _stable(answer) -> str:
    """A page without what differs from request to request."""
    text = answer.content.decode()
    return (
        text
        if answer["Content-Type"].startswith("application/json")
        else "".join(sorted({part for part in text.split('"') if part.startswith("/customers/C-")}))
    )


# ---- A07: more fields than a form has


@pytest.mark.parametrize(
    "smuggled",
    [
        {"is_staff": True},
        {"created_by": 1},
        {"created_by_id": 1},
        {"score": 100},
        {"number": "C-999999"},
        {"id": 1},
        {"archived_at": None},
        {"consent": {"email": True}},
        {"lifecycle": "loyal"},
        {"row_xid": 1},
        {"made_up": 1},
    ],
)
def test_a_field_that_the_api_does_not_have_is_refused_and_nothing_is_written(misaki_user, now, smuggled):
    who = customer(email="yuriko@example.jp")
    headers = bearer(misaki_user, now)
    before = every_row()
    for method, path in (("PATCH", f"{API}/{who.number}"), ("POST", API)):
        body = json.dumps({"family_name": "齋藤"} | smuggled)
        answer = Client().generic(method, path, body, content_type="application/json", headers=headers)
        assert (answer.status_code, next(iter(smuggled)) in answer.content.decode()) == (422, True)
    assert every_row() == before


# ---- A12: does somebody have this address?


def test_an_address_of_somebody_out_of_sight_is_answered_like_a_free_one(make_user, yoshida, sign_in, now):
    hidden = customer(number="C-000777", name="秘密 花子", family_name="秘密", given_name="花子", email="hanako@example.jp")
    Identity.rows.create(customer=hidden, kind="email", value="hanako@example.jp", created_at=now)
    browser, headers = sign_in(yoshida), bearer(User.rows.get(pk=yoshida.user_id), now)

    def by_form(mail: str):
        return browser.post("/customers/new/", {"kind": "person", "family_name": "別人", "email": mail, "consent-state": "unknown"})

    def by_api(mail: str):
        body = json.dumps({"family_name": "別人", "email": mail})
        return Client().post(API, body, content_type="application/json", headers=headers)

    for ask, status in ((by_form, 302), (by_api, 201)):
        free, taken = ask(f"{ask.__name__}@example.jp"), ask("hanako@example.jp")
        assert (free.status_code, taken.status_code) == (status, status)
        assert not any(word in taken.content.decode() for word in ("秘密", hidden.number, "花子"))
    assert Identity.rows.get(kind="email", value="hanako@example.jp").customer_id == hidden.pk


# ---- I01: rules that are none


def _texts(fact: str, **more: object) -> dict[str, object]:
    return {"type": "condition", "fact": fact, "test": {"type": "text", "op": "starts_with", "values": ["p"]}} | more


@pytest.mark.parametrize(
    "rule",
    [
        {"_connector": "OR 1=1"},
        _texts("owner__password"),
        _texts('customer.email") OR 1=1--'),
        _texts("customer.email\x01"),
        _texts("customer.email", _connector="OR 1=1"),
        _texts("customer.email", type="condition\u0000"),
    ],
)
@pytest.mark.parametrize("door", ["query", "count"])
def test_a_rule_that_is_none_is_refused_without_a_look_at_the_base(misaki_user, now, rule, door):
    answer, asked = _asked(f"{API}/{door}", json.dumps({"rule": rule}), bearer(misaki_user, now))
    assert answer.status_code in (400, 422)
    assert not any("customers_customer" in query for query in asked)


@pytest.mark.parametrize("depth", [40, 10_000])
def test_a_rule_too_deep_is_refused_before_it_is_followed(misaki_user, now, depth):
    head, tail = '{"type": "all", "rules": [', "]}"
    body = f'{{"rule": {head * depth}{json.dumps(_texts("customer.city"))}{tail * depth}}}'
    answer, asked = _asked(f"{API}/query", body, bearer(misaki_user, now))
    assert answer.status_code in (400, 413, 422)
    assert not any("customers_customer" in query for query in asked)


def _asked(path: str, body: str, headers: dict[str, str]):
    with CaptureQueriesContext(connection) as asked:
        answer = Client().post(path, body, content_type="application/json", headers=headers)
    return answer, [query["sql"] for query in asked]


# ---- I05: cells that a spreadsheet would run

SIGNS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", "＝1+1", "＋1", "－1", "＠SUM(A1)", "'=1+1", '=HYPERLINK("http://x","y")']


@pytest.mark.parametrize("form", ["xlsx", "csv", "cp932"])
def test_no_cell_of_a_file_is_run_and_every_one_comes_back(misaki, now, form):
    people = [
        customer(name=f"山田 {place}", family_name="山田", given_name=str(place), building=sign.strip()) for place, sign in enumerate(SIGNS)
    ]
    wanted = Wanted(Selection(asked=Asked()), ("number", "name", "building"), form)
    run_id = export_customers(wanted=wanted, reason="確認", actor=misaki, now=now)
    while running.run_stretch(run_id):
        pass
    stored = ExportRun.rows.get(pk=run_id).file
    data = files.path_of(stored).read_bytes()
    if form == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None} <= {"s", "inlineStr"}
    else:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig" if form == "csv" else "cp932"))))
        assert not [cell for row in rows[1:] for cell in row if cell[:1] in "=+-@\t\r＝＋－＠" and cell]
    before = {one.pk: one.building for one in Customer.rows.all()}
    done = imported(data, name=stored.name, actor=misaki, existing="overwrite")
    assert (messages_of(done), done.updated_count, done.unchanged_count) == ([], 0, len(people))
    assert {one.pk: one.building for one in Customer.rows.all()} == before


# ---- I06: a header more, a recipient more


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\r", "\x85", "\u2028", "\u2029", "\x00"])
@pytest.mark.parametrize("place", ["subject", "from_name"])
def test_no_sign_in_a_header_brings_another_header_or_recipient(sign, place):
    evil = f"お知らせ{sign}Bcc: victim@example.com{sign}{sign}body"
    with pytest.raises(HeaderRefused):
        _letter(**{place: evil})


@pytest.mark.parametrize(
    "text", ["a@example.com,b@example.com", "a@example.com\r\nBcc: b@example.com", "a@example.com>", "<a@example.com", "a@x b@y"]
)
def test_an_address_is_one_recipient(text):
    with pytest.raises(AddressRefused):
        MailAddress.parse(text)


def test_the_server_sees_one_recipient_and_the_headers_that_we_wrote(settings):
    seen: list[tuple[str, bytes]] = []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings.EGRESS_ALLOW = (f"127.0.0.1:{port}",)
    sink = MailSink(lambda recipient, raw: seen.append((recipient, raw)), port=port)
    sink.start()
    try:
        with SmtpPool(SmtpServer("127.0.0.1", port, Security.NONE)) as pool:
            pool.deliver([_letter(subject="Bcc: victim@example.com", from_name="X-Evil: 1, Cc: b@example.com")])
    finally:
        sink.stop()
    ((recipient, raw),) = seen
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert (recipient, message["To"]) == ("taro@example.com", "taro@example.com")
    assert {name.lower() for name in message} <= {
        *("to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post", "from", "list-id", "auto-submitted"),
        *("mime-version", "content-type"),
    }


def _letter(*, subject: str = "お知らせ", from_name: str = "縁商店"):
    head = Letterhead(from_name=from_name, from_address=MailAddress("info", "example.jp"), list_id="news.example.jp")
    return head.write(
        recipient=MailAddress.parse("taro@example.com"),
        subject=subject,
        html="<p>本文</p>",
        text="本文",
        message_uuid=uuid4(),
        at=datetime(2026, 11, 22, tzinfo=UTC),
        unsubscribe_url="https://track.example.jp/u/abc",
    )


# ---- P02: a link of a mail leads where the mail said


def test_a_link_leads_where_its_mail_said_whatever_is_put_to_its_address(make_people, make_sending):
    delivery = make_sending(make_people(1))
    DeliveryLink.rows.create(delivery=delivery, position=0, url="https://shop.example.jp/shincha?a=1")
    token = make_token()
    Message.rows.filter(delivery=delivery).update(token_hash=token_hash(token))
    part = sign(Purpose.CLICK, token, 0, key=link_key())
    track = Client(SERVER_NAME=django_settings.TRACK_HOST)
    for query in ("", "?u=https://evil.example.com", "?url=//evil.example.com&next=https://evil.example.com"):
        answer = track.get(f"/c/{part}{query}")
        assert (answer.status_code, answer["Location"]) == (302, "https://shop.example.jp/shincha?a=1")
    for path in (
        f"/c/{part.swapcase()}",
        f"/c/{part[:-1]}",
        "/c/https://evil.example.com",
        "/c//evil.example.com",
        f"/c/{part}/../x",
        "/c/" + "A" * 32,
    ):
        answer = track.get(path)
        assert (answer.status_code, "evil" in answer.headers.get("Location", "")) == (404, False)


# ---- U05: a page elsewhere that uses somebody's cookies


def test_a_cookie_opens_no_api(misaki_client):
    who = customer()
    misaki_client.get("/")  # a browser that is new leaves a row
    before = every_row()
    for method, path in (("GET", API), ("POST", API), ("PATCH", f"{API}/{who.number}")):
        for kind in ("application/json", "text/plain"):
            assert misaki_client.generic(method, path, '{"family_name": "x"}', content_type=kind).status_code == 401
    assert every_row() == before


def test_a_form_without_its_token_changes_nothing(misaki_user):
    who = customer()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(misaki_user, backend="enishi.platform.signin.ActiveUserBackend")
    browser.get("/")
    before = every_row()
    for headers in ({}, {"Origin": "https://evil.example.com"}, {"HX-Request": "true"}, {"X-HTTP-Method-Override": "POST"}):
        assert browser.post(f"/customers/{who.number}/edit/", {"family_name": "x"}, headers=headers).status_code == 403
        body = '{"family_name": "x"}'
        assert browser.post(f"/customers/{who.number}/edit/", body, content_type="text/plain", headers=headers).status_code == 403
    assert every_row() == before


# ---- D07: a dump of the base


def test_a_dump_of_the_base_holds_no_secret_in_clear(misaki_user, account, now):
    token = create_token(name="自社EC", read_only=False, actor=actor_of(misaki_user), now=now).token
    account.password_sealed = seal("smtp-geheim-4711", place=account.password_place)
    account.save()
    dump = "\n".join(every_row(besides=()))
    secrets = [token, token.rpartition("_")[2], "smtp-geheim-4711", "enishi-demo-2026", django_settings.SECRET_KEY]
    assert [secret for secret in secrets if secret in dump] == []
