"""SCIM 2.0 as Entra ID and Okta speak it: what they really send is understood, and what is refused is refused in its form."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from enishi.platform import notices, rights, time, wiring
from enishi.platform.actions import people, scim
from enishi.platform.models import (
    ApiToken,
    Event,
    FieldChange,
    IdentityProvider,
    Role,
    ScimMeeting,
    ScimToken,
    ScimTrouble,
    ScimUser,
    TeamMember,
    User,
    UserRole,
)
from enishi.platform.scim import door
from enishi.platform.tests.directory import ENTERPRISE, GROUP, USER, directory, entra_user, map_to, user_of

__all__ = ["directory", "map_to"]


def error(answer):
    said = answer.json()
    assert said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert said["status"] == str(answer.status_code)
    assert answer.headers["Content-Type"] == "application/scim+json"
    return answer.status_code, said.get("scimType")


# ---- what is served -------------------------------------------------------------------------------------------------


def test_what_is_served_is_told(directory):
    config = directory.get("/ServiceProviderConfig").json()
    assert {key: config[key]["supported"] for key in ("patch", "bulk", "filter", "changePassword", "sort", "etag")} == {
        "patch": True,
        "bulk": False,
        "filter": True,
        "changePassword": False,
        "sort": False,
        "etag": True,
    }
    assert [one["name"] for one in directory.get("/ResourceTypes").json()["Resources"]] == ["User", "Group"]
    schemas = {one["id"]: {field["name"] for field in one["attributes"]} for one in directory.get("/Schemas").json()["Resources"]}
    assert schemas[USER] == {"userName", "name", "displayName", "title", "preferredLanguage", "active", "emails", "groups"}
    assert GROUP in schemas


def test_bulk_and_me_are_not_there_and_say_so(directory):
    assert error(directory.call("post", "/Bulk", {"Operations": []})) == (501, None)
    assert error(directory.get("/Me")) == (501, None)
    assert error(directory.get("/Nothing")) == (404, None)
    assert error(directory.call("delete", "/Users")) == (405, None)


# ---- Entra ID -------------------------------------------------------------------------------------------------------


def test_entra_looks_a_user_up_before_it_makes_one(directory):
    found = directory.get('/Users?filter=userName eq "Non-existent"').json()
    assert (found["totalResults"], found.get("Resources", [])) == (0, [])


def test_entra_makes_a_user_without_a_role(directory):
    answer = directory.call("post", "/Users", entra_user("aoi@ennichido.example"))
    said = answer.json()
    assert (answer.status_code, said["active"], said["userName"], said["externalId"]) == (
        201,
        True,
        "aoi@ennichido.example",
        "oid-aoi@ennichido.example",
    )
    assert answer.headers["Location"].endswith(f"/scim/v2/Users/{said['id']}")
    assert answer.headers["ETag"] == said["meta"]["version"]
    assert not {"phoneNumbers", "addresses", ENTERPRISE} & said.keys()
    user = user_of(said["id"])
    assert (user.display_name, user.email, user.title, user.username) == ("髙橋 葵", "aoi@ennichido.example", "店長", "aoi")
    assert not user.has_usable_password()
    actor = rights.actor_of(user)
    assert (dict(actor.grants), actor.team_ids) == ({}, frozenset())
    assert Event.rows.get(kind="user.created").actor_kind == "scim"


def test_a_user_is_found_by_what_directories_look_for(directory):
    pk = directory.make()
    directory.make("mori@ennichido.example", displayName="森")
    for asked in (
        'userName eq "AOI@ennichido.example"',
        'externalId eq "oid-aoi@ennichido.example"',
        f'id eq "{pk}"',
        'emails[type eq "work" and value eq "aoi@ennichido.example"]',
        'userName eq "aoi@ennichido.example" and active eq true',
        'displayName co "葵"',
    ):
        found = directory.get(f"/Users?filter={asked}").json()
        assert [one["id"] for one in found["Resources"]] == [pk], asked
    assert directory.get('/Users?filter=externalId eq "OID-aoi@ennichido.example"').json()["totalResults"] == 0


@pytest.mark.parametrize("asked", ['userName xx "a"', 'userName eq "a', "password pr", "x" * 3_000, 'userName eq "a" or', "not (" * 60])
def test_a_filter_that_is_none_is_refused(directory, asked):
    assert error(directory.get(f"/Users?filter={asked}")) == (400, "invalidFilter")


def test_lists_come_by_pages(directory):
    ids = [directory.make(f"u{n}@ennichido.example") for n in range(5)]
    first = directory.get("/Users?startIndex=1&count=2").json()
    last = directory.get("/Users?startIndex=5&count=2").json()
    assert ([one["id"] for one in first["Resources"]], first["totalResults"], first["itemsPerPage"]) == (ids[:2], 5, 2)
    assert [one["id"] for one in last["Resources"]] == ids[4:]
    assert directory.get("/Users?count=0").json()["totalResults"] == 5
    assert "Resources" not in directory.get("/Users?count=0").json() or not directory.get("/Users?count=0").json()["Resources"]
    assert directory.get("/Users?attributes=userName").json()["Resources"][0].keys() == {"schemas", "id", "userName"}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "Replace", "value": {"active": "False"}},
        {"op": "replace", "value": {"active": False}},
        {"op": "Replace", "path": "active", "value": False},
    ],
    ids=["entra", "entra-without-path", "okta", "entra-by-the-book"],
)
def test_whoever_is_switched_off_is_out_at_once(directory, make_client, operation):
    pk = directory.make()
    user = user_of(pk)
    browser = make_client(user)
    ApiToken.rows.create(user=user, name="x", token_hash=rights.token_hash("enishi_x"), created_at=time.now())
    assert browser.get("/settings/account/").status_code == 200

    assert directory.patch(f"/Users/{pk}", operation).status_code == 204

    assert browser.get("/settings/account/").status_code == 302
    assert rights.actor_of_token("enishi_x") is None
    assert directory.get(f"/Users/{pk}").json()["active"] is False
    change = FieldChange.rows.get(field="is_active", object_id=user.pk)
    assert (change.change_set.door, change.change_set.reason) == ("scim", "Entra ID")


@pytest.fixture
def make_client():
    def enter(user):
        client = Client()
        client.force_login(user, backend="enishi.platform.signin.ActiveUserBackend")
        return client

    return enter


def test_entra_changes_what_it_knows_of_a_user(directory):
    pk = directory.make()
    answer = directory.patch(
        f"/Users/{pk}",
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "aoi.t@ennichido.example"},
        {"op": "Add", "path": "name.givenName", "value": "あおい"},
        {"op": "Replace", "path": "displayName", "value": "高橋 あおい"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "12"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "090"},
        {"op": "Remove", "path": "title"},
    )
    assert answer.status_code == 204
    user = user_of(pk)
    assert (user.display_name, user.email, user.title) == ("高橋 あおい", "aoi.t@ennichido.example", "")
    assert directory.get(f"/Users/{pk}").json()["name"]["givenName"] == "あおい"


def test_entra_moves_members_of_groups(directory, map_to):
    aoi, mori = directory.make(), directory.make("mori@ennichido.example")
    group = directory.group("営業部", externalId="g-1")
    map_to(group, role=Role.rows.get(key="sales"))

    def holders():
        return set(UserRole.rows.filter(role__key="sales").values_list("user_id", flat=True))

    add = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": aoi}, {"value": mori}]}
    assert directory.patch(f"/Groups/{group}", add).status_code == 204
    assert holders() == {user_of(aoi).pk, user_of(mori).pk}
    directory.patch(f"/Groups/{group}", {"op": "Remove", "path": "members", "value": [{"value": aoi}]})
    assert holders() == {user_of(mori).pk}
    directory.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{mori}"]'})
    assert holders() == set()
    directory.patch(f"/Groups/{group}", {"op": "remove", "path": 'members[value eq "999999"]'})
    without = directory.get(f"/Groups/{group}?excludedAttributes=members").json()
    assert (without["displayName"], "members" in without) == ("営業部", False)
    assert directory.get('/Groups?filter=displayName eq "営業部"').json()["totalResults"] == 1


# ---- Okta -----------------------------------------------------------------------------------------------------------


def test_okta_replaces_a_user_as_a_whole(directory):
    pk = directory.make()
    said = directory.get(f"/Users/{pk}").json()
    said |= {
        "active": False,
        "locale": "ja-JP",
        "password": "geheim",
        "name": {"givenName": "葵", "familyName": "髙橋"},
        "displayName": "葵",
    }
    answer = directory.call("put", f"/Users/{pk}", said)
    assert (answer.status_code, answer.json()["active"]) == (200, False)
    assert "geheim" not in answer.content.decode()
    user = user_of(pk)
    assert (user.is_active, user.display_name, user.has_usable_password()) == (False, "葵", False)


def test_okta_renames_a_group_and_says_who_is_in_it(directory, map_to, yanaka):
    aoi = directory.make()
    group = directory.group("EC")
    map_to(group, team=yanaka)
    directory.patch(f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "EC課"}})
    directory.patch(f"/Groups/{group}", {"op": "replace", "path": "members", "value": [{"value": aoi, "display": "aoi"}]})
    said = directory.get(f"/Groups/{group}").json()
    assert (said["displayName"], [one["value"] for one in said["members"]]) == ("EC課", [aoi])
    assert said["members"][0]["$ref"].endswith(f"/scim/v2/Users/{aoi}")
    assert TeamMember.rows.filter(user=user_of(aoi), team=yanaka, by_group=True, by_hand=False).exists()
    assert [one["display"] for one in directory.get(f"/Users/{aoi}").json()["groups"]] == ["EC課"]
    directory.call("put", f"/Groups/{group}", {"schemas": [GROUP], "displayName": "EC課", "members": []})
    assert not TeamMember.rows.filter(user=user_of(aoi)).exists()


# ---- versions -------------------------------------------------------------------------------------------------------


def test_versions_keep_two_from_overwriting_each_other(directory):
    pk = directory.make()
    seen = directory.get(f"/Users/{pk}")
    tag = seen.headers["ETag"]
    assert directory.get(f"/Users/{pk}", If_None_Match=tag).status_code == 304
    replace = {"op": "replace", "path": "displayName", "value": "葵"}
    assert directory.patch(f"/Users/{pk}", replace, If_Match=tag).status_code == 204
    answer = directory.patch(f"/Users/{pk}", replace | {"value": "青井"}, If_Match=tag)
    assert error(answer) == (412, None)
    assert user_of(pk).display_name == "葵"


# ---- uniqueness, and people who are here already --------------------------------------------------------------------


def test_a_user_made_by_hand_is_never_taken_over(directory, make_user, admin_only, now):
    mori = make_user("mori", "ec_lead")
    mori.email = "mori@ennichido.example"
    mori.save()
    before = ScimUser.rows.count()
    for name, said in (
        ("mori@ennichido.example", {}),
        ("MORI@ennichido.example", {}),
        ("other@ennichido.example", {"emails": [{"value": "Mori@ennichido.example"}]}),
        ("Mori", {"emails": []}),
    ):
        answer = directory.call("post", "/Users", entra_user(name, **said))
        assert error(answer) == (409, "uniqueness"), name
        assert "ec_lead" not in answer.content.decode()
    assert ScimUser.rows.count() == before
    assert directory.get("/Users").json()["totalResults"] == 0

    meeting = ScimMeeting.rows.order_by("pk").first()
    scim.link_meeting(meeting_id=meeting.pk, actor=admin_only, now=now)

    found = directory.get('/Users?filter=userName eq "mori@ennichido.example"').json()["Resources"]
    assert [user_of(one["id"]).pk for one in found] == [mori.pk]
    assert UserRole.rows.filter(user=mori, role__key="ec_lead", by_hand=True).exists()
    assert not ScimMeeting.rows.exists()
    assert Event.rows.filter(kind="user.directory_linked", subject_id=mori.pk).count() == 1


def test_names_and_ids_are_unique(directory):
    directory.make()
    assert error(directory.call("post", "/Users", entra_user("AOI@ennichido.example", externalId="2", emails=[]))) == (409, "uniqueness")
    again = entra_user("x@ennichido.example", externalId="oid-aoi@ennichido.example")
    assert error(directory.call("post", "/Users", again)) == (409, "uniqueness")
    other = directory.make("mori@ennichido.example")
    rename = {"op": "replace", "path": "userName", "value": "aoi@ennichido.example"}
    assert error(directory.patch(f"/Users/{other}", rename)) == (409, "uniqueness")
    assert ScimMeeting.rows.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        {"userName": "", "schemas": [USER]},
        {"schemas": [USER]},
        {"userName": "x" * 300, "schemas": [USER]},
        {"userName": "x", "emails": [{"value": "no address"}], "schemas": [USER]},
        {"userName": "x", "title": "あ" * 9_000, "schemas": [USER]},
        {"userName": ["x"], "schemas": [USER]},
        "{",
        "[]",
        "",
    ],
)
def test_what_cannot_be_read_is_refused_in_the_form_of_scim(directory, body):
    status, _kind = error(directory.call("post", "/Users", body))
    assert status == 400
    assert User.rows.count() == 1


def test_a_zero_letter_is_refused(directory):
    answer = directory.call("post", "/Users", f'{{"schemas": ["{USER}"], "userName": "a\\u0000b", "displayName": "x"}}')
    assert error(answer)[0] == 400
    assert User.rows.count() == 1


def test_members_must_be_known(directory):
    body = {"schemas": [GROUP], "displayName": "x", "members": [{"value": "999999"}]}
    assert error(directory.call("post", "/Groups", body)) == (400, "invalidValue")
    assert error(directory.call("post", "/Groups", body | {"members": [{"value": "../1"}]})) == (400, "invalidValue")


# ---- switching off --------------------------------------------------------------------------------------------------


def test_delete_switches_off_and_erases_nothing(directory, map_to, admin_only, now):
    pk = directory.make()
    user = user_of(pk)
    group = directory.group("営業部", pk)
    map_to(group, role=Role.rows.get(key="sales"))
    assert directory.call("delete", f"/Users/{pk}").status_code == 204
    user.refresh_from_db()
    assert (user.is_active, user.display_name, user.email) == (False, "髙橋 葵", "aoi@ennichido.example")
    assert not UserRole.rows.filter(user=user).exists()
    assert error(directory.get(f"/Users/{pk}")) == (404, None)
    assert error(directory.call("delete", f"/Users/{pk}")) == (404, None)
    assert "members" not in directory.get(f"/Groups/{group}").json()
    # Whoever has the name next is not taken for them.
    assert error(directory.call("post", "/Users", entra_user("aoi@ennichido.example"))) == (409, "uniqueness")


def test_whom_an_administrator_stopped_stays_stopped(directory, admin_only, now):
    pk = directory.make()
    people.deactivate_user(user_id=user_of(pk).pk, actor=admin_only, now=now)
    assert error(directory.patch(f"/Users/{pk}", {"op": "Replace", "path": "active", "value": "True"}))[0] == 409
    assert not user_of(pk).is_active


def test_whom_the_directory_stopped_it_brings_back(directory):
    pk = directory.make()
    for value in ("False", "True"):
        assert directory.patch(f"/Users/{pk}", {"op": "Replace", "path": "active", "value": value}).status_code == 204
    assert user_of(pk).is_active


def test_the_last_administrator_is_out_of_reach(directory, map_to, admin_only, now):
    aoi = directory.make()
    group = directory.group("管理者", aoi)
    map_to(group, role=Role.rows.get(key="admin"))
    UserRole.rows.filter(user_id=admin_only.user_id).delete()  # the directory's is the only one left
    for answer in (
        directory.patch(f"/Users/{aoi}", {"op": "Replace", "path": "active", "value": "False"}),
        directory.call("delete", f"/Users/{aoi}"),
        directory.patch(f"/Groups/{group}", {"op": "Remove", "path": "members"}),
        directory.call("delete", f"/Groups/{group}"),
    ):
        assert error(answer) == (409, None)
    assert user_of(aoi).is_active
    assert UserRole.rows.filter(user=user_of(aoi), role__key="admin").exists()


# ---- roles by groups ------------------------------------------------------------------------------------------------


def test_a_role_by_hand_stays_when_the_group_goes(directory, map_to, admin_only, now):
    aoi = directory.make()
    user, sales = user_of(aoi), Role.rows.get(key="sales")
    people.give_roles(user_id=user.pk, role_ids=[sales.pk], team_ids=[], actor=admin_only, now=now)
    group = directory.group("営業部", aoi)
    map_to(group, role=sales)
    directory.call("delete", f"/Groups/{group}")
    row = UserRole.rows.get(user=user)
    assert (row.role_id, row.by_hand, row.by_group) == (sales.pk, True, False)


def test_saving_roles_by_hand_leaves_those_of_groups(directory, map_to, admin_only, now):
    aoi = directory.make()
    user, support = user_of(aoi), Role.rows.get(key="support")
    map_to(directory.group("営業部", aoi), role=Role.rows.get(key="sales"))
    people.give_roles(user_id=user.pk, role_ids=[support.pk], team_ids=[], actor=admin_only, now=now)
    people.give_roles(user_id=user.pk, role_ids=[], team_ids=[], actor=admin_only, now=now)
    assert list(UserRole.rows.filter(user=user).values_list("role__key", "by_hand", "by_group")) == [("sales", False, True)]


def test_a_group_made_anew_is_mapped_to_nothing(directory, map_to):
    aoi = directory.make()
    group = directory.group("管理者", externalId="g")
    map_to(group, role=Role.rows.get(key="admin"))
    directory.call("delete", f"/Groups/{group}")
    directory.group("管理者", aoi, externalId="g")
    assert not UserRole.rows.filter(user=user_of(aoi)).exists()


def test_the_way_back_to_an_account_is_not_the_directorys_where_rights_are_given_by_hand(directory, make_user, admin_only, now):
    """Else whoever writes the address could have a new password mailed to it."""
    aoi = directory.make()
    change = {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "thief@example.com"}
    people.give_roles(user_id=user_of(aoi).pk, role_ids=[Role.rows.get(key="ec_lead").pk], team_ids=[], actor=admin_only, now=now)
    assert directory.patch(f"/Users/{aoi}", change).status_code == 204
    assert user_of(aoi).email == "aoi@ennichido.example"


# ---- signing in -----------------------------------------------------------------------------------------------------


@pytest.fixture
def company(organisation):
    return IdentityProvider.rows.create(name="社内", issuer="https://idp.example", client_id="x", secret_sealed=b"")


@pytest.mark.parametrize(("which", "subject"), [("externalId", "oid-aoi@ennichido.example"), ("userName", "aoi@ennichido.example")])
def test_whoever_is_made_is_linked_by_issuer_and_subject_as_the_company_says(directory, company, admin_only, which, subject, now):
    scim.set_scim(is_on=True, first_sign_in=which, actor=admin_only, now=now)
    user = user_of(directory.make())
    assert list(SocialAccount.objects.values_list("user_id", "provider", "uid")) == [(user.pk, company.provider_id, subject)]
    assert not ProcrastinateJob.objects.filter(task_name="platform.mail_first_sign_in").exists()


def test_a_link_is_never_moved_by_a_later_call(directory, company, admin_only, now):
    scim.set_scim(is_on=True, first_sign_in="externalId", actor=admin_only, now=now)
    pk = directory.make()
    assert directory.patch(f"/Users/{pk}", {"op": "replace", "path": "externalId", "value": "thief"}).status_code == 204
    assert SocialAccount.objects.get().uid == "oid-aoi@ennichido.example"


def test_whose_company_account_it_is_already_is_met_not_taken_over(directory, company, make_user, admin_only, now):
    scim.set_scim(is_on=True, first_sign_in="externalId", actor=admin_only, now=now)
    mori = make_user("mori")
    SocialAccount.objects.create(user=mori, provider=company.provider_id, uid="oid-aoi@ennichido.example")
    assert error(directory.call("post", "/Users", entra_user("aoi@ennichido.example"))) == (409, "uniqueness")
    assert ScimMeeting.rows.get().user_id == mori.pk


def test_without_a_company_account_a_link_is_mailed_once_they_are_active(directory, monkeypatch):
    sent = []
    monkeypatch.setitem(wiring.load("STAFF_MAIL"), "send", sent.append)
    pk = directory.make(active=False)
    assert not ProcrastinateJob.objects.filter(task_name="platform.mail_first_sign_in").exists()
    directory.patch(f"/Users/{pk}", {"op": "Replace", "path": "active", "value": "True"})
    job = ProcrastinateJob.objects.get(task_name="platform.mail_first_sign_in")
    assert job.args == {"user_id": user_of(pk).pk}
    notices.mail_first_sign_in(user_of(pk).pk)
    assert sent[0].to == "aoi@ennichido.example"
    page = Client().get(sent[0].text.split("http://")[1].split()[0].partition("/")[2].join(["/", ""]), follow=True)
    assert page.status_code == 200


# ---- who comes in ---------------------------------------------------------------------------------------------------


def test_only_a_token_that_holds_opens_the_door(directory, admin_only, misaki_client, now):
    for token in ("", "x", "scim_x", f"{directory.token}x"):
        type(directory)(token).get("/Users")
        answer = type(directory)(token).get("/Users")
        assert error(answer) == (401, None)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert misaki_client.get("/scim/v2/Users").status_code == 401
    ScimToken.rows.update(expires_at=time.wall_clock() - timedelta(seconds=1))
    assert directory.get("/Users").status_code == 401
    ScimToken.rows.update(expires_at=None, networks=["203.0.113.0/24"])
    assert directory.get("/Users").status_code == 401
    ScimToken.rows.update(networks=["127.0.0.0/8"])
    assert directory.get("/Users").status_code == 200
    assert ScimToken.rows.get().used_at is not None
    scim.revoke_scim_token(token_id=directory.token_id, actor=admin_only, now=now)
    assert directory.get("/Users").status_code == 401


def test_nothing_happens_while_it_is_off(directory, admin_only, now):
    scim.set_scim(is_on=False, first_sign_in="", actor=admin_only, now=now)
    assert error(directory.call("post", "/Users", entra_user("aoi@ennichido.example"))) == (403, None)
    assert User.rows.count() == 1


def test_a_token_is_stored_hashed_and_told_once(directory):
    row = ScimToken.rows.get()
    assert bytes(row.token_hash) == rights.token_hash(directory.token)
    assert directory.token not in str(ScimToken.rows.values())


def test_calls_and_bodies_have_limits(directory, monkeypatch):
    monkeypatch.setattr(door, "LARGEST_BODY", 500)
    assert error(directory.call("post", "/Users", entra_user("aoi@ennichido.example", title="x" * 600))) == (413, None)
    monkeypatch.setattr(door, "MOST_CALLS_A_MINUTE", 3)
    cache.clear()
    assert [directory.get("/Users").status_code for _n in range(5)] == [200, 200, 200, 429, 429]
    assert directory.get("/Users").headers["Retry-After"] == "60"
    monkeypatch.setattr(door, "MOST_STRANGERS_A_MINUTE", 1)
    assert [type(directory)("x").get("/Users").status_code for _n in range(3)] == [401, 429, 429]


def test_what_went_wrong_is_kept_for_the_screen(directory):
    directory.make()
    directory.call("post", "/Users", entra_user("aoi@ennichido.example"))
    directory.get("/Users/999999")
    trouble = ScimTrouble.rows.get()
    assert (trouble.route, trouble.about, trouble.code, trouble.status) == (
        "POST Users",
        "aoi@ennichido.example",
        "scim.user_name_taken",
        409,
    )
