"""Files and pictures in fields of the company's own: sent with the form, seen by the field's class, kept or put away with the value."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from enishi.customers import own_columns
from enishi.customers.actions import field_files
from enishi.customers.actions.customers import change_customer, create_customer
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.files import FileRefused, add_file
from enishi.customers.cells.columns import details_of_column
from enishi.customers.details import Details
from enishi.customers.facts.customers import own_facts
from enishi.customers.fields.catalogue import all_fields
from enishi.customers.imports.people.own import target_fields
from enishi.customers.models import Customer, CustomerFile
from enishi.customers.queries import files as queries
from enishi.customers.queries.recipients import mergeable_fields
from enishi.customers.queries.record import customer_record
from enishi.customers.tests.test_activity_api import api
from enishi.customers.tests.test_files import HTMX, folder, of_files_host, on_disk
from enishi.customers.tests.test_restoring import restore
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import StoredFile, ViewLog
from enishi.platform.rights import actor_of
from enishi.platform.tests.test_file_kinds import PDF, picture
from enishi.rules.facts import Registry
from enishi.rules.loading import load_for
from enishi.rules.python_eval import matches
from enishi.rules.sql_eval import to_queryset
from enishi.rules.tree import parse

__all__ = ["api", "folder"]
YURIKO = Details(family_name="齋藤", given_name="百合子")
NEW = {"kind": "person", "family_name": "髙﨑", "given_name": "𠮷子", "consent-state": "unknown"}


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers"))


@pytest.fixture
def define(admin, now):
    def made(kind="file", label="契約書", **said):
        said = {"privacy": "personal", "purpose": "契約の確認のため"} | said
        return define_field(definition=Definition(kind=kind, label=label, **said), actor=admin, now=now)

    return made


@pytest.fixture
def send(misaki, now):
    def sent(key, name="契約書.pdf", content=PDF, *, actor=misaki) -> int:
        return field_files.hold_file(field_key=key, name=name, chunks=[content], actor=actor, now=now)

    return sent


@pytest.fixture
def put(misaki, now):
    """Write ids into a field of a customer."""

    def written(customer, key, *ids, actor=misaki):
        given = {"custom": {key: list(ids) or None}}
        change_customer(customer_id=customer.pk, given=given, seen=None, actor=actor, now=now)
        customer.refresh_from_db()
        return customer.custom.get(key)

    return written


def lying(key):
    return dict(CustomerFile.rows.filter(field_id=all_fields()[key].id).values_list("name", "archived_at"))


# ---- the form


def test_a_file_is_sent_with_the_form_and_stays_in_it_while_something_else_is_put_right(misaki_client, define, settings):
    key = define()
    page = misaki_client.get("/customers/new/").content.decode()
    assert ("1件だけ、50MBまで。" in page, reverse("customers:field-file-hold", args=[key]) in page) == (True, True)
    line = misaki_client.post(
        reverse("customers:field-file-hold", args=[key]), {"file": SimpleUploadedFile("契約書𠮷.pdf", PDF)}, headers=HTMX
    )
    file_id = CustomerFile.rows.get().pk
    assert (line.status_code, f'name="{key}" value="{file_id}"' in line.content.decode()) == (201, True)

    refused = misaki_client.post("/customers/new/", NEW | {"email": "だめ", key: [file_id]})
    assert (refused.status_code, f'name="{key}" value="{file_id}"' in refused.content.decode()) == (422, True)
    assert misaki_client.post("/customers/new/", NEW | {key: [file_id]}).status_code == 302

    customer, row = Customer.rows.get(), CustomerFile.rows.get()
    assert customer.custom[key] == [{"id": file_id, "name": "契約書𠮷.pdf", "kind": "pdf", "size_bytes": len(PDF)}]
    assert (row.customer_id, row.archived_at) == (customer.pk, None)
    record = misaki_client.get(reverse("customers:record", args=[customer.number])).content.decode()
    assert all(words in record for words in ("契約書𠮷.pdf", "PDF・1 KB", f"files/{file_id}/preview/"))
    served = of_files_host(misaki_client.get(reverse("customers:file-download", args=[customer.number, file_id])).url, settings)
    assert b"".join(served.streaming_content) == PDF


def test_the_form_of_a_customer_keeps_replaces_and_takes_out(misaki_client, define, send, put, make_customer):
    key = define(options={"files": 3})
    customer = make_customer()
    first = send(key, "一.pdf")
    put(customer, key, first)
    url = reverse("customers:edit", args=[customer.number])
    page = misaki_client.get(url)
    assert f'name="{key}" value="{first}"' in page.content.decode()
    typed = NEW | {"seen": page.context["seen"], "city": "金沢市"}
    assert misaki_client.post(url, typed | {key: [first]}).status_code == 302
    assert lying(key) == {"一.pdf": None}

    second, seen = send(key, "二.pdf"), misaki_client.get(url).context["seen"]
    misaki_client.post(url, typed | {"seen": seen, key: [second]})
    customer.refresh_from_db()
    assert ([one["name"] for one in customer.custom[key]], lying(key)["一.pdf"] is None) == (["二.pdf"], False)
    misaki_client.post(url, typed | {"seen": misaki_client.get(url).context["seen"]})
    customer.refresh_from_db()
    assert key not in customer.custom


def test_what_is_refused_is_told_beside_the_file_and_leaves_nothing(misaki_client, define, folder):
    url = reverse("customers:field-file-hold", args=[define("image", "外観")])
    for name, content, words in (
        ("a.txt", b"text", "画像として開けません"),
        ("a.svg", b"<svg/>", "画像として開けません"),
        ("a.png", b"\x89PNG\r\n\x1a\n broken", "画像として開けません"),
        ("a.png", b"", "中身が空です"),
    ):
        answer = misaki_client.post(url, {"file": SimpleUploadedFile(name, content)}, headers=HTMX)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), name
    assert (on_disk(folder), CustomerFile.rows.count(), StoredFile.rows.count()) == ([], 0, 0)
    assert misaki_client.post(reverse("customers:field-file-hold", args=["cf_99"]), {}, headers=HTMX).status_code == 422
    file = {"file": SimpleUploadedFile("a.pdf", PDF)}
    assert misaki_client.post(reverse("customers:field-file-hold", args=["cf_99"]), file, headers=HTMX).status_code == 404


def test_the_designer_says_how_many_and_shows_the_field(admin, sign_in, define):
    client = sign_in(admin)
    said = {"label": "外観", "kind": "image", "for_kind": "", "privacy": "internal"}
    assert client.post("/customers/fields/new/", said | {"most_files": "21"}).status_code == 422
    assert client.post("/customers/fields/new/", said | {"most_files": "4"}).status_code == 302
    [field] = all_fields().values()
    assert (field.kind, field.options) == ("image", {"files": 4})
    assert "4件まで、1件50MBまで。" in client.get("/customers/fields/form/").content.decode()


# ---- whose files


def test_a_customer_registered_with_a_file_has_it(define, send, misaki, now):
    key = define()
    made = create_customer(details=replace(YURIKO, custom={key: [send(key)]}), actor=misaki, now=now)
    assert CustomerFile.rows.get().customer_id == made.id


def test_a_field_takes_files_of_its_own_customer_and_sender_alone(define, send, put, make_customer, misaki, make_user, now):
    key, other_key = define(), define(label="申込書")
    customer, other = make_customer(), make_customer()
    theirs = send(key, actor=actor_of(make_user("mori", "ec_lead", display_name="森 拓海")))
    kept = send(key)
    put(other, key, kept)
    beside = add_file(customer_id=other.pk, name="a.pdf", chunks=[PDF], actor=misaki, now=now)
    for refused in (theirs, kept, beside, send(other_key), 999):
        with pytest.raises(Invalid) as told:
            put(customer, key, refused)
        assert list(told.value.fields) == [key]
    with pytest.raises(Invalid):
        put(customer, key, send(key), send(key))
    with pytest.raises(Invalid):
        put(customer, key, "契約書.pdf")
    assert customer.custom == {}


def test_who_may_not_write_the_field_sends_nothing(define, send, hayashi, admin_only):
    key = define(privacy="sensitive")
    for actor in (hayashi, admin_only):
        with pytest.raises(NotAllowed):
            send(key, actor=actor)


def test_files_that_nobody_saved_go_after_a_day_with_their_bytes(define, send, put, make_customer, folder, now, monkeypatch):
    key = define("image", "外観")
    send(key, "a.png", picture("PNG"))
    put(make_customer(), key, send(key, "b.png", picture("PNG")))
    assert (field_files.drop_held(now=now + timedelta(hours=23)), len(on_disk(folder))) == (0, 4)
    assert field_files.drop_held(now=now + timedelta(hours=25)) == 1
    assert list(CustomerFile.rows.values_list("name", flat=True)) == ["b.png"]
    monkeypatch.setattr(field_files, "MOST_HELD", 1)
    send(key, "c.png", picture("PNG"))
    with pytest.raises(FileRefused):
        send(key, "d.png", picture("PNG"))


# ---- seeing


def test_a_field_of_files_is_seen_by_its_class_and_beside_the_customer_not_at_all(
    define, send, put, make_customer, sign_in, misaki, hayashi, yanaka, now
):
    open_key, closed_key = define(label="外観", privacy="internal"), define()
    customer = make_customer(team=yanaka)
    shown, hidden = send(open_key, "外観.pdf"), send(closed_key, "契約書.pdf")
    put(customer, open_key, shown)
    put(customer, closed_key, hidden)

    client = sign_in(hayashi)
    record = client.get(reverse("customers:record", args=[customer.number])).content.decode()
    assert ("外観.pdf" in record, "契約書.pdf" in record) == (True, False)
    assert client.get(reverse("customers:file-download", args=[customer.number, shown])).status_code == 302
    assert client.get(reverse("customers:file-download", args=[customer.number, hidden])).status_code == 403
    assert queries.shelf(misaki, customer.pk).files == []
    assert queries.file_slice(misaki, customer.pk, before=0, size=10).items == []
    with pytest.raises(NotFound):
        queries.file_for_form(misaki, customer.pk, shown)


def test_a_picture_stands_on_the_page_by_the_files_host(misaki_client, define, send, put, make_customer, settings):
    key = define("image", "外観")
    customer = make_customer()
    file_id = send(key, "店.jpg", picture("JPEG"))
    put(customer, key, file_id)
    url = reverse("customers:file-picture", args=[customer.number, file_id])
    assert url in misaki_client.get(reverse("customers:record", args=[customer.number])).content.decode()
    served = of_files_host(misaki_client.get(url).url, settings)
    assert served["Content-Type"] == "image/jpeg"
    assert ViewLog.rows.filter(route="customers:file-picture").get().object_ids == [file_id]


def test_the_history_brings_a_file_back(define, send, put, make_customer, misaki, now):
    key = define()
    customer = make_customer()
    put(customer, key, send(key))
    put(customer, key)
    assert lying(key)["契約書.pdf"] is not None
    restore(customer, key, misaki, now)
    customer.refresh_from_db()
    assert ([one["name"] for one in customer.custom[key]], lying(key)) == (["契約書.pdf"], {"契約書.pdf": None})


# ---- lists, rules, files of customers


def test_the_list_names_the_first_and_counts_the_rest(define, send, put, make_customer, misaki, now):
    key = define(options={"files": 3})
    customer, other = make_customer(), make_customer()
    put(customer, key, send(key, "一.pdf"), send(key, "二.pdf"))
    [found] = own_columns.own_columns(misaki)
    [column] = found.columns
    values = found.values(misaki, [customer.pk, other.pk], [key])
    assert values == {customer.pk: [("一.pdf", "二.pdf")], other.pk: [None]}
    cell = column.shower(now.date())(values[customer.pk][0])
    assert (cell.text, cell.note) == ("一.pdf", "ほか1件")
    assert [column.writer()(value[0]) for value in (values[customer.pk], values[other.pk])] == ["一.pdf、二.pdf", None]
    lines = {p.label: p.files for group in customer_record(misaki, customer.pk, now=now).groups for p in group.properties}
    assert [file.name for file in lines["契約書"]] == ["一.pdf", "二.pdf"]
    assert details_of_column(key, "person") == ()
    assert [field.key for field in target_fields()] == []
    assert mergeable_fields() == {}


@pytest.mark.parametrize(("op", "names"), [("is_filled", ["有る"]), ("is_empty", ["無い"])])
def test_a_rule_asks_whether_there_is_one(define, send, put, make_customer, now, op, names):
    key = define()
    put(make_customer(name="有る", kind="company"), key, send(key))
    make_customer(name="無い", kind="company")
    registry = Registry(own_facts())
    [fact] = own_facts()
    assert fact.allowed_operators() == ("is_filled", "is_empty")
    rule = parse({"type": "condition", "fact": fact.key, "test": {"type": "labels", "op": op}})
    people = Customer.rows.order_by("pk")
    assert [row.name for row in to_queryset(rule, people, now=now, registry=registry)] == names
    loaded = load_for([rule], Customer.rows.all(), ids=[row.pk for row in people], now=now, registry=registry)
    assert [row.name for row in people if matches(rule, loaded[row.pk], now=now)] == names


# ---- other systems


def test_another_system_writes_the_id_of_what_it_sent_and_reads_addresses(api, define, make_customer, misaki, now):
    key = define(options={"files": 2})
    customer = make_customer()
    base = f"/customers/{customer.number}"
    made = add_file(customer_id=customer.pk, name="契約書.pdf", chunks=[PDF], actor=misaki, now=now)
    answer = api("patch", base, {"custom": {key: [made]}})
    [told] = answer.json()["custom"][key]
    assert told == {
        "id": made,
        "name": "契約書.pdf",
        "kind": "pdf",
        "size_bytes": len(PDF),
        "content": f"/api/v1/customers/{customer.pk}/files/{made}/content",
    }
    assert api("get", f"{base}/files").json()["items"] == []
    assert api("patch", base, {"custom": {key: [told]}}).status_code == 200
    assert api("get", f"{base}/files/{made}/content").status_code == 302
    refused = api("patch", base, {"custom": {key: [made + 9]}})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (422, [key])
    assert api("delete", f"{base}/files/{made}").status_code == 404
