"""The first run and the settings: the first visitor makes the first user, and nobody after them."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from enishi.platform import presets, rights
from enishi.platform.actions import installation as actions
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import ChangeSet, DeadLetter, Event, EventCursor, FieldChange, Organisation, Role, User, UserRole

START = "/start/"
TYPED = {
    "organisation_name": "株式会社縁日堂",
    "address": "東京都台東区谷中1-2-3",
    "contact": "0120-000-000",
    "display_name": "髙橋 美咲",
    "username": "misaki",
    "password": "yanaka-no-ennichi",
    "password_again": "yanaka-no-ennichi",
}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path, db):
    settings.DATA_DIR = tmp_path


def set_up(now, **said):
    given = {name: value for name, value in TYPED.items() if name != "password_again"}
    return actions.set_up(now=now, language="ja", **given | said)


# ---- the first run ----------------------------------------------------------------------------------------


def test_the_first_user_configures_and_sees_everybody(now, tmp_path):
    user = User.rows.get(pk=set_up(now))
    actor = rights.actor_of(user)
    assert set(UserRole.rows.filter(user=user).values_list("role__key", flat=True)) == {"admin", "all_customers"}
    assert (actor.scope_for("settings", "configure"), actor.scope_for("customer", "read")) == ("all", "all")
    assert user.check_password(TYPED["password"])
    organisation = Organisation.rows.get()
    assert (organisation.name, organisation.installation_id) == (TYPED["organisation_name"], (tmp_path / "installation_id").read_text())
    assert Event.rows.get(kind="organisation.set_up").subject_id == organisation.pk


def test_it_happens_once(now):
    set_up(now)
    with pytest.raises(actions.AlreadySetUp):
        set_up(now, username="intruder")
    assert list(User.rows.values_list("username", flat=True)) == ["misaki"]


@pytest.mark.parametrize("password", ["short", "misaki-takahashi", "1234567890", "password123"])
def test_a_password_that_is_easily_guessed_makes_nobody(now, password):
    with pytest.raises(Invalid) as refusal:
        set_up(now, username="misaki-takahashi", password=password)
    assert set(refusal.value.fields) == {"password"}
    assert (User.rows.count(), Organisation.rows.count()) == (0, 0)


def test_roles_that_an_administrator_changed_stay_as_they_are(organisation):
    Role.rows.filter(key="sales").update(name="外商")
    presets.install()
    assert Role.rows.get(key="sales").name == "外商"
    assert Role.rows.count() == len(presets.PRESETS)


def test_the_database_holds_one_organisation(organisation, now):
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.rows.create(name="二社目", installation_id="x", created_at=now)


@pytest.mark.django_db(transaction=True)
def test_of_two_visitors_at_once_the_second_is_refused(now):
    came, refused = threading.Event(), []

    def second():
        try:
            came.set()
            set_up(now, username="intruder")
        except actions.AlreadySetUp as error:
            refused.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        set_up(now)
        thread.start()
        came.wait(10)
        thread.join(0.3)  # it waits for this transaction by now
    thread.join(20)
    assert len(refused) == 1
    assert list(User.rows.values_list("username", flat=True)) == ["misaki"]


def test_the_first_visitor_is_led_there_and_is_signed_in_behind_it(client, now):
    assert client.get("/").url == START
    assert "会社名" in client.get(START).content.decode()
    answer = client.post(START, TYPED)
    assert (answer.status_code, answer.url) == (302, "/")
    assert "準備ができました" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password_again": "another"}, "パスワードが一致しません"),
        ({"username": "Misaki T"}, "半角の英小文字"),
        ({"organisation_name": ""}, "必須"),
        ({"password": "short", "password_again": "short"}, "10"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(client, now, wrong, words):
    answer = client.post(START, TYPED | wrong)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not User.rows.exists()


def test_the_second_visitor_only_finds_the_way_to_sign_in(client, now):
    set_up(now)
    login = reverse("account_login")
    assert client.get("/").url == login
    assert client.get(START).url == login
    assert client.post(START, TYPED | {"username": "intruder"}).url == login
    assert User.rows.count() == 1


# ---- settings ---------------------------------------------------------------------------------------------


@pytest.fixture
def admin(organisation, make_user):
    return rights.actor_of(make_user("boss", "admin"))


def settings_of(organisation, **changed):
    names = ("name", "address", "contact", "send_wait_minutes", "holdout_percent", "fiscal_year_start_month", "closing_day")
    return {name: getattr(organisation, name) for name in names} | {"extra_holidays": []} | changed


def test_a_changed_setting_keeps_what_it_was(organisation, admin, now):
    actions.change_organisation(actor=admin, now=now, **settings_of(organisation, name="縁日堂", send_wait_minutes=10))
    organisation.refresh_from_db()
    assert (organisation.name, organisation.send_wait_minutes) == ("縁日堂", 10)
    deed = ChangeSet.rows.get()
    assert (deed.actor_id, deed.door, deed.at) == (admin.user_id, "screen", now)
    assert set(FieldChange.rows.values_list("field", "before", "after")) == {
        ("name", "株式会社縁日堂", "縁日堂"),
        ("send_wait_minutes", 5, 10),
    }
    assert Event.rows.get(kind="organisation.changed").actor_id == admin.user_id


def test_settings_that_stay_write_nothing(organisation, admin, now):
    actions.change_organisation(actor=admin, now=now, **settings_of(organisation))
    assert not ChangeSet.rows.exists()
    assert not Event.rows.filter(kind="organisation.changed").exists()


def test_settings_out_of_range_are_refused_and_others_than_administrators_too(organisation, admin, misaki, now):
    with pytest.raises(Invalid) as refusal:
        actions.change_organisation(actor=admin, now=now, **settings_of(organisation, holdout_percent=51, fiscal_year_start_month=13))
    assert set(refusal.value.fields) == {"holdout_percent", "fiscal_year_start_month"}
    with pytest.raises(NotAllowed):
        actions.change_organisation(actor=misaki, now=now, **settings_of(organisation))


def test_the_page_saves_and_says_what_is_wrong(organisation, admin, sign_in):
    client = sign_in(admin)
    page = reverse("platform:organisation")
    assert "株式会社縁日堂" in client.get(page).content.decode()
    assert client.post(page, settings_of(organisation, send_wait_minutes=121)).status_code == 422
    assert client.post(page, settings_of(organisation, send_wait_minutes=0)).status_code == 302
    assert Organisation.rows.get().send_wait_minutes == 0


def test_settings_open_for_whom_they_are(organisation, admin, sign_in, misaki_client):
    for name in ("organisation", "status"):
        assert misaki_client.get(reverse(f"platform:{name}")).status_code == 403
        assert Client().get(reverse(f"platform:{name}")).status_code == 302
    index = reverse("platform:settings")
    assert "動作状況" in sign_in(admin).get(index).content.decode()
    assert "動作状況" not in misaki_client.get(index).content.decode()


def test_the_state_of_the_installation_is_told(organisation, admin, sign_in, now, django_assert_max_num_queries):
    EventCursor.rows.create(subscriber="commerce.claims", failures=2, last_error="cannot swallow")
    DeadLetter.rows.create(subscriber="commerce.claims", event_id=1, error="x", at=now)
    client = sign_in(admin)
    client.get(reverse("platform:settings"))
    with django_assert_max_num_queries(20):
        body = client.get(reverse("platform:status")).content.decode()
    assert "PostgreSQL" in body
    assert "commerce.claims" in body
    assert "cannot swallow" in body
