"""共有: one customer more to see, or to change, for a time; and no act more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from enishi.customers import access
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.shares import TooManyShares, end_share, share_customer
from enishi.customers.models import Activity, Customer
from enishi.customers.queries.story import story
from enishi.platform import policy, rights, time
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, FieldChange, RoleGrant, Share, Team, TeamMember, User


@pytest.fixture
def theirs(now, misaki, yoshida):
    """A customer of 𠮷田, and one that nobody has."""
    return Customer.rows.create(number="C-000001", name="齋藤 百合子", owner_id=yoshida.user_id, created_at=now)


@pytest.fixture
def tanaka_user(make_user):
    return make_user("tanaka", "sales", display_name="田中 一郎")


def share(customer, actor, now, *, level="read", until_on=None, **receiver):
    return share_customer(
        customer_id=customer.pk, level=level, until_on=until_on, reason="受注会を一緒に担当", actor=actor, now=now, **receiver
    )


def seen(user, act="read"):
    return set(policy.scope(rights.actor_of(user), Customer, act).values_list("number", flat=True))


def test_a_shared_customer_is_seen_and_not_changed(theirs, yoshida, tanaka_user, now):
    assert seen(tanaka_user) == set()
    share(theirs, yoshida, now, user_id=tanaka_user.pk)
    assert (seen(tanaka_user), seen(tanaka_user, "update")) == ({"C-000001"}, set())


def test_shared_for_writing_it_is_changed_and_recorded_about_and_nothing_else(theirs, yoshida, tanaka_user, now):
    share(theirs, yoshida, now, level="update", user_id=tanaka_user.pk)
    tanaka = rights.actor_of(tanaka_user)
    assert seen(tanaka_user, "update") == {"C-000001"}
    record_activity(customer_id=theirs.pk, kind="note", text="電話した", actor=tanaka, now=now)
    assert Activity.rows.count() == 1
    RoleGrant.rows.bulk_create(
        [RoleGrant(role_id=RoleGrant.rows.get(role__key="sales", object="customer", action="read").role_id, object="customer", action=act, scope="own")
         for act in ("export", "bulk", "assign", "archive")]
    )  # fmt: skip
    acts = ("export", "bulk", "assign", "archive", "share")
    assert {act: seen(tanaka_user, act) for act in acts} == {act: set() for act in acts}


def test_a_share_ends_by_the_clock_at_the_end_of_its_day(theirs, yoshida, tanaka_user, now):
    share(theirs, yoshida, now, user_id=tanaka_user.pk, until_on=now.date() + timedelta(days=1))
    assert seen(tanaka_user) == {"C-000001"}
    time.freeze(now + timedelta(days=1))
    assert seen(tanaka_user) == {"C-000001"}
    time.freeze(now + timedelta(days=2, hours=1))
    assert seen(tanaka_user) == set()


def test_it_is_taken_back_at_once_and_twice_is_once(theirs, yoshida, tanaka_user, now):
    pk = share(theirs, yoshida, now, user_id=tanaka_user.pk)
    for _again in range(2):
        end_share(customer_id=theirs.pk, share_id=pk, actor=yoshida, now=now)
    assert seen(tanaka_user) == set()
    assert list(Event.rows.order_by("pk").values_list("kind", flat=True)) == ["customer.shared", "customer.share_ended"]
    assert FieldChange.rows.filter(object="platform.share").count() == 2  # its level; that it ended


def test_the_timeline_tells_of_it(theirs, yoshida, tanaka_user, now):
    end_share(customer_id=theirs.pk, share_id=share(theirs, yoshida, now, user_id=tanaka_user.pk), actor=yoshida, now=now)
    told = {line.entry.title for day in story(yoshida, theirs.pk, now=now).days for line in day.lines if line.entry.label == "共有"}
    assert told == {"田中 一郎に共有", "田中 一郎への共有を終えた"}


def test_a_team_means_those_in_it_below_it_and_above_it(theirs, misaki, make_user, now):
    top = Team.rows.create(name="本部")
    east = Team.rows.create(name="東日本", parent=top)
    shop = Team.rows.create(name="谷中", parent=east)
    west = Team.rows.create(name="西日本", parent=top)
    people = {team.name: make_user(f"u{team.pk}", "sales", team=team) for team in (top, east, shop, west)}
    share(theirs, misaki, now, team_id=east.pk)
    assert {name for name, user in people.items() if seen(user)} == {"本部", "東日本", "谷中"}


def test_colleagues_of_a_shared_customer_are_among_those_who_may_be_told(theirs, yoshida, tanaka_user, now):
    assert "田中 一郎" not in access.readers(theirs).values()
    share(theirs, yoshida, now, user_id=tanaka_user.pk)
    assert "田中 一郎" in access.readers(theirs).values()
    assert "田中 一郎" not in access.doers(theirs).values()
    share(theirs, yoshida, now, level="update", user_id=tanaka_user.pk)
    assert "田中 一郎" in access.doers(theirs).values()
    assert Share.rows.filter(ended_at=None).count() == 1  # the second took the place of the first


def test_who_has_a_customer_by_a_share_does_not_share_it_on(theirs, yoshida, tanaka_user, misaki, make_user, now):
    share(theirs, yoshida, now, level="update", user_id=tanaka_user.pk)
    with pytest.raises(NotAllowed):
        share(theirs, rights.actor_of(tanaka_user), now, user_id=make_user("third", "sales").pk)
    assert Share.rows.count() == 1


def test_nobody_lets_others_change_what_they_only_see(theirs, make_user, tanaka_user, now):
    RoleGrant.rows.create(
        role_id=RoleGrant.rows.filter(role__key="director").first().role_id, object="customer", action="share", scope="all"
    )
    director = rights.actor_of(make_user("director", "director"))
    with pytest.raises(NotAllowed):
        share(theirs, director, now, level="update", user_id=tanaka_user.pk)
    share(theirs, director, now, user_id=tanaka_user.pk)


def test_an_unseen_customer_is_not_shared(theirs, tanaka_user, yoshida, now):
    with pytest.raises(NotFound):
        share(theirs, rights.actor_of(tanaka_user), now, user_id=yoshida.user_id)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": "　"}, "reason"),
        ({"reason": "あ" * 201}, "reason"),
        ({"level": "export"}, "level"),
        ({"user_id": None}, "receiver"),
        ({"user_id": 999_999}, "receiver"),
        ({"until_on": "yesterday"}, "until_on"),
    ],
)
def test_a_share_needs_a_receiver_a_reason_and_a_day_to_come(theirs, yoshida, tanaka_user, now, wrong, field):
    asked = {"level": "read", "until_on": None, "reason": "受注会", "user_id": tanaka_user.pk} | wrong
    if asked["until_on"]:
        asked["until_on"] = now.date() - timedelta(days=1)
    with pytest.raises(Invalid) as refusal:
        share_customer(customer_id=theirs.pk, actor=yoshida, now=now, **asked)
    assert list(refusal.value.fields) == [field]
    assert not Share.rows.exists()


def test_a_receiver_has_the_right_to_see_customers_already(theirs, yoshida, admin_only, now):
    with pytest.raises(Invalid) as refusal:
        share(theirs, yoshida, now, user_id=admin_only.user_id)
    assert "ロール" in refusal.value.fields["receiver"][0]


def test_nobody_shares_with_themselves(theirs, yoshida, now):
    with pytest.raises(Invalid):
        share(theirs, yoshida, now, user_id=yoshida.user_id)


def test_one_receiver_has_a_thousand_at_most(theirs, yoshida, tanaka_user, now, monkeypatch):
    monkeypatch.setattr("enishi.customers.actions.shares.MOST_WITH_ONE", 0)
    with pytest.raises(TooManyShares):
        share(theirs, yoshida, now, user_id=tanaka_user.pk)


def test_a_role_that_sees_no_customers_sees_no_shared_one(theirs, yoshida, tanaka_user, now):
    share(theirs, yoshida, now, user_id=tanaka_user.pk)
    RoleGrant.rows.filter(role__key="sales", object="customer", action="read").delete()
    assert seen(tanaka_user) == set()


# ---- doors --------------------------------------------------------------------------------------------------------


def test_it_is_shared_from_the_record_page_and_taken_back_there(theirs, yoshida, tanaka_user, sign_in, now):
    client = sign_in(yoshida)
    dialog = client.get("/customers/C-000001/shares/")
    assert "まだ、だれにも共有していません" in dialog.content.decode()
    sent = {"receiver": f"u{tanaka_user.pk}", "level": "read", "until_on": "", "reason": "受注会を一緒に担当"}
    assert client.post("/customers/C-000001/shares/", sent).status_code == 302
    receiver = sign_in(rights.actor_of(tanaka_user))
    page = receiver.get("/customers/C-000001/").content.decode()
    assert "𠮷田 健さんが共有しています（取り消すまで）：受注会を一緒に担当" in page
    assert receiver.get("/customers/").content.decode().count("C-000001")
    assert receiver.get("/customers/C-000001/shares/").status_code == 403
    again = client.get("/customers/C-000001/shares/").content.decode()
    assert "田中 一郎" in again
    assert client.post(f"/customers/C-000001/shares/{Share.rows.get().pk}/end/").status_code == 302
    assert receiver.get("/customers/C-000001/").status_code == 404


def test_what_was_typed_stays_where_something_is_missing(theirs, yoshida, tanaka_user, sign_in):
    sent = {"receiver": f"u{tanaka_user.pk}", "level": "update", "until_on": "", "reason": ""}
    answer = sign_in(yoshida).post("/customers/C-000001/shares/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'value="u{tanaka_user.pk}" selected' in page
    assert not Share.rows.exists()


def test_a_share_of_another_customer_is_not_taken_back_here(theirs, yoshida, tanaka_user, misaki, now):
    other = Customer.rows.create(number="C-000002", name="林", created_at=now)
    pk = share(other, misaki, now, user_id=tanaka_user.pk)
    with pytest.raises(NotFound):
        end_share(customer_id=theirs.pk, share_id=pk, actor=yoshida, now=now)
    assert Share.rows.get(pk=pk).ended_at is None


def test_who_is_gone_or_moved_to_another_team_loses_the_share(theirs, misaki, make_user, yanaka, now):
    user = make_user("shop", "sales", team=yanaka)
    share(theirs, misaki, now, team_id=yanaka.pk)
    assert seen(user) == {"C-000001"}
    TeamMember.rows.filter(user=user).delete()
    assert seen(user) == set()
    User.rows.filter(pk=user.pk).update(is_active=False)
    assert rights.actor_by_id(user.pk).shares == {}
