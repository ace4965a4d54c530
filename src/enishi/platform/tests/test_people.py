"""Users and invitations: one link makes one account, nobody gains a right by another's account, and somebody stays who manages."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from enishi.customers.models import Customer
from enishi.platform import rights, time
from enishi.platform.actions import invitations
from enishi.platform.actions import people as actions
from enishi.platform.actions import rules as actions_rules
from enishi.platform.actions.granting import LastAdministrator, RightsBeyondOwn
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import (
    ApiToken,
    Event,
    FieldChange,
    Invitation,
    Organisation,
    Role,
    RoleGrant,
    Team,
    TeamMember,
    User,
    UserRole,
    UserSession,
)
from enishi.platform.staff_mail import NoMailServer
from enishi.platform.views import invitations as views

USERS = "/settings/users/"
GOOD = "yanaka-no-ennichi"


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


@pytest.fixture
def admin(make_user):
    return rights.actor_of(make_user("boss", "admin", display_name="管理 太郎"))


@pytest.fixture
def inviter(make_user):
    """May invite and change users, not configure them; and sells."""
    role = Role.rows.create(key="inviter", name="招待係")
    RoleGrant.rows.bulk_create(
        [RoleGrant(role=role, object="user", action=act, scope="all") for act in ("read", "create", "update", "archive")]
    )
    return rights.actor_of(make_user("aki", "inviter", "sales"))


def role_ids(*keys):
    return list(Role.rows.filter(key__in=keys).values_list("pk", flat=True))


def invite(actor, now, **said):
    given = {"email": "ken@example.jp", "display_name": "健", "title": "", "language": "ja", "role_ids": [], "team_ids": []}
    return invitations.invite(**given | said, actor=actor, now=now, wall=now)


def accept(link, now, **said):
    given = {"username": "ken", "display_name": "吉田 健", "language": "ja", "password": GOOD}
    return invitations.accept_invitation(token=link.token, **given | said, now=now, wall=now)


# ---- invitations ------------------------------------------------------------------------------------------------


def test_a_link_makes_one_account_with_the_chosen_roles_and_teams(admin, yanaka, now):
    link = invite(admin, now, role_ids=role_ids("sales", "support"), team_ids=[yanaka.pk], title="店長")
    assert link.token not in str(list(Invitation.rows.values()))
    user = User.rows.get(pk=accept(link, now))
    assert (user.username, user.email, user.title, user.check_password(GOOD)) == ("ken", "ken@example.jp", "店長", True)
    assert set(UserRole.rows.filter(user=user).values_list("role__key", flat=True)) == {"sales", "support"}
    assert TeamMember.rows.get(user=user).team_id == yanaka.pk
    assert Event.rows.get(kind="user.created").subject_id == user.pk
    with pytest.raises(invitations.LinkIsOver):
        accept(link, now, username="second")


def test_a_link_ends_after_seven_days_by_withdrawal_and_by_a_newer_one(admin, now):
    old = invite(admin, now)
    with pytest.raises(invitations.LinkIsOver):
        accept(old, now + timedelta(days=7))
    new = invitations.renew_invitation(invitation_id=old.id, actor=admin, now=now, wall=now)
    with pytest.raises(invitations.LinkIsOver):
        accept(old, now)
    invitations.withdraw_invitation(invitation_id=old.id, actor=admin, now=now)
    with pytest.raises(invitations.LinkIsOver):
        accept(new, now)
    with pytest.raises(invitations.InvitationIsOver):
        invitations.renew_invitation(invitation_id=old.id, actor=admin, now=now, wall=now)
    assert not User.rows.filter(username="ken").exists()


def test_an_address_is_invited_once_and_never_a_user_again(admin, misaki_user, now):
    User.rows.filter(pk=misaki_user.pk).update(email="misaki@example.jp")
    with pytest.raises(Invalid):
        invite(admin, now, email="Misaki@Example.jp")
    invite(admin, now)
    with pytest.raises(Invalid):
        invite(admin, now, email="KEN@example.jp")
    invite(admin, now, email="")
    invite(admin, now, email="")


@pytest.mark.parametrize("password", ["short", "1234567890", "ken.yoshida", "enishi2026!", "縁日堂2026縁日堂", "x" * 513])
def test_a_password_that_is_easily_guessed_makes_nobody(admin, now, password):
    link = invite(admin, now, email="ken.yoshida@example.jp")
    with pytest.raises(Invalid) as refusal:
        accept(link, now, username="ken.yoshida", password=password)
    assert set(refusal.value.fields) == {"password"}
    assert not User.rows.filter(username="ken.yoshida").exists()


@pytest.mark.parametrize("password", ["縁側で 昼寝する 三毛猫", "a" * 8 + " long sentence of sixty-four letters and more is fine " * 2])
def test_a_long_sentence_is_a_fine_password(admin, now, password):
    assert accept(invite(admin, now), now, password=password)


def test_a_login_that_is_taken_is_said_beside_the_field(admin, misaki_user, now):
    link = invite(admin, now)
    with pytest.raises(Invalid) as refusal:
        accept(link, now, username="misaki")
    assert set(refusal.value.fields) == {"username"}
    assert accept(link, now)  # the link is still good


def test_the_screens_invite_and_the_person_comes_in(admin, sign_in, now, monkeypatch):
    mails = []
    monkeypatch.setattr(views.staff_mail, "send", mails.append)
    form = {"display_name": "髙橋 﨑 𠮷", "email": "ken@example.jp", "title": "", "language": "ja", "role_ids": role_ids("sales")}
    page = sign_in(admin).post(f"{USERS}invite/", form).content.decode()
    assert "ken@example.jp に招待のリンクを送りました" in page
    (mail,) = mails
    path = re.search(r"(/accounts/invitation/\S+)", mail.text).group(1)
    assert path in page
    assert Invitation.rows.get().mailed_at == now

    client = Client()
    assert 'value="髙橋 﨑 𠮷"' in client.get(path).content.decode()
    wrong = client.post(path, {"display_name": "吉田", "username": "ken", "language": "ja", "password": GOOD, "password_again": "x"})
    assert wrong.status_code == 422
    assert 'value="吉田"' in wrong.content.decode()
    done = client.post(path, {"display_name": "吉田", "username": "ken", "language": "ja", "password": GOOD, "password_again": GOOD})
    assert (done.status_code, done.url) == (302, "/")
    assert client.get("/customers/").status_code == 200
    gone = Client().get(path)
    assert gone.status_code == 404
    assert "使えません" in gone.content.decode()


def test_without_a_mail_server_the_link_is_there_to_be_copied(admin, sign_in, now, monkeypatch):
    def refuse(mail):
        raise NoMailServer

    monkeypatch.setattr(views.staff_mail, "send", refuse)
    form = {"display_name": "健", "email": "ken@example.jp", "title": "", "language": "ja"}
    page = sign_in(admin).post(f"{USERS}invite/", form).content.decode()
    assert "メールは送れませんでした" in page
    assert "/accounts/invitation/" in page
    assert Invitation.rows.get().mailed_at is None
    listed = sign_in(admin).get(f"{USERS}?show=invited").content.decode()
    assert "送れていません" in listed


def test_a_form_with_mistakes_keeps_what_was_entered(admin, sign_in, now):
    answer = sign_in(admin).post(f"{USERS}invite/", {"display_name": "健", "email": "no-address", "language": "ja"})
    assert answer.status_code == 422
    assert 'value="no-address"' in answer.content.decode()
    assert not Invitation.rows.exists()


# ---- nobody gains a right -----------------------------------------------------------------------------------------


def test_who_may_not_configure_users_gives_no_right_that_they_lack(inviter, now):
    assert invite(inviter, now, role_ids=role_ids("sales"))
    for key in ("admin", "all_customers", "support"):
        with pytest.raises(RightsBeyondOwn):
            invite(inviter, now, email=f"{key}@example.jp", role_ids=role_ids(key))


def test_nor_to_themselves(inviter, now):
    with pytest.raises(RightsBeyondOwn):
        actions.give_roles(user_id=inviter.user_id, role_ids=role_ids("admin", "inviter"), team_ids=[], actor=inviter, now=now)


def test_nor_do_they_reach_the_account_of_somebody_with_more(inviter, admin, now):
    """A changed address and a forgotten password would be a way in."""
    with pytest.raises(RightsBeyondOwn):
        actions.change_user(user_id=admin.user_id, display_name="x", title="", email="me@evil.jp", language="ja", actor=inviter, now=now)
    with pytest.raises(RightsBeyondOwn):
        actions.deactivate_user(user_id=admin.user_id, actor=inviter, now=now)
    assert User.rows.get(pk=admin.user_id).email == ""


def test_nor_join_a_team_to_see_more(inviter, kamakura, make_user, now):
    other = make_user("ken", "store_staff")
    RoleGrant.rows.create(role=Role.rows.get(key="inviter"), object="customer", action="update", scope="team")
    manager = rights.actor_of(User.rows.get(pk=inviter.user_id))
    with pytest.raises(RightsBeyondOwn):
        actions.give_roles(user_id=manager.user_id, role_ids=role_ids("inviter", "sales"), team_ids=[kamakura.pk], actor=manager, now=now)
    assert not TeamMember.rows.filter(user_id__in=[other.pk, manager.user_id]).exists()


def test_an_administrator_gives_any_role(admin, make_user, now):
    ken = make_user("ken", "sales")
    actions.give_roles(user_id=ken.pk, role_ids=role_ids("all_customers"), team_ids=[], actor=admin, now=now)
    assert list(UserRole.rows.filter(user=ken).values_list("role__key", flat=True)) == ["all_customers"]
    change = FieldChange.rows.get(field="roles")
    assert (change.object_id, change.before, change.after) == (ken.pk, role_ids("sales"), role_ids("all_customers"))
    assert Event.rows.get(kind="user.roles_changed").subject_id == ken.pk


@pytest.mark.parametrize("act", ["change", "roles", "deactivate", "second-factors", "sign-out"])
def test_others_change_nobody(act, misaki_client, make_user, now):
    ken = make_user("ken", "sales")
    assert misaki_client.get(USERS).status_code == 403
    assert misaki_client.post(f"{USERS}{ken.pk}/{act}/").status_code == 403
    assert User.rows.get(pk=ken.pk).is_active


# ---- the last administrator ---------------------------------------------------------------------------------------


def test_the_last_administrator_stays(admin, make_user, now):
    with pytest.raises(LastAdministrator):
        actions.give_roles(user_id=admin.user_id, role_ids=role_ids("sales"), team_ids=[], actor=admin, now=now)
    second = make_user("second", "admin")
    actions.give_roles(user_id=admin.user_id, role_ids=role_ids("sales"), team_ids=[], actor=admin, now=now)
    boss = rights.actor_of(second)
    with pytest.raises(actions.OwnAccount):
        actions.deactivate_user(user_id=second.pk, actor=boss, now=now)
    third = rights.actor_of(make_user("third", "admin"))
    User.rows.filter(pk=third.user_id).update(is_active=False)
    with pytest.raises(LastAdministrator):
        actions.deactivate_user(user_id=second.pk, actor=third, now=now)
    assert User.rows.get(pk=second.pk).is_active


# ---- switching off and on -----------------------------------------------------------------------------------------


def test_who_is_switched_off_is_out_with_their_tokens_and_keeps_what_they_own(admin, misaki_user, misaki_client, sign_in, now):
    misaki_client.get("/customers/")
    Customer.rows.create(number="C-1", kind="person", family_name="佐藤", name="佐藤", owner=misaki_user, created_at=now)
    ApiToken.rows.create(user=misaki_user, name="x", token_hash=rights.token_hash("enishi_x"), created_at=now)
    boss = rights.actor_of(User.rows.get(pk=admin.user_id))
    UserRole.rows.create(user_id=boss.user_id, role=Role.rows.get(key="all_customers"))
    client = sign_in(admin)
    page = client.get(f"{USERS}{misaki_user.pk}/").content.decode()
    assert "担当の顧客 1件は" in page
    client.post(f"{USERS}{misaki_user.pk}/deactivate/")
    assert not UserSession.rows.filter(user=misaki_user).exists()
    assert misaki_client.get("/customers/").status_code == 302
    assert Client().get("/api/v1/customers", headers={"Authorization": "Bearer enishi_x"}).status_code == 401
    assert Customer.rows.get().owner_id == misaki_user.pk
    client.post(f"{USERS}{misaki_user.pk}/reactivate/")
    assert User.rows.get(pk=misaki_user.pk).is_active
    assert Client().get("/api/v1/customers", headers={"Authorization": "Bearer enishi_x"}).status_code == 401
    assert [event.kind for event in Event.rows.filter(kind__in=["user.deactivated", "user.reactivated"]).order_by("id")] == [
        "user.deactivated",
        "user.reactivated",
    ]


def test_what_is_known_of_a_user_is_changed_with_what_it_was(admin, misaki_user, sign_in, now):
    form = {"display_name": "髙橋 美咲", "email": "misaki@example.jp", "title": "部長", "language": "en"}
    assert sign_in(admin).post(f"{USERS}{misaki_user.pk}/change/", form).status_code == 302
    misaki_user.refresh_from_db()
    assert (misaki_user.email, misaki_user.title, misaki_user.language) == ("misaki@example.jp", "部長", "en")
    assert set(FieldChange.rows.values_list("field", "before", "after")) == {
        ("email", "", "misaki@example.jp"),
        ("title", "", "部長"),
        ("language", "ja", "en"),
    }
    assert sign_in(admin).post(f"{USERS}{misaki_user.pk}/change/", form | {"display_name": ""}).status_code == 422


def test_an_address_that_is_anothers_is_refused(admin, misaki_user, now):
    User.rows.filter(pk=admin.user_id).update(email="boss@example.jp")
    with pytest.raises(Invalid):
        actions.change_user(
            user_id=misaki_user.pk, display_name="x", title="", email="Boss@example.jp", language="ja", actor=admin, now=now
        )


def test_an_administrator_signs_somebody_out_and_takes_second_factors_off(admin, misaki_user, misaki_client, sign_in, now):
    from allauth.mfa.models import Authenticator

    misaki_client.get("/customers/")
    Authenticator.objects.create(user=misaki_user, type="totp", data={"secret": "x"})
    client = sign_in(admin)
    client.post(f"{USERS}{misaki_user.pk}/sign-out/")
    assert misaki_client.get("/customers/").status_code == 302
    client.post(f"{USERS}{misaki_user.pk}/second-factors/")
    assert not Authenticator.objects.exists()
    event = Event.rows.get(kind="user.second_factor_removed")
    assert (event.subject_id, event.actor_id) == (misaki_user.pk, admin.user_id)


def test_strangers_and_unknown_users_are_not_found(admin, now):
    with pytest.raises(NotFound):
        actions.deactivate_user(user_id=999_999, actor=admin, now=now)
    with pytest.raises(NotAllowed):
        actions.deactivate_user(user_id=admin.user_id, actor=rights.actor_by_id(None), now=now)


def test_the_list_finds_and_tells_states(admin, misaki_user, sign_in, now, django_assert_max_num_queries):
    invite(admin, now)
    client = sign_in(admin)
    client.get(USERS)
    with django_assert_max_num_queries(22):
        page = client.get(f"{USERS}?q=美咲").content.decode()
    assert "髙橋 美咲" in page
    assert "管理 太郎</a>" not in page
    assert "見つかりません" in client.get(f"{USERS}?q=だれもいない").content.decode()
    assert "ken@example.jp" in client.get(f"{USERS}?show=invited").content.decode()
    assert "停止中の人はいません" in client.get(f"{USERS}?show=stopped").content.decode()


def test_teams_are_named_by_their_path(admin, yanaka, sign_in, now):
    Team.rows.create(name="外商", parent=yanaka)
    assert "谷中本店／外商" in sign_in(admin).get(f"{USERS}invite/").content.decode()


# ---- the rule of second factors -----------------------------------------------------------------------------------


def test_the_company_names_a_day_and_takes_it_back(admin, sign_in, misaki_user, now):
    page, client = reverse("platform:signin-rules"), sign_in(admin)
    assert "髙橋 美咲" in client.get(page).content.decode()
    assert client.post(page, {"second_factor": "on"}).status_code == 422
    client.post(page, {"second_factor": "on", "second_factor_from": "2026/12/14"})
    assert Organisation.rows.get().second_factor_from == date(2026, 12, 14)
    client.post(page, {"second_factor": "off", "second_factor_from": "2026/12/14"})
    assert Organisation.rows.get().second_factor_from is None
    assert Event.rows.filter(kind="organisation.changed").count() == 2


def test_the_rule_is_the_configurers(misaki, misaki_client, now):
    assert misaki_client.get(reverse("platform:signin-rules")).status_code == 403
    with pytest.raises(NotAllowed):
        actions_rules.ask_for_second_factor(starts_on=None, actor=misaki, now=now)
    assert time.today(now) == date(2026, 11, 22)
