"""What a masked role cannot do by any door (A06, A12), how it finds one person, and how it opens one record."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from enishi.customers.actions.customers import create_customer
from enishi.customers.actions.reveals import HOLDS_FOR, TooManyReveals, reveal_customer
from enishi.customers.details import Details
from enishi.customers.filtering import palette
from enishi.customers.models import Customer, Identity
from enishi.customers.queries.palette import activity_hits, customer_hits
from enishi.customers.search import found_ids
from enishi.platform import rights, time
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import ApiToken, Event, Reveal, Role, RoleField, RoleGrant, ViewLog
from enishi.platform.privacy import Level, Privacy
from enishi.platform.rights import token_hash

MAIL, PHONE = "yuriko@example.jp", "090-1234-5678"


@pytest.fixture
def yuriko(make_customer, yanaka):
    found = make_customer(family_name="齋藤", given_name="百合子", email=MAIL, phone=PHONE, team=yanaka)
    Identity.rows.get_or_create(kind="email", value=MAIL, defaults={"customer": found, "created_at": found.created_at})
    Identity.rows.get_or_create(kind="phone", value="+819012345678", defaults={"customer": found, "created_at": found.created_at})
    Identity.rows.get_or_create(kind="member", value="M20260042", defaults={"customer": found, "created_at": found.created_at})
    return found


@pytest.fixture
def masked(onlooker, sign_in):
    return sign_in(onlooker)


@pytest.fixture
def token(onlooker, now):
    ApiToken.rows.create(user_id=onlooker.user_id, name="x", token_hash=token_hash("enishi_masked"), read_only=False, created_at=now)
    return {"Authorization": "Bearer enishi_masked"}


RULE = json.dumps(
    {
        "type": "all",
        "rules": [{"type": "condition", "fact": "customer.name", "test": {"kind": "text", "op": "contains", "values": ["百合"]}}],
    }
)


# ---- A06: neither searched, filtered, sorted, grouped nor counted by -------------------------------------------------


@pytest.mark.parametrize("text", ["百合子", "さいとう", "yuriko", "yuriko@exam", "1234", "090-1234", "5678", "+8190"])
def test_no_part_of_a_name_or_contact_finds_anybody(text, yuriko, onlooker, masked, token):
    assert found_ids(onlooker, text) == []
    assert customer_hits(onlooker, text, 6) == []
    assert yuriko.number not in masked.get("/customers/", {"q": text}).content.decode()
    assert masked.get("/search/", {"q": text}).content.decode().count(yuriko.number) == 0
    answer = masked.get("/api/v1/customers", {"text": text}, headers=token)
    assert answer.status_code in (200, 422)
    assert yuriko.number not in answer.content.decode()


def test_no_list_stands_by_name(yuriko, masked):
    assert masked.get("/customers/", {"sort": "kana"}).status_code == 422


def test_no_rule_asks_about_a_masked_field(yuriko, onlooker, masked):
    keys = {fact.key for fact in palette(onlooker)}
    assert keys.isdisjoint({"customer.name", "customer.kana", "customer.city", "customer.age", "customer.birthday"})
    for address in ("/customers/", "/customers/columns/"):
        answer = masked.get(address, {"rule": RULE})
        assert yuriko.number not in answer.content.decode() or answer.status_code in (403, 404, 422)


def test_no_words_of_activities_are_searched(yuriko, onlooker):
    assert activity_hits(onlooker, "浴衣", 5) == []


@pytest.mark.parametrize(
    "address",
    [
        "/customers/{key}/",
        "/customers/{key}/timeline/",
        "/customers/{key}/history/",
        "/customers/{key}/files/",
        "/customers/?columns=email,phone,kana",
    ],
)
def test_no_page_shows_what_is_masked(address, yuriko, masked):
    page = masked.get(address.format(key=yuriko.number), follow=True).content.decode()
    assert all(text not in page for text in (MAIL, PHONE, "齋藤 百合子", "+819012345678"))


def test_a_clash_of_addresses_tells_nothing_to_who_does_not_read_them(yuriko, make_user, yanaka, now):
    """A masked role that registers customers meets no hint of who has the address."""
    role = Role.rows.get(key="store_staff")
    RoleGrant.rows.create(role=role, object="customer", action="create", scope="team")
    RoleField.rows.create(role=role, field="customer.name", privacy_class="personal", level=Level.WRITE)
    RoleField.rows.create(role=role, field="customer.email", privacy_class="personal", level=Level.MASKED)
    actor = rights.actor_of(make_user("sakura", "store_staff", team=yanaka))
    with pytest.raises(Invalid) as refusal:  # nor do they write one
        create_customer(details=Details(family_name="別", email=MAIL, team_id=yanaka.pk), actor=actor, now=now)
    assert set(refusal.value.fields) == {"email"}
    assert yuriko.number not in str(refusal.value.fields)


def test_the_address_of_an_unseen_customer_is_taken_without_a_word(yuriko, yoshida, now):
    """A12: 𠮷田 does not see 百合子. The new customer is registered; the address stays the key of the first."""
    made = create_customer(details=Details(family_name="別", email=MAIL), actor=yoshida, now=now)
    assert Customer.rows.get(pk=made.id).email == MAIL
    assert Identity.rows.get(kind="email", value=MAIL).customer_id == yuriko.pk


# ---- finding one person ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column"),
    [(PHONE, "phone"), ("09012345678", "phone"), (MAIL, "email"), ("YURIKO@EXAMPLE.JP", "email"), ("M20260042", "member_number")],
)
def test_a_complete_key_finds_its_one_person_and_is_written_down(text, column, yuriko, hayashi):
    assert found_ids(hayashi, text) == [yuriko.pk]
    row = ViewLog.rows.latest("pk")
    assert (row.actor_id, row.object_ids, row.reason, row.columns) == (hayashi.user_id, [yuriko.pk], "lookup", [column])


def test_the_customer_of_another_shop_is_not_found_by_it(yuriko, make_user, kamakura):
    other = rights.actor_of(make_user("other", "store_staff", team=kamakura))
    assert found_ids(other, PHONE) == []
    assert not ViewLog.rows.exists()


def test_look_ups_are_limited_by_the_hour(yuriko, hayashi, monkeypatch):
    monkeypatch.setattr("enishi.customers.search.LOOK_UPS_PER_HOUR", 2)
    for number in ("090-0000-0001", "090-0000-0002"):
        assert found_ids(hayashi, number) == []
    assert found_ids(hayashi, PHONE) == []


# ---- opening one record ---------------------------------------------------------------------------------------------


def seen(client, number):
    page = client.get(f"/customers/{number}/").content.decode()
    return MAIL in page, PHONE in page, "齋藤 百合子" in page


def test_one_record_is_opened_for_ten_minutes_with_a_reason(yuriko, make_customer, hayashi, yanaka, sign_in, now):
    other = make_customer(family_name="隣", email="other@example.jp", team=yanaka)
    client = sign_in(hayashi)
    assert seen(client, yuriko.number) == (False, False, False)
    assert "理由を書いて開く" in client.get(f"/customers/{yuriko.number}/").content.decode()
    reveal_customer(customer_id=yuriko.pk, reason="取り置きの連絡", actor=hayashi, now=now)
    row = ViewLog.rows.latest("pk")
    assert (row.reason, row.object_ids, "email" in row.columns) == ("取り置きの連絡", [yuriko.pk], True)
    assert seen(client, yuriko.number) == (True, True, True)
    assert "other@example.jp" not in client.get(f"/customers/{other.number}/").content.decode()
    assert MAIL not in client.get("/customers/", {"columns": "email"}).content.decode()
    time.freeze(now + HOLDS_FOR + timedelta(seconds=1))
    assert seen(client, yuriko.number) == (False, False, False)
    assert Event.rows.get(kind="customer.revealed").customer_id == yuriko.pk


def test_it_asks_for_a_reason_and_is_not_everybodys(yuriko, hayashi, onlooker, misaki, make_user, kamakura, now):
    with pytest.raises(Invalid):
        reveal_customer(customer_id=yuriko.pk, reason="　", actor=hayashi, now=now)
    for actor in (onlooker, misaki):  # no right to; nothing is masked
        with pytest.raises(NotAllowed):
            reveal_customer(customer_id=yuriko.pk, reason="連絡", actor=actor, now=now)
    with pytest.raises(NotFound):
        reveal_customer(customer_id=yuriko.pk, reason="連絡", actor=rights.actor_of(make_user("o", "store_staff", team=kamakura)), now=now)
    assert not Reveal.rows.exists()


def test_records_are_opened_so_often_an_hour(yuriko, hayashi, now, monkeypatch):
    monkeypatch.setattr("enishi.customers.actions.reveals.PER_HOUR", 1)
    reveal_customer(customer_id=yuriko.pk, reason="連絡", actor=hayashi, now=now)
    with pytest.raises(TooManyReveals):
        reveal_customer(customer_id=yuriko.pk, reason="連絡", actor=hayashi, now=now)
    assert Reveal.rows.count() == 1


def test_it_is_opened_from_the_page(yuriko, hayashi, sign_in):
    client = sign_in(hayashi)
    assert client.post(f"/customers/{yuriko.number}/reveal/", {"reason": ""}).status_code == 422
    assert client.post(f"/customers/{yuriko.number}/reveal/", {"reason": "取り置きの連絡"}).status_code == 302
    assert seen(client, yuriko.number) == (True, True, True)
    assert rights.actor_by_id(hayashi.user_id).level(Privacy.PERSONAL) == Level.MASKED
