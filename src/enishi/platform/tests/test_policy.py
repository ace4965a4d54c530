"""The choke point: rows by scope, columns by level, a second look before commit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from enishi.customers.models import Customer
from enishi.platform import policy, rights
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import NoActor, NotAllowed, NotFound
from enishi.platform.models import Team, User, ViewLog
from enishi.platform.policy import shown
from enishi.platform.privacy import Level, Privacy


@dataclass(frozen=True, slots=True)
class Card:
    number: str
    name: str | None = shown("name")
    email: str | None = shown("email")
    prefecture: str | None = shown("prefecture")


@pytest.fixture
def customers(now, yoshida, yanaka):
    def make(number, **columns):
        return Customer.rows.create(
            number=number, name="齋藤 百合子", email="yuriko@example.jp", prefecture="東京都", created_at=now, **columns
        )

    return {"own": make("C-1", owner_id=yoshida.user_id), "team": make("C-2", team=yanaka), "other": make("C-3")}


def test_a_protected_table_cannot_be_asked_without_an_actor(db):
    with pytest.raises(NoActor):
        Customer.objects.count()


def test_scope_is_own_team_or_all(customers, yoshida, hayashi, misaki):
    def seen(actor):
        return {c.number for c in policy.scope(actor, Customer, "read")}

    assert seen(yoshida) == {"C-1"}
    assert seen(hayashi) == {"C-2"}
    assert seen(misaki) == {"C-1", "C-2", "C-3"}
    assert seen(SYSTEM) == {"C-1", "C-2", "C-3"}


def test_unseen_is_not_found_and_seen_only_is_not_allowed(customers, yoshida, hayashi):
    with pytest.raises(NotFound):
        policy.get(yoshida, Customer, "update", customers["other"].pk, lock=False)
    with pytest.raises(NotAllowed):
        policy.get(hayashi, Customer, "update", customers["team"].pk, lock=False)


def test_masked_columns_do_not_show_the_person(customers, hayashi, misaki):
    masked = policy.present(Card, hayashi, policy.scope(hayashi, Customer, "read"), pk=customers["team"].pk)
    clear = policy.present(Card, misaki, policy.scope(misaki, Customer, "read"), pk=customers["team"].pk)
    assert (masked.name, masked.email, masked.prefecture) == ("齋＊＊", "y***@example.jp", "東京都")
    assert clear.email == "yuriko@example.jp"


def test_an_administrator_without_a_customer_role_sees_nobody(customers, admin_only):
    assert not policy.scope(admin_only, Customer, "read").exists()


def test_showing_personal_data_is_logged_and_masked_data_is_not(customers, hayashi, misaki):
    policy.present_many(Card, hayashi, policy.scope(hayashi, Customer, "read"))
    assert not ViewLog.rows.exists()
    policy.present_many(Card, misaki, policy.scope(misaki, Customer, "read").order_by("pk"))
    assert ViewLog.rows.get().object_ids == [c.pk for c in customers.values()]


def test_an_action_that_leaves_the_scope_is_rolled_back(customers, yoshida):
    @action
    def give_away(*, actor, pk):
        customer = policy.get(actor, Customer, "update", pk)
        customer.owner = None
        customer.save(update_fields=["owner"])

    with pytest.raises(NotAllowed):
        give_away(actor=yoshida, pk=customers["own"].pk)
    assert Customer.rows.get(number="C-1").owner_id == yoshida.user_id


# ---- who else may -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["read", "update", "export"])
def test_who_may_says_what_each_of_them_would_be_allowed(act, make_user, yanaka, kamakura):
    ward = Team.rows.create(name="東日本")
    Team.rows.filter(pk=yanaka.pk).update(parent=ward)
    people = [
        make_user("lead", "ec_lead"),
        make_user("seller", "sales"),
        make_user("other", "sales"),
        make_user("manager", "store_manager", team=yanaka),
        make_user("above", "store_manager", team=ward),
        make_user("beside", "store_manager", team=kamakura),
        make_user("both", "store_staff", "sales", team=yanaka),  # the team by one role, the letters in clear by the other
        make_user("staff", "store_staff", team=yanaka),
        make_user("admin", "admin"),
        make_user("gone", "ec_lead"),
    ]
    User.rows.filter(username="gone").update(is_active=False)
    owner = people[1].pk
    for owner_id, team_id in ((owner, yanaka.pk), (owner, None), (None, kamakura.pk), (None, None)):
        found = rights.people_who_may("customer", act, owner_id=owner_id, team_id=team_id, reads=Privacy.PERSONAL)
        assert set(found.values()) == {
            user.display_name for user in people if user.username != "gone" and reaches(rights.actor_of(user), act, owner_id, team_id)
        }


def reaches(actor, act, owner_id, team_id):
    width = actor.scope_for("customer", act)
    is_within = width == "all" or (width != "none" and actor.user_id == owner_id) or (width == "team" and team_id in actor.team_ids)
    return is_within and actor.levels[Privacy.PERSONAL] >= Level.READ
