"""An import from the file to the base: what is stored and what is refused."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from enishi.customers.actions import imports
from enishi.customers.imports import doors, running, staged, staging
from enishi.customers.models import (
    Activity,
    ActivityGrams,
    ConsentRecord,
    ConsentState,
    Customer,
    Identity,
    ImportRow,
    ImportRun,
    Suppression,
    Tag,
)
from enishi.customers.queries.consent import address_hash
from enishi.customers.tests.import_files import answered, begun, checked, csv, imported, messages_of
from enishi.customers.tests.import_files import staged as staged_file
from enishi.platform import files, time
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import ChangeSet, Event, FieldChange
from enishi.platform.numbers import take_numbers

YURIKO = "M001,齋藤　百合子,ｻｲﾄｳ ﾕﾘｺ,Yuriko@Example.jp,０９０－１２３４－５６７８,110-0001,東京都台東区谷中1-2-3 縁ビル3F,S60.4.1,女"


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


def people():
    return list(Customer.rows.order_by("number"))


# ---- what is stored ---------------------------------------------------------------------------------------


def test_a_file_as_excel_on_windows_writes_it_becomes_customers():
    run = imported(csv(YURIKO, "M002,㈱縁日堂,,info@ennichi.example.jp,03-1234-5678,,,,", "M003,髙橋花子,たかはし はなこ,,,,,1985/4/1,"))
    assert (run.state, run.created_count, run.rejected_count) == ("done", 3, 0)
    firm, yuriko, hanako = people()
    assert (yuriko.number, yuriko.name, yuriko.family_name, yuriko.given_name, yuriko.kana) == (
        *("C-000001", "齋藤 百合子", "齋藤", "百合子", "サイトウ ユリコ"),
    )
    assert (yuriko.email, yuriko.phone, yuriko.phone_e164) == ("yuriko@example.jp", "090-1234-5678", "+819012345678")
    assert (yuriko.prefecture, yuriko.city, yuriko.street, yuriko.building) == ("東京都", "台東区", "谷中1-2-3", "縁ビル3F")
    assert (yuriko.birthday_on, yuriko.gender, yuriko.lifecycle) == (date(1985, 4, 1), "female", "prospect")
    assert (firm.number, firm.kind, firm.name) == ("B-000001", "company", "㈱縁日堂")
    assert (hanako.family_name, hanako.given_name, hanako.kana) == ("髙橋", "花子", "タカハシ ハナコ")
    assert set(Identity.rows.filter(customer=yuriko).values_list("kind", "value")) == {
        ("member", "M001"),
        ("email", "yuriko@example.jp"),
        ("phone", "+819012345678"),
    }


def test_what_an_import_writes_is_found_by_search_like_what_a_screen_writes():
    from enishi.customers.search import SEARCH_COLUMNS, search_columns

    imported(csv(YURIKO))
    (made,) = people()
    wanted = search_columns(name=made.name, kana=made.kana, email=made.email, phone=made.phone)
    assert tuple(getattr(made, name) for name in SEARCH_COLUMNS) == wanted


def test_every_row_leaves_an_event_and_a_change_its_history():
    imported(csv(YURIKO))
    run = imported(csv("M001,齋藤 百合子,,,,,,,", "M001,齋藤 百合子,,,,,石川県金沢市東山1-1,,"), existing="overwrite")
    made = people()[0]
    kinds = Event.rows.filter(kind="customer.imported").order_by("pk").values_list("customer_id", "data__created")
    assert list(kinds) == [(made.pk, True), (made.pk, False)]
    deed = ChangeSet.rows.get(pk=run.report["change_set"])
    assert (deed.door, deed.reason) == ("import", "顧客.csv")
    changed = dict(FieldChange.rows.filter(change_set=deed).values_list("field", "before"))
    assert changed["city"] == "台東区"
    assert (run.updated_count, run.unchanged_count) == (1, 1)


def test_the_same_file_twice_changes_nothing():
    lines = [YURIKO, "M002,齋藤 健,,yuriko@example.jp,,,,,", ",田中 千夏,,,,,東京都台東区谷中9-9-9,,"]
    imported(csv(*lines))
    before = list(Customer.rows.order_by("pk").values_list("pk", "row_xid"))
    again = imported(csv(*lines))
    assert (again.created_count, again.updated_count, again.unchanged_count) == (0, 0, 3)
    assert list(Customer.rows.order_by("pk").values_list("pk", "row_xid")) == before


def test_tags_and_notes_come_along_once():
    data = csv("M001,齋藤 百合子,VIP;常連,電話は夕方に", headings="会員番号,氏名,タグ,備考")
    imported(data)
    imported(data)
    (made,) = people()
    assert set(Tag.rows.values_list("name", flat=True)) == {"VIP", "常連"}
    assert list(Activity.rows.values_list("customer_id", "kind", "text")) == [(made.pk, "note", "電話は夕方に")]
    assert "夕方" in ActivityGrams.rows.get().grams


# ---- what a spreadsheet has done --------------------------------------------------------------------------


def test_lost_zeros_are_mended_only_when_their_owner_agrees():
    data = csv("M001,齋藤 百合子,,,9012345678,600001,,,", "合計,,,,,,,,1")
    run = staged_file(data)
    assert {finding["kind"] for finding in run.findings} == {"lost_phone_zero", "lost_postal_zero", "total_row"}
    refused = imported(data, repairs=False)
    assert refused.rejected_count == 2
    assert "先頭の0" in messages_of(refused)[0]
    mended = imported(data)
    assert (mended.created_count, mended.rejected_count, mended.report["counters"]["skipped"]) == (1, 0, 1)
    (made,) = people()
    assert (made.phone, made.postal_code) == ("090-1234-5678", "060-0001")


def test_digits_that_are_lost_stop_the_import_until_the_column_is_left_out():
    run = staged_file(csv("4.90E+12,齋藤 百合子", headings="会員番号,氏名"))
    with pytest.raises(imports.StoppingFindings):
        answered(run)
    with pytest.raises(imports.StoppingFindings):
        begun(run)
    run = answered(run, mapping={1: "name"})
    begun(run)
    list(running.run_stretch(run.pk))
    assert Customer.rows.count() == 1


# ---- rows that are refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('M1,齋藤,,"taro,yamada@example.jp",,,,,', "「,」"),
        ('M1,齋藤,,"a@example.jp, b@example.jp",,,,,', "2つ以上"),
        ("M1,齋藤,,,,,,2026/2/30,", "存在しない日付"),
        ("M1,齋藤,,,,,,2099/1/1,", "未来か、古すぎ"),
        ("M1,齋藤,,,12345,,,,", "電話番号として正しくありません"),
        ("M1,齋藤,,,,12,,,", "郵便番号は7桁"),
        ("M1,齋藤,,,,,,,さかな", "性別として読めません"),
        ("M1,,,,,,,,", "氏名がない"),
        (",,,,,110-0001,,,", "会員番号・メールアドレス・電話番号もない"),
        ("M1," + "あ" * 130 + ",,,,,,,", "120文字まで"),
        ("M1,齋藤,,,,,,,,あふれた値", "余分な値"),
    ],
)
def test_a_bad_row_is_refused_with_what_to_do(line, words):
    run = imported(csv(line, YURIKO))
    assert (run.created_count, run.rejected_count) == (1, 1)
    assert words in messages_of(run)[0]


def test_rejected_rows_come_back_as_a_file_that_is_mended_and_put_back():
    run = imported(csv(YURIKO, 'M002,田中 千夏,,"chinatsu,tanaka@example.jp",,,,,', "M003,㈱髙﨑商店,,,,,,2026/2/30,"))
    returned = files.path_of(run.error_file).read_bytes().decode("cp932")
    header, _first, second = returned.splitlines()
    assert header.endswith(",エラー内容")
    assert "㈱髙﨑商店" in second
    assert "存在しない日付" in second
    mended = returned.replace("chinatsu,tanaka", "chinatsu.tanaka").replace("2026/2/30", "2026/2/28").encode("cp932")
    again = imported(mended)
    assert (again.created_count, again.rejected_count) == (2, 0)
    assert Customer.rows.count() == 3


def test_a_workbook_comes_back_as_text_that_excel_opens():
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    book.active.append(["氏名", "メールアドレス"])
    book.active.append(["齋藤 百合子", "yuriko@"])
    book.save(out)
    run = imported(out.getvalue(), name="顧客.xlsx")
    assert run.rejected_count == 1
    assert run.error_file.name == "顧客_エラー.csv"
    assert files.path_of(run.error_file).read_bytes().startswith(b"\xef\xbb\xbf")


# ---- files that cannot be read ----------------------------------------------------------------------------


def _workbook_called_csv():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file.empty"),
        (b"\x00\x01\x02\x03" * 500, "file.binary"),
        ("会員番号,氏名\r\n".encode("cp932"), "file.no_rows"),
        (b"<html><body>login</body></html>", "file.html"),
        (_workbook_called_csv(), "file.binary"),
        (b"a" * 2_000_000, "file.line_too_long"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data, code):
    run = staged_file(data)
    assert (run.state, run.report["refusal"]) == ("failed", code)
    assert len(run.failure) > 20


def test_a_workbook_renamed_to_csv_is_read_as_what_it_is():
    from openpyxl import Workbook

    book, out = Workbook(), io.BytesIO()
    book.active.append(["氏名", "生年月日"])
    book.active.append(["齋藤 百合子", date(1985, 4, 1)])
    book.save(out)
    imported(out.getvalue(), name="顧客.csv")
    assert people()[0].birthday_on == date(1985, 4, 1)


def test_an_encoding_chosen_by_eye_reads_the_file_again():
    run = staged_file(csv(YURIKO))
    imports.change_shape(run_id=run.pk, encoding="euc_jis_2004", actor=SYSTEM)
    staging.stage(run.pk)
    run.refresh_from_db()
    assert run.columns[1]["name"] != "氏名"
    imports.change_shape(run_id=run.pk, encoding="cp932", actor=SYSTEM)
    staging.stage(run.pk)
    run.refresh_from_db()
    assert (run.columns[1]["name"], run.total, ImportRow.rows.filter(run=run).count()) == ("氏名", 1, 1)


def test_the_row_of_headings_can_be_chosen():
    run = staged_file(csv("会員,氏名", "M001,齋藤 百合子", headings="名簿,"))
    imports.change_shape(run_id=run.pk, header_row=1, actor=SYSTEM)
    staging.stage(run.pk)
    run.refresh_from_db()
    assert (run.columns[0]["name"], run.total) == ("名簿", 2)


@pytest.mark.parametrize(
    ("mapping", "words"),
    [({}, "1つ以上"), ({0: "name", 1: "name"}, "2つの列"), ({0: "nonsense"}, "正しくありません"), ({8: "gender"}, "どれかの列")],
)
def test_columns_must_make_sense(mapping, words):
    run = staged_file(csv(YURIKO))
    with pytest.raises(Invalid) as refusal:
        imports.map_columns(run_id=run.pk, mapping=mapping, options={}, actor=SYSTEM)
    assert words in "".join(refusal.value.fields[""])


def test_a_full_disk_is_told_and_leaves_nothing(monkeypatch):
    real_open = files.Path.open

    def open_full(self, mode="r", *args, **kwargs):
        if "x" in mode:
            raise OSError(28, "No space left on device")
        return real_open(self, mode, *args, **kwargs)

    monkeypatch.setattr(files.Path, "open", open_full)
    with pytest.raises(files.DiskFull):
        staged_file(csv(YURIKO))
    assert ImportRun.rows.count() == 0


def test_a_file_that_vanished_from_the_disk_fails_the_run_kindly():
    run_id = imports.start_import(target="customers", name="顧客.csv", chunks=[csv(YURIKO)], actor=SYSTEM, now=time.now(), foreground=True)
    files.path_of(ImportRun.rows.get(pk=run_id).file).unlink()
    with doors.told(run_id):
        staging.stage(run_id)
    run = ImportRun.rows.get(pk=run_id)
    assert run.state == "failed"
    assert "読み書きできません" in run.failure


# ---- the dry run ------------------------------------------------------------------------------------------


def test_the_dry_run_says_what_the_run_does_and_writes_nothing(monkeypatch):
    monkeypatch.setattr(staged, "CHUNK", 2)
    monkeypatch.setattr(staged.read_chunk, "__kwdefaults__", {"size": 2})
    imported(csv("M900,渡邊 翔,,shared@example.jp,,,,,"))
    data = csv(
        YURIKO,
        "M002,田中 千夏,,shared@example.jp,,,,,",
        "M001,齋藤 百合子,,,,,,,",
        "M003,小林 翔,,k@example.jp,,,,2026/2/30,",
        "M004,齋藤 百合子,,yuriko@example.jp,,,神奈川県鎌倉市小町1-1,,",
        "M005,田中 千夏,,shared@example.jp,,,,,",
    )
    run = answered(staged_file(data))
    before = Customer.rows.count(), Identity.rows.count(), ConsentRecord.rows.count(), Event.rows.filter(kind="customer.imported").count()
    run = checked(run)
    assert run.state == "ready"
    assert (
        Customer.rows.count(),
        Identity.rows.count(),
        ConsentRecord.rows.count(),
        Event.rows.filter(kind="customer.imported").count(),
    ) == before
    expected = run.report["check"]
    begun(run)
    list(running.run_stretch(run.pk))
    run.refresh_from_db()
    for name in ("created_count", "updated_count", "unchanged_count", "rejected_count"):
        assert getattr(run, name) == expected[name], name
    reached = {key: value for key, value in run.report["counters"].items() if value}
    assert reached == {key: value for key, value in expected["counters"].items() if value}


# ---- consent ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("basis", "allowed"), [("consent", True), ("relation", True), ("unknown", False)])
def test_the_answer_about_consent_is_written_down_for_each_person(basis, allowed):
    run = imported(csv(YURIKO, "M002,田中 千夏,,,,,,,"), consent=basis)
    (record,) = ConsentRecord.rows.all()
    assert (record.channel, record.allowed, record.basis, record.source, record.source_id) == ("email", allowed, basis, "import", run.pk)
    assert record.place == "店頭の入会申込書"
    assert ConsentState.rows.get().allowed is allowed
    reach = {key: value for key, value in run.report["counters"].items() if key.startswith("reach") and value}
    assert reach == {"reach.ok" if allowed else "reach.unknown": 1, "reach.no_address": 1}


def test_nothing_begins_before_consent_is_answered():
    run = staged_file(csv(YURIKO))
    imports.map_columns(run_id=run.pk, mapping={int(c): k for c, k in run.mapping.items()}, options={}, actor=SYSTEM)
    with pytest.raises(imports.ConsentNotAnswered):
        imports.check_import(run_id=run.pk, actor=SYSTEM)


def test_columns_of_consent_become_consents_and_ask_nothing():
    data = csv("齋藤 百合子,y@example.jp,○,不要", "田中 千夏,c@example.jp,×,", headings="氏名,メール,メルマガ希望,DM可否")
    imported(data)
    states = {(s.customer.name, s.channel): (s.allowed, s.basis) for s in ConsentState.rows.select_related("customer")}
    assert states == {
        ("齋藤 百合子", "email"): (True, "consent"),
        ("齋藤 百合子", "post"): (False, "refused"),
        ("田中 千夏", "email"): (False, "refused"),
    }


def test_an_older_list_never_brings_back_who_unsubscribed():
    imported(csv(YURIKO))
    (made,) = people()
    ConsentState.rows.update(allowed=False, basis="refused")
    run = imported(csv("齋藤 百合子,yuriko@example.jp,○", headings="氏名,メール,メルマガ希望"))
    assert ConsentState.rows.get(customer=made).allowed is False
    assert run.report["counters"]["kept_refusals"] == 1
    assert run.report["counters"]["reach.refused"] == 1


def test_an_address_on_the_suppression_list_is_told(now):
    Suppression.rows.create(channel="email", address_hash=address_hash("email", "yuriko@example.jp"), reason="unsubscribed", at=now)
    run = imported(csv(YURIKO), consent="consent")
    assert ConsentRecord.rows.count() == 0
    assert {key: value for key, value in run.report["counters"].items() if value} == {"reach.suppressed": 1}


# ---- rights -----------------------------------------------------------------------------------------------


def test_who_may_not_write_personal_data_imports_no_customers(admin_only):
    with pytest.raises(NotAllowed):
        staged_file(csv(YURIKO), actor=admin_only)


def test_somebody_elses_customer_is_refused_without_a_word_about_them(make_user, misaki, make_customer, now):
    from enishi.platform import rights
    from enishi.platform.models import Role, RoleGrant, RoleLevel

    role = Role.rows.create(key="importer", name="取り込み係")
    for thing, act, width in (
        ("import", "create", "all"),
        ("import", "read", "all"),
        ("import", "update", "all"),
        ("file", "create", "own"),
    ):
        RoleGrant.rows.create(role=role, object=thing, action=act, scope=width)
    for act in ("read", "create", "update"):
        RoleGrant.rows.create(role=role, object="customer", action=act, scope="own")
    RoleLevel.rows.create(role=role, privacy_class="personal", level=3)
    importer = rights.actor_of(make_user("importer", "importer"))
    take_numbers("C", 1_000)
    hidden = make_customer(email="yuriko@example.jp", owner_id=misaki.user_id)
    Identity.rows.create(customer=hidden, kind="email", value="yuriko@example.jp", created_at=now)
    run = imported(csv("M001,齋藤 百合子,,yuriko@example.jp,,,石川県金沢市東山1-1,,", "M002,田中 千夏,,,,,,,"), actor=importer)
    (words,) = messages_of(run)
    assert "齋藤" not in words
    assert hidden.number not in words
    hidden.refresh_from_db()
    assert hidden.city == ""
    assert Customer.rows.get(name="田中 千夏").owner_id == importer.user_id


def test_an_address_that_a_file_replaced_recognises_nobody_any_more():
    headings = "会員番号,氏名,メールアドレス"
    imported(csv("M1,髙橋花子,old@example.jp", "M2,林 さくら,other@example.jp", headings=headings))
    imported(csv("M1,髙橋花子,new@example.jp", headings=headings), existing="overwrite")
    assert set(Identity.rows.filter(kind="email").values_list("value", flat=True)) == {"new@example.jp", "other@example.jp"}
