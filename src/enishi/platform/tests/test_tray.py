"""The job tray: what runs stays in sight, what ended leaves after an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest

from enishi.platform import work
from enishi.platform.queries.installation import tray

pytestmark = pytest.mark.django_db


def tell(subject, *, state, at):
    work.report(kind="demo.days", subject=subject, label="7日進める", url="/", owner_id=None, total=7, done=1, state=state, at=at)


def test_work_that_runs_is_shown_although_the_demos_clock_has_leapt(admin_only, now):
    tell(1, state="running", at=now - timedelta(hours=25))
    tell(2, state="done", at=now - timedelta(hours=25))
    tell(3, state="done", at=now - timedelta(minutes=10))
    assert sorted((line.state, line.done) for line in tray(admin_only, now)) == [("done", 1), ("running", 1)]


def test_work_that_nobody_has_heard_of_for_days_is_let_go(admin_only, now):
    tell(1, state="running", at=now - timedelta(days=3))
    assert tray(admin_only, now) == []
