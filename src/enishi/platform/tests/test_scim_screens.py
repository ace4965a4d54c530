"""設定 → ユーザーの自動連携: administrators turn it on, make tokens, map groups behind a proof of who they are, and say who is whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from enishi.platform import rights, time
from enishi.platform.models import Role, RoleGrant, ScimMeeting, ScimSettings, ScimToken, ScimUser, User, UserRole
from enishi.platform.tests.directory import Directory, directory, entra_user, map_to, user_of

__all__ = ["directory", "map_to"]
PAGE = "/settings/scim/"


@pytest.fixture
def enter(now):
    """`enter(actor)`: signed in, and has just proved who they are; with `proved=False` a quarter of an hour ago."""

    def signed_in(actor, *, proved=True):
        client = Client()
        client.force_login(User.rows.get(pk=actor.user_id), backend="enishi.platform.signin.ActiveUserBackend")
        if not proved:
            client.get("/healthz")
            time.freeze(now + timedelta(minutes=15))
        return client

    return signed_in


@pytest.fixture
def clerk(make_user):
    role = Role.rows.create(key="clerk", name="人事")
    RoleGrant.rows.bulk_create([RoleGrant(role=role, object="user", action=act, scope="all") for act in ("read", "update")])
    return rights.actor_of(make_user("clerk", "clerk"))


def test_it_is_turned_on_and_a_token_is_shown_once(admin_only, enter):
    client = enter(admin_only)
    assert "オフ" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}save/", {"is_on": "on", "first_sign_in": ""})
    assert ScimSettings.rows.get().is_on
    made = client.post(f"{PAGE}tokens/", {"name": "Okta", "expires_on": "", "networks": ""}).content.decode()
    token = re.search(r"scim_[\w-]{40,}", made)[0]
    assert Directory(token).get("/Users").status_code == 200
    again = client.get(PAGE).content.decode()
    assert (token in again, "Okta" in again, "http://localhost" in again or "/scim/v2" in again) == (False, True, True)
    client.post(f"{PAGE}tokens/{ScimToken.rows.get().pk}/revoke/")
    assert Directory(token).get("/Users").status_code == 401


@pytest.mark.parametrize("address", ["save/", "tokens/", "groups/{group}/", "meetings/1/"])
def test_every_change_asks_again_who_one_is(directory, admin_only, enter, address):
    address = address.format(group=directory.group("営業部"))
    answer = enter(admin_only, proved=False).post(f"{PAGE}{address}", {"name": "x", "first_sign_in": ""})
    assert (answer.status_code, answer.headers["Location"].startswith("/accounts/confirm/")) == (302, True)
    assert ScimToken.rows.count() == 1


def test_who_may_only_change_users_maps_groups_and_sees_no_token(directory, clerk, misaki, enter):
    group = directory.group("人事部", directory.make())
    client = enter(clerk)
    page = client.get(PAGE).content.decode()
    assert ("人事部" in page, "Entra ID</th>" in page, f"{PAGE}tokens/" in page) == (True, False, False)
    assert client.post(f"{PAGE}save/", {"first_sign_in": ""}).status_code == 403
    assert client.post(f"{PAGE}tokens/", {"name": "x"}).status_code == 403
    refused = client.post(f"{PAGE}groups/{group}/", {"role_id": Role.rows.get(key="admin").pk, "team_id": "", "sure": "yes"})
    assert (refused.status_code, "自分にない権限は" in refused.content.decode()) == (422, True)
    assert enter(misaki).get(PAGE).status_code == 403


def test_a_strong_role_is_mapped_only_after_its_rights_were_shown(directory, admin_only, enter):
    aoi = directory.make()
    group = directory.group("EC課", aoi)
    client, said = enter(admin_only), {"role_id": Role.rows.get(key="ec_lead").pk, "team_id": ""}
    asked = client.post(f"{PAGE}groups/{group}/", said).content.decode()
    assert ("ファイルに書き出し" in asked, 'name="sure"' in asked) == (True, True)
    assert not UserRole.rows.filter(user=user_of(aoi)).exists()
    client.post(f"{PAGE}groups/{group}/", said | {"sure": "yes"})
    assert UserRole.rows.get(user=user_of(aoi)).role.key == "ec_lead"
    plain = {"role_id": Role.rows.get(key="sales").pk, "team_id": ""}
    client.post(f"{PAGE}groups/{group}/", plain)
    assert UserRole.rows.get(user=user_of(aoi)).role.key == "sales"


def test_an_administrator_says_who_is_the_same_person(directory, admin_only, make_user, enter):
    make_user("mori", "sales", display_name="森 一郎")
    make_user("aoi", "sales", display_name="髙橋 葵")
    for name in ("mori", "aoi"):
        assert directory.call("post", "/Users", entra_user(name, emails=[])).status_code == 409
    client = enter(admin_only)
    page = client.get(PAGE).content.decode()
    assert ("森 一郎" in page, "確かめが必要な人" in page, "同じログイン名かメールアドレスのユーザー" in page) == (True, True, True)
    for name, same in (("mori", "yes"), ("aoi", "no")):
        client.post(f"{PAGE}meetings/{ScimMeeting.rows.get(user_name=name).pk}/", {"same": same})
    assert list(ScimUser.rows.values_list("user__username", "made_here")) == [("mori", False)]
    assert not ScimMeeting.rows.exists()
    assert client.post(f"{PAGE}meetings/999/", {"same": "yes"}).status_code == 404


def test_a_users_page_tells_where_they_came_from(directory, map_to, admin_only, enter, yanaka):
    aoi = directory.make()
    map_to(directory.group("営業部", aoi), role=Role.rows.get(key="sales"), team=yanaka)
    user, client = user_of(aoi), enter(admin_only)
    assert "自動連携" in client.get("/settings/users/").content.decode()
    page = client.get(f"/settings/users/{user.pk}/").content.decode()
    assert all(words in page for words in ("連携元が加えた人", "aoi@ennichido.example", "営業部", "連携元のグループで付いているもの"))
    client.post(f"/settings/users/{user.pk}/unlink/")
    assert (ScimUser.rows.get().removed_at is not None, UserRole.rows.filter(user=user).exists()) == (True, False)
    assert client.post(f"/settings/users/{user.pk}/unlink/").status_code == 404


def test_the_log_tells_of_it_in_words(directory, map_to, admin_only, enter):
    aoi = directory.make()
    map_to(directory.group("営業部", aoi), role=Role.rows.get(key="sales"))
    page = enter(admin_only).get("/settings/audit/").content.decode()
    for words in (
        "自動連携（SCIM）",
        "自動連携のトークンを作成",
        "連携元のグループにロールと部署を割り当て",
        "ユーザーの自動連携の設定を変更",
    ):
        assert words in page
    assert enter(admin_only).get("/settings/audit/?door=scim").status_code == 200
