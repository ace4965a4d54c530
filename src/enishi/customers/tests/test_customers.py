"""Registering, changing, archiving and restoring a customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from enishi.customers.actions.consent import Statement
from enishi.customers.actions.customers import (
    AddressInUse,
    ChangedMeanwhile,
    archive_customer,
    create_customer,
    restore_customer,
    update_customer,
)
from enishi.customers.details import Details, details_of, fingerprint
from enishi.customers.models import ConsentState, Customer, Identity
from enishi.platform import rights
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, FieldChange

YURIKO = Details(
    family_name="齋藤",
    given_name="百合子",
    kana="ｻｲﾄｳ ﾕﾘｺ",
    email="Yuriko@Example.JP",
    phone="０９０ー１２３４ー５６７８",
    postal_code="9200831",
    birthday_on=date(1968, 2, 29),
)


def change(customer, actor, now, **fields):
    customer.refresh_from_db()
    before = details_of(customer)
    return update_customer(customer_id=customer.pk, details=replace(before, **fields), seen=fingerprint(before), actor=actor, now=now)


def test_a_customer_gets_a_number_tidy_columns_and_identities(misaki, now):
    made = create_customer(details=YURIKO, actor=misaki, now=now)

    row = Customer.rows.get(pk=made.id)
    assert (made.number, row.name, row.kana, row.email) == ("C-000001", "齋藤 百合子", "サイトウ ユリコ", "yuriko@example.jp")
    assert (row.phone, row.phone_e164, row.postal_code) == ("090-1234-5678", "+819012345678", "920-0831")
    assert set(Identity.rows.values_list("kind", "value")) == {("email", "yuriko@example.jp"), ("phone", "+819012345678")}
    assert "斎藤" in row.name_grams
    assert "34" in row.contact_grams
    event = Event.rows.get(kind="customer.registered")
    assert (event.customer_id, event.data) == (made.id, {"door": "screen"})


def test_a_company_has_a_name_and_another_prefix(misaki, now):
    made = create_customer(details=Details(kind="company", name="㈱縁日堂", family_name="消える"), actor=misaki, now=now)
    row = Customer.rows.get(pk=made.id)
    assert (made.number, row.name, row.family_name) == ("B-000001", "㈱縁日堂", "")


def test_all_that_is_wrong_is_told_at_once(misaki, now):
    wrong = Details(kana="鈴木", email="a@b,jp", phone="12", postal_code="12", gender="x", building="あ" * 200)
    with pytest.raises(Invalid) as refusal:
        create_customer(details=wrong, actor=misaki, now=now)
    assert set(refusal.value.fields) == {"family_name", "kana", "email", "phone", "postal_code", "gender", "building"}
    assert not Customer.rows.exists()


def test_consent_is_written_with_the_registration(misaki, now):
    said = Statement(customer_id=0, channel="email", allowed=True, basis="consent", source="screen", place="谷中本店")
    made = create_customer(details=YURIKO, consent=[said], actor=misaki, now=now)
    assert ConsentState.rows.get().customer_id == made.id


def test_who_may_not_create_registers_nobody(hayashi, now):
    with pytest.raises(NotAllowed):
        create_customer(details=YURIKO, actor=hayashi, now=now)


def test_a_salesman_registers_for_himself(yoshida, misaki, now):
    made = create_customer(details=replace(YURIKO, owner_id=misaki.user_id), actor=yoshida, now=now)
    assert Customer.rows.get(pk=made.id).owner_id == yoshida.user_id


def test_a_shop_manager_registers_for_the_own_shop(make_user, yanaka, kamakura, now):
    manager = rights.actor_of(make_user("kobayashi", "store_manager", team=yanaka))
    made = create_customer(details=YURIKO, actor=manager, now=now)
    assert Customer.rows.values_list("owner_id", "team_id").get(pk=made.id) == (manager.user_id, yanaka.pk)
    with pytest.raises(Invalid) as refusal:  # it would be out of sight at once
        create_customer(details=Details(family_name="林", team_id=kamakura.pk), actor=manager, now=now)
    assert set(refusal.value.fields) == {"team_id"}
    assert Customer.rows.count() == 1


def test_a_known_address_is_told_to_who_sees_its_customer(make_customer, misaki, now):
    create_customer(details=YURIKO, actor=misaki, now=now)
    twin = replace(YURIKO, given_name="健一郎")
    with pytest.raises(AddressInUse) as refusal:
        create_customer(details=twin, actor=misaki, now=now)
    assert refusal.value.number == "C-000001"

    create_customer(details=twin, shares_address=True, actor=misaki, now=now)
    assert Identity.rows.filter(kind="email").get().customer.number == "C-000001"


def test_an_address_of_somebody_unseen_is_never_told(misaki, yoshida, now):
    create_customer(details=YURIKO, actor=misaki, now=now)
    made = create_customer(details=replace(YURIKO, given_name="健一郎"), actor=yoshida, now=now)
    assert Customer.rows.get(pk=made.id).email == "yuriko@example.jp"
    assert Identity.rows.filter(kind="email").get().customer_id != made.id


def test_a_change_leaves_history_search_columns_and_an_event(make_customer, misaki, now):
    yuriko = make_customer(email="old@example.jp")

    changed = change(yuriko, misaki, now, email="new@example.jp", given_name="百合江").names

    yuriko.refresh_from_db()
    assert set(changed) == {"email", "given_name", "name"}
    assert (yuriko.name, "ne" in yuriko.contact_grams) == ("齋藤 百合江", True)
    history = {row.field: (row.before, row.after, row.privacy_class) for row in FieldChange.rows.all()}
    assert history["email"] == ("old@example.jp", "new@example.jp", "personal")
    assert set(Event.rows.get(kind="customer.updated").data["fields"].split(",")) == {"email", "given_name", "name"}


def test_nothing_changed_writes_nothing(make_customer, misaki, now):
    assert change(make_customer(), misaki, now).names == ()
    assert not FieldChange.rows.exists()


def test_an_address_that_was_given_up_identifies_nobody(misaki, now):
    made = create_customer(details=YURIKO, actor=misaki, now=now)
    change(Customer.rows.get(pk=made.id), misaki, now, email="")
    assert not Identity.rows.filter(kind="email").exists()


def test_who_was_slower_is_told_and_writes_nothing(make_customer, misaki, now):
    yuriko = make_customer()
    seen = fingerprint(details_of(yuriko))
    change(yuriko, misaki, now, building="離れ")
    with pytest.raises(ChangedMeanwhile):
        update_customer(customer_id=yuriko.pk, details=replace(details_of(yuriko), city="金沢市"), seen=seen, actor=misaki, now=now)
    assert Customer.rows.get(pk=yuriko.pk).city == ""


def test_giving_a_customer_away_needs_the_right_to_assign(make_customer, yoshida, misaki, now):
    mine = make_customer(owner_id=yoshida.user_id)
    with pytest.raises(NotAllowed):
        change(mine, yoshida, now, owner_id=misaki.user_id)


def test_seen_only_is_not_allowed_and_unseen_is_not_found(make_customer, hayashi, yoshida, yanaka, now):
    yuriko = make_customer(team=yanaka)
    with pytest.raises(NotAllowed):
        change(yuriko, hayashi, now, city="金沢市")
    with pytest.raises(NotFound):
        change(yuriko, yoshida, now, city="金沢市")


def test_archive_and_restore_are_written_down_once(make_customer, misaki, now):
    yuriko = make_customer()
    for _again in range(2):
        archive_customer(customer_id=yuriko.pk, actor=misaki, now=now)
    restore_customer(customer_id=yuriko.pk, actor=misaki, now=now)
    yuriko.refresh_from_db()
    assert yuriko.archived_at is None
    assert list(Event.rows.order_by("id").values_list("kind", flat=True)) == ["customer.archived", "customer.restored"]
