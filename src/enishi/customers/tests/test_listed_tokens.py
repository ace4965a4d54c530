"""Tokens that show chosen fields only: of what their owner may, nothing that is not on the list, by no way. A122."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enishi.customers import access, open_fields
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.consent import Statement, record_consent
from enishi.customers.actions.contacts import add_contact
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.files import add_file
from enishi.customers.actions.tags import put_tag
from enishi.customers.actions.tasks import add_task
from enishi.customers.api.schemas import CustomerOut, RegisteredOut
from enishi.customers.contact_points import Point
from enishi.customers.details import FIELDS, column_of
from enishi.customers.models import ContactPoint, Customer, Identity
from enishi.platform import objects
from enishi.platform.actions.tokens import Reach, change_token, create_token
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.models import ApiToken, ViewLog
from enishi.platform.privacy import Level, Privacy
from enishi.platform.rights import actor_of, actor_of_token
from enishi.rules.facts import registry
from enishi.rules.rights import reads

NAME, EMAIL, PHONE = access.NAME, access.EMAIL, access.PHONE
FULL = {
    "number": "C-000042",
    "kana": "サイトウ ユリコ",
    "email": "yuriko@example.jp",
    "phone": "090-1234-5678",
    "postal_code": "110-0001",
    "prefecture": "東京都",
    "city": "台東区",
    "street": "谷中1-2-3",
    "birthday_on": "1985-04-01",
    "gender": "female",
    "acquisition_source": "店舗",
}


@pytest.fixture(autouse=True)
def nobody_looked_up(db):
    cache.clear()


@pytest.fixture
def boss(make_user):
    """Sees everybody and everything, and defines fields."""
    return actor_of(make_user("boss", "admin", "all_customers", "ec_lead"))


@pytest.fixture
def own_field(boss, now):
    """A field of the company's own, an internal one: whoever sees the customer sees it."""
    return define_field(definition=Definition(kind="text", label="紹介者の社員番号", privacy=Privacy.INTERNAL), actor=boss, now=now)


@pytest.fixture
def yuriko(make_customer, boss, own_field, now):
    """Somebody of whom everything is known."""
    customer = make_customer(**FULL, owner_id=boss.user_id, custom={own_field: "E-007"}, lifecycle="best")
    Identity.rows.create(customer=customer, kind="member", value="M-7788", created_at=now)
    Identity.rows.create(customer=customer, kind="email", value=FULL["email"], created_at=now)
    Identity.rows.create(customer=customer, kind="phone", value="+819012345678", created_at=now)
    put_tag(customer_id=customer.pk, name="常連", actor=boss, now=now)
    statement = Statement(customer_id=customer.pk, channel="email", allowed=True, basis="consent", source="screen", place="店頭")
    record_consent(statement=statement, actor=boss, now=now)
    add_contact(customer_id=customer.pk, point=Point(kind="phone", phone="03-1111-2222", label="work"), actor=boss, now=now)
    record_activity(customer_id=customer.pk, kind="note", text="合言葉はひまわり", actor=boss, now=now)
    add_task(customer_id=customer.pk, title="折り返す", due_on=now.date(), assignee_id=None, actor=boss, now=now)
    return customer


class Ask:
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, method: str, path: str = "", body: object = None, **headers: str):
        named = {"Authorization": f"Bearer {self.token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body) if body is not None else ""
        return Client().generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=named)


@pytest.fixture
def ask(boss, now):
    """`ask(*fields)` → a partner's token with this list, that may otherwise do all its owner may; without any: the owner's."""

    def of(*fields: str, actor: Actor = boss) -> Ask:
        return Ask(create_token(name="提携先", reach=Reach(read_only=False, fields=fields or None), actor=actor, now=now).token)

    return of


def told(answer, field):
    return answer.json()["error"]["fields"].get(field)


# ---- reading ------------------------------------------------------------------------------------------------------


def test_what_is_listed_is_seen_and_nothing_else(ask, yuriko):
    seen = ask(NAME, "customer.prefecture")("GET", "customers/C-000042").json()
    known = {"id", "number", "name", "family_name", "given_name", "kana", "former_name", "prefecture", "archived_at", "custom"}
    assert {key for key, value in seen.items() if value is not None} == known - {"archived_at"}
    assert (seen["name"], seen["prefecture"], seen["custom"]) == ("齋藤 百合子", "東京都", {})
    listed = ask(NAME, "customer.prefecture")("GET", "customers").json()["items"]
    assert listed == [seen]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_answer_is_the_owners_with_other_columns_taken_out(ask, boss, yuriko, own_field, data):
    """Whatever is on the list: each column is the owner's, or null; every listed one is there."""
    ApiToken.rows.all().delete()
    keys = list(objects.open_fields())
    fields = data.draw(st.lists(st.sampled_from(keys), min_size=1, unique=True))
    whole = ask()("GET", "customers/C-000042?include=contacts").json()
    part = ask(*fields)("GET", "customers/C-000042?include=contacts").json()
    open_to = {*fields, *objects.ALWAYS_OPEN}
    for column, value in whole.items():
        if column == "custom":
            assert part[column] == {key: one for key, one in value.items() if f"customer.{key}" in open_to}
        elif column == "contacts" and access.CONTACTS in open_to:
            mine = [
                one
                for one in value
                if f"customer.{one['kind']}" in open_to or (one["kind"] == "address" and "customer.prefecture" in open_to)
            ]
            assert [one["contact"] for one in part[column]] == [one["contact"] for one in mine]
            assert all(got[key] in (one[key], None, "") for got, one in zip(part[column], mine, strict=True) for key in one)
        else:
            assert part[column] == (value if open_fields.name_of(column) in open_to else None), column


def test_a_field_made_tomorrow_is_not_seen_until_it_is_listed(ask, yuriko, boss, now):
    listed = [key for key in objects.open_fields() if key != "customer.owner"]
    partner, owner = ask(*listed), ask()
    made = define_field(definition=Definition(kind="text", label="仕入れ値", privacy=Privacy.INTERNAL), actor=boss, now=now)
    assert owner("PATCH", "customers/C-000042", {"custom": {made: "8,000円"}}).status_code == 200
    assert made in owner("GET", "customers/C-000042").json()["custom"]
    assert made not in partner("GET", "customers/C-000042").json()["custom"]
    assert made not in {one["key"] for one in partner("GET", "fields").json()["items"]}
    assert told(partner("PATCH", "customers/C-000042", {"custom": {made: "1円"}}), made)
    assert partner("POST", "customers/count", {"rule": own_rule(made)}).status_code == 403


def own_rule(key: str) -> Mapping[str, object]:
    return {"type": "condition", "fact": f"own.{key}", "test": {"type": "text", "op": "is_filled"}}


def test_what_is_written_of_a_customer_is_logged_as_seen_where_only_an_own_field_is_listed(ask, boss, make_customer, now):
    made = define_field(
        definition=Definition(kind="text", label="家族の名前", privacy=Privacy.PERSONAL, purpose="案内"), actor=boss, now=now
    )
    make_customer(number="C-000043", custom={made: "太郎"})
    assert ask(f"customer.{made}")("GET", "customers/C-000043").json()["custom"] == {made: "太郎"}
    assert ViewLog.rows.latest("pk").columns == ["custom"]


# ---- asking -------------------------------------------------------------------------------------------------------


def test_nothing_is_asked_by_what_is_hidden(ask, yuriko):
    """Neither a rule nor a count tells of a hidden field; a listed one may be asked about."""
    partner = ask("customer.prefecture")
    actor = access_of(partner)
    assert {fact.key for fact in registry() if reads(actor, fact)} == {"customer.prefecture"}
    gender = {"type": "condition", "fact": "customer.gender", "test": {"type": "choice", "op": "in", "values": ["female"]}}
    for path in ("customers/count", "customers/query"):
        refused = partner("POST", path, {"rule": gender})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "rule.fact_not_readable"), path
    place = {"type": "condition", "fact": "customer.prefecture", "test": {"type": "choice", "op": "in", "values": ["東京都"]}}
    assert partner("POST", "customers/count", {"rule": place}).json() == {"count": 1}
    assert partner("POST", "customers/count", {"rule": {"type": "all", "rules": [place, gender]}}).status_code == 403


def access_of(ask: Ask) -> Actor:
    return actor_of_token(ask.token)


@pytest.mark.parametrize(
    "text", ["齋藤", "サイトウ", "yuriko@example.jp", "090-1234-5678", "09012345678", "M-7788", "03-1111-2222", "1234"]
)
def test_nobody_is_found_by_what_is_hidden(ask, yuriko, text):
    partner = ask("customer.gender")
    assert partner("GET", f"customers?text={text}").json()["items"] == []
    assert partner("POST", "customers/count", {"text": text}).json() == {"count": 0}
    assert partner("GET", "customers?text=C-000042").json()["items"][0]["number"] == "C-000042"


def test_a_listed_name_finds_and_a_hidden_address_beside_it_does_not(ask, yuriko):
    partner = ask(NAME)
    assert partner("POST", "customers/count", {"text": "齋藤"}).json() == {"count": 1}
    for text in ("yuriko", "yuriko@example.jp", "090-1234-5678", "M-7788"):
        assert partner("POST", "customers/count", {"text": text}).json() == {"count": 0}, text
    assert ask(EMAIL)("POST", "customers/count", {"text": "yuriko@example.jp"}).json() == {"count": 1}


@pytest.mark.parametrize(
    ("kind", "value"), [("member", "M-7788"), ("email", "yuriko@example.jp"), ("phone", "090-1234-5678"), ("shop", "1")]
)
def test_nobody_is_met_by_a_hidden_identity(ask, yuriko, kind, value):
    partner = ask("customer.gender")
    known = partner("PUT", f"customers/by/{kind}/{value}", {"gender": "male"})
    assert (known.status_code, bool(told(known, "kind"))) == (422, True)
    result = partner("POST", "customers/bulk", {"items": [{"kind": kind, "value": value, "fields": {}}]}).json()["results"][0]
    assert (result["outcome"], result["id"], list(result["fields"])) == ("refused", None, ["kind"])
    assert Customer.rows.count() == 1


def test_a_change_of_what_is_hidden_shows_in_no_tag_of_a_version(ask, yuriko):
    partner, owner = ask("customer.gender"), ask()
    before = partner("GET", "customers/C-000042")["ETag"]
    assert owner("PATCH", "customers/C-000042", {"city": "荒川区"}).status_code == 200
    assert partner("GET", "customers/C-000042")["ETag"] == before
    assert partner("GET", "customers/C-000042", If_None_Match=before).status_code == 304
    assert partner("PATCH", "customers/C-000042", {"gender": "male"}, If_Match=before).status_code == 200
    assert (
        partner("PATCH", "customers/C-000042", {"gender": "other"}, If_Match=before).json()["error"]["code"] == "customer.changed_meanwhile"
    )


# ---- writing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["female", "male", ""])
def test_a_hidden_field_is_refused_beside_it_whether_the_value_is_the_same_or_not(ask, yuriko, own_field, value):
    partner = ask(NAME)
    refused = partner(
        "PATCH", "customers/C-000042", {"gender": value, "custom": {own_field: "E-007", "cf_999999": 1}, "family_name": "斎藤"}
    )
    assert (refused.status_code, set(refused.json()["error"]["fields"])) == (422, {"gender", own_field, "cf_999999"})
    assert "見せる項目" in told(refused, "gender")[0]
    assert told(refused, own_field) == told(refused, "cf_999999")
    yuriko.refresh_from_db()
    assert (yuriko.family_name, yuriko.gender) == ("齋藤", "female")


def test_what_is_listed_is_written_and_registered(ask, yuriko, boss):
    partner = ask(NAME, EMAIL)
    assert partner("PATCH", "customers/C-000042", {"family_name": "斎藤"}).json()["name"] == "斎藤 百合子"
    made = partner("POST", "customers", {"family_name": "田中", "email": "tanaka@example.jp"})
    assert (made.status_code, made.json()["name"], made.json()["owner_id"], made.json()["suppressed"]) == (201, "田中", None, None)
    refused = partner("POST", "customers", {"family_name": "田中", "phone": "090-0000-0000", "consents": []})
    assert set(refused.json()["error"]["fields"]) == {"phone"}
    consent = [{"channel": "email", "allowed": True, "basis": "consent", "place": "EC"}]
    assert told(partner("POST", "customers", {"family_name": "田中", "consents": consent}), "consents")
    pushed = partner("PUT", "customers/by/email/tanaka@example.jp", {"given_name": "千夏"})
    assert (pushed.status_code, pushed.json()["name"]) == (200, "田中 千夏")


def test_a_seller_registers_for_themselves_though_the_owner_is_not_listed(ask, make_user, yanaka):
    seller = actor_of(make_user("tanaka", "sales", team=yanaka))
    made = ask(NAME, actor=seller)("POST", "customers", {"family_name": "田中"})
    assert made.status_code == 201, made.content
    assert Customer.rows.get(pk=made.json()["id"]).owner_id == seller.user_id


def test_a_hidden_prefecture_is_not_emptied_by_writing_an_address(ask, yuriko):
    partner = ask(access.CONTACTS, access.ADDRESS)
    assert told(partner("PUT", "customers/C-000042/contacts/address", {"city": "荒川区"}), "prefecture")
    assert partner("POST", "customers/C-000042/contacts", {"kind": "phone", "phone": "03-3333-4444"}).status_code == 422
    further = ContactPoint.rows.get(kind="phone", is_primary=False)
    assert partner("POST", f"customers/C-000042/contacts/{further.pk}/primary").status_code == 422
    assert partner("DELETE", f"customers/C-000042/contacts/{further.pk}").status_code == 422
    yuriko.refresh_from_db()
    assert (yuriko.prefecture, yuriko.city) == ("東京都", "台東区")


# ---- parts --------------------------------------------------------------------------------------------------------

PARTS = {
    access.CONTACTS: [("GET", "customers/C-000042/contacts", None)],
    access.TAGS: [("POST", "customers/C-000042/tags", {"name": "新規"})],
    access.CONSENTS: [("POST", "customers/C-000042/consents", {"channel": "phone", "allowed": False})],
    access.ACTIVITIES: [("GET", "customers/C-000042/activities", None), ("POST", "customers/C-000042/notes", {"text": "電話した"})],
    access.TASKS: [("GET", "tasks", None)],
    access.FILES: [("GET", "customers/C-000042/files", None)],
    access.RELATIONS: [("GET", "customers/C-000042/relations", None)],
    access.SHARES: [("GET", "customers/C-000042/shares", None)],
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_open_where_it_is_listed_and_shut_where_it_is_not(ask, yuriko, part):
    without, with_it = ask(*(key for key in objects.open_fields() if key != part)), ask(part)
    for method, path, body in PARTS[part]:
        shut = without(method, path, body)
        assert (shut.status_code, shut.json()["error"]["code"]) == (403, "token.not_listed"), path
        opened = with_it(method, path, body)
        assert opened.status_code in (200, 201), (path, opened.content)
        for secret in ("齋藤", "yuriko@example.jp", "090-1234-5678", "谷中1-2-3", "E-007"):
            assert secret not in opened.content.decode()


def test_what_tells_of_all_fields_at_once_is_shut_to_every_list(ask, yuriko, make_customer):
    make_customer(number="C-000050")
    partner = ask(*objects.open_fields())
    for method, path, body in (
        ("POST", "customers/merge", {"keep": "C-000042", "gone": ["C-000050"], "dry_run": True}),
        ("GET", "duplicates", None),
        ("GET", "duplicates/searches/last", None),
    ):
        assert partner(method, path, body).json()["error"]["code"] == "token.not_listed", path


def test_a_file_is_opened_by_its_part_alone(ask, yuriko, boss, now):
    kept = add_file(customer_id=yuriko.pk, name="覚え書き.txt", chunks=[b"abc"], actor=boss, now=now)
    path = f"customers/C-000042/files/{kept}/content"
    assert (ask(access.FILES)("GET", path).status_code, ask(NAME)("GET", path).status_code) == (302, 404)


def test_a_next_task_needs_the_tasks(ask, yuriko):
    body = {"kind": "call", "text": "電話した", "next": {"title": "折り返す", "due_on": "2026-12-01"}}
    assert told(ask(access.ACTIVITIES)("POST", "customers/C-000042/activities", body), "next")
    assert ask(access.ACTIVITIES, access.TASKS)("POST", "customers/C-000042/activities", body).status_code == 201


# ---- closed by construction ---------------------------------------------------------------------------------------


def _api_operations():
    from config.api import api

    for _prefix, router in api._routers:
        for view in router.path_operations.values():
            yield from view.operations


def test_every_operation_of_the_api_says_what_a_list_opens_or_is_shut():
    said = {operation.operation_id: operation.view_func.parts for operation in _api_operations()}
    assert len(said) > 40
    shut = {name for name, parts in said.items() if parts is None}
    assert shut == {
        *("merge_customers", "get_merge", "unmerge_customers"),
        *("list_duplicates", "decide_duplicates", "search_duplicates", "get_last_duplicate_search", "get_duplicate_search"),
        "stop_duplicate_search",
        *("list_analyses", "get_analysis"),
    }
    cut_by_itself = {name for name, parts in said.items() if parts == ()}
    assert cut_by_itself == {
        *("list_customers", "query_customers", "count_customers", "get_customer", "create_customer", "change_customer"),
        *("upsert_customer", "upsert_customers", "archive_customer", "restore_customer", "download_file", "list_fields"),
    }


def test_every_column_of_an_answer_stands_on_the_list_or_is_always_there(db):
    """Whoever adds a column says under which name a token's list opens it; until then it is null to every list."""
    known = {*objects.open_fields(), *objects.ALWAYS_OPEN}
    columns = {*CustomerOut.model_fields, *RegisteredOut.model_fields} - set(open_fields._CUT_ALREADY)
    assert {column for column in columns if open_fields.name_of(column) not in known} == set()
    details = {name for name in FIELDS if name != "custom"}
    assert {name for name in details if access.field_right(column_of(name)) not in known} == set()
    nobody = Actor(kind="token", name="", only=frozenset(objects.ALWAYS_OPEN))
    assert open_fields.cut(nobody, {"margin": 12}) == {"margin": None}


def test_a_column_without_a_name_is_hidden_whatever_the_class(boss):
    listed = replace(boss, only=frozenset({NAME}))
    assert {listed.level(privacy) for privacy in Privacy} == {Level.HIDDEN}
    assert listed.level(Privacy.PERSONAL, NAME) == boss.level(Privacy.PERSONAL, NAME)
    assert listed.at_least(Level.WRITE, *Privacy).level(Privacy.PERSONAL, EMAIL) == Level.HIDDEN


def test_a_list_gives_no_more_than_the_owner_has(ask, make_user, make_customer, yanaka):
    viewer = actor_of(make_user("see", "viewer"))
    make_customer(**FULL)
    whole, part = ask(actor=viewer)("GET", "customers/C-000042"), ask(*objects.open_fields(), actor=viewer)("GET", "customers/C-000042")
    assert (part.status_code, part.json()) == (whole.status_code, whole.json())


# ---- making one ---------------------------------------------------------------------------------------------------


def test_a_list_holds_known_fields_and_one_at_least(boss, now):
    for fields in ([], ["customer.salary"], [NAME, "x"]):
        with pytest.raises(Invalid) as refused:
            create_token(name="提携先", reach=Reach(fields=fields), actor=boss, now=now)
        assert list(refused.value.fields) == ["fields"]
    assert not ApiToken.rows.exists()


def test_a_change_of_the_list_holds_from_the_next_call_on(ask, yuriko, boss, now):
    partner = ask(NAME)
    row = ApiToken.rows.get()
    assert partner("GET", "customers/C-000042").json()["email"] is None
    change_token(token_id=row.pk, name="提携先", reach=Reach(read_only=False, fields=[NAME, EMAIL]), actor=boss, now=now)
    assert partner("GET", "customers/C-000042").json()["email"] == "yuriko@example.jp"
    change_token(token_id=row.pk, name="提携先", reach=Reach(read_only=False), actor=boss, now=now)
    assert partner("GET", "customers/C-000042").json()["gender"] == "female"


def test_the_screen_offers_the_fields_in_groups_and_says_what_a_token_shows(misaki_client, misaki, own_field):
    page = misaki_client.get("/settings/tokens/")
    groups = {group: [box.label for box in boxes] for group, boxes in page.context["form"].field_groups()}
    assert groups["独自の項目"] == ["紹介者の社員番号"]
    form = {"name": "提携先 﨑", "reach": "read", "expires_on": "", "networks": "", "shows": "chosen"}
    empty = misaki_client.post("/settings/tokens/", form)
    assert (empty.status_code, "見せる項目を、一覧から1つ以上選んでください。" in empty.content.decode()) == (422, True)
    chosen = [NAME, EMAIL, "customer.prefecture", f"customer.{own_field}"]
    page = misaki_client.post("/settings/tokens/", form | {"fields_shown": chosen}).content.decode()
    assert "顧客番号と、氏名・フリガナ・メールアドレス・都道府県 ほか1項目だけが見えます" in page
    row = ApiToken.rows.get()
    assert row.fields == sorted(chosen)
    shown = misaki_client.get(f"/settings/tokens/{row.pk}/").content.decode()
    assert f'value="{NAME}" checked' in shown
    assert misaki_client.post(f"/settings/tokens/{row.pk}/", form | {"shows": "all"}).status_code == 302
    assert ApiToken.rows.get().fields is None
