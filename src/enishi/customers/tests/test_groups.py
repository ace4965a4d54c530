"""Tags, owners and notes."""

from __future__ import annotations

import pytest

from enishi.customers.actions.groups import assign_owner, put_tag, remove_tag
from enishi.customers.models import Customer, CustomerTag, Tag
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import ChangeSet, Event, FieldChange


@pytest.fixture
def three(make_customer):
    return [make_customer() for _ in range(3)]


def test_a_tag_is_put_once_on_each_under_one_change_set(three, misaki, now):
    ids = [c.pk for c in three]
    assert put_tag(customer_ids=ids[:1], name=" お茶便 ", actor=misaki, now=now) == 1
    assert put_tag(customer_ids=ids, name="お茶便", actor=misaki, now=now) == 2
    assert (Tag.rows.count(), CustomerTag.rows.count(), ChangeSet.rows.count()) == (1, 3, 2)
    assert Event.rows.filter(kind="customer.tagged").count() == 3


def test_many_need_the_right_to_bulk_and_one_does_not(three, yoshida, now):
    Customer.rows.update(owner_id=yoshida.user_id)
    ids = [c.pk for c in three]
    with pytest.raises(NotAllowed):
        put_tag(customer_ids=ids, name="旅館", actor=yoshida, now=now)
    assert put_tag(customer_ids=ids[:1], name="旅館", actor=yoshida, now=now) == 1


@pytest.mark.parametrize("name", ["", "　", "あ" * 41])
def test_a_tag_has_a_name_of_forty_letters_at_most(three, misaki, now, name):
    with pytest.raises(Invalid):
        put_tag(customer_ids=[three[0].pk], name=name, actor=misaki, now=now)


def test_a_tag_comes_off(three, misaki, now):
    put_tag(customer_ids=[three[0].pk], name="旅館", actor=misaki, now=now)
    for _again in range(2):
        remove_tag(customer_id=three[0].pk, tag_id=Tag.rows.get().pk, actor=misaki, now=now)
    assert not CustomerTag.rows.exists()
    assert Event.rows.filter(kind="customer.untagged").count() == 1


def test_owners_change_with_before_and_after(three, misaki, yoshida, now):
    three[0].owner_id = yoshida.user_id
    three[0].save(update_fields=["owner_id"])
    count = assign_owner(customer_ids=[c.pk for c in three], owner_id=yoshida.user_id, actor=misaki, now=now)
    assert count == 2
    assert set(FieldChange.rows.values_list("field", "after")) == {("owner", yoshida.user_id)}
    assert not Customer.rows.exclude(owner_id=yoshida.user_id).exists()


def test_an_owner_who_is_nobody_is_refused(three, misaki, now):
    with pytest.raises(Invalid):
        assign_owner(customer_ids=[three[0].pk], owner_id=999_999, actor=misaki, now=now)


def test_the_unreachable_are_left_out_of_many(three, make_customer, misaki, now):
    gone = make_customer(archived_at=now)
    assert put_tag(customer_ids=[gone.pk, *(c.pk for c in three)], name="旅館", actor=misaki, now=now) == 3
