"""会社と暦: what the whole company shares, changed on its screen."""

from __future__ import annotations

import pytest
from django.test import Client

from enishi.platform.models import Event, Organisation

FIELDS = {
    "name": "株式会社縁日堂", "address": "東京都台東区谷中1-2-3", "contact": "0120-000-000", "send_wait_minutes": "5",
    "holdout_percent": "20", "fiscal_year_start_month": "4", "closing_day": "20", "extra_holidays": "2026/12/30\n令和8年12月31日\n2026/12/30",
}  # fmt: skip


@pytest.fixture
def admin(make_user, client):
    client.force_login(make_user("admin", "admin"), backend="enishi.platform.signin.ActiveUserBackend")
    return client


def test_the_calendar_of_the_company_is_kept(admin):
    assert admin.post("/settings/organisation/", FIELDS).status_code == 302
    row = Organisation.rows.get()
    assert (row.closing_day, row.extra_holidays) == (20, ["2026-12-30", "2026-12-31"])
    assert Event.rows.filter(kind="organisation.changed").count() == 1
    page = admin.get("/settings/organisation/").content.decode()
    assert "2026/12/30\n2026/12/31" in page


def test_no_day_off_beside_the_holidays_is_no_error(admin):
    assert admin.post("/settings/organisation/", FIELDS | {"extra_holidays": ""}).status_code == 302
    assert Organisation.rows.get().extra_holidays == []


def test_days_that_do_not_exist_are_named_and_nothing_typed_is_lost(admin):
    assert (
        "日付として読めません。例：2026/4/1、R8.4.1"
        in admin.post("/settings/organisation/", FIELDS | {"extra_holidays": "盆"}).content.decode()
    )
    answer = admin.post("/settings/organisation/", FIELDS | {"extra_holidays": "2026/2/30\n2026/12/30"})
    assert answer.status_code == 422
    assert "「2026/2/30」" in answer.content.decode()
    assert "2026/2/30\n2026/12/30" in answer.content.decode()
    assert Organisation.rows.get().closing_day == 31


def test_what_is_missing_is_asked_for_in_our_words(admin):
    wrong = FIELDS | {"name": "", "send_wait_minutes": "500", "closing_day": "", "contact": "電" * 201}
    page = admin.post("/settings/organisation/", wrong).content.decode()
    said = ("入力してください。", "選んでください。", "120以下で入力してください。", "200文字以内で入力してください（いまは201文字です）。")
    assert [words for words in said if words not in page] == []
    assert "フィールド" not in page


def test_only_those_who_configure_may(misaki_client):
    assert misaki_client.post("/settings/organisation/", FIELDS).status_code == 403
    assert Client().post("/settings/organisation/", FIELDS).status_code == 302
    assert Organisation.rows.get().closing_day == 31
