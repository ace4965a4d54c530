"""The word, while a customer is typed in, that they are there already: whom it names, and what it keeps to itself."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.urls import reverse

from enishi.customers.models import Identity
from enishi.customers.queries import look_alikes as rooms
from enishi.customers.queries.look_alikes import look_alikes
from enishi.customers.tests.test_twins import HANAKO
from enishi.customers.twins import reading
from enishi.platform.actor import FieldLevel
from enishi.platform.errors import NotAllowed
from enishi.platform.models import ViewLog
from enishi.platform.privacy import Level, Privacy

TYPED = {"kind": "person", "family_name": "高橋", "given_name": "花子", "birthday_on": "1984/5/21"}
BY_PHONE = {"kind": "person", "family_name": "森", "given_name": "一郎", "phone": "０９０－１２３４－５６７８"}


@pytest.fixture
def hanako(make_customer, now, yoshida):
    """𠮷田's own customer, whose keys a search has written."""
    cache.clear()
    found = make_customer(**HANAKO, owner_id=yoshida.user_id)
    Identity.rows.create(customer=found, kind="phone", value="+819012345678", created_at=now)
    for who in reading.everybody():
        reading.write_keys(who)
    return found


def test_who_may_see_them_is_told_who_it_is_and_whose(hanako, misaki, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        [found] = look_alikes(misaki, TYPED)
    assert (found.number, found.name, found.owner) == (hanako.number, "髙橋 花子", "𠮷田 健")
    assert found.reasons == "氏名が同じ、生年月日が同じ"
    assert ViewLog.rows.filter(object="customers.customer", object_ids=[hanako.pk]).exists()
    assert look_alikes(misaki, TYPED, besides=hanako.pk) == []


def test_a_name_alone_or_a_household_says_nothing(hanako, misaki):
    assert look_alikes(misaki, TYPED | {"birthday_on": ""}) == []
    assert look_alikes(misaki, TYPED | {"given_name": "太郎"}) == []


def test_who_may_not_see_them_is_told_whose_they_are_and_nothing_else(hanako, make_user, monkeypatch):
    from enishi.platform import rights

    other = rights.actor_of(make_user("sales2", "sales", display_name="別の営業"))
    assert look_alikes(other, TYPED) == []  # by name and birthday nobody tries out whose customer somebody is
    [found] = look_alikes(other, BY_PHONE)
    assert (found.number, found.name, found.owner, found.reasons) == ("", "", "𠮷田 健", "電話番号が同じ")
    monkeypatch.setattr(rooms, "HIDDEN_AN_HOUR", 1)
    assert look_alikes(other, BY_PHONE) == []


def test_a_field_that_is_masked_to_them_is_no_oracle(hanako, misaki):
    from dataclasses import replace

    blind = replace(misaki, fields={"customer.phone": FieldLevel(Privacy.PERSONAL, Level.MASKED)})
    assert look_alikes(misaki, BY_PHONE) != []
    assert look_alikes(blind, BY_PHONE) == []


def test_the_form_asks_and_who_types_no_customers_is_refused(hanako, misaki_client, hayashi, hayashi_client):
    page = misaki_client.get(reverse("customers:new")).content.decode()
    assert reverse("twins:hint") in page
    answer = misaki_client.post(reverse("twins:hint"), TYPED).content.decode()
    assert "すでに登録されているかもしれません" in answer
    assert hanako.number in answer
    with pytest.raises(NotAllowed):
        look_alikes(hayashi, TYPED)
    assert hayashi_client.post(reverse("twins:hint"), TYPED).status_code == 403


def test_the_phone_note_asks_as_well_for_who_may_register_somebody_new(misaki_client, hayashi_client, organisation):
    assert reverse("twins:hint") in misaki_client.get(reverse("customers:call")).content.decode()
    seen = hayashi_client.get(reverse("customers:call"))
    assert seen.status_code == 200
    assert reverse("twins:hint") not in seen.content.decode()
