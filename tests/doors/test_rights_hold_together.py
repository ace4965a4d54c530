"""Properties of rights, for random roles, teams, shares and records: every door shows the same customers, the policy agrees with a
second, naive one, a role more takes nothing away, and nothing that people do gives them what they did not hold."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, event, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from enishi.customers import access, search
from enishi.customers.actions.bulk import change_many
from enishi.customers.actions.customers import create_customer, update_customer
from enishi.customers.actions.shares import share_customer
from enishi.customers.bulk.selection import Selection
from enishi.customers.details import Details, details_of, fingerprint
from enishi.customers.models import Customer
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.exchange import customer_slice
from enishi.customers.queries.listing import customer_page, listed_customers
from enishi.customers.tasks import change_many as change_many_job
from enishi.customers.tests.factories import customer as make_customer
from enishi.customers.tests.import_files import csv, imported
from enishi.platform import policy, presets, rights
from enishi.platform.actions.people import give_roles
from enishi.platform.actions.roles import change_role, give_role
from enishi.platform.errors import ActionError
from enishi.platform.models import Event, Organisation, Role, RoleGrant, RoleLevel, Share, Team, TeamMember, User, UserRole
from enishi.platform.privacy import Level
from enishi.platform.roles import Shape, shapes

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 1, 11, tzinfo=UTC)
PEOPLE, RECORDS = 3, 5
WIDTHS = st.sampled_from(["none", "own", "team", "all"])
ACTS = ("read", "update", "assign", "share", "export", "bulk")
ROLE = st.fixed_dictionaries(dict.fromkeys(ACTS, WIDTHS) | {"create": WIDTHS})
#: below → above: 0 is the top, 1 and 2 below it, 3 below 1
PARENTS = (None, 0, 0, 1)
WORLD = st.fixed_dictionaries(
    {
        "roles": st.lists(ROLE, min_size=1, max_size=2),
        "held": st.lists(st.sets(st.integers(0, 1), max_size=2), min_size=PEOPLE, max_size=PEOPLE),
        "member": st.lists(st.sets(st.integers(0, 3), max_size=2), min_size=PEOPLE, max_size=PEOPLE),
        "records": st.lists(
            st.tuples(st.none() | st.integers(0, PEOPLE - 1), st.none() | st.integers(0, 3)), min_size=RECORDS, max_size=RECORDS
        ),
        "shares": st.lists(
            st.tuples(
                st.integers(0, RECORDS - 1),
                st.tuples(st.just("user"), st.integers(0, PEOPLE - 1)) | st.tuples(st.just("team"), st.integers(0, 3)),
                st.sampled_from(["read", "update"]),
                st.sampled_from([None, -1, 1]),  # days from now at which it ends
            ),
            max_size=3,
            unique_by=lambda one: (one[0], one[1]),
        ),
    }
)
SOME = examples(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass
class World:
    users: list[User]
    teams: list[Team]
    roles: list[Role]
    records: list[Customer]
    said: dict

    def actor(self, place):
        return rights.actor_of(self.users[place])

    def ids(self, rows):
        return set(rows.values_list("pk", flat=True))


@contextmanager
def world(said):
    """What hypothesis chose, in the base until the end of the block."""
    with transaction.atomic():
        teams: list[Team] = []
        for place, above in enumerate(PARENTS):
            teams.append(Team.rows.create(name=f"部{place}", parent=None if above is None else teams[above]))
        users = [User.rows.create(username=f"u{n}", display_name=f"人{n}", joined_at=NOW) for n in range(PEOPLE)]
        roles = []
        for place, grants in enumerate(said["roles"]):
            role = Role.rows.create(key=f"r{place}", name=f"役{place}")
            RoleGrant.rows.bulk_create(
                [RoleGrant(role=role, object="customer", action=act, scope=width) for act, width in grants.items() if width != "none"]
                + [RoleGrant(role=role, object="import", action=act, scope="own") for act in ("read", "create", "update")]
                + [RoleGrant(role=role, object="file", action="read", scope="own")]
            )
            RoleLevel.rows.create(role=role, privacy_class="personal", level=Level.WRITE)
            roles.append(role)
        for place, user in enumerate(users):
            UserRole.rows.bulk_create([UserRole(user=user, role=roles[one]) for one in said["held"][place] if one < len(roles)])
            TeamMember.rows.bulk_create([TeamMember(user=user, team=teams[one]) for one in said["member"][place]])
        records = [
            make_customer(
                name=f"客{n}田中",
                family_name=f"客{n}田中",
                owner=None if owner is None else users[owner],
                team=None if team is None else teams[team],
                email=f"c{n}@example.jp",
            )
            for n, (owner, team) in enumerate(said["records"])
        ]
        for record, (kind, place), level, days in said["shares"]:
            Share.rows.create(
                object="customer",
                record_id=records[record].pk,
                level=level,
                reason="x",
                created_at=NOW,
                until_at=None if days is None else NOW + timedelta(days=days),
                **({"user": users[place]} if kind == "user" else {"team": teams[place]}),
            )
        yield World(users, teams, roles, records, said)
        transaction.set_rollback(True)


# ---- the naive policy: loops over what hypothesis chose ---------------------------------------------------------------


def above(team):
    found = []
    while team is not None:
        found.append(team)
        team = PARENTS[team]
    return found


def naive(said, person, act):
    """Places of the records on which this person may do the act."""
    widths = [said["roles"][one][act] for one in said["held"][person] if one < len(said["roles"])]
    found = set()
    for place, (owner, team) in enumerate(said["records"]):
        mine = owner == person
        ours = team is not None and any(one in above(team) for one in said["member"][person])
        shared = any(
            record == place
            and (days is None or days > 0)
            and (act == "read" or (act == "update" and level == "update"))
            and (
                who == ("user", person)
                or (who[0] == "team" and any(who[1] in above(one) or one in above(who[1]) for one in said["member"][person]))
            )
            for record, who, level, days in said["shares"]
        )
        if any(width == "all" or (width != "none" and (mine or shared)) or (width == "team" and ours) for width in widths):
            found.add(place)
    return found


@SOME
@given(WORLD)
def test_the_policy_agrees_with_a_naive_one(organisation, now, said):
    with world(said) as made:
        for person in range(PEOPLE):
            actor = made.actor(person)
            for act in ("read", "update", "assign", "share", "export"):
                seen = made.ids(policy.scope(actor, Customer, act))
                assert seen == {made.records[place].pk for place in naive(said, person, act)}, (person, act)


@SOME
@given(WORLD)
def test_every_door_shows_the_same_customers(organisation, now, said):
    with world(said) as made:
        for person in range(PEOPLE):
            actor = made.actor(person)
            expected = {made.records[place].pk for place in naive(said, person, "read")}
            page = customer_page(actor, Asked(), now=NOW) if expected else None
            assert {row.id for row in page.rows} == expected if page else not expected
            assert (page.count if page else 0) == len(expected)
            assert made.ids(listed_customers(actor, Asked(), now=NOW)) == expected
            assert {
                row.as_dict(actor)["id"]
                for row in customer_slice(actor, now=NOW, rule=None, text="", archived=False, after=0, size=100).rows
            } == expected
            if actor.reads(presets.Privacy.PERSONAL):
                assert set(search.found_ids(actor, "田中")) == expected
            assert {pk for pk in (record.pk for record in made.records) if access.can(actor, pk, "read")} == expected
            exported = made.ids(access.within(actor, listed_customers(actor, Asked(), now=NOW), "export"))
            assert exported == {made.records[place].pk for place in naive(said, person, "export") & naive(said, person, "read")}


@SOME
@given(WORLD)
def test_a_page_answers_for_exactly_those(organisation, now, said):
    with world(said) as made:
        client = Client()
        client.force_login(made.users[0], backend="enishi.platform.signin.ActiveUserBackend")
        expected = {made.records[place].number for place in naive(said, 0, "read")}
        answered = {one.number for one in made.records if client.get(f"/customers/{one.number}/facts/").status_code in (200, 302)}
        assert answered == expected


@SOME
@given(WORLD, ROLE)
def test_a_role_more_takes_nothing_away(organisation, now, said, more):
    with world(said) as made:
        acts = ("read", "update", "assign", "share", "export")
        before = {act: made.ids(policy.scope(made.actor(0), Customer, act)) for act in acts}
        role = Role.rows.create(key="more", name="もう一つ")
        RoleGrant.rows.bulk_create(
            [RoleGrant(role=role, object="customer", action=act, scope=width) for act, width in more.items() if width != "none"]
        )
        UserRole.rows.create(user=made.users[0], role=role)
        after = {act: made.ids(policy.scope(made.actor(0), Customer, act)) for act in acts}
        assert all(before[act] <= after[act] for act in acts)


# ---- what people do gives them nothing they did not hold --------------------------------------------------------------

HEADINGS = "顧客番号,氏名,メールアドレス,担当,店舗"
DEED = st.tuples(
    st.sampled_from(["share", "assign", "create", "give_roles", "give_role", "change_role", "bulk_owner", "bulk_team", "import"]),
    st.integers(0, RECORDS - 1),
    st.integers(0, PEOPLE - 1),
    st.integers(0, 3),
    st.sampled_from(["read", "update"]),
)


def do(made, deed, giver=0):
    what, record, person, team, level = deed
    actor, customer = made.actor(giver), made.records[record]
    match what:
        case "share":
            share_customer(
                customer_id=customer.pk, user_id=made.users[person].pk, level=level, until_on=None, reason="x", actor=actor, now=NOW
            )
        case "assign":
            row = Customer.rows.get(pk=customer.pk)
            details = details_of(row)
            wanted = replace(details, owner_id=made.users[person].pk, team_id=made.teams[team].pk)
            update_customer(customer_id=row.pk, details=wanted, seen=fingerprint(details), actor=actor, now=NOW)
        case "create":
            create_customer(
                details=Details(family_name="新", owner_id=made.users[person].pk, team_id=made.teams[team].pk), actor=actor, now=NOW
            )
        case "bulk_owner" | "bulk_team":
            value = made.users[person].pk if what == "bulk_owner" else made.teams[team].pk
            everybody = Selection(ids=tuple(one.pk for one in made.records))
            change_many_job(run_id=change_many(verb=what[5:], selection=everybody, value=str(value), actor=actor, now=NOW))
        case "import":
            row = f"{customer.number},{customer.name},{customer.email},{made.users[person].username},{made.teams[team].name}"
            file = csv(row, f",新しい客{record},new{record}@example.jp,u0,{made.teams[team].name}", headings=HEADINGS, encoding="utf-8-sig")
            imported(file, actor=actor, existing="overwrite")
        case "give_role":
            give_role(role_id=made.roles[-1].pk, user_id=made.users[0].pk, actor=actor, now=NOW)
        case "change_role":
            role = made.roles[0]
            everything = Shape(grants={("customer", act): "all" for act in ACTS})
            change_role(
                role_id=role.pk, name=role.name, description="", shape=everything, seen=shapes([role.pk])[role.pk], actor=actor, now=NOW
            )
        case "give_roles":
            give_roles(
                user_id=made.users[0].pk,
                role_ids=[role.pk for role in made.roles],
                team_ids=[one.pk for one in made.teams],
                actor=actor,
                now=NOW,
            )


def tried(made, deed, giver=0):
    """Whether the deed was let through."""
    try:
        with transaction.atomic():
            do(made, deed, giver)
    except ActionError:
        return False
    return True


EVERYTHING = {
    "roles": [dict.fromkeys((*ACTS, "create"), "all")],
    "held": [{0}, {0}, {0}],
    "member": [set(), set(), set()],
    "records": [(None, None)] * RECORDS,
    "shares": [],
}


@pytest.mark.parametrize("what", ["share", "assign", "create", "bulk_owner", "bulk_team", "import"])
def test_who_may_do_everything_does_each_deed(organisation, now, tmp_path, settings, what):
    """Else the chains below would be chains of refusals."""
    settings.DATA_DIR = tmp_path
    with world(EVERYTHING) as made:
        before = Event.rows.count()
        assert tried(made, (what, 0, 1, 0, "read"))
        assert Event.rows.count() > before


@examples(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORLD, st.lists(DEED, min_size=1, max_size=5))
def test_no_chain_of_deeds_gives_the_doer_a_right_over_what_was_there(organisation, now, tmp_path, settings, said, deeds):
    settings.DATA_DIR = tmp_path
    with world(said) as made:
        there = {record.pk for record in made.records}
        held = {act: made.ids(policy.scope(made.actor(0), Customer, act)) for act in ACTS}
        for deed in deeds:
            event(f"{deed[0]} {'done' if tried(made, deed) else 'refused'}")
        for act in ACTS:
            assert made.ids(policy.scope(made.actor(0), Customer, act)) & there <= held[act], act


@SOME
@given(WORLD, st.lists(DEED.filter(lambda deed: deed[0] == "share"), min_size=1, max_size=4))
def test_no_chain_of_shares_shows_anybody_what_the_first_giver_did_not_hold(organisation, now, said, deeds):
    """Everybody shares on with everybody: what anybody may export, assign or share stays what it was, and whoever sees or may change
    a record sees it by their own right or by somebody who could share it."""
    with world(said) as made:
        fixed = {
            (person, act): made.ids(policy.scope(made.actor(person), Customer, act))
            for person in range(PEOPLE)
            for act in ("export", "assign", "share")
        }
        reach = {
            act: {pk for person in range(PEOPLE) for pk in made.ids(policy.scope(made.actor(person), Customer, act))}
            for act in ("read", "update")
        }
        for giver in range(PEOPLE):
            for _what, record, person, _team, level in deeds:
                tried(made, ("share", record, person, 0, level), giver=giver)
        for (person, act), before in fixed.items():
            assert made.ids(policy.scope(made.actor(person), Customer, act)) == before
        for act, before in reach.items():
            assert {pk for person in range(PEOPLE) for pk in made.ids(policy.scope(made.actor(person), Customer, act))} <= before
        assert Organisation.rows.exists()
