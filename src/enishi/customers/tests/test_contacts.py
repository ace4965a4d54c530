"""Several mail addresses, phones and addresses of one customer: what the base keeps, who is recognised, found and told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from enishi.customers import access, search
from enishi.customers.actions.contacts import (
    ContactStopped,
    add_contact,
    change_contact,
    end_contacts,
    make_contact_primary,
    remove_contact,
)
from enishi.customers.actions.customers import AddressInUse
from enishi.customers.contact_points import MOST, Point
from enishi.customers.models import ContactPoint, Customer, Identity
from enishi.customers.queries.consent import Obstacle, can_be_mailed
from enishi.customers.queries.contacts import contacts_of, editable_contact
from enishi.customers.queries.history import customer_history
from enishi.customers.queries.record import customer_record
from enishi.customers.queries.story import story
from enishi.customers.tests.test_customers import change
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, FieldChange

WORK = Point("email", "work", email="Front@Shirasagi.example")
MOBILE = Point("phone", "mobile", phone="０８０-5550-0001")
PARCELS = Point(
    "address", "shipping", postal_code="9200902", prefecture="石川県", city="金沢市", street="尾張町1-9-20", note="フロント気付"
)


@pytest.fixture
def yuriko(make_customer):
    return make_customer(number="C-000501", email="yuriko@example.jp", phone="076-262-0001", prefecture="石川県", city="金沢市")


@pytest.fixture
def add(misaki, now, yuriko):
    def add(point, customer=yuriko, **options):
        return add_contact(customer_id=customer.pk, point=point, actor=misaki, now=now, **options).contact

    return add


@pytest.fixture
def write(misaki, now, yuriko):
    """Change what is known of one contact point."""

    def write(contact, *, at=now, **changed):
        point = editable_contact(misaki, yuriko.pk, contact).point
        change_contact(customer_id=yuriko.pk, contact=contact, point=replace(point, **changed), actor=misaki, now=at)

    return write


def known(customer):
    return set(Identity.rows.filter(customer=customer).values_list("kind", "value"))


def shown(actor, customer):
    return [(line.kind, line.label, line.is_primary, line.lines[-1], line.state) for line in contacts_of(actor, customer.pk)]


def found(actor, text):
    narrowed = search.narrowed(actor, access.visible_customers(actor), text)
    return narrowed.ids if narrowed.ids is not None else list(narrowed.rows.values_list("pk", flat=True))


# ---- adding -----------------------------------------------------------------------------------------------


def test_further_ones_stand_behind_the_primary_ones_and_recognise_the_customer(yuriko, add, misaki):
    called = [add(WORK), add(MOBILE), add(PARCELS)]
    assert all(name.isdecimal() for name in called)
    assert shown(misaki, yuriko) == [
        ("email", "", True, "yuriko@example.jp", "usable"),
        ("email", "work", False, "front@shirasagi.example", "usable"),
        ("phone", "", True, "076-262-0001", "usable"),
        ("phone", "mobile", False, "080-5550-0001", "usable"),
        ("address", "", True, "石川県金沢市", "usable"),
        ("address", "shipping", False, "石川県金沢市尾張町1-9-20", "usable"),
    ]
    assert {("email", "front@shirasagi.example"), ("email", "yuriko@example.jp"), ("phone", "+818055500001")} <= known(yuriko)


def test_the_first_of_its_kind_becomes_the_primary_one(make_customer, add, misaki):
    nobody = make_customer(number="C-000502", name="田中 千夏")
    assert add(WORK, customer=nobody) == "email"
    nobody.refresh_from_db()
    assert nobody.email == "front@shirasagi.example"
    assert shown(misaki, nobody) == [("email", "work", True, "front@shirasagi.example", "usable")]


def test_parts_of_a_further_one_find_the_customer_also_after_a_change_of_name(yuriko, add, misaki, now):
    add(WORK)
    add(MOBILE)
    for text in ("front@shira", "shirasagi", "5550-0001", "0805550", "0001"):
        assert yuriko.pk in found(misaki, text), text
    change(yuriko, misaki, now, given_name="ゆり子")
    assert yuriko.pk in found(misaki, "shirasagi")
    assert found(misaki, "sagi.exjp") == []


def test_a_fax_recognises_nobody(yuriko, add):
    add(Point("phone", "fax", phone="076-262-0009"))
    assert ("phone", "+81762620009") not in known(yuriko)


@pytest.mark.parametrize("point", [Point("email", email="Yuriko@example.jp"), Point("phone", phone="0762620001"), WORK])
def test_what_a_customer_has_already_is_refused(yuriko, add, point):
    add(WORK)
    with pytest.raises(Invalid):
        add(point)


@pytest.mark.parametrize(
    ("point", "field"),
    [
        (Point("email", email="front"), "email"),
        (Point("phone", phone="12"), "phone"),
        (Point("address", label="shipping"), "postal_code"),
        (replace(WORK, label="fax"), "label"),
        (replace(MOBILE, from_on=date(2026, 5, 1), until_on=date(2026, 4, 1)), "until_on"),
        (replace(MOBILE, state="invalid"), "reason"),
        (replace(MOBILE, note="あ" * 201), "note"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(yuriko, add, point, field):
    with pytest.raises(Invalid) as refused:
        add(point)
    assert field in refused.value.fields
    assert not ContactPoint.rows.exists()


def test_there_are_not_endlessly_many(yuriko, add):
    for n in range(MOST):
        add(Point("email", email=f"m{n}@example.jp"))
    with pytest.raises(Invalid):
        add(Point("email", email="more@example.jp"))


# ---- who else has it --------------------------------------------------------------------------------------


def test_an_address_that_another_customer_owns_is_refused_kindly_or_shared(yuriko, add, make_customer, misaki):
    chinatsu = make_customer(number="C-000503", name="田中 千夏", email="chinatsu@example.jp")
    add(WORK, customer=chinatsu)
    with pytest.raises(AddressInUse) as refused:
        add(WORK)
    assert refused.value.number == "C-000503"
    add(WORK, shares_address=True)
    assert ("email", "front@shirasagi.example") in known(chinatsu)
    assert ("email", "front@shirasagi.example") not in known(yuriko)
    assert sorted(found(misaki, "shirasagi")) == sorted([yuriko.pk, chinatsu.pk])


# ---- what works no more -----------------------------------------------------------------------------------


def test_an_invalid_mail_identifies_nobody_and_comes_back_when_it_works_again(yuriko, add, write, now):
    contact = add(WORK)
    write(contact, state="invalid", reason="bounced", stopped_on=date(2026, 3, 1))
    assert ("email", "front@shirasagi.example") not in known(yuriko)
    row = ContactPoint.rows.get(pk=int(contact))
    assert (row.state, row.reason, row.stopped_on) == ("invalid", "bounced", date(2026, 3, 1))
    write(contact, state="usable")
    row.refresh_from_db()
    assert (row.state, row.reason, row.stopped_on) == ("usable", "", None)
    assert ("email", "front@shirasagi.example") in known(yuriko)


def test_a_primary_mail_that_bounces_is_not_written_to_until_there_is_another(yuriko, write, misaki, now):
    assert can_be_mailed([yuriko.pk])[yuriko.pk].obstacle is Obstacle.NEVER_ASKED
    write("email", state="invalid", reason="bounced")
    assert can_be_mailed([yuriko.pk])[yuriko.pk].obstacle is Obstacle.STOPPED_ADDRESS
    assert ("email", "yuriko@example.jp") not in known(yuriko)
    (mail, *_others) = customer_record(misaki, yuriko.pk, now=now).contacts
    assert (mail.note, mail.href) == ("無効", "")
    change(yuriko, misaki, now, email="new@example.jp")
    assert can_be_mailed([yuriko.pk])[yuriko.pk].obstacle is Obstacle.NEVER_ASKED
    assert ("email", "new@example.jp") in known(yuriko)
    assert not ContactPoint.rows.filter(is_primary=True).exists()


def test_one_to_be_left_alone_has_the_persons_wish_as_its_reason(yuriko, write):
    write("phone", state="refused")
    row = ContactPoint.rows.get()
    assert (row.reason, row.phone, row.is_primary) == ("wish", "", True)


def test_the_last_day_ends_it(yuriko, add, now):
    today = date(2026, 11, 22)
    contact = add(replace(WORK, until_on=today))
    assert ("email", "front@shirasagi.example") in known(yuriko)
    assert end_contacts(now=now) == 0
    assert end_contacts(now=now + timedelta(days=1)) == 1
    row = ContactPoint.rows.get(pk=int(contact))
    assert (row.state, row.reason, row.stopped_on) == ("invalid", "ended", today)
    assert ("email", "front@shirasagi.example") not in known(yuriko)
    assert end_contacts(now=now + timedelta(days=1)) == 0
    assert Event.rows.filter(kind="customer.contact_stopped", customer_id=yuriko.pk).count() == 1


def test_a_longer_period_lets_it_work_again(yuriko, add, write, now):
    contact = add(replace(WORK, until_on=date(2026, 1, 31)))
    assert ContactPoint.rows.get(pk=int(contact)).reason == "ended"
    write(contact, until_on=None)
    assert ContactPoint.rows.get(pk=int(contact)).state == "usable"


# ---- the primary one --------------------------------------------------------------------------------------


def test_two_change_places_with_all_that_is_known_of_them(yuriko, add, write, misaki, now):
    write("email", label="home", note="夜のみ")
    contact = add(replace(WORK, from_on=date(2026, 4, 1)))
    make_contact_primary(customer_id=yuriko.pk, contact=contact, actor=misaki, now=now)
    yuriko.refresh_from_db()
    assert yuriko.email == "front@shirasagi.example"
    first, second = [line for line in contacts_of(misaki, yuriko.pk) if line.kind == "email"]
    assert (first.is_primary, first.label, first.from_on) == (True, "work", date(2026, 4, 1))
    assert (second.email, second.label, second.note) == ("yuriko@example.jp", "home", "夜のみ")
    changed = FieldChange.rows.get(object="customers.customer", field="email")
    assert (changed.before, changed.after) == ("yuriko@example.jp", "front@shirasagi.example")
    make_contact_primary(customer_id=yuriko.pk, contact=second.contact, actor=misaki, now=now)
    assert Customer.rows.get(pk=yuriko.pk).email == "yuriko@example.jp"
    assert {("email", "front@shirasagi.example"), ("email", "yuriko@example.jp")} <= known(yuriko)


def test_a_stopped_one_does_not_become_the_primary_one(yuriko, add, misaki, now):
    contact = add(replace(WORK, state="invalid", reason="bounced"))
    with pytest.raises(ContactStopped):
        make_contact_primary(customer_id=yuriko.pk, contact=contact, actor=misaki, now=now)


def test_a_further_one_that_the_form_makes_primary_stands_there_once(yuriko, add, misaki, now):
    add(WORK)
    change(yuriko, misaki, now, email="front@shirasagi.example")
    assert shown(misaki, yuriko)[0] == ("email", "", True, "front@shirasagi.example", "usable")
    assert not ContactPoint.rows.exists()


def test_the_value_of_the_primary_one_is_changed_at_the_customer(yuriko, write):
    write("phone", phone="076-262-0002", label="home")
    yuriko.refresh_from_db()
    assert (yuriko.phone, yuriko.phone_e164) == ("076-262-0002", "+81762620002")
    assert ContactPoint.rows.get().label == "home"
    assert ("phone", "+81762620002") in known(yuriko)


def test_removing_frees_the_identity_and_the_search(yuriko, add, misaki, now):
    remove_contact(customer_id=yuriko.pk, contact=add(WORK), actor=misaki, now=now)
    assert ("email", "front@shirasagi.example") not in known(yuriko)
    assert found(misaki, "shirasagi") == []
    remove_contact(customer_id=yuriko.pk, contact="email", actor=misaki, now=now)
    yuriko.refresh_from_db()
    assert yuriko.email == ""


# ---- what the base keeps ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": "email", "is_primary": True, "email": "other@example.jp"},  # a primary one that is not the customer's
        {"kind": "email"},  # a further one that leads nowhere
        {"kind": "phone", "email": "x@example.jp"},
        {"kind": "phone", "phone": "080", "phone_e164": "080"},
        {"kind": "email", "email": "x@example.jp", "label": "fax"},
        {"kind": "email", "email": "x@example.jp", "state": "invalid"},
        {"kind": "email", "email": "x@example.jp", "from_on": date(2026, 2, 1), "until_on": date(2026, 1, 1)},
    ],
)
def test_the_base_refuses_what_must_not_be(yuriko, now, columns):
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactPoint.rows.create(customer=yuriko, created_at=now, **columns)


def test_the_base_has_one_primary_of_a_kind_and_each_value_once(yuriko, now):
    ContactPoint.rows.create(customer=yuriko, kind="email", is_primary=True, created_at=now)
    ContactPoint.rows.create(customer=yuriko, kind="email", email="x@example.jp", created_at=now)
    for columns in ({"is_primary": True}, {"email": "x@example.jp"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ContactPoint.rows.create(customer=yuriko, kind="email", created_at=now, **columns)


def test_whatever_writes_another_value_what_was_known_of_the_old_one_is_gone(yuriko, now):
    for kind in ("email", "phone", "address"):
        ContactPoint.rows.create(customer=yuriko, kind=kind, is_primary=True, note="古い", created_at=now)
    ContactPoint.rows.create(customer=yuriko, kind="email", email="x@example.jp", created_at=now)
    Customer.rows.filter(pk=yuriko.pk).update(email="x@example.jp", kana="カナ")
    assert set(ContactPoint.rows.values_list("kind", "is_primary")) == {("phone", True), ("address", True)}
    Customer.rows.filter(pk=yuriko.pk).update(street="東山1-1", phone="076-1", phone_e164="+81761")
    assert not ContactPoint.rows.exists()


# ---- who may, and what is told ----------------------------------------------------------------------------


def test_who_reads_masked_sees_masked_and_writes_nothing(yuriko, add, hayashi, yanaka, now):
    Customer.rows.filter(pk=yuriko.pk).update(team=yanaka)
    contact = add(WORK)
    add(MOBILE)
    lines = [line for line in contacts_of(hayashi, yuriko.pk) if not line.is_primary]
    assert [(line.lines, line.href) for line in lines] == [(("f***@shirasagi.example",), ""), (("080-****-0001",), "")]
    with pytest.raises(NotAllowed):
        add_contact(customer_id=yuriko.pk, point=PARCELS, actor=hayashi, now=now)
    with pytest.raises(NotAllowed):
        editable_contact(hayashi, yuriko.pk, contact)


def test_who_does_not_see_the_customer_sees_none(yuriko, add, yoshida, now):
    contact = add(WORK)
    with pytest.raises(NotFound):
        contacts_of(yoshida, yuriko.pk)
    with pytest.raises(NotFound):
        remove_contact(customer_id=yuriko.pk, contact=contact, actor=yoshida, now=now)


def test_a_contact_of_somebody_else_is_not_found(yuriko, add, make_customer, misaki, now):
    other = make_customer(number="C-000504", name="田中 千夏")
    contact = add(WORK)
    for wrong in (contact, "email", "fax", "9" * 19):
        with pytest.raises(NotFound):
            remove_contact(customer_id=other.pk, contact=wrong, actor=misaki, now=now)


def test_history_and_timeline_tell_it_and_the_log_keeps_no_address(yuriko, add, write, misaki, hayashi, yanaka, now):
    contact = add(WORK)
    write(contact, state="invalid", reason="bounced")
    remove_contact(customer_id=yuriko.pk, contact=contact, actor=misaki, now=now)
    lines = {(line.field, line.before, line.after) for line in customer_history(misaki, yuriko.pk).lines}
    assert ("連絡先・メールアドレス", "", "front@shirasagi.example") in lines
    assert ("連絡先・状態", "使える", "無効") in lines
    assert ("連絡先・メールアドレス", "front@shirasagi.example", "") in lines
    Customer.rows.filter(pk=yuriko.pk).update(team=yanaka)
    masked = {line.after for line in customer_history(hayashi, yuriko.pk).lines}
    assert "front@shirasagi.example" not in masked
    told = [line.entry.title for day in story(misaki, yuriko.pk, now=now).days for line in day.lines]
    assert "メール（勤務先）を無効にした：メール不達" in told
    for event in Event.rows.filter(kind__startswith="customer.contact_"):
        assert "shirasagi" not in str(event.data)


def test_nothing_changes_where_nothing_is_changed(yuriko, add, write):
    contact = add(WORK)
    before = Event.rows.count(), FieldChange.rows.count()
    write(contact)
    write("email")
    assert (Event.rows.count(), FieldChange.rows.count()) == before
