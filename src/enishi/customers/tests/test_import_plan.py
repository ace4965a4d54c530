"""Who a row is and what it adds: the plan alone, without a database."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.customers.imports.people.plan import Known, Rules, World, plan_rows
from enishi.customers.imports.people.rows import PersonRow

pytestmark = pytest.mark.django_db  # the labels of choices only


def row(position=0, *, member="", name="齋藤 百合子", mail="", phone="", consents=None, **columns):
    keys = [(kind, value) for kind, value in (("member", member), ("email", mail), ("phone", phone)) if value]
    filled = {"name": name, "email": mail, "phone": phone and "090-1234-5678", "phone_e164": phone} | columns
    found = {key: value for key, value in filled.items() if value}
    return PersonRow(position + 2, position, found, name.replace(" ", ""), keys, consents=consents or {})


def known(ref=1, *, name="齋藤 百合子", keys=(), **columns):
    person = Known(ref, {"name": name, "kind": "person"} | columns, name.replace(" ", ""))
    return person, World(identities=dict.fromkeys(keys, person))


def outcomes(plan):
    return [str(result.outcome) for result, _person in plan.results]


def test_the_member_number_decides_whatever_the_name():
    person, world = known(keys=[("member", "M1")])
    plan = plan_rows([row(member="M1", name="佐藤 百合子")], world, Rules())
    assert plan.results[0][1] is person
    assert plan.created == []


def test_a_mail_address_decides_where_the_name_is_the_same():
    person, world = known(keys=[("email", "y@example.jp")], email="y@example.jp")
    plan = plan_rows([row(mail="y@example.jp", member="M9")], world, Rules())
    assert plan.results[0][1] is person
    assert plan.identities == {("member", "M9"): person}


def test_the_same_address_under_another_name_is_somebody_else_and_told():
    person, world = known(keys=[("email", "home@example.jp")], email="home@example.jp")
    plan = plan_rows([row(name="齋藤 健", mail="home@example.jp")], world, Rules())
    (made, _row) = plan.created[0]
    assert made.columns["email"] == "home@example.jp"
    assert plan.identities == {}
    assert world.identities["email", "home@example.jp"] is person
    assert "名寄せ候補" in plan.results[0][0].messages[0].text
    assert plan.counters["candidates"] == 1


def test_that_somebody_is_known_again_by_name_and_address():
    _person, world = known(keys=[("email", "home@example.jp")], email="home@example.jp")
    wife = Known(2, {"name": "齋藤 健", "email": "home@example.jp"}, "齋藤健")
    world.namesakes["齋藤健"] = [wife]
    plan = plan_rows([row(name="齋藤 健", mail="home@example.jp")], world, Rules())
    assert plan.results[0][1] is wife
    assert outcomes(plan) == ["unchanged"]


def test_a_phone_number_decides_last():
    person, world = known(keys=[("phone", "+819012345678")], phone="090-1234-5678", phone_e164="+819012345678")
    plan = plan_rows([row(phone="+819012345678", mail="new@example.jp")], world, Rules())
    assert plan.results[0][1] is person
    assert person.columns["email"] == "new@example.jp"
    assert outcomes(plan) == ["updated"]


def test_a_person_twice_in_the_file_is_one_customer():
    plan = plan_rows([row(0, member="M1", mail="y@example.jp"), row(1, member="M2", mail="y@example.jp", city="鎌倉市")], World(), Rules())
    assert outcomes(plan) == ["created", "updated"]
    assert len(plan.created) == 1
    assert set(plan.identities) == {("member", "M1"), ("email", "y@example.jp"), ("member", "M2")}


@pytest.mark.parametrize(("overwrite", "city"), [(False, "鎌倉市"), (True, "金沢市")])
def test_known_values_stay_or_are_replaced_as_chosen(overwrite, city):
    person, world = known(keys=[("member", "M1")], city="鎌倉市", gender="")
    plan_rows([row(member="M1", city="金沢市", gender="female")], world, Rules(overwrite=overwrite))
    assert (person.columns["city"], person.columns["gender"]) == (city, "female")


def test_an_empty_cell_never_takes_a_value_away():
    person, world = known(keys=[("member", "M1")], email="y@example.jp", birthday_on=date(1985, 4, 1))
    plan = plan_rows([row(member="M1")], world, Rules(overwrite=True))
    assert outcomes(plan) == ["unchanged"]
    assert person.columns["email"] == "y@example.jp"


def test_parts_of_two_addresses_are_never_mixed():
    person, world = known(keys=[("member", "M1")], prefecture="東京都", city="台東区", street="谷中1-2-3", building="縁ビル3F")
    plan_rows([row(member="M1", prefecture="石川県", city="金沢市", street="東山1-1")], world, Rules(overwrite=False))
    assert person.columns["city"] == "台東区"
    plan_rows([row(member="M1", prefecture="石川県", city="金沢市", street="東山1-1")], world, Rules(overwrite=True))
    assert (person.columns["city"], person.columns["building"]) == ("金沢市", "")


def test_a_replaced_address_identifies_nobody_any_more():
    _person, world = known(keys=[("member", "M1"), ("email", "old@example.jp")], email="old@example.jp")
    plan = plan_rows([row(member="M1", mail="new@example.jp")], world, Rules(overwrite=True))
    assert set(plan.freed) == {("email", "old@example.jp")}
    assert set(plan.identities) == {("email", "new@example.jp")}


@pytest.mark.parametrize("hidden", [{"may_update": False}, {"archived": True}])
def test_a_customer_out_of_reach_is_refused_in_the_same_words(hidden):
    person, world = known(keys=[("email", "y@example.jp")])
    for name, value in hidden.items():
        setattr(person, name, value)
    plan = plan_rows([row(mail="y@example.jp")], world, Rules())
    assert outcomes(plan) == ["rejected"]
    assert "変更できない顧客" in plan.results[0][0].messages[0].text


def test_a_row_without_a_name_updates_but_never_registers():
    person, world = known(keys=[("member", "M1")])
    plan = plan_rows([row(0, member="M1", name="", city="鎌倉市"), row(1, member="M2", name="")], world, Rules())
    assert outcomes(plan) == ["updated", "rejected"]
    assert person.columns["city"] == "鎌倉市"


# ---- consent ----------------------------------------------------------------------------------------------


def test_a_persons_own_refusal_is_never_overruled():
    person, world = known(keys=[("member", "M1")], email="y@example.jp")
    person.consents["email"] = (False, "refused")
    plan = plan_rows([row(member="M1", mail="y@example.jp", consents={"email": True})], world, Rules(consent_basis="consent"))
    assert plan.statements == []
    assert plan.counters["kept_refusals"] == 1


def test_the_choice_for_the_file_never_overrules_what_is_known():
    person, world = known(keys=[("member", "M1")], email="y@example.jp")
    person.consents["email"] = (True, "consent")
    assert plan_rows([row(member="M1", mail="y@example.jp")], world, Rules(consent_basis="unknown")).statements == []


def test_a_suppressed_address_is_allowed_nothing():
    rules = Rules(consent_basis="consent", suppressed={"y@example.jp": "unsubscribed"})
    plan = plan_rows([row(mail="y@example.jp")], World(), rules)
    assert plan.statements == []
    assert plan.counters["reach.suppressed"] == 1


def test_reach_counts_a_person_once():
    rows = [row(0, member="M1", mail="y@example.jp", consents={"email": True}), row(1, member="M1", consents={"email": False})]
    plan = plan_rows(rows, World(), Rules())
    assert {key: count for key, count in plan.counters.items() if count and key.startswith("reach")} == {"reach.refused": 1}


# ---- resumption -------------------------------------------------------------------------------------------

people = st.builds(
    row,
    member=st.sampled_from(["", "M1", "M2", "M3"]),
    name=st.sampled_from(["齋藤 百合子", "齋藤 健", "田中 千夏"]),
    mail=st.sampled_from(["", "a@example.jp", "b@example.jp"]),
    phone=st.sampled_from(["", "+819011111111", "+819022222222"]),
    city=st.sampled_from(["", "鎌倉市", "金沢市"]),
    consents=st.sampled_from([{}, {"email": True}, {"email": False}]),
)


@given(rows=st.lists(people, max_size=12), cuts=st.sets(st.integers(0, 12)), overwrite=st.booleans())
def test_chunks_of_any_size_come_to_the_same_people(rows, cuts, overwrite):
    rules = Rules(overwrite=overwrite, consent_basis="relation")
    whole, whole_world = _planned(rows, [0, len(rows)], rules)
    parts, parts_world = _planned(rows, sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))}), rules)
    assert whole == parts
    assert {key: person.columns["name"] for key, person in whole_world.identities.items()} == {
        key: person.columns["name"] for key, person in parts_world.identities.items()
    }


def _planned(rows, bounds, rules):
    world, people, found, next_ref = World(), [], [], -1
    for start, end in pairwise(bounds):
        plan = plan_rows(rows[start:end], world, rules, first_ref=next_ref)
        next_ref -= len(plan.created)
        people += [person for person, _row in plan.created]
        found += outcomes(plan)
    return (found, [(dict(person.columns), dict(person.consents)) for person in people]), world
