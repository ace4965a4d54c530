"""Files of customers: what the list shows, for whom it may be shown, why; stopped, killed and gone on with; fetched and let go."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from enishi.commerce.models import PurchaseSummary
from enishi.customers.actions import exports as actions
from enishi.customers.actions.exports import Wanted
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import doors, running
from enishi.customers.exporting.columns import all_keys
from enishi.customers.models import Customer, ExportChunk, ExportRun
from enishi.customers.queries import exports as queries
from enishi.customers.queries.asked import Asked
from enishi.customers.tests.test_filters import IN_TOKYO, rule
from enishi.platform import drafts, files, rights, views_log
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, ModuleState, RoleGrant, RoleLevel, StoredFile, User, UserRole, Work
from enishi.platform.models.audit import ViewLog

EVERYBODY = Selection(asked=Asked())
NAMES = ("田中 一", "=cmd()", "佐藤 三", "𠮷﨑 四", "山田 五")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def five(make_customer):
    return [
        make_customer(name=name, phone=f"090-1234-567{place}", prefecture="東京都" if place < 2 else "京都府")
        for place, name in enumerate(NAMES)
    ]


@pytest.fixture
def order(misaki, now):
    def make(selection=EVERYBODY, *, columns=("number", "name", "phone"), form="csv", actor=misaki, reason="年賀状", **more):
        wanted = Wanted(selection, tuple(columns), form, **more)
        return actions.export_customers(wanted=wanted, reason=reason, actor=actor, now=now)

    return make


def finished(run_id):
    while running.run_stretch(run_id):
        pass
    return ExportRun.rows.get(pk=run_id)


def table(run):
    data = files.path_of(run.file).read_bytes()
    if run.format == "xlsx":
        return [list(row) for row in load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)]
    encoding = "cp932" if run.format == "cp932" else "utf-8-sig"
    return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))


def names(run):
    return [row[1] for row in table(run)[1:]]


# ---- what is in it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "xlsx", "cp932"])
def test_a_file_holds_the_list_in_its_order(five, order, form):
    run = finished(order(form=form, sort="kana"))
    assert (run.state, run.written_count, run.total) == ("done", 5, 5)
    heads, *rows = table(run)
    assert heads == ["顧客番号", "氏名・名称", "電話番号"]
    assert {row[0] for row in rows} == {customer.number for customer in five}
    assert ("'=cmd()" if form != "xlsx" else "=cmd()") in names(run)
    assert sorted(row[2] for row in rows) == [f"090-1234-567{place}" for place in range(5)]


def test_tab_search_filter_order_and_chosen_rows_narrow_the_file(five, order, misaki, now):
    assert names(finished(order(Selection(asked=Asked(rule=rule(IN_TOKYO)))))) == ["'=cmd()", "田中 一"]
    assert names(finished(order(Selection(asked=Asked(text="佐藤"))))) == ["佐藤 三"]
    assert names(finished(order(Selection(ids=(five[0].pk, five[4].pk)), backwards=True, sort="created"))) == ["田中 一", "山田 五"]
    for place, revenue in ((2, 500), (0, 900)):
        PurchaseSummary.rows.create(
            customer=five[place], purchase_count=1, first_on=date(2026, 1, 1), last_on=date(2026, 1, 1), revenue_jpy=revenue
        )
    listed = finished(order(sort="revenue", columns=("number", "name", "revenue", "last")))
    assert [row[1:] for row in table(listed)[1:]][:3] == [
        ["田中 一", "900", "2026/01/01"],
        ["佐藤 三", "500", "2026/01/01"],
        ["山田 五", "", ""],
    ]


def test_numbers_and_days_are_numbers_and_days_in_a_workbook(five, order):
    PurchaseSummary.rows.create(customer=five[0], purchase_count=3, first_on=date(2026, 1, 1), last_on=date(2026, 2, 3), revenue_jpy=12_000)
    row = next(row for row in table(finished(order(form="xlsx", columns=all_keys(SYSTEM)))) if row[2] == "田中 一")
    heads = table(ExportRun.rows.get())[0]
    said = dict(zip(heads, row, strict=True))
    assert (said["購入回数"], said["売上（税抜）"], said["最終購入"].date(), said["登録日"].date()) == (
        3,
        12_000,
        date(2026, 2, 3),
        date(2026, 3, 1),
    )
    assert said["電話番号"] == "090-1234-5670"


def test_nobody_makes_a_file_of_heads_alone(order, organisation):
    for form in ("csv", "xlsx"):
        assert table(finished(order(form=form))) == [["顧客番号", "氏名・名称", "電話番号"]]


def test_cells_that_shift_jis_cannot_hold_are_listed_with_what_they_were(five, order, misaki, now):
    run = finished(order(form="cp932"))
    assert "〓﨑 四" in names(run)
    found = actions.fetch_export(run_id=run.pk, which="lost", actor=misaki, now=now)
    heads, *rows = list(csv.reader(io.StringIO(found.path.read_text("utf-8-sig"), newline="")))
    assert heads == ["行", "顧客番号", "列", "もとの値", "書き出した値"]
    assert rows == [["3", five[3].number, "氏名・名称", "𠮷﨑 四", "〓﨑 四"]]
    assert run.lost_count == 1


# ---- who may, and what they see ---------------------------------------------------------------------------


def test_without_the_right_or_a_reason_there_is_no_file(five, order, yoshida, hayashi, misaki):
    for actor in (yoshida, hayashi):
        with pytest.raises(NotAllowed):
            order(actor=actor)
    with pytest.raises(Invalid):
        order(reason="　")
    with pytest.raises(Invalid):
        order(form="pickle")
    with pytest.raises(NotAllowed):
        order(columns=("number", "owner__password"))
    with pytest.raises(NotAllowed):
        order(actor=replace(misaki, kind="token"))
    assert not ExportRun.rows.exists()


def grant(actor, scope, level=None):
    role = UserRole.rows.get(user_id=actor.user_id).role
    RoleGrant.rows.update_or_create(role=role, object="customer", action="export", defaults={"scope": scope})
    if level is not None:
        RoleLevel.rows.update_or_create(role=role, privacy_class="personal", defaults={"level": level})
    return rights.actor_of(User.rows.get(pk=actor.user_id))


def test_a_file_holds_whom_its_maker_may_take_out_and_masked_what_they_see_masked(five, order, hayashi, yanaka):
    Customer.rows.filter(pk__in=[five[0].pk, five[2].pk]).update(team=yanaka)
    run = finished(order(actor=grant(hayashi, "team")))
    assert sorted(row[1:] for row in table(run)[1:]) == [["佐＊＊", "090-****-5672"], ["田＊＊", "090-****-5670"]]
    assert not ViewLog.rows.filter(actor_id=hayashi.user_id).exists()


def test_whom_the_maker_sees_but_may_not_take_out_is_left_out(five, order, yoshida, misaki, now):
    Customer.rows.filter(pk=five[0].pk).update(owner_id=misaki.user_id)
    role = UserRole.rows.get(user_id=misaki.user_id).role
    RoleGrant.rows.filter(role=role, object="customer", action="export").update(scope="own")
    actor = rights.actor_of(User.rows.get(pk=misaki.user_id))
    found = queries.preview(actor, EVERYBODY, Asked(), now=now)
    assert (found.count, found.left_out) == (1, 4)
    assert names(finished(order(actor=actor))) == ["田中 一"]


def test_everybody_who_went_out_is_in_the_view_log_and_the_deed_in_the_record(five, order, misaki, admin_only, now):
    run = finished(order())
    assert sorted(pk for row in ViewLog.rows.filter(actor_id=misaki.user_id) for pk in row.object_ids) == sorted(c.pk for c in five)
    assert Event.rows.get(kind="export.ordered").data == {"columns": "number,name,phone", "format": "csv"}
    assert Event.rows.get(kind="export.finished").data == {"rows": 5, "left_out": 0, "columns": "number,name,phone"}
    (line,), more = queries.past_exports(admin_only, own=False)
    assert (line.owner_name, line.reason, line.written, line.columns, more) == (
        "髙橋 美咲",
        "年賀状",
        5,
        "顧客番号・氏名・名称・電話番号",
        None,
    )
    assert queries.past_exports(admin_only, own=True) == ([], None)
    with pytest.raises(NotFound):
        queries.export_page(admin_only, run.pk)


def test_while_nobody_could_tell_who_was_seen_nothing_goes_out(five, order, monkeypatch):
    run_id = order()
    monkeypatch.setattr(views_log, "record", lambda *_, **__: False)
    run = finished(run_id)
    assert (run.state, run.written_count, run.file) == ("failed", 0, None)
    assert "閲覧の記録" in run.failure


@pytest.mark.parametrize(
    "narrow",
    [
        lambda role: RoleGrant.rows.filter(role=role, object="customer", action="export").delete(),
        lambda role: RoleLevel.rows.filter(role=role, privacy_class="personal").update(level=1),
        lambda role: RoleGrant.rows.filter(role=role, object="customer", action="read").update(scope="own"),
    ],
    ids=["no export", "masked", "own alone"],
)
def test_rights_are_those_of_the_moment_while_it_runs_and_when_it_is_fetched(five, order, misaki, now, narrow):
    done = finished(order())
    waiting = order()
    narrow(UserRole.rows.get(user_id=misaki.user_id).role)
    run = finished(waiting)
    assert (run.state, run.file) == ("failed", None)
    less = rights.actor_of(User.rows.get(pk=misaki.user_id))
    with pytest.raises((NotFound, running.RightsChanged)):
        actions.fetch_export(run_id=done.pk, which="file", actor=less, now=now)


def test_a_column_whose_module_was_switched_off_ends_the_run(five, order):
    run_id = order(columns=("number", "revenue"))
    ModuleState.rows.create(key="commerce", on=False)
    assert finished(run_id).state == "failed"


# ---- stopped, killed, gone on with ------------------------------------------------------------------------


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(running, "CHUNK", 2)


def one_chunk(run_id):
    with running.runs.taken_up(ExportRun, run_id, *running.OPEN, set_aside=running._set_aside) as lease:
        running.stage(lease=lease)
        running.write_chunk(lease=lease)


@pytest.mark.parametrize("form", ["csv", "xlsx", "cp932"])
def test_killed_in_a_chunk_it_goes_on_with_the_same_rows(five, order, small_chunks, form, monkeypatch):
    run_id = order(form=form)
    one_chunk(run_id)
    monkeypatch.setattr(
        running.runs, "checkpoint", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )  # behind the write, before the commit
    with pytest.raises(KeyboardInterrupt):
        one_chunk(run_id)
    monkeypatch.undo()
    monkeypatch.setattr(running, "CHUNK", 2)
    run = finished(run_id)
    assert (run.done, run.written_count) == (5, 5)
    assert [row[0] for row in table(run)[1:]] == [customer.number for customer in reversed(five)]


def test_stopped_it_makes_no_file_until_it_goes_on(five, order, small_chunks, misaki, now):
    run_id = order()
    one_chunk(run_id)
    actions.stop_export(run_id=run_id, actor=misaki, now=now)
    assert not running.run_stretch(run_id)
    assert (ExportRun.rows.get().state, Work.rows.get(kind="export").state) == ("stopped", "stopped")
    with pytest.raises(actions.ExportIsOver):
        actions.stop_export(run_id=run_id, actor=misaki, now=now)
    actions.resume_export(run_id=run_id, actor=misaki, now=now)
    assert (len(names(finished(run_id))), Work.rows.get(kind="export").state) == (5, "done")
    with pytest.raises(actions.ExportIsOver):
        actions.resume_export(run_id=run_id, actor=misaki, now=now)


def test_who_is_put_into_the_bin_meanwhile_is_left_out_and_counted(five, order, small_chunks, now):
    run_id = order()
    one_chunk(run_id)
    Customer.rows.filter(pk=five[0].pk).update(archived_at=now)
    run = finished(run_id)
    assert (run.written_count, run.left_out_count) == (4, 1)


def test_a_draft_that_is_gone_ends_the_run_instead_of_a_file_with_holes(five, order, small_chunks):
    run_id = order()
    one_chunk(run_id)
    drafts.forget(f"export-{run_id}-0")
    assert finished(run_id).state == "failed"


def test_a_bug_is_told_to_the_maker(five, order, monkeypatch):
    run_id = order()
    monkeypatch.setattr(running.drafting, "add_rows", lambda *_: 1 / 0)
    doors.run(run_id)
    run = ExportRun.rows.get()
    assert (run.state, "管理者" in run.failure) == ("failed", True)


# ---- the file ---------------------------------------------------------------------------------------------


def test_the_file_is_its_makers_alone_for_some_days(five, order, misaki, make_user, now, folder):
    run = finished(order())
    other = rights.actor_of(make_user("other", "ec_lead"))
    with pytest.raises(NotFound):
        actions.fetch_export(run_id=run.pk, which="file", actor=other, now=now)
    found = actions.fetch_export(run_id=run.pk, which="file", actor=misaki, now=now)
    assert found.name == "顧客_20261122_1011.csv"
    assert (ExportRun.rows.get().taken_count, Event.rows.filter(kind="export.fetched").count()) == (1, 1)
    late = now + timedelta(days=7)
    with pytest.raises(NotFound):
        actions.fetch_export(run_id=run.pk, which="file", actor=misaki, now=late)
    assert actions.expire_exports(now=late - timedelta(minutes=1)) == 0


@pytest.mark.django_db(transaction=True)
def test_what_has_expired_leaves_the_disk_and_stays_in_the_record(five, order, misaki, now, folder):
    done, stopped = finished(order(form="cp932")), order()
    actions.stop_export(run_id=stopped, actor=misaki, now=now)
    assert not ExportChunk.rows.filter(run=done).exists()
    assert actions.expire_exports(now=now + timedelta(days=7)) == 2
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    assert not StoredFile.rows.exists()
    assert queries.export_page(misaki, done.pk).file_name == ""
    with pytest.raises(actions.ExportIsOver):
        actions.resume_export(run_id=stopped, actor=misaki, now=now)


def test_its_maker_may_let_it_go_at_once(five, order, misaki, now):
    run = finished(order())
    actions.discard_export(run_id=run.pk, actor=misaki, now=now)
    assert not StoredFile.rows.exists()
    with pytest.raises(actions.ExportIsOver):
        actions.discard_export(run_id=run.pk, actor=misaki, now=now)


# ---- doors ------------------------------------------------------------------------------------------------


def test_from_the_list_to_the_file(five, misaki_client, folder):
    assert "書き出す" in misaki_client.get("/customers/").content.decode()
    dialog = misaki_client.get(f"{reverse('exports:new')}?view=all&q=佐藤").content.decode()
    assert "1人を書き出す" in dialog
    back = {"back": "/customers/?view=all&q=佐藤", "selection": "all", "confirmed": "1", "format": "csv"}
    assert misaki_client.post(reverse("exports:new"), back).status_code == 422
    answer = misaki_client.post(reverse("exports:new"), back | {"reason": "確認", "which": "all"})
    page = answer.headers["HX-Redirect"]
    assert "止める" in misaki_client.get(page).content.decode()
    run = finished(ExportRun.rows.get().pk)
    assert names(run) == ["個人"]  # every column: the second is 個人・法人
    assert "をダウンロード" in misaki_client.get(page).content.decode()
    fetched = misaki_client.get(f"{page}file/")
    assert fetched.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%E9%A1%A7%E5%AE%A2_")
    assert b"".join(fetched.streaming_content) == files.path_of(run.file).read_bytes()
    assert "確認" in misaki_client.get(reverse("exports:list")).content.decode()


def test_chosen_rows_and_shown_columns(five, misaki_client):
    answer = misaki_client.post(reverse("exports:new"), {"ids": [five[0].pk, five[2].pk], "back": "/customers/?view=all&cols=phone"})
    assert "2人を書き出す" in answer.content.decode()
    form = {
        "ids": [five[0].pk],
        "back": "/customers/?view=all&cols=phone",
        "confirmed": "1",
        "format": "xlsx",
        "reason": "x",
        "which": "view",
    }
    misaki_client.post(reverse("exports:new"), form)
    assert ExportRun.rows.get().columns == ["number", "name", "kana", "phone"]


def test_others_meet_nothing(five, order, sign_in, make_user, yoshida):
    run = finished(order())
    outsiders = [sign_in(rights.actor_of(make_user("other", "ec_lead"))), sign_in(yoshida)]
    for client in outsiders:
        for name in ("run", "progress", "file", "lost"):
            assert client.get(reverse(f"exports:{name}", args=[run.pk])).status_code == 404
        for name in ("stop", "resume", "discard"):
            assert client.post(reverse(f"exports:{name}", args=[run.pk])).status_code == 404
    assert outsiders[1].get(reverse("exports:new")).status_code == 403
    assert outsiders[1].get(reverse("exports:log")).status_code == 403
    assert "書き出す" not in outsiders[1].get("/customers/").content.decode()
