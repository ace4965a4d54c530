"""監査ログ: what the list says, to whom, narrowed how; and the file of it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
from django.apps import apps

from enishi.customers.actions.customers import update_customer
from enishi.customers.actions.tags import put_tag
from enishi.customers.models import Customer
from enishi.customers.queries.record import customer_record, editable_customer
from enishi.customers.tests import factories
from enishi.platform import audit_objects, context, event_words, policy, rights, time
from enishi.platform.actions.approvals import RuleWish, change_rule
from enishi.platform.actions.audit_files import (
    discard_audit_file,
    expire_audit_files,
    fetch_audit_file,
    order_audit_file,
    run_on,
)
from enishi.platform.actions.installation import switch_module
from enishi.platform.actions.people import give_roles
from enishi.platform.actions.roles import change_role
from enishi.platform.actions.tokens import create_token
from enishi.platform.actor import SYSTEM
from enishi.platform.audit_files import wishes_of
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.events import NewEvent, record_many
from enishi.platform.models import AuditFile, Event, Role, RoleGrant, RoleLevel, Team, UserRole, ViewLog
from enishi.platform.queries import audit as queries_audit
from enishi.platform.queries.audit import audit_page
from enishi.platform.queries.audit_rows import Wanted
from enishi.platform.roles import Shape, shapes
from tests.house.source import SOURCE


@pytest.fixture
def auditor(make_user):
    """Reads the log and every customer in clear."""
    return rights.actor_of(make_user("auditor", "admin", "all_customers", display_name="監査 太郎"))


@pytest.fixture
def yuriko(misaki, now):
    made = factories.customer(city="京都市")
    now_there = editable_customer(misaki, made.pk)
    update_customer(
        customer_id=made.pk,
        details=replace(now_there.details, city="大阪市"),
        seen=now_there.seen,
        shares_address=False,
        actor=misaki,
        now=now,
    )
    return made


def lines(actor, now, **wanted):
    found = queries_audit.usual(now)
    return audit_page(actor, Wanted(since=found.since, until=found.until, **wanted)).lines


def test_an_edit_is_one_line_with_who_what_whom_and_from_what_to_what(yuriko, auditor, now):
    line = next(line for line in lines(auditor, now) if line.source == "event" and "変更" in line.what)
    assert (line.what, line.who, line.door) == ("顧客を変更", "髙橋 美咲", "画面")
    assert [named.text for named in line.objects] == [f"齋藤 百合子（{yuriko.number}）"]
    assert [(c.field, c.before, c.after) for c in line.changes] == [("市区町村", "京都市", "大阪市")]
    looked_at = ViewLog.rows.filter(actor_id=auditor.user_id, object="customers.customer").values_list("columns", flat=True)
    assert ["city"] in list(looked_at)


def test_who_may_not_read_people_sees_the_deed_and_no_personal_data(yuriko, admin_only, now):
    shown = repr(lines(admin_only, now))
    assert "顧客を変更" in shown
    for secret in ("百合子", "京都市", "大阪市"):
        assert secret not in shown


def test_a_look_is_a_line_with_the_columns_and_the_audit_itself_is_a_look(yuriko, misaki, auditor, now):
    customer_record(misaki, yuriko.pk, now=now)
    (view, *_rest) = lines(auditor, now, group="view", actor_id=misaki.user_id)
    assert (view.source, view.who) == ("view", "髙橋 美咲")
    assert "氏名" in "".join(view.notes)
    assert ViewLog.rows.filter(actor_id=auditor.user_id, object="customers.customer").exists()


def test_what_a_role_a_person_and_a_rule_became_is_said_in_words(auditor, make_user, now):
    role_ids = dict(Role.rows.values_list("key", "pk"))
    team = Team.rows.create(name="谷中本店")
    ken = make_user("ken", "viewer", display_name="健")
    give_roles(user_id=ken.pk, role_ids=[role_ids["sales"], role_ids["viewer"]], team_ids=[team.pk], actor=auditor, now=now)
    (given,) = [line for line in lines(auditor, now, group="rights") if line.what == "ユーザーのロールと部署を変更"]
    assert [(c.field, c.before, c.after) for c in given.changes] == [
        ("ロール", "閲覧のみ", "営業・閲覧のみ"),
        ("部署", "", "谷中本店"),
    ]
    role = role_ids["viewer"]
    shape = shapes([role])[role]
    wider = Shape({**shape.grants, ("customer", "export"): "team"}, shape.levels, shape.fields)
    later = now + timedelta(minutes=1)
    change_role(role_id=role, name="閲覧のみ", description="", shape=wider, seen=shape, actor=auditor, now=later)
    (changed,) = [line for line in lines(auditor, now, group="rights") if line.what == "ロールを変更"]
    assert [(c.field, c.before, c.after) for c in changed.changes if c.field == "権限"] == [
        ("権限", "顧客の書き出し：なし", "顧客の書き出し：部署")
    ]
    wish = RuleWish(kind="export", on=True, threshold=10, days=7, steps=(("role", role), ("person", ken.pk)))
    change_rule(wish=wish, actor=auditor, now=later + timedelta(minutes=1))
    (ruled,) = [line for line in lines(auditor, now) if line.what == "承認のきまりを変更"]
    assert [named.text for named in ruled.objects] == ["書き出しと宛名ラベル"]
    assert ("承認する人", "", "閲覧のみ → 健") in [(c.field, c.before, c.after) for c in ruled.changes]


def test_many_events_of_one_deed_are_one_line(misaki, auditor, now):
    record_many([NewEvent("customer.imported", pk, pk, now, {}) for pk in range(1, 1_001)], actor=misaki)
    (line,) = lines(auditor, now, group="record")
    assert (line.what, line.who, line.more) == ("顧客を取り込み", "髙橋 美咲", 999)


def test_the_log_is_narrowed_by_actor_kind_door_time_and_by_what_it_is_about(yuriko, misaki, auditor, now):
    other = factories.customer(name="別の人")
    put_tag(customer_id=other.pk, name="VIP", actor=auditor, now=now)
    switch_module(key="commerce", on=False, actor=auditor, now=now)
    create_token(name="EC", read_only=True, actor=misaki, now=now)
    assert {line.what for line in lines(auditor, now, group="settings")} == {"機能のオン／オフを切り替え"}
    assert {line.what for line in lines(auditor, now, group="rights")} == {"APIトークンを作成"}
    assert {line.who for line in lines(auditor, now, actor_id=misaki.user_id)} == {"髙橋 美咲"}
    assert {line.who for line in lines(auditor, now, text="美咲", group="rights")} == {"髙橋 美咲"}
    named = lines(auditor, now, text="別の人", group="record")
    assert [line.what for line in named] == ["顧客にタグを付けた"]
    assert {line.what for line in lines(auditor, now, text=yuriko.number, group="record")} == {"顧客を変更"}
    assert lines(auditor, now, door="api") == []
    day = time.today(now) - timedelta(days=1)
    assert audit_page(auditor, Wanted(since=day, until=day)).lines == []
    nobody = audit_page(auditor, Wanted(since=day, until=time.today(now), text="いない人"))
    assert (nobody.lines, nobody.unknown_text) == ([], True)


def test_each_door_is_told_and_found_by_its_own_name(misaki, auditor, now):
    for door in ("import", "job", "schedule", "command"):
        with context.entered("a test", door):
            record_many([NewEvent("segment.created", 1, None, now, {})], actor=misaki)
    told = {
        door: [line.door for line in lines(auditor, now, group="record", door=door)] for door in ("import", "job", "schedule", "command")
    }
    assert told == {"import": ["取り込み"], "job": ["裏側の処理"], "schedule": ["定期処理"], "command": ["コマンド"]}
    assert lines(auditor, now, group="record", door="screen") == []


def test_what_an_api_token_did_is_told_apart_from_its_owner(yuriko, misaki, auditor, now):
    token = create_token(name="EC連携", read_only=True, actor=misaki, now=now).token
    customer_record(rights.actor_of_token(token), yuriko.pk, now=now)
    (line, *_rest) = lines(auditor, now, door="api")
    assert (line.who, line.door) == ("髙橋 美咲（APIトークン「EC連携」）", "API")


def test_pages_go_on_without_a_gap_however_many_share_an_instant(auditor, now):
    for number in range(130):
        at = now - timedelta(seconds=number // 3)
        record_many([NewEvent(kind, number, None, at, {}) for kind in ("segment.created", "order.placed", "export.ordered")], actor=SYSTEM)
    wanted, before, seen = queries_audit.usual(now), "", []
    while True:
        page = audit_page(auditor, wanted, before=before)
        seen += [(line.at, line.what) for line in page.lines]
        before = page.next
        if not before:
            break
    assert len(seen) == len(set(seen)) == Event.rows.values("at", "kind").distinct().count()


def test_every_event_that_a_readme_names_has_words():
    """Each word of the README in code marks that reads like an event; columns and modules have their own first word."""
    said = {
        kind
        for readme in SOURCE.glob("enishi/*/README.md")
        for kind in re.findall(r"`([a-z_]+\.[a-z_]+)`", readme.read_text().partition("**Events.**")[2])
    }
    kinds = {kind for kind in said if not kind.startswith("scanners.")}
    assert len(kinds) > 100
    assert sorted(kind for kind in kinds if event_words.words_of(kind) == kind) == []


# ---- who may -----------------------------------------------------------------------------------------------


def test_the_log_is_a_right_of_its_own(misaki_client, misaki, yoshida, sign_in, now):
    RoleGrant.rows.filter(object="audit").exclude(role__key="admin").delete()
    for page in ("/settings/audit/", "/customers/leak/"):
        assert misaki_client.get(page).status_code == 403
    assert "監査ログ" not in misaki_client.get("/settings/").content.decode()
    with pytest.raises(NotAllowed):
        audit_page(rights.actor_by_id(misaki.user_id), queries_audit.usual(now))


def test_the_screen_answers_bad_input_beside_its_field(admin_only, sign_in, now):
    client = sign_in(admin_only)
    answer = client.get("/settings/audit/", {"since": "2026-11-22", "until": "2026-11-01"})
    assert (answer.status_code, "開始日以降" in answer.content.decode()) == (422, True)
    assert client.get("/settings/audit/", {"group": "x", "since": "y"}).status_code == 422
    assert client.get("/settings/audit/", {"before": "rubbish"}).status_code == 200
    assert client.get("/settings/audit/").status_code == 200


# ---- files -------------------------------------------------------------------------------------------------


def order(actor, now, **options):
    wanted = queries_audit.usual(now)
    said = {"kind": "log", "wishes": wishes_of(wanted), "file_format": "csv", "reason": "内部監査"} | options
    return order_audit_file(actor=actor, now=now, **said)


def finished(file_id):
    while run_on(file_id, seconds=-1):
        pass
    return AuditFile.rows.get(pk=file_id)


def test_the_log_as_a_file_with_its_reason_and_its_own_lines_in_the_log(yuriko, auditor, now):
    row = finished(order(auditor, now))
    file = fetch_audit_file(file_id=row.pk, actor=auditor, now=now)
    found = list(csv.reader(io.StringIO(file.path.read_bytes().decode("utf-8-sig"))))
    assert (row.state, file.name, found[0][0]) == ("done", "監査ログ_20261122_1011.csv", "日時")
    assert any(line[3] == "顧客を変更" and "京都市 → 大阪市" in line[7] for line in found[1:])
    assert {"audit_file.ordered", "audit_file.finished", "audit_file.fetched"} <= set(Event.rows.values_list("kind", flat=True))
    assert {line.what for line in lines(auditor, now, group="export")} >= {"監査の書き出しを依頼", "監査の書き出しのファイルをダウンロード"}


def test_a_workbook_of_many_pages_holds_every_line(auditor, now):
    for number in range(1_200):
        record_many([NewEvent("order.placed", number, None, now - timedelta(seconds=number), {})], actor=SYSTEM)
    row = finished(order(auditor, now, file_format="xlsx"))
    file = fetch_audit_file(file_id=row.pk, actor=auditor, now=now)
    sheet = openpyxl.load_workbook(io.BytesIO(file.path.read_bytes()), read_only=True).active
    assert (file.name[-5:], row.written_count >= 1_200, sum(1 for _ in sheet.rows)) == (".xlsx", True, row.written_count + 1)


def test_the_file_is_its_makers_alone_while_they_may_and_for_a_week(auditor, admin_only, now):
    row = finished(order(auditor, now))
    with pytest.raises(NotFound):
        fetch_audit_file(file_id=row.pk, actor=admin_only, now=now)
    with pytest.raises(NotFound):
        fetch_audit_file(file_id=row.pk, actor=auditor, now=now + timedelta(days=7))
    assert expire_audit_files(now=now + timedelta(days=8)) == 1
    assert AuditFile.rows.get().file is None
    again = finished(order(auditor, now))
    discard_audit_file(file_id=again.pk, actor=auditor, now=now)
    with pytest.raises(NotFound):
        fetch_audit_file(file_id=again.pk, actor=auditor, now=now)


def test_rights_are_asked_for_again_while_it_is_made(auditor, now):
    file_id = order(auditor, now)
    UserRole.rows.filter(user_id=auditor.user_id, role__key="admin").delete()
    row = finished(file_id)
    assert (row.state, row.file, "権限" in row.failure) == ("failed", None, True)


def test_who_still_reads_the_log_and_may_take_it_out_no_more_gets_no_file(auditor, now):
    file_id = order(auditor, now)
    RoleGrant.rows.filter(role__key="admin", object="audit", action="export").delete()
    assert rights.actor_by_id(auditor.user_id).scope_for("audit", "read") == "all"
    row = finished(file_id)
    assert (row.state, row.file) == ("failed", None)


def test_a_masked_maker_gets_a_masked_file(yuriko, auditor, now):
    role = UserRole.rows.get(user_id=auditor.user_id, role__key="all_customers").role
    RoleLevel.rows.filter(role=role, privacy_class="personal").update(level=1)
    path = fetch_audit_file(file_id=finished(order(auditor, now)).pk, actor=rights.actor_by_id(auditor.user_id), now=now).path
    text = path.read_bytes().decode("utf-8-sig")
    assert "齋＊＊" in text
    assert "百合子" not in text
    assert "大阪市" not in text


def test_no_file_without_a_reason_and_none_for_who_only_reads(auditor, misaki, now):
    with pytest.raises(Invalid) as refusal:
        order(auditor, now, reason="  ")
    assert "reason" in refusal.value.fields
    with pytest.raises(NotAllowed):
        order(misaki, now)
    assert not AuditFile.rows.exists()


def test_the_dialog_orders_the_file_and_its_page_shows_it(auditor, sign_in, now):
    client = sign_in(auditor)
    assert "監査ログを書き出す" in client.get("/settings/audit/export/?group=view").content.decode()
    assert client.post("/settings/audit/export/", {"asked": "group=view", "format": "csv", "reason": ""}).status_code == 422
    answer = client.post("/settings/audit/export/", {"asked": "group=view", "format": "csv", "reason": "内部監査"})
    row = AuditFile.rows.get()
    assert (answer.headers["Location"], row.wishes["group"]) == (f"/settings/audit/files/{row.pk}/", "view")
    assert "ファイルに書いています" in client.get(f"/settings/audit/files/{row.pk}/").content.decode()
    finished(row.pk)
    assert client.get(f"/settings/audit/files/{row.pk}/progress/").headers["HX-Redirect"]
    assert "ダウンロード" in client.get(f"/settings/audit/files/{row.pk}/").content.decode()
    file = client.get(f"/settings/audit/files/{row.pk}/download/")
    assert (file.status_code, b"".join(file.streaming_content)[:3]) == (200, b"\xef\xbb\xbf")
    assert client.post(f"/settings/audit/files/{row.pk}/discard/", follow=True).status_code == 200


def test_the_log_opens_nobody_whom_the_reader_could_not_open(yuriko, make_user, now):
    """Audit and personal data in clear, but only one's own customers: of others the deed is told, not what stood there."""
    reader = rights.actor_of(make_user("reader", "admin", "sales"))
    shown = repr(lines(reader, now))
    assert "顧客を変更" in shown
    for secret in ("百合子", "京都市", "大阪市"):
        assert secret not in shown
    Customer.rows.filter(pk=yuriko.pk).update(owner_id=reader.user_id)
    assert "京都市" in repr(lines(reader, now))


def test_whatever_holds_personal_data_has_a_name_in_the_audit(organisation):
    """A look at it is told in words: 「連絡先を閲覧」, never the name of a table."""
    kept = [model for model in apps.get_models() if getattr(model, "access", "") in ("protected", "system")]
    personal = [model._meta for model in kept if policy.personal_columns(model) and model.__name__ not in _NEVER_SHOWN]
    assert [meta.label for meta in personal if audit_objects.called(meta.label_lower) == meta.model_name] == []


#: What is read by the program alone: grams of a search, hashes of a comparison, rows as they were before a merge, rows of a file
#: before they are customers.
_NEVER_SHOWN = ("ActivityGrams", "TwinKey", "MergeEntry", "ImportRow")
