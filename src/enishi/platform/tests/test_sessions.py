"""How long one stays signed in, and where: the two limits, the list of devices, and what ends a session."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from enishi.platform import rights, time
from enishi.platform.actions import signin as actions
from enishi.platform.client import device_words
from enishi.platform.errors import NotFound
from enishi.platform.models import Event, User, UserSession
from enishi.platform.queries import signin as queries

ACCOUNT = "/settings/account/"
LOGIN = "/accounts/login/"
RIGHT = {"login": "misaki", "password": "enishi-demo-2026"}
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:146.0) Gecko/20100101 Firefox/146.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"


@pytest.fixture(autouse=True)
def nobody_tried_before(db):
    cache.clear()


def browser(agent=FIREFOX):
    client = Client(headers={"User-Agent": agent})
    client.post(LOGIN, RIGHT)
    assert is_in(client)
    return client


def is_in(client):
    return client.get(ACCOUNT).status_code == 200


def test_three_hours_without_a_request_end_a_session_and_say_so(misaki_user, now):
    client = browser()
    time.freeze(now + timedelta(hours=3, seconds=1))
    left = client.get(ACCOUNT)
    assert left.url == f"{LOGIN}?next={ACCOUNT}"
    assert "3時間操作がなかったため" in client.get(left.url).content.decode()
    assert not UserSession.rows.exists()


def test_use_keeps_a_session_until_twelve_hours_have_passed(misaki_user, now):
    client = browser()
    for hours in range(2, 13, 2):
        time.freeze(now + timedelta(hours=hours))
        assert is_in(client)
    time.freeze(now + timedelta(hours=12, seconds=1))
    assert not is_in(client)
    assert "12時間" in client.get(LOGIN).content.decode()


def test_a_page_that_asks_by_itself_is_no_use(misaki_user, now):
    client = browser()
    for hours in (1, 2):
        time.freeze(now + timedelta(hours=hours))
        client.get("/tray/")
    time.freeze(now + timedelta(hours=3, seconds=1))
    assert not is_in(client)


def test_skipping_days_in_the_demo_signs_nobody_out(misaki_user, monkeypatch):
    client = browser()
    monkeypatch.setattr(time, "clock_offset", lambda: timedelta(days=30))
    assert is_in(client)


def test_the_list_says_device_way_and_place_and_which_is_this_one(misaki_user, now):
    phone, desk = browser(SAFARI), browser()
    rows = queries.sessions_of(misaki_user.pk, current_id=desk.session["sid"])
    assert [(row.device, row.method, row.ip, row.is_current) for row in rows] == [
        ("Firefox・Windows", "パスワード", "127.0.0.1", True),
        ("Safari・iPhone", "パスワード", "127.0.0.1", False),
    ]
    page = phone.get(ACCOUNT).content.decode()
    assert page.count("この端末") == 1
    assert "Firefox・Windows" in page


def test_one_other_device_is_ended_at_its_next_request(misaki_user, now):
    phone, desk = browser(SAFARI), browser()
    answer = desk.post(f"{ACCOUNT}sessions/{phone.session['sid']}/end/")
    assert answer.status_code == 302
    assert (is_in(phone), is_in(desk)) == (False, True)
    assert Event.rows.get(kind="user.session_ended").actor_id == misaki_user.pk


def test_all_others_are_ended_at_once(misaki_user, now):
    phone, tablet, desk = browser(SAFARI), browser(SAFARI), browser()
    desk.post(f"{ACCOUNT}sessions/end-others/")
    assert [is_in(one) for one in (phone, tablet, desk)] == [False, False, True]
    assert Event.rows.filter(kind="user.session_ended").count() == 2


def test_the_own_session_is_not_ended_from_the_list(misaki_user, now):
    client = browser()
    client.post(f"{ACCOUNT}sessions/{client.session['sid']}/end/")
    assert is_in(client)


def test_nobody_ends_the_session_of_another(misaki_user, make_user, now):
    client = browser()
    sid = client.session["sid"]
    other = rights.actor_of(make_user("ken", "admin"))
    with pytest.raises(NotFound):
        actions.end_session(session_id=sid, own_id=0, actor=other, now=now)
    assert is_in(client)


def test_a_new_password_ends_all_other_sessions(misaki_user, now):
    phone, desk = browser(SAFARI), browser()
    new = {"oldpassword": RIGHT["password"], "password1": "yanaka-no-ennichi", "password2": "yanaka-no-ennichi"}
    answer = desk.post("/accounts/password/change/", new)
    assert (answer.status_code, answer.url) == (302, ACCOUNT)
    assert (is_in(phone), is_in(desk)) == (False, True)
    assert [row.is_current for row in queries.sessions_of(misaki_user.pk, current_id=desk.session["sid"])] == [True]
    assert Event.rows.get(kind="user.password_changed").subject_id == misaki_user.pk


def test_signing_out_leaves_no_row_and_an_event(misaki_user, now):
    client = browser()
    answer = client.post("/accounts/logout/")
    assert "storage" in answer.headers["Clear-Site-Data"]
    assert not UserSession.rows.exists()
    assert Event.rows.get(kind="user.signed_out").subject_id == misaki_user.pk


def test_coming_in_is_told_by_what(misaki_user, now):
    browser()
    event = Event.rows.get(kind="user.signed_in")
    assert (event.subject_id, event.data) == (misaki_user.pk, {"method": "password", "ip": "127.0.0.1"})


def test_failing_is_told_for_the_user_or_for_nobody_and_never_by_name(misaki_user, now):
    Client().post(LOGIN, RIGHT | {"password": "wrong-password"})
    Client().post(LOGIN, {"login": "somebody", "password": "wrong-password"})
    events = list(Event.rows.filter(kind="user.sign_in_failed").order_by("id"))
    assert [event.subject_id for event in events] == [misaki_user.pk, 0]
    assert "somebody" not in str([event.data for event in events])


def test_what_is_left_of_ended_sessions_is_swept(misaki_user, now):
    browser()
    Session.objects.all().delete()
    assert actions.sweep_sessions(wall=time.wall_clock()) == 1


def test_a_page_writes_nothing_while_a_session_is_young(misaki_user, now, django_assert_num_queries):
    client = browser()
    before = UserSession.rows.get().seen_at
    time.freeze(now + timedelta(minutes=4))
    client.get(ACCOUNT)
    assert UserSession.rows.get().seen_at == before
    time.freeze(now + timedelta(minutes=5))
    client.get(ACCOUNT)
    assert UserSession.rows.get().seen_at == now + timedelta(minutes=5)


def test_a_user_switched_off_is_out(misaki_user, now):
    client = browser()
    User.rows.filter(pk=misaki_user.pk).update(is_active=False)
    assert not is_in(client)


@pytest.mark.parametrize(
    ("agent", "words"), [(FIREFOX, "Firefox・Windows"), (SAFARI, "Safari・iPhone"), ("", "不明な端末"), ("curl/8", "不明な端末")]
)
def test_devices_have_names(agent, words):
    assert device_words(agent) == words
