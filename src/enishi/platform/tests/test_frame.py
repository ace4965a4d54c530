"""What belongs to no app: ホーム, the one search box, the job tray, looks, the probes, the demo's clock."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.urls import reverse

from enishi.platform import rights, time, wiring, work
from enishi.platform.actions import installation as actions
from enishi.platform.errors import NotAllowed
from enishi.platform.frame import Frame
from enishi.platform.models import Event, Organisation
from enishi.platform.queries import installation as queries
from enishi.platform.search import SearchHit, search_everything
from enishi.platform.views import health


def menu(actor, rf):
    request = rf.get("/")
    request.actor = actor
    return {item.label for group in Frame(request).navigation for item in group.items}


# ---- the menu and the search box --------------------------------------------------------------------------


def test_the_menu_shows_what_one_may_open(misaki, admin_only, yoshida, rf):
    assert {"ホーム", "顧客", "取り込み", "配信", "注文", "設定"} <= menu(misaki, rf)
    assert "顧客" not in menu(admin_only, rf)
    assert "取り込み" not in menu(yoshida, rf)


def test_the_search_box_finds_screens_by_right(misaki, yoshida, admin_only):
    assert [hit.label for hit in search_everything(misaki, "注文")] == ["注文"]
    assert [hit.label for hit in search_everything(yoshida, "取り込み")] == []
    assert [hit.label for hit in search_everything(admin_only, "動作")] == ["動作状況"]
    assert search_everything(misaki, "  ") == []


def test_each_source_gives_a_few_and_records_come_before_screens(misaki, monkeypatch):
    load = wiring.load

    def source(actor, text, limit):
        return [SearchHit(f"{text} {number}", "/", "order") for number in range(limit)]

    monkeypatch.setattr(wiring, "load", lambda name: [source] if name == "SEARCH_SOURCES" else load(name))
    hits = search_everything(misaki, "顧客")
    assert [hit.kind for hit in hits] == ["order"] * 6 + ["screen"] * 2


def test_a_screen_of_the_demo_alone_is_elsewhere_in_no_menu_and_not_found(misaki, rf, settings):
    assert "デモの受信箱" in menu(misaki, rf)
    assert [hit.label for hit in search_everything(misaki, "デモの受信箱")] == ["デモの受信箱"]
    settings.DEMO = False
    assert "デモの受信箱" not in menu(misaki, rf)
    assert search_everything(misaki, "デモの受信箱") == []


def test_a_page_of_the_settings_is_marked_there_whatever_app_brings_it(admin_only, sign_in):
    page = sign_in(admin_only).get("/customers/relation-types/").content.decode()
    assert 'href="/settings/" aria-current="page"' in page
    assert 'href="/customers/" aria-current="page"' not in page


def test_the_palette_answers_staff_only(misaki_client):
    answer = misaki_client.get("/search/", {"q": "注文"})
    assert reverse("commerce:orders") in answer.content.decode()
    assert Client().get("/search/", {"q": "注文"}).status_code == 302
    assert Client().get("/search/", {"q": "注文"}, headers={"HX-Request": "true"}).headers["HX-Redirect"] == "/accounts/login/"


# ---- the tray ---------------------------------------------------------------------------------------------


def put_work(actor, subject, at, *, done=1, state="running"):
    work.report(
        kind="import", subject=subject, label=f"仕事{subject}", url="/", owner_id=actor.user_id, total=3, done=done, state=state, at=at
    )


def test_the_tray_shows_ones_own_work_of_late(misaki, yoshida, admin_only, now):
    put_work(misaki, 1, now)
    put_work(misaki, 2, now - timedelta(minutes=61), state="done")
    put_work(misaki, 3, now - timedelta(hours=47))  # nothing was heard of it lately, and it runs
    put_work(misaki, 4, now - timedelta(hours=49))
    put_work(yoshida, 5, now)
    assert [(line.label, line.percent) for line in queries.tray(misaki, now)] == [("仕事1", 33), ("仕事3", 33)]
    assert {line.label for line in queries.tray(admin_only, now)} == {"仕事1", "仕事3", "仕事5"}


def test_days_that_were_asked_for_are_in_the_tray_of_who_asked(misaki, yoshida, now):
    actions.ask_for_days(actor=misaki, days=7, now=now)
    assert [(line.label, line.state) for line in queries.tray(misaki, now)] == [("7日進める", "running")]
    assert queries.tray(yoshida, now) == []


def test_home_says_so_where_nothing_is_to_be_shown(sign_in, make_user, misaki):
    assert "いまお知らせすることはありません" in sign_in(rights.actor_of(make_user("newcomer"))).get("/").content.decode()
    assert "いまお知らせすることはありません" not in sign_in(misaki).get("/").content.decode()


def test_a_line_of_the_tray_moves_on(misaki, now, misaki_client, django_assert_num_queries):
    put_work(misaki, 1, now)
    assert "every 2s" in misaki_client.get("/tray/").content.decode()
    with django_assert_num_queries(1):
        put_work(misaki, 1, now, done=3, state="done")
    assert [(line.percent, line.state) for line in queries.tray(misaki, now)] == [(100, "done")]
    rested = misaki_client.get("/tray/")
    assert ("every 2s" in rested.content.decode(), "HX-Trigger" in rested) == (False, False)
    assert misaki_client.get("/tray/", {"was": "running"})["HX-Trigger"] == "enishi:work-ended"


# ---- looks ------------------------------------------------------------------------------------------------


def test_looks_are_kept_in_a_cookie_that_scripts_cannot_read(misaki_client):
    answer = misaki_client.post("/appearance/", {"theme": "dark", "density": "tight", "text": "large"})
    assert answer.status_code == 204
    assert (answer.cookies["theme"].value, answer.cookies["theme"]["httponly"], answer.cookies["theme"]["samesite"]) == (
        "dark",
        True,
        "Lax",
    )
    page = misaki_client.get("/").content.decode()
    assert 'data-theme="dark"' in page
    assert 'data-density="tight"' in page
    assert 'data-text="large"' in page
    misaki_client.post("/appearance/", {"theme": "neon"})
    assert "data-theme" not in misaki_client.get("/").content.decode().partition("<body")[0]


def test_a_spoilt_cookie_is_no_look(misaki_client):
    misaki_client.cookies["theme"] = '"><script>'
    assert "data-theme" not in misaki_client.get("/").content.decode().partition("<body")[0]


def test_looks_are_chosen_by_staff_and_by_post(misaki_client):
    assert misaki_client.get("/appearance/").status_code == 405
    assert Client().post("/appearance/", {"theme": "dark"}).status_code == 302


# ---- probes -----------------------------------------------------------------------------------------------


def test_the_probes_tell_nothing_but_the_state(client, db):
    assert client.get("/healthz").json() == {"ok": True}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "database": True, "migrations": True, "disk": True})
    assert client.post("/healthz").status_code == 405


def test_a_base_that_is_behind_or_gone_is_not_ready(client, db, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("0099_next", False)])
    assert client.get("/readyz").json() == {"ready": False, "database": True, "migrations": False, "disk": True}

    def gone():
        raise DatabaseError

    monkeypatch.setattr(health, "connection", SimpleNamespace(ensure_connection=gone))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)
    assert client.get("/healthz").status_code == 200


def test_a_data_folder_that_is_full_or_gone_is_not_ready(client, db, settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path / "gone"
    assert client.get("/readyz").json() == {"ready": False, "database": True, "migrations": True, "disk": False}
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"total": 10**12, "free": 10**8}))
    assert client.get("/readyz").status_code == 503


# ---- the demo's clock -------------------------------------------------------------------------------------


def test_days_are_asked_for_by_whom_the_demo_is_and_recorded(misaki, yoshida, now):
    actions.ask_for_days(actor=misaki, days=7, now=now)
    assert Event.rows.get(kind="clock.days_asked").data == {"days": 7}
    with pytest.raises(NotAllowed):
        actions.ask_for_days(actor=yoshida, days=7, now=now)


def test_the_clock_moves_for_everybody_who_asks_it(organisation, now):
    time.freeze(None)
    before = time.now()
    actions.move_clock(hours=30, now=now)
    moved = time.now() - before
    assert timedelta(hours=30) <= moved < timedelta(hours=30, minutes=5)
    assert Event.rows.get(kind="clock.moved").data == {"hours": 30}


@pytest.mark.parametrize("setting", ["DEMO", "TEST_CLOCK_ALLOWED"])
def test_outside_of_a_demo_time_is_real(misaki, now, settings, setting):
    Organisation.rows.update(clock_offset_seconds=86_400)
    setattr(settings, setting, False)
    for move in (lambda: actions.ask_for_days(actor=misaki, days=1, now=now), lambda: actions.move_clock(hours=1, now=now)):
        with pytest.raises(actions.ClockNotMovable):
            move()
    settings.TEST_CLOCK_ALLOWED = False
    assert time.clock_offset() == timedelta(0)


@pytest.mark.parametrize(("days", "status"), [("7", 302), ("1", 302), ("2", 422), ("", 422), ("-1", 422)])
def test_one_day_or_seven(misaki_client, days, status):
    answer = misaki_client.post("/demo/clock/", {"days": days, "next": "https://evil.example/"})
    assert answer.status_code == status
    assert "evil" not in answer.headers.get("Location", "")


def test_a_business_day_begins_at_midnight_in_tokyo(now):
    day = time.today(now)
    assert time.start_of_day(day).isoformat() == "2026-11-22T00:00:00+09:00"
    assert time.today(time.start_of_day(day) - timedelta(seconds=1)) == day - timedelta(days=1)
    assert time.local(now).isoformat() == "2026-11-22T10:11:00+09:00"
