"""Tags on one customer."""

from __future__ import annotations

import pytest

from enishi.customers.actions.tags import put_tag, remove_tag
from enishi.customers.models import CustomerTag, Tag
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.models import ChangeSet, Event


@pytest.fixture
def three(make_customer):
    return [make_customer() for _ in range(3)]


def test_a_tag_is_put_once(three, misaki, now):
    for name in (" お茶便 ", "お茶便"):
        put_tag(customer_id=three[0].pk, name=name, actor=misaki, now=now)
    assert (Tag.rows.count(), CustomerTag.rows.count(), ChangeSet.rows.count()) == (1, 1, 1)
    assert Event.rows.filter(kind="customer.tagged").count() == 1


def test_who_is_not_seen_gets_no_tag(three, yoshida, now):
    with pytest.raises(NotFound):
        put_tag(customer_id=three[0].pk, name="旅館", actor=yoshida, now=now)


@pytest.mark.parametrize("name", ["", "　", "あ" * 41])
def test_a_tag_has_a_name_of_forty_letters_at_most(three, misaki, now, name):
    with pytest.raises(Invalid):
        put_tag(customer_id=three[0].pk, name=name, actor=misaki, now=now)


def test_a_tag_comes_off(three, misaki, now):
    put_tag(customer_id=three[0].pk, name="旅館", actor=misaki, now=now)
    for _again in range(2):
        remove_tag(customer_id=three[0].pk, tag_id=Tag.rows.get().pk, actor=misaki, now=now)
    assert not CustomerTag.rows.exists()
    assert Event.rows.filter(kind="customer.untagged").count() == 1
