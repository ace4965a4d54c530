"""Roles only add, field by field; recording is a right of its own; the wall between administrators and people."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enishi.customers.actions.activities import NextAction, record_activity
from enishi.customers.models import Activity, ConsentState, Customer, Task
from enishi.customers.queries.story import story
from enishi.platform import policy, rights
from enishi.platform.actor import Actor, FieldLevel
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.models import Organisation, Role, RoleField, Team, TeamMember, UserRole
from enishi.platform.policy import shown
from enishi.platform.privacy import Level, Privacy


@dataclass(frozen=True, slots=True)
class Card:
    name: str | None = shown("name")
    email: str | None = shown("email")
    phone: str | None = shown("phone")


@pytest.fixture
def yuriko(now, yanaka, organisation):
    return Customer.rows.create(
        number="C-1", name="齋藤 百合子", email="yuriko@example.jp", phone="090-1234-5678", team=yanaka, created_at=now
    )


def card(actor, customer):
    return policy.present(Card, actor, policy.scope(actor, Customer, "read"), pk=customer.pk)


def keep(role, field, level):
    RoleField.rows.create(role=Role.rows.get(key=role), field=field, privacy_class="personal", level=level)


def test_a_role_may_keep_one_field_from_its_people(misaki_user, yuriko):
    keep("ec_lead", "customer.phone", Level.MASKED)
    found = card(rights.actor_of(misaki_user), yuriko)
    assert (found.name, found.email, found.phone) == ("齋藤 百合子", "yuriko@example.jp", "090-****-5678")


def test_a_role_may_open_one_field_of_a_masked_class(make_user, yuriko, yanaka):
    keep("store_staff", "customer.name", Level.READ)
    found = card(rights.actor_of(make_user("sakura", "store_staff", team=yanaka)), yuriko)
    assert (found.name, found.email) == ("齋藤 百合子", "y***@example.jp")


def test_another_role_adds_to_a_field_that_one_keeps_back(make_user, yuriko):
    keep("viewer", "customer.phone", Level.HIDDEN)
    alone, both = make_user("alone", "viewer"), make_user("both", "viewer", "support")
    assert card(rights.actor_of(alone), yuriko).phone is None
    assert card(rights.actor_of(both), yuriko).phone == "090-1234-5678"


LEVELS = st.sampled_from(list(Level))


@given(st.lists(st.tuples(LEVELS, st.none() | LEVELS), min_size=1, max_size=4), st.tuples(LEVELS, st.none() | LEVELS))
def test_one_role_more_never_takes_a_field_away(roles, one_more):
    """As the query adds them up: of each role what it says of the field, else of its class."""

    def level(held):
        return max(own if own is not None else of_class for of_class, own in held)

    assert level([*roles, one_more]) >= level(roles)


def test_a_level_is_asked_of_a_field_or_of_its_class():
    actor = Actor(
        "staff", "", levels={Privacy.PERSONAL: Level.WRITE}, fields={"customer.phone": FieldLevel(Privacy.PERSONAL, Level.HIDDEN)}
    )
    assert (actor.level(Privacy.PERSONAL), actor.level(Privacy.PERSONAL, "customer.phone")) == (Level.WRITE, Level.HIDDEN)
    assert actor.at_most(Level.MASKED, Privacy.PERSONAL).level(Privacy.PERSONAL) == Level.MASKED


def test_who_does_not_read_phones_finds_nobody_by_a_part_of_one(misaki_user, make_customer_found):
    keep("ec_lead", "customer.phone", Level.MASKED)
    from enishi.customers.search import found_ids

    actor = rights.actor_of(misaki_user)
    assert found_ids(actor, "5678") == []
    assert found_ids(actor, "百合子") == [make_customer_found.pk]


@pytest.fixture
def make_customer_found(yuriko):
    from enishi.customers.search import SEARCH_COLUMNS, fill_search_columns

    fill_search_columns(yuriko)
    yuriko.save(update_fields=[*SEARCH_COLUMNS])
    return yuriko


# ---- recording ----------------------------------------------------------------------------------------------------


def test_a_shop_assistant_writes_down_a_visit_without_reading_contact_points(hayashi, yuriko, now):
    made = record_activity(
        customer_id=yuriko.pk,
        kind="shop",
        text="浴衣の丈を直したいとのこと",
        next_action=NextAction("仕上がりを連絡する", now.date()),
        actor=hayashi,
        now=now,
    )
    assert Activity.rows.get(pk=made.id).kind == "shop"
    assert Task.rows.get(pk=made.task_id).assignee_id == hayashi.user_id
    assert card(hayashi, yuriko).email == "y***@example.jp"


def test_they_read_their_own_words_and_not_those_of_others(hayashi, misaki, yuriko, now):
    record_activity(customer_id=yuriko.pk, kind="note", text="自分で書いたこと", actor=hayashi, now=now)
    record_activity(customer_id=yuriko.pk, kind="note", text="ほかの人が書いたこと", actor=misaki, now=now)
    told = [line.entry.title for day in story(hayashi, yuriko.pk, now=now).days for line in day.lines if line.entry.label == "メモ"]
    assert sorted(told) == ["自分で書いたこと", "＊＊＊"]


def test_nobody_writes_about_a_customer_of_another_shop(make_user, kamakura, yuriko, now):
    other = rights.actor_of(make_user("other", "store_staff", team=kamakura))
    with pytest.raises(NotFound):
        record_activity(customer_id=yuriko.pk, kind="shop", text="来店", actor=other, now=now)
    assert not Activity.rows.exists()


def test_reading_alone_writes_nothing_down(make_user, yuriko, now):
    viewer = rights.actor_of(make_user("viewer", "viewer"))
    with pytest.raises(NotAllowed):
        record_activity(customer_id=yuriko.pk, kind="note", text="メモ", actor=viewer, now=now)
    assert not Activity.rows.exists()


def test_a_masked_role_changes_no_field_and_no_consent(hayashi, yuriko, sign_in):
    client = sign_in(hayashi)
    assert client.get("/customers/C-1/edit/").status_code == 403
    assert client.post("/customers/C-1/consent/email/", {"state": "denied"}).status_code == 403
    assert client.post("/customers/C-1/activities/", {"kind": "shop", "text": "来店"}).status_code == 302
    assert not ConsentState.rows.exists()


# ---- teams --------------------------------------------------------------------------------------------------------


def test_a_right_over_a_team_covers_all_teams_below_it(make_user, now):
    top = Team.rows.create(name="営業本部")
    middle = Team.rows.create(name="東日本", parent=top)
    below = Team.rows.create(name="谷中本店", parent=middle, kind=Team.Kind.SHOP)
    beside = Team.rows.create(name="西日本", parent=top)
    lead = make_user("lead", "sales_manager", team=middle)
    TeamMember.rows.create(team=beside, user=lead)
    for team in (top, middle, below, beside, None):
        Customer.rows.create(number=f"C-{team}", name="客", team=team, created_at=now)
    seen = policy.scope(rights.actor_of(lead), Customer, "read").values_list("team__name", flat=True)
    assert set(seen) == {"東日本", "谷中本店", "西日本"}


# ---- the wall -----------------------------------------------------------------------------------------------------


def test_administrators_see_nobody_where_the_company_says_so(make_user, yuriko):
    boss = make_user("boss", "admin", "all_customers")
    assert card(rights.actor_of(boss), yuriko).email == "yuriko@example.jp"
    Organisation.rows.update(admins_see_nobody=True)
    assert card(rights.actor_of(boss), yuriko).email == "y***@example.jp"
    UserRole.rows.filter(user=boss, role__key="admin").delete()
    assert card(rights.actor_of(boss), yuriko).email == "yuriko@example.jp"
