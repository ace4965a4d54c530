"""No sequence of calls of a directory gives anybody a right that no confirmed mapping gives, and who maps gives what they may."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enishi.platform import rights
from enishi.platform.actions import people, scim, scim_groups, scim_users
from enishi.platform.actions.granting import HeldByGroup, RightsBeyondOwn
from enishi.platform.actions.roles import take_role
from enishi.platform.actions.teams import leave_team
from enishi.platform.actor import Actor
from enishi.platform.errors import NotAllowed
from enishi.platform.models import Event, Role, RoleGrant, ScimGroup, ScimMeeting, ScimUser, TeamMember, User, UserRole
from enishi.platform.queries import scim as queries
from enishi.platform.queries.scim import Mine
from enishi.platform.tests.directory import Directory, directory, entra_user, map_to, user_of

__all__ = ["directory", "map_to"]

NAMES = ("aoi", "mori", "boss", "BOSS", "boss@ennichido.example")
ROLES = ("sales", "ec_lead", "admin")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("make"), st.sampled_from(NAMES)),
        st.tuples(st.just("group"), st.sets(st.integers(0, 3), max_size=3)),
        st.tuples(st.just("put"), st.integers(0, 3), st.sets(st.integers(0, 3), max_size=3)),
        st.tuples(st.just("add"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("remove"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.just("drop group"), st.integers(0, 3)),
        st.tuples(st.just("active"), st.integers(0, 3), st.booleans()),
        st.tuples(st.just("rename"), st.integers(0, 3), st.sampled_from(NAMES)),
        st.tuples(st.just("claim"), st.integers(0, 3), st.sampled_from(ROLES)),
        st.tuples(st.just("delete"), st.integers(0, 3)),
        st.tuples(st.just("map"), st.integers(0, 3), st.sampled_from((None, *ROLES))),
    ),
    min_size=4,
    max_size=16,
)


@dataclass
class World:
    """What has been said, kept beside the product: who is in which group, and what administrators confirmed."""

    directory: Directory
    admin: Actor
    now: object
    users: list[str] = field(default_factory=list)
    groups: dict[str, set[str]] = field(default_factory=dict)
    confirmed: dict[str, str | None] = field(default_factory=dict)

    def take(self, step) -> None:
        what, *said = step
        getattr(self, "_" + what.replace(" ", "_"))(*said)

    def _user(self, place: int) -> str:
        return self.users[place] if place < len(self.users) else "999999"

    def _group_id(self, place: int) -> str:
        return list(self.groups)[place] if place < len(self.groups) else "999999"

    def _make(self, name: str) -> None:
        body = entra_user(name, emails=[{"value": f"{name.partition('@')[0]}@ennichido.example"}], roles=[{"value": "admin"}])
        answer = self.directory.call("post", "/Users", body)
        if answer.status_code == 201:
            self.users.append(answer.json()["id"])

    def _group(self, places) -> None:
        members = {self._user(place) for place in places} - {"999999"}
        self.groups[self.directory.group("管理者", *members)] = members

    def _put(self, place: int, places) -> None:
        group, members = self._group_id(place), {self._user(one) for one in places} - {"999999"}
        body = {"displayName": "管理者", "members": [{"value": pk} for pk in members], "role": "admin", "schemas": []}
        body["schemas"] = ["urn:ietf:params:scim:schemas:core:2.0:Group"]
        if self.directory.call("put", f"/Groups/{group}", body).status_code == 200:
            self.groups[group] = members

    def _add(self, place: int, whom: int) -> None:
        group, user = self._group_id(place), self._user(whom)
        if self.directory.patch(f"/Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": user}]}).status_code == 204:
            self.groups[group].add(user)

    def _remove(self, place: int, whom: int) -> None:
        group, user = self._group_id(place), self._user(whom)
        if self.directory.patch(f"/Groups/{group}", {"op": "Remove", "path": f'members[value eq "{user}"]'}).status_code == 204:
            self.groups[group].discard(user)

    def _drop_group(self, place: int) -> None:
        group = self._group_id(place)
        if self.directory.call("delete", f"/Groups/{group}").status_code == 204:
            del self.groups[group]

    def _active(self, whom: int, on: bool) -> None:
        self.directory.patch(f"/Users/{self._user(whom)}", {"op": "Replace", "path": "active", "value": str(on)})

    def _rename(self, whom: int, name: str) -> None:
        self.directory.patch(f"/Users/{self._user(whom)}", {"op": "Replace", "path": "userName", "value": name})

    def _claim(self, whom: int, role: str) -> None:
        """What a directory may write of itself is not what it holds."""
        self.directory.patch(
            f"/Users/{self._user(whom)}",
            {"op": "Add", "path": "roles", "value": [{"value": role}]},
            {"op": "Add", "path": "groups", "value": [{"value": pk} for pk in self.groups]},
        )

    def _delete(self, whom: int) -> None:
        user = self._user(whom)
        if self.directory.call("delete", f"/Users/{user}").status_code == 204:
            for members in self.groups.values():
                members.discard(user)

    def _map(self, place: int, role: str | None) -> None:
        group = self._group_id(place)
        if group != "999999":
            role_id = Role.rows.get(key=role).pk if role else None
            scim.map_group(group_id=int(group), role_id=role_id, team_id=None, actor=self.admin, now=self.now)
            self.confirmed[group] = role

    def given(self, user: str) -> set[str]:
        return {role for group, members in self.groups.items() if user in members and (role := self.confirmed.get(group))}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_no_sequence_of_calls_gives_a_right_that_no_confirmed_mapping_gives(directory, admin_only, make_user, now, steps):
    with transaction.atomic():
        boss = User.rows.filter(username="boss").first() or make_user("boss", "ec_lead")
        User.rows.filter(pk=boss.pk).update(email="boss@ennichido.example")
        cache.clear()
        world = World(directory, admin_only, now)
        for step in steps:
            world.take(step)
            for pk in world.users:
                held = set(UserRole.rows.filter(user=user_of(pk)).values_list("role__key", flat=True))
                assert held == world.given(pk), (step, pk)
                actor = rights.actor_of(user_of(pk))
                allowed = set(RoleGrant.rows.filter(role__key__in=world.given(pk)).values_list("object", "action"))
                assert set(actor.grants) == allowed
            boss.refresh_from_db()
            assert (boss.is_active, boss.email, boss.username) == (True, "boss@ennichido.example", "boss")
            assert list(UserRole.rows.filter(user=boss).values_list("role__key", "by_hand", "by_group")) == [("ec_lead", True, False)]
        transaction.set_rollback(True)


# ---- who maps -------------------------------------------------------------------------------------------------------


@pytest.fixture
def clerk(make_user, now):
    """Somebody who may change users and no more."""
    role = Role.rows.create(key="clerk", name="clerk")
    RoleGrant.rows.bulk_create([RoleGrant(role=role, object="user", action=act, scope="all") for act in ("read", "update")])
    return rights.actor_of(make_user("clerk", "clerk"))


def test_nobody_maps_a_group_to_more_than_they_hold_nor_takes_it(directory, map_to, clerk):
    group = directory.group("管理者", directory.make())
    with pytest.raises(RightsBeyondOwn):
        map_to(group, role=Role.rows.get(key="admin"), by=clerk)
    map_to(group, role=Role.rows.get(key="clerk"), by=clerk)
    map_to(group, role=Role.rows.get(key="admin"))
    with pytest.raises(RightsBeyondOwn):
        map_to(group, by=clerk)
    assert ScimGroup.rows.get(pk=group).role.key == "admin"


def test_who_may_not_change_users_maps_nothing(directory, map_to, misaki, yoshida):
    group = directory.group("営業部")
    for actor in (misaki, yoshida):
        with pytest.raises(NotAllowed):
            map_to(group, role=Role.rows.get(key="sales"), by=actor)


def test_a_mapping_is_written_down(directory, map_to, admin_only):
    aoi = directory.make()
    group = directory.group("営業部", aoi)
    map_to(group, role=Role.rows.get(key="sales"))
    row = ScimGroup.rows.get(pk=group)
    assert (row.mapped_by_id, row.mapped_at is not None) == (admin_only.user_id, True)
    assert Event.rows.filter(kind="scim_group.mapped", subject_id=row.pk, actor_id=admin_only.user_id).count() == 1
    assert Event.rows.filter(kind="user.roles_changed", subject_id=user_of(aoi).pk).count() == 1


def test_what_a_group_gives_is_not_taken_by_hand(directory, map_to, admin_only, yanaka, now):
    aoi = directory.make()
    sales = Role.rows.get(key="sales")
    map_to(directory.group("営業部", aoi), role=sales, team=yanaka)
    with pytest.raises(HeldByGroup):
        take_role(role_id=sales.pk, user_id=user_of(aoi).pk, actor=admin_only, now=now)
    with pytest.raises(HeldByGroup):
        leave_team(team_id=yanaka.pk, user_id=user_of(aoi).pk, actor=admin_only, now=now)
    people.give_roles(user_id=user_of(aoi).pk, role_ids=[sales.pk], team_ids=[yanaka.pk], actor=admin_only, now=now)
    take_role(role_id=sales.pk, user_id=user_of(aoi).pk, actor=admin_only, now=now)
    leave_team(team_id=yanaka.pk, user_id=user_of(aoi).pk, actor=admin_only, now=now)
    assert list(UserRole.rows.filter(user=user_of(aoi)).values_list("by_hand", "by_group")) == [(False, True)]
    assert list(TeamMember.rows.filter(user=user_of(aoi)).values_list("by_hand", "by_group")) == [(False, True)]


# ---- the emergency way in -------------------------------------------------------------------------------------------


def test_one_administrator_stays_whom_the_directory_cannot_touch(directory, admin_only, make_user, now):
    user = User.rows.get(pk=admin_only.user_id)
    assert directory.call("post", "/Users", entra_user("admin", emails=[])).status_code == 409
    meeting = ScimMeeting.rows.get(user=user)
    with pytest.raises(scim.NobodyApart):
        scim.link_meeting(meeting_id=meeting.pk, actor=admin_only, now=now)
    make_user("second", "admin")
    scim.link_meeting(meeting_id=meeting.pk, actor=admin_only, now=now)
    assert ScimUser.rows.get(user=user).made_here is False


def test_it_is_not_turned_on_where_all_administrators_are_the_directorys(directory, map_to, admin_only, now):
    map_to(directory.group("管理者", directory.make()), role=Role.rows.get(key="admin"))
    scim.set_scim(is_on=False, first_sign_in="", actor=admin_only, now=now)
    UserRole.rows.filter(user_id=admin_only.user_id).delete()
    with pytest.raises(scim.NobodyApart):
        scim.set_scim(is_on=True, first_sign_in="", actor=admin_only, now=now)


def test_a_user_is_taken_back_from_the_directory(directory, map_to, admin_only, now):
    aoi = directory.make()
    user = user_of(aoi)
    map_to(directory.group("営業部", aoi), role=Role.rows.get(key="sales"))
    scim.unlink_user(user_id=user.pk, actor=admin_only, now=now)
    user.refresh_from_db()
    assert (user.is_active, UserRole.rows.filter(user=user).exists()) == (True, False)
    assert directory.get(f"/Users/{aoi}").status_code == 404


# ---- the wall -------------------------------------------------------------------------------------------------------


def test_the_rooms_of_a_directory_are_shut_to_everybody_else(directory, admin_only, misaki, now):
    said_user = scim_users.SaidUser(user_name="x", attributes={}, display_name="x")
    said_group = scim_groups.SaidGroup(display_name="x")
    pk, group = int(directory.make()), int(directory.group("x"))

    def calls(actor):
        return (
            lambda: scim_users.provision_user(said=said_user, actor=actor, now=now),
            lambda: scim_users.change_provisioned_user(scim_user_id=pk, said=said_user, seen="", actor=actor, now=now),
            lambda: scim_users.remove_provisioned_user(scim_user_id=pk, seen="", actor=actor, now=now),
            lambda: scim_users.note_meeting(said=said_user, actor=actor, now=now),
            lambda: scim_groups.create_group(said=said_group, actor=actor, now=now),
            lambda: scim_groups.change_group(group_id=group, said=said_group, seen="", actor=actor, now=now),
            lambda: scim_groups.remove_group(group_id=group, seen="", actor=actor, now=now),
            lambda: queries.directory_users(actor, Mine()),
            lambda: queries.directory_user(actor, pk),
            lambda: queries.directory_groups(actor, Mine()),
            lambda: queries.directory_group(actor, group),
            lambda: queries.name_of(actor, "Users", pk),
        )

    for actor in (admin_only, misaki, Actor(kind="scim", name="x")):
        for call in calls(actor):
            with pytest.raises(NotAllowed):
                call()
