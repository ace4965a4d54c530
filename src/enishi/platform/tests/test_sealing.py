"""The chain of seals: what verify reports. D06 of the security cases."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from enishi.platform import anchors, events, sealing
from enishi.platform.actions.audit import check_on, prepare_seal, seal_on, write_seal
from enishi.platform.actor import SYSTEM
from enishi.platform.models import AuditCheck, Event, Seal, SealMark
from enishi.platform.runs import order

DAY = timedelta(days=1)


@pytest.fixture
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def written(transactional_db, folder, now):
    """Events over some days, sealed day by day; gives the day after."""

    def write(count, at):
        for number in range(count):
            events.record("order.placed", subject=number, customer=None, actor=SYSTEM, at=at)

    at = now
    for _day in range(3):
        write(5, at)
        seal(at)
        at += DAY
    return at


def seal(at):
    assert prepare_seal(now=at) is True
    seal_on(now=at + timedelta(minutes=11))


@pytest.fixture
def owner(transactional_db):
    """Somebody with the keys of the whole database: rows of append-only tables are theirs to change."""
    url = f"{os.environ['ENISHI_DATABASE_URL_OWNER'].rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    with psycopg.connect(url, autocommit=True) as opened:
        yield opened


def problems(anchor=None, first=1):
    known = anchors.read(anchor) if anchor else {}
    return [(p.code, p.seal, p.table) for looked in sealing.walk(first=first, anchors=known) for p in looked.problems]


def rewrite_chain(owner):
    """Make every seal anew over the rows as they are now, as somebody who knows the formula would."""
    previous = ""
    for row in Seal.rows.order_by("number"):
        tables = {name: sealing.part(name, said["after"], said["until"]) for name, said in row.tables.items()}
        said = sealing.hash_of(number=row.number, at=row.at, previous=previous, tables=tables)
        owner.execute(
            "UPDATE platform_seal SET tables = %s, previous_hash = %s, hash = %s WHERE number = %s",
            [json.dumps(tables), previous, said, row.number],
        )
        previous = said


def test_an_untouched_log_is_as_it_was_sealed(written):
    assert list(Seal.rows.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    assert problems(anchors.own_file()) == []
    assert sum(looked.rows for looked in sealing.walk()) >= 15


def test_a_row_that_was_changed_is_found_with_its_block(written, owner):
    middle = Event.rows.order_by("pk")[7]
    owner.execute("UPDATE platform_event SET subject_id = 999 WHERE id = %s", [middle.pk])
    ((code, number, table),) = problems()
    assert (code, number, table) == ("changed", 2, "platform_event")


def test_a_middle_that_was_deleted_and_a_row_that_was_slipped_in_are_found(written, owner):
    middle = Event.rows.order_by("pk")[7]
    owner.execute("DELETE FROM platform_event WHERE id = %s", [middle.pk])
    assert problems() == [("missing", 2, "platform_event")]
    owner.execute(
        "INSERT INTO platform_event (id, kind, subject_id, actor_kind, at, data)"
        " SELECT -5, kind, subject_id, actor_kind, at, data FROM platform_event LIMIT 1"
    )
    assert ("added", 1, "platform_event") in problems()


def test_a_seal_that_was_changed_or_taken_out_breaks_the_chain(written, owner):
    owner.execute("UPDATE platform_seal SET at = at + interval '1 hour' WHERE number = 2")
    assert ("seal_changed", 2, "") in problems()
    owner.execute("DELETE FROM platform_seal WHERE number = 2")
    assert [found[:2] for found in problems()] == [("seal_missing", 2)]


def test_a_cut_tail_is_told_by_the_copy_outside_alone(written, owner, folder):
    last = Seal.rows.get(number=3)
    owner.execute("DELETE FROM platform_event WHERE id > %s", [last.tables["platform_event"]["after"]])
    owner.execute("DELETE FROM platform_seal WHERE number = 3")
    assert problems() == []
    assert problems(anchors.own_file()) == [("tail_cut", 3, "")]


def test_a_whole_rewrite_with_hashes_made_anew_is_told_by_the_copy_outside_alone(written, owner, tmp_path):
    copy = tmp_path / "auditor.txt"
    copy.write_text("\n".join(f"Nov 30 03:00:00 host enishi: {line}" for line in anchors.own_file().read_text().splitlines()))
    owner.execute("UPDATE platform_event SET subject_id = 999")
    rewrite_chain(owner)
    assert problems() == []
    assert [found[:2] for found in problems(copy)] == [("rewritten", 1), ("rewritten", 2), ("rewritten", 3)]


def test_the_command_says_what_it_found_and_goes_on_at_a_seal(written, owner, tmp_path):
    def run(*words):
        out = StringIO()
        try:
            call_command("verify_audit", *words, stdout=out)
        except CommandError as error:
            return error.returncode, out.getvalue()
        return 0, out.getvalue()

    code, text = run()
    assert (code, "✓" in text) == (0, True)
    owner.execute("UPDATE platform_event SET subject_id = 999 WHERE id = %s", [Event.rows.order_by("pk")[0].pk])
    code, text = run("--json")
    assert (code, [p["code"] for p in json.loads(text)["problems"]]) == (1, ["changed"])
    assert run("--from", "2")[0] == 0
    (tmp_path / "empty.txt").write_text("nothing here")
    assert run("--anchor", str(tmp_path / "empty.txt"))[0] == 2


def test_nothing_is_sealed_that_somebody_may_still_write_below(transactional_db, folder, now, owner):
    """A slow transaction has drawn its id before the mark; its row comes later, and is in the seal."""
    with owner.transaction():
        owner.execute(
            "INSERT INTO platform_event (kind, subject_id, actor_kind, at, data) VALUES ('order.placed', 1, 'system', %s, '{}')", [now]
        )
        events.record("order.placed", subject=2, customer=None, actor=SYSTEM, at=now)
        assert prepare_seal(now=now) is True
        assert prepare_seal(now=now + timedelta(minutes=11)) is False
    seal_on(now=now + timedelta(minutes=12))
    assert (Seal.rows.get().tables["platform_event"]["rows"], problems()) == (2, [])


def test_a_first_seal_over_much_is_taken_in_several(written, now, monkeypatch):
    monkeypatch.setattr(sealing, "MOST", 3)
    monkeypatch.setattr(sealing, "BLOCK", 2)
    for _ in range(10):
        events.record("order.placed", subject=1, customer=None, actor=SYSTEM, at=written)
    seal(written)
    assert (Seal.rows.count() > 5, SealMark.rows.count(), problems(anchors.own_file())) == (True, 0, [])
    assert write_seal(now=written) is None


def test_a_seal_a_day_and_a_walk_a_night(written, folder):
    assert prepare_seal(now=written - DAY + timedelta(hours=1)) is True  # sealed that day already: the walk is ordered
    assert prepare_seal(now=written - DAY + timedelta(hours=2)) is False
    check = AuditCheck.rows.get()
    while check_on(check_id=check.pk, now=written, seconds=-1):
        pass
    check.refresh_from_db()
    assert (check.state, check.done, check.problem_count) == ("done", 3, 0)
    assert Event.rows.get(kind="audit.verified").data == {"seals": 3, "problems": 0}


def test_what_the_nightly_walk_finds_stands_on_the_status_page(written, owner, admin_only, sign_in):
    owner.execute("UPDATE platform_event SET subject_id = 999 WHERE id = %s", [Event.rows.order_by("pk")[0].pk])
    check = AuditCheck.rows.create(started_at=written, total=3)
    order(AuditCheck, check.pk, "platform.check_audit")
    assert check_on(check_id=check.pk, now=written) is False
    page = sign_in(admin_only).get("/settings/status/").content.decode()
    assert "封印したときと違うところが1件" in page
    assert "封印1：platform_event" in page


def test_the_copy_outside_is_made_good_when_a_worker_died_before_it(written, folder):
    lines = anchors.own_file().read_text().splitlines()
    anchors.own_file().write_text(lines[0] + "\n")
    assert anchors.publish() == 2
    assert anchors.own_file().read_text().splitlines() == lines
    assert anchors.publish() == 0
