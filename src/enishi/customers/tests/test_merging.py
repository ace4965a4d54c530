"""Merging: several customers are one from now on, and nothing of them is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.consent import Statement, record_consents
from enishi.customers.actions.contacts import add_contact
from enishi.customers.actions.customers import ChangedMeanwhile, archive_customer
from enishi.customers.actions.merging import (
    AlreadyMerged,
    InTheBin,
    KindsDiffer,
    TwoStrongIds,
    merge_customers,
)
from enishi.customers.actions.purposes import drift
from enishi.customers.actions.relations import Terms, relate_customers
from enishi.customers.actions.shares import share_customer
from enishi.customers.actions.unmerging import AlreadyUndone, NewerMergeFirst, unmerge_customers
from enishi.customers.contact_points import Point
from enishi.customers.details import details_of
from enishi.customers.merging.outcome import fingerprint_of
from enishi.customers.models import (
    Activity,
    ConsentRecord,
    ConsentState,
    ContactPoint,
    Customer,
    CustomerAlias,
    CustomerTag,
    Identity,
    Merge,
    Relation,
    Tag,
)
from enishi.customers.resolve import all_ids, id_of_key, resolve
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, FieldChange, Share


@pytest.fixture
def kept(make_customer):
    return make_customer(email="yuriko@example.jp", phone="090-1111-2222")


@pytest.fixture
def twin(make_customer):
    return make_customer(
        family_name="斎藤",
        name="斎藤 百合子",
        given_name="百合子",
        kana="サイトウ ユリコ",
        email="saito@example.jp",
        city="金沢市",
        birthday_on="1984-04-01",
    )


def merge(actor, now, keep, *gone, **more):
    return merge_customers(keep=keep.pk, gone=[other.pk for other in gone], actor=actor, now=now, **more)


def said(customer, now, *, allowed, basis, channel="email"):
    statement = Statement(customer.pk, channel, allowed=allowed, basis=basis, source="screen")
    record_consents(statements=[statement], actor=SYSTEM, now=now)


def tagged(customer, name, now):
    tag, _made = Tag.rows.get_or_create(name=name)
    return CustomerTag.rows.create(customer=customer, tag=tag, at=now)


# ---- what becomes of them -----------------------------------------------------------------------------------------


def test_numbers_and_ids_of_those_who_went_lead_to_who_carries_on(misaki, now, kept, twin):
    found = merge(misaki, now, kept, twin)

    assert (found.kept_id, found.number) == (kept.pk, kept.number)
    assert not Customer.rows.filter(pk=twin.pk).exists()
    assert resolve(twin.pk) == id_of_key(twin.number) == id_of_key(str(twin.pk)) == kept.pk


def test_what_one_left_empty_is_filled_from_the_other_and_the_rest_stays(misaki, now, kept, twin):
    merge(misaki, now, kept, twin)

    kept.refresh_from_db()
    assert (kept.name, kept.city, str(kept.birthday_on), kept.email) == ("齋藤 百合子", "金沢市", "1984-04-01", "yuriko@example.jp")


def test_a_value_that_was_chosen_stays_and_the_other_address_becomes_a_further_one(misaki, now, kept, twin):
    merge(misaki, now, kept, twin, choices={"name": twin.pk, "email": twin.pk})

    kept.refresh_from_db()
    assert (kept.name, kept.family_name, kept.email) == ("斎藤 百合子", "斎藤", "saito@example.jp")
    assert list(ContactPoint.rows.filter(customer=kept).values_list("email", "is_primary")) == [("yuriko@example.jp", False)]
    assert set(Identity.rows.filter(customer=kept, kind="email").values_list("value", flat=True)) == {
        "yuriko@example.jp",
        "saito@example.jp",
    }


def test_what_is_known_of_an_address_comes_along_with_it(misaki, now, kept, twin):
    stopped = Point(kind="email", email="old@example.jp", state="invalid", reason="bounced", note="2026年春から届かない")
    add_contact(customer_id=twin.pk, point=stopped, actor=misaki, now=now)
    add_contact(customer_id=twin.pk, point=Point(kind="email", email="yuriko@example.jp"), actor=misaki, now=now, shares_address=True)

    merge(misaki, now, kept, twin)

    points = ContactPoint.rows.filter(customer=kept).order_by("email").values_list("email", "state", "note", "is_primary")
    primary, *further = points
    assert further == [("old@example.jp", "invalid", "2026年春から届かない", False), ("saito@example.jp", "usable", "", False)]
    assert primary == ("", "usable", "", True)  # what is known of the primary one, which both had


def test_of_tags_and_ties_that_both_have_one_stays(misaki, now, kept, twin, make_customer):
    company = make_customer(kind="company", name="北陸味噌株式会社")
    for customer in (kept, twin):
        tagged(customer, "味噌", now)
        relate_customers(customer_id=customer.pk, other_id=company.pk, kind="works_for", outward=True, terms=Terms(), actor=misaki, now=now)
    tagged(twin, "醤油", now)

    merge(misaki, now, kept, twin)

    assert sorted(CustomerTag.rows.filter(customer=kept).values_list("tag__name", flat=True)) == ["味噌", "醤油"]
    assert Relation.rows.filter(source=kept, target=company).count() == 1


def test_who_was_tied_to_themselves_is_so_no_more(misaki, now, kept, twin):
    relate_customers(customer_id=kept.pk, other_id=twin.pk, kind="referred", outward=True, terms=Terms(), actor=misaki, now=now)
    merge(misaki, now, kept, twin)
    assert not Relation.rows.exists()


def test_of_two_households_that_of_who_carries_on_goes_on(misaki, now, kept, twin, make_customer):
    heads = [make_customer(), make_customer()]
    for customer, head in zip((kept, twin), heads, strict=True):
        relate_customers(customer_id=customer.pk, other_id=head.pk, kind="household", outward=True, terms=Terms(), actor=misaki, now=now)

    merge(misaki, now, kept, twin)

    ties = dict(Relation.rows.filter(source=kept).values_list("target_id", "until_on"))
    assert ties[heads[0].pk] is None
    assert str(ties[heads[1].pk]) == "2026-11-22"


def test_nobody_belongs_to_their_own_household_over_another(misaki, now, kept, twin, make_customer):
    between = make_customer()
    relate_customers(customer_id=kept.pk, other_id=between.pk, kind="household", outward=True, terms=Terms(), actor=misaki, now=now)
    relate_customers(customer_id=between.pk, other_id=twin.pk, kind="household", outward=True, terms=Terms(), actor=misaki, now=now)
    merge(misaki, now, kept, twin)
    assert set(Relation.rows.filter(until_on=None).values_list("source_id", "target_id")) == {(between.pk, kept.pk)}


def test_of_two_shares_with_one_colleague_the_wider_one_stands(misaki, yoshida, now, kept, twin):
    for customer, level in ((kept, "read"), (twin, "update")):
        share_customer(
            customer_id=customer.pk, level=level, until_on=None, reason="引き継ぎ", user_id=yoshida.user_id, actor=misaki, now=now
        )

    merge(misaki, now, kept, twin)

    assert list(Share.rows.filter(record_id=kept.pk, ended_at=None).values_list("level", flat=True)) == ["update"]
    assert Share.rows.filter(record_id=kept.pk).count() == 2


@pytest.mark.parametrize(
    ("mine", "theirs", "counts"),
    [
        ((True, "consent"), (False, "refused"), (False, "refused")),
        ((False, "refused"), (True, "consent"), (False, "refused")),
        ((False, "unknown"), (False, "refused"), (False, "refused")),
        ((True, "consent"), (False, "unknown"), (False, "unknown")),
        (None, (True, "relation"), (True, "relation")),
        ((True, "consent"), None, (True, "consent")),
    ],
)
def test_the_stricter_word_on_consent_counts_and_the_ledger_says_so(misaki, now, kept, twin, mine, theirs, counts):
    for customer, word in ((kept, mine), (twin, theirs)):
        if word is not None:
            said(customer, now, allowed=word[0], basis=word[1])

    merge(misaki, now, kept, twin)

    assert list(ConsentState.rows.values_list("customer_id", "allowed", "basis")) == [(kept.pk, *counts)]
    assert drift().total == 0


def test_history_stays_under_the_id_it_was_born_with_and_is_read_of_both(misaki, now, kept, twin):
    record_activity(customer_id=twin.pk, kind="note", text="電話あり", actor=misaki, now=now)
    merge(misaki, now, kept, twin)
    assert Activity.rows.get().customer_id == kept.pk
    assert set(Event.rows.filter(kind="activity.recorded").values_list("customer_id", flat=True)) == {twin.pk}
    assert all_ids(kept.pk) == [kept.pk, twin.pk]


def test_the_deed_is_written_down(misaki, now, kept, twin):
    merge(misaki, now, kept, twin, reason="同じ方だと電話で確認")
    event = Event.rows.get(kind="customer.merged")
    assert (event.customer_id, event.data["ids"], event.data["numbers"]) == (kept.pk, str(twin.pk), twin.number)
    deed = Merge.rows.get(pk=event.subject_id)
    assert (deed.ids, deed.reason, deed.by_id) == ([kept.pk, twin.pk], "同じ方だと電話で確認", misaki.user_id)
    assert dict(FieldChange.rows.filter(change_set=deed.change_set, object="customers.customer").values_list("field", "after")) == {
        "city": "金沢市",
        "birthday_on": "1984-04-01",
    }


def test_nothing_happens_to_who_goes_beside_the_merge(misaki, now, kept, twin):
    """Their stage, say, does not fall since their orders are another's now."""
    Customer.rows.filter(pk=twin.pk).update(lifecycle="lost")
    merge(misaki, now, kept, twin)
    assert not Event.rows.filter(customer_id=twin.pk).exists()


def test_one_who_was_merged_before_leads_to_who_carries_on_at_last(misaki, now, kept, twin, make_customer):
    last = make_customer()
    merge(misaki, now, kept, twin)
    merge(misaki, now, last, kept)
    assert dict(CustomerAlias.rows.values_list("old_id", "current_id")) == {twin.pk: last.pk, kept.pk: last.pk}


def test_several_at_once(misaki, now, kept, twin, make_customer):
    third = make_customer(phone="03-1234-5678")
    merge(misaki, now, kept, twin, third)
    assert all_ids(kept.pk) == [kept.pk, twin.pk, third.pk]
    assert ContactPoint.rows.get(customer=kept, kind="phone").phone == "03-1234-5678"


# ---- refusals -----------------------------------------------------------------------------------------------------


def test_a_person_and_a_company_are_not_one(misaki, now, kept, make_customer):
    with pytest.raises(KindsDiffer):
        merge(misaki, now, kept, make_customer(kind="company", name="北陸味噌株式会社"))


def test_two_member_numbers_are_merged_by_who_names_both(misaki, now, kept, twin):
    for customer, number in ((kept, "M-001"), (twin, "M-002")):
        Identity.rows.create(customer=customer, kind="member", value=number, created_at=now)
    with pytest.raises(TwoStrongIds) as refusal:
        merge(misaki, now, kept, twin)
    assert set(refusal.value.ids) == {("member", "M-001"), ("member", "M-002")}
    with pytest.raises(TwoStrongIds):
        merge(misaki, now, kept, twin, confirmed=["member:M-001"])

    merge(misaki, now, kept, twin, confirmed=["member:M-001", "member:M-002"])
    assert Identity.rows.filter(customer=kept, kind="member").count() == 2


def test_who_may_not_merge_all_of_them_merges_none(yoshida, now, kept, make_customer):
    mine = make_customer(owner_id=yoshida.user_id)
    with pytest.raises(NotFound):
        merge(yoshida, now, mine, kept)
    other = make_customer(owner_id=yoshida.user_id)
    with pytest.raises(NotAllowed):
        merge(yoshida, now, mine, other)
    assert Customer.rows.count() == 3


def test_nobody_in_the_bin_is_merged(misaki, now, kept, twin):
    archive_customer(customer_id=twin.pk, actor=misaki, now=now)
    with pytest.raises(InTheBin):
        merge(misaki, now, kept, twin)


def test_who_was_merged_already_is_not_merged_again(misaki, now, kept, twin):
    merge(misaki, now, kept, twin)
    with pytest.raises(AlreadyMerged):
        merge(misaki, now, kept, twin)


def test_what_was_changed_since_the_screen_showed_it_stops_the_merge(misaki, now, kept, twin):
    seen = fingerprint_of([details_of(kept), details_of(twin)])
    Customer.rows.filter(pk=twin.pk).update(city="小松市")
    with pytest.raises(ChangedMeanwhile):
        merge(misaki, now, kept, twin, seen=seen)


def test_a_choice_that_does_not_exist_is_refused_at_its_field(misaki, now, kept, twin):
    with pytest.raises(Invalid) as refusal:
        merge(misaki, now, kept, twin, choices={"nonsense": kept.pk, "name": 0})
    assert set(refusal.value.fields) == {"nonsense", "name"}


# ---- back again ---------------------------------------------------------------------------------------------------


def test_both_are_again_who_they_were(misaki, now, kept, twin):
    tagged(twin, "醤油", now)
    before = {row.pk: details_of(row) for row in Customer.rows.all()}
    found = merge(misaki, now, kept, twin, choices={"name": twin.pk})

    unmerge_customers(merge_id=found.id, actor=misaki, now=now + timedelta(days=3))

    assert {row.pk: details_of(row) for row in Customer.rows.all()} == before
    assert Customer.rows.get(pk=twin.pk).number == twin.number
    assert CustomerTag.rows.get().customer_id == twin.pk
    assert resolve(twin.pk) == twin.pk
    assert drift().total == 0


def test_the_newest_merge_is_taken_back_first(misaki, now, kept, twin, make_customer):
    first = merge(misaki, now, kept, twin)
    second = merge(misaki, now, make_customer(), kept)
    with pytest.raises(NewerMergeFirst) as refusal:
        unmerge_customers(merge_id=first.id, actor=misaki, now=now)
    assert refusal.value.merge_id == second.id
    unmerge_customers(merge_id=second.id, actor=misaki, now=now)
    unmerge_customers(merge_id=first.id, actor=misaki, now=now)
    assert not CustomerAlias.rows.exists()
    with pytest.raises(AlreadyUndone):
        unmerge_customers(merge_id=first.id, actor=misaki, now=now)


def test_what_was_changed_since_stays_with_who_carried_on_or_goes_to_whom_one_says(misaki, now, kept, twin):
    found = merge(misaki, now, kept, twin)
    Customer.rows.filter(pk=kept.pk).update(city="小松市", former_name="山田")

    unmerge_customers(merge_id=found.id, actor=misaki, now=now, later={"address": twin.pk})

    assert list(Customer.rows.order_by("pk").values_list("city", "former_name")) == [("", "山田"), ("小松市", "")]


def test_a_word_that_was_said_since_counts_for_who_carried_on(misaki, now, kept, twin):
    said(kept, now, allowed=True, basis="consent")
    said(twin, now, allowed=True, basis="consent")
    found = merge(misaki, now, kept, twin)
    said(kept, now, allowed=False, basis="refused")

    unmerge_customers(merge_id=found.id, actor=misaki, now=now)

    assert dict(ConsentState.rows.values_list("customer_id", "allowed")) == {kept.pk: False, twin.pk: True}
    assert drift().total == 0


def test_the_ledger_follows_a_merge_that_was_taken_back(misaki, now, kept, twin):
    said(twin, now, allowed=False, basis="refused")
    said(kept, now, allowed=True, basis="consent")
    found = merge(misaki, now, kept, twin)

    unmerge_customers(merge_id=found.id, actor=misaki, now=now)

    assert dict(ConsentState.rows.values_list("customer_id", "allowed")) == {kept.pk: True, twin.pk: False}
    assert list(ConsentRecord.rows.order_by("pk").values_list("source", "allowed")) == [
        ("screen", False), ("screen", True), ("merge", False), ("unmerge", True)
    ]  # fmt: skip
    assert drift().total == 0


def test_who_may_not_merge_takes_nothing_back(misaki, hayashi, now, kept, twin):
    found = merge(misaki, now, kept, twin)
    with pytest.raises(NotFound):
        unmerge_customers(merge_id=found.id, actor=hayashi, now=now)
