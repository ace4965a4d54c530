"""The API of customers: the rights and rules of the screens, refusals in one form, nothing made twice."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

import pytest
from django.test import Client

from enishi.customers.api.contact_schemas import ContactFields, ContactOut
from enishi.customers.api.schemas import ConsentOut, CustomerFields, CustomerOut, TagOut
from enishi.customers.contact_points import Point
from enishi.customers.details import Details
from enishi.customers.models import Activity, ConsentRecord, Customer, Identity
from enishi.customers.queries import exchange
from enishi.customers.queries.contacts import ContactLine
from enishi.customers.search import fill_search_columns
from enishi.platform.actions.installation import forget_calls
from enishi.platform.actions.tokens import create_token, revoke_token
from enishi.platform.models import ApiCall, Event, FieldChange, ViewLog
from enishi.platform.rights import actor_of

YURIKO = {"family_name": "齋藤", "given_name": "百合子", "kana": "サイトウ ユリコ", "email": "yuriko@example.jp", "phone": "090-1234-5678"}


class Api:
    """A system that holds a token."""

    def __init__(self, token: str) -> None:
        self.client, self.token = Client(), token

    def __call__(self, method: str, path: str, body: object = None, **headers: str):
        named = {"Authorization": f"Bearer {self.token}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        data = json.dumps(body) if body is not None else ""
        return self.client.generic(method, f"/api/v1/customers{path}", data, content_type="application/json", headers=named)


@pytest.fixture
def api_of(now):
    def make(user, *, read_only=False):
        return Api(create_token(name="自社EC", read_only=read_only, actor=actor_of(user), now=now).token)

    return make


@pytest.fixture
def api(api_of, misaki_user):
    return api_of(misaki_user)


def make(now, number, **columns):
    customer = Customer(number=number, name=columns.pop("name", "田中 千夏"), created_at=now, **columns)
    fill_search_columns(customer)
    customer.save()
    return customer


def test_a_customer_is_registered_read_and_changed(api):
    made = api("POST", "", YURIKO | {"consents": [{"channel": "email", "allowed": True, "basis": "consent", "place": "会員登録"}]})
    assert made.status_code == 201
    body = made.json()
    assert body.pop("suppressed") is False
    assert body.pop("warnings") == []
    assert (body["name"], body["phone_e164"], body["lifecycle"]) == ("齋藤 百合子", "+819012345678", "prospect")
    assert [(c["channel"], c["allowed"], c["basis"]) for c in body["consents"]] == [("email", True, "consent")]
    assert ConsentRecord.rows.get().source == "api"

    read = api("GET", f"/{body['number']}")
    assert (read.json(), read["ETag"]) == (body, made["ETag"])
    assert api("GET", f"/{body['id']}", If_None_Match=read["ETag"]).status_code == 304

    changed = api("PATCH", f"/{body['number']}", {"city": "台東区"}, If_Match=read["ETag"])
    assert (changed.status_code, changed.json()["city"], changed.json()["family_name"]) == (200, "台東区", "齋藤")
    assert list(FieldChange.rows.values_list("field", "after")) == [("city", "台東区")]
    assert Event.rows.get(kind="customer.registered").data == {"door": "api"}


def test_a_change_of_what_somebody_else_changed_is_refused(api):
    body = api("POST", "", YURIKO).json()
    old = api("GET", f"/{body['number']}")["ETag"]
    api("PATCH", f"/{body['number']}", {"city": "台東区"})
    late = api("PATCH", f"/{body['number']}", {"city": "鎌倉市"}, If_Match=old)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "customer.changed_meanwhile")
    assert Customer.rows.get().city == "台東区"


def test_the_same_key_registers_once(api):
    first = api("POST", "", YURIKO, Idempotency_Key="order-1")
    again = api("POST", "", YURIKO, Idempotency_Key="order-1")
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 201, again.json()["id"])
    other = api("POST", "", YURIKO | {"given_name": "百合"}, Idempotency_Key="order-1")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "api.idempotency_key_reused")
    assert Customer.rows.count() == 1


def test_a_refused_call_may_be_tried_again_under_its_key(api):
    assert api("POST", "", {"email": "x"}, Idempotency_Key="k").status_code == 422
    assert ApiCall.rows.count() == 0
    assert api("POST", "", YURIKO, Idempotency_Key="k").status_code == 201


def test_keys_are_kept_for_a_day(api, now):
    from datetime import timedelta

    api("POST", "", YURIKO, Idempotency_Key="k")
    assert (forget_calls(now=now + timedelta(hours=23)), ApiCall.rows.count()) == (0, 1)
    assert (forget_calls(now=now + timedelta(hours=25)), ApiCall.rows.count()) == (1, 0)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"family_name": "齋藤", "is_staff": True}, "is_staff"),
        ({"family_name": "齋藤", "lifecycle": "best"}, "lifecycle"),
        ({"family_name": "齋藤", "custom": {"cf_1": 1}}, "cf_1"),
        ({"family_name": "齋藤", "custom": [1]}, "custom"),
        ({"family_name": "齋藤", "email": "a@example.jp,b@example.jp"}, "email"),
        ({"family_name": "齋藤", "birthday_on": "2026-02-30"}, "birthday_on"),
        ({"family_name": "齋藤", "owner_id": 999_999}, "owner_id"),
        ({"family_name": "齋藤", "team_id": 999_999}, "team_id"),
        ({"family_name": "齋" * 61}, "family_name"),
        ({}, "family_name"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_writes_nothing(api, body, field):
    answer = api("POST", "", body)
    assert answer.status_code == 422
    assert any(field in name for name in answer.json()["error"]["fields"]), answer.json()
    assert Customer.rows.count() == 0


def test_a_schemas_refusal_speaks_the_callers_language(api):
    wrong = {"nothing": 1, "birthday_on": "2026-02-30", "gender": "x", "owner_id": 0, "leave_alone": "perhaps", "city": 1, "consents": {}}
    japanese = api("POST", "", wrong).json()["error"]["fields"]
    assert japanese["birthday_on"] == ["暦にある日付を 2026-04-01 の形で指定してください。"]
    assert japanese["gender"] == ["次のどれかで指定してください：'', 'female', 'male', 'other'"]
    assert japanese["nothing"] == ["この項目はありません。名前を確かめてください。"]
    english = api("POST", "", wrong, Accept_Language="en").json()["error"]["fields"]
    assert set(english) == set(japanese) == set(wrong)
    assert english["owner_id"] == ["Must be 1 or more."]
    assert english["leave_alone"] == ["Give true or false."]
    assert "使えません" not in str(japanese)


def test_what_goes_out_and_comes_in_has_the_fields_of_the_screens():
    def names(record):
        return [field.name for field in fields(record)]

    assert list(CustomerOut.model_fields) == [*names(exchange._Card), "tags", "consents", "contacts"]
    assert set(ContactOut.model_fields) <= set(names(ContactLine))
    assert set(ContactFields.model_fields) - {"shares_address"} == set(names(Point)) - {"kind"}
    assert list(TagOut.model_fields) == names(exchange.TagFacts)
    assert list(ConsentOut.model_fields) == names(exchange.ConsentFacts)
    assert list(CustomerFields.model_fields) == names(Details)
    assert {key: field.default for key, field in CustomerFields.model_fields.items()} == asdict(Details())


def test_what_is_no_json_is_refused_kindly(api):
    headers = {"Authorization": f"Bearer {api.token}"}
    answer = api.client.post("/api/v1/customers", b"{", content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable")


# ---- tokens -------------------------------------------------------------------------------------------------------


def test_without_a_valid_token_nothing_answers(misaki_client, api, misaki, now):
    from enishi.platform.models import ApiToken

    for client, headers in ((misaki_client, {}), (Client(), {"Authorization": "Bearer enishi_wrong"}), (Client(), {})):
        answer = client.get("/api/v1/customers", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"], answer["WWW-Authenticate"]) == (401, "not_authenticated", "Bearer")
    revoke_token(token_id=ApiToken.rows.get().pk, actor=misaki, now=now)
    assert api("GET", "").status_code == 401


def test_a_token_of_somebody_who_left_is_void(api, misaki_user):
    misaki_user.is_active = False
    misaki_user.save()
    assert api("GET", "").status_code == 401


def test_a_read_only_token_reads_and_writes_nothing(api_of, misaki_user, now):
    make(now, "C-000001")
    api = api_of(misaki_user, read_only=True)
    assert api("GET", "").json()["items"][0]["name"] == "田中 千夏"
    for method, path, body in (
        ("POST", "", YURIKO),
        ("PATCH", "/C-000001", {"city": "鎌倉市"}),
        ("PUT", "/by/member/M1", YURIKO),
        ("POST", "/bulk", {"items": [{"kind": "member", "value": "M1", "fields": YURIKO}]}),
        ("POST", "/C-000001/notes", {"text": "x"}),
        ("POST", "/C-000001/activities", {"kind": "call", "text": "x"}),
        ("POST", "/C-000001/archive", None),
    ):
        assert api(method, path, body).status_code == 403, path
    assert (Customer.rows.count(), Activity.rows.count()) == (1, 0)


def test_a_token_sees_what_its_owner_sees(api_of, make_user, yanaka, now):
    staff = make_user("hayashi", "store_staff", team=yanaka)
    mine = make(now, "C-000001", team=yanaka, email="chika@example.jp", phone="090-1234-5678", phone_e164="+819012345678")
    make(now, "C-000002", name="遠藤 誠")
    api = api_of_any(staff, now)
    items = api("GET", "").json()["items"]
    assert [item["id"] for item in items] == [mine.pk]
    assert (items[0]["name"], items[0]["email"]) == ("田＊＊", "c***@example.jp")
    assert api("GET", "/C-000002").status_code == 404
    assert api("GET", "/C-000001").status_code == 200


def api_of_any(user, now):
    """A token written by hand: the role of a shop assistant makes none."""
    from enishi.platform.models import ApiToken
    from enishi.platform.rights import token_hash

    ApiToken.rows.create(user=user, name="x", token_hash=token_hash("enishi_x"), read_only=False, created_at=now)
    return Api("enishi_x")


def test_reading_is_logged(api, now):
    customer = make(now, "C-000001")
    api("GET", "")
    entry = ViewLog.rows.get()
    assert (entry.object_ids, entry.route) == ([customer.pk], "api:list_customers")


# ---- pages and rules ----------------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap(api, now):
    ids = [make(now, f"C-{n:06d}").pk for n in range(1, 8)]
    seen, cursor = [], 0
    while cursor is not None:
        page = api("GET", f"?limit=3&cursor={cursor}").json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ids


def test_a_rule_and_a_text_narrow_the_list(api, now):
    make(now, "C-000001", lifecycle="best")
    other = make(now, "C-000002", name="髙﨑 直美", lifecycle="best")
    make(now, "C-000003", name="高崎 学")
    rule = {"type": "condition", "fact": "customer.lifecycle", "test": {"type": "choice", "op": "in", "values": ["best"]}}
    assert len(api("POST", "/query", {"rule": rule}).json()["items"]) == 2
    assert [item["id"] for item in api("POST", "/query", {"rule": rule, "text": "高崎"}).json()["items"]] == [other.pk]
    assert api("POST", "/count", {"rule": rule}).json() == {"count": 2}
    bad = {"type": "condition", "fact": "owner__password", "test": {"type": "text", "op": "starts_with", "values": ["p"]}}
    assert api("POST", "/query", {"rule": bad}).status_code == 422


def test_a_list_takes_few_queries_however_long(api, now, django_assert_max_num_queries):
    for n in range(1, 60):
        make(now, f"C-{n:06d}")
    with django_assert_max_num_queries(14):  # token, roles, levels, ids, rows, view log with its savepoint, tags, consents
        assert len(api("GET", "").json()["items"]) == 50


# ---- upserts ------------------------------------------------------------------------------------------------------


def test_a_push_registers_then_changes_then_leaves_alone(api):
    assert api("PUT", "/by/member/M-77", YURIKO).status_code == 201
    changed = api("PUT", "/by/member/Ｍ-77", {"city": "台東区"})
    assert (changed.status_code, changed.json()["city"], changed.json()["given_name"]) == (200, "台東区", "百合子")
    assert api("PUT", "/by/member/M-77", {"city": "台東区"}).status_code == 200
    assert Customer.rows.count() == 1
    assert Identity.rows.get(kind="member").value == "M-77"
    assert Event.rows.filter(kind="customer.updated").count() == 1


def test_a_push_by_address_meets_whoever_has_it(api):
    body = api("POST", "", YURIKO).json()
    done = api("PUT", "/by/email/YURIKO@EXAMPLE.JP", {"city": "鎌倉市"})
    assert (done.status_code, done.json()["id"]) == (200, body["id"])
    by_phone = api("PUT", "/by/phone/09012345678", {"city": "金沢市"})
    assert by_phone.json()["id"] == body["id"]


def test_a_push_about_somebody_out_of_sight_tells_nothing(api_of, make_user, yanaka, now):
    manager = make_user("kobayashi", "store_manager", team=yanaka)
    hidden = make(now, "C-000001", email="chika@example.jp")
    Identity.rows.create(customer=hidden, kind="email", value="chika@example.jp", created_at=now)
    answer = api_of_any(manager, now)("PUT", "/by/email/chika@example.jp", {"family_name": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "customer.identity_taken")
    assert "C-000001" not in answer.content.decode()


def test_of_many_pushes_the_bad_ones_are_told_and_the_rest_written(api):
    items = [
        {"kind": "member", "value": "M1", "fields": YURIKO},
        {"kind": "member", "value": "M2", "fields": YURIKO | {"email": "no address"}},
        {"kind": "phone", "value": "123", "fields": YURIKO},
        {"kind": "member", "value": "M1", "fields": {"city": "台東区"}},
    ]
    results = api("POST", "/bulk", {"items": items}).json()["results"]
    assert [r["outcome"] for r in results] == ["created", "refused", "refused", "updated"]
    assert (list(results[1]["fields"]), list(results[2]["fields"])) == (["email"], ["value"])
    assert Customer.rows.get().city == "台東区"


# ---- parts --------------------------------------------------------------------------------------------------------


def test_tags_notes_consents_and_the_bin(api):
    number = api("POST", "", YURIKO).json()["number"]
    tagged = api("POST", f"/{number}/tags", {"name": "常連"}).json()["tags"]
    assert [tag["name"] for tag in tagged] == ["常連"]
    assert api("DELETE", f"/{number}/tags/{tagged[0]['id']}").json()["tags"] == []
    first = api("POST", f"/{number}/notes", {"text": "電話あり"}, Idempotency_Key="n").json()
    assert api("POST", f"/{number}/notes", {"text": "電話あり"}, Idempotency_Key="n").json() == first
    assert Activity.rows.count() == 1
    refused = api("POST", f"/{number}/consents", {"channel": "email", "allowed": False}).json()
    assert refused["consents"][0]["allowed"] is False
    assert api("POST", f"/{number}/archive").status_code == 204
    assert api("GET", "").json()["items"] == []
    assert len(api("GET", "?archived=true").json()["items"]) == 1
    assert api("POST", f"/{number}/restore").status_code == 204
    assert len(api("GET", "").json()["items"]) == 1


@pytest.mark.parametrize(
    "text", ["𠮷野家", "=HYPERLINK(1)", "<svg onload=alert(1)>", "Robert'); DROP TABLE", "ﾀﾅｶ", "{{customer.phone}}", "%s%n"]
)
def test_strange_texts_come_back_letter_for_letter(api, text):
    body = api("POST", "", {"family_name": text}).json()
    assert (body["family_name"], api("GET", f"/{body['id']}").json()["family_name"]) == (text, text)


def test_a_zero_character_is_no_server_error(api):
    assert api("POST", "", {"family_name": "a\x00b"}).status_code in (201, 422)


def test_a_letter_that_no_text_can_hold_is_refused_in_words(api, misaki_client):
    made = api("POST", "", YURIKO).json()
    place = {"channel": "email", "allowed": False, "place": "a\x00b"}
    for answer in (api("GET", "/%00"), api("GET", "?text=%00"), api("POST", f"/{made['number']}/consents", place)):
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable")
    page = misaki_client.get("/orders/?q=%00")
    assert (page.status_code, "使えない文字" in page.content.decode()) == (400, True)
