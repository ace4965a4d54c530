"""Columns of a file that become further contact points of a customer."""

from __future__ import annotations

from datetime import date

import pytest

from enishi.customers.actions.contacts import change_contact
from enishi.customers.contact_points import Point
from enishi.customers.importing.columns import guess_columns
from enishi.customers.importing.vocabulary import CUSTOMER_FIELDS
from enishi.customers.imports import staged as staged_rows
from enishi.customers.models import ContactPoint, Customer, Identity
from enishi.customers.search import search_columns
from enishi.customers.tests.import_files import answered, base, checked, csv, imported, staged, undone
from enishi.platform.actor import SYSTEM
from enishi.platform.models import FieldChange

HEADINGS = "会員番号,氏名,メールアドレス,メール2,電話番号,携帯電話,FAX,住所,勤務先住所,送付先郵便番号,送付先住所"
YURIKO = (
    "M001,齋藤 百合子,yuriko@example.jp,second@example.jp,076-262-0001,080-5550-0001,076-262-0009,石川県金沢市東山3-2-19,"
    "石川県金沢市尾張町1-9-20 白鷺荘,110-0001,台東区谷中1-2-3"
)


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


def points(customer=None):
    rows = ContactPoint.rows.filter(customer=customer) if customer else ContactPoint.rows.all()
    return {(row.kind, row.label, row.email or row.phone or row.prefecture + row.city + row.street) for row in rows}


def test_every_column_becomes_a_contact_point_of_its_type():
    run = imported(csv(YURIKO, headings=HEADINGS))
    assert (run.created_count, run.rejected_count) == (1, 0)
    made = Customer.rows.get()
    assert (made.email, made.phone, made.street) == ("yuriko@example.jp", "076-262-0001", "東山3-2-19")
    assert points() == {
        ("email", "other", "second@example.jp"),
        ("phone", "mobile", "080-5550-0001"),
        ("phone", "fax", "076-262-0009"),
        ("address", "work", "石川県金沢市尾張町1-9-20"),
        ("address", "shipping", "東京都台東区谷中1-2-3"),
    }
    assert set(Identity.rows.values_list("kind", "value")) == {
        ("member", "M001"),
        ("email", "yuriko@example.jp"),
        ("email", "second@example.jp"),
        ("phone", "+81762620001"),
        ("phone", "+818055500001"),
    }
    wanted = search_columns(
        name=made.name,
        kana=made.kana,
        email=made.email,
        phone=made.phone,
        further=["second@example.jp", "080-5550-0001", "076-262-0009"],
    )
    assert made.contact_grams == wanted.contact_grams


def test_a_column_of_former_names_is_recognised_and_found_by():
    run = imported(csv("M001,齋藤 百合子,佐藤,yuriko@example.jp", headings="会員番号,氏名,旧姓,メールアドレス"))
    made = Customer.rows.get()
    assert (run.created_count, made.former_name) == (1, "佐藤")
    assert made.name_grams == search_columns(name=made.name, kana=made.kana, former_name="佐藤").name_grams
    imported(csv("M001,齋藤 百合子,加藤,yuriko@example.jp", headings="会員番号,氏名,旧姓,メールアドレス"))
    assert Customer.rows.get().former_name == "佐藤"  # what is there stays, unless overwriting was chosen


def test_the_same_file_twice_adds_nothing():
    imported(csv(YURIKO, headings=HEADINGS))
    again = imported(csv(YURIKO, headings=HEADINGS))
    assert (again.unchanged_count, ContactPoint.rows.count()) == (1, 5)


def test_somebody_known_gets_what_is_new_with_a_history_and_stays_findable():
    imported(csv("M001,齋藤 百合子,yuriko@example.jp,a@example.jp", headings="会員番号,氏名,メールアドレス,メール2"))
    run = imported(
        csv("M001,齋藤 百合子,yuriko@example.jp,b@example.jp,東京都", headings="会員番号,氏名,メールアドレス,メール2,都道府県"),
        existing="overwrite",
    )
    assert run.updated_count == 1
    made = Customer.rows.get()
    assert points(made) == {("email", "other", "a@example.jp"), ("email", "other", "b@example.jp")}
    assert {"a@", "b@"} <= set(made.contact_grams)
    told = FieldChange.rows.filter(change_set_id=run.report["change_set"], object="customers.contactpoint", field="email")
    assert list(told.values_list("after", flat=True)) == ["b@example.jp"]


def test_a_row_that_changes_a_name_leaves_further_ones_findable():
    imported(csv("M001,齋藤 百合子,yuriko@example.jp,a@example.jp", headings="会員番号,氏名,メールアドレス,メール2"))
    imported(csv("M001,田中 百合子", headings="会員番号,氏名"), existing="overwrite")
    assert "a@" in Customer.rows.get().contact_grams


def test_somebody_twice_in_one_file_has_the_contact_points_of_both_rows():
    lines = ["M001,齋藤 百合子,y@example.jp,a@example.jp", "M001,齋藤 百合子,y@example.jp,b@example.jp", "M001,齋藤 百合子,,a@example.jp"]
    run = imported(csv(*lines, headings="会員番号,氏名,メールアドレス,メール2"))
    assert (run.created_count, run.updated_count, run.unchanged_count) == (1, 1, 1)
    made = Customer.rows.get()
    assert {row.email for row in ContactPoint.rows.all()} == {"a@example.jp", "b@example.jp"}
    assert {"a@", "b@"} <= set(made.contact_grams)


def test_the_dry_run_says_what_the_run_does():
    lines = [YURIKO, YURIKO, YURIKO.replace("second@", "third@")]
    dry = checked(answered(staged(csv(*lines, headings=HEADINGS)))).report["check"]
    wet = imported(csv(*lines, headings=HEADINGS))
    assert (dry["created_count"], dry["updated_count"], dry["unchanged_count"]) == (1, 1, 1)
    assert (wet.created_count, wet.updated_count, wet.unchanged_count) == (1, 1, 1)


def test_without_a_first_one_the_second_is_the_customers_own():
    imported(csv("田中 千夏,chinatsu@example.jp,080-5550-0001,石川県金沢市尾張町1-1", headings="氏名,携帯メール,携帯電話,送付先住所"))
    made = Customer.rows.get()
    assert (made.email, made.phone, made.city) == ("chinatsu@example.jp", "080-5550-0001", "金沢市")
    assert not ContactPoint.rows.exists()


def test_a_bad_second_mail_rejects_the_row_as_a_bad_first_one_does():
    lines = ["M001,齋藤 百合子,y@example.jp,nomail", *[f"M10{n},田中 千夏,c{n}@example.jp,d{n}@example.jp" for n in range(4)]]
    run = imported(csv(*lines, headings="会員番号,氏名,メールアドレス,メール2"))
    assert (run.created_count, run.rejected_count) == (4, 1)


def test_somebody_whose_mail_bounces_is_counted_as_such(misaki, now):
    data = csv("M001,齋藤 百合子,yuriko@example.jp", headings="会員番号,氏名,メールアドレス")
    imported(data)
    made = Customer.rows.get()
    dead = Point("email", email="yuriko@example.jp", state="invalid", reason="bounced")
    change_contact(customer_id=made.pk, contact="email", point=dead, actor=SYSTEM, now=now)
    again = imported(data)
    counters = again.report["counters"]
    assert (counters.get("reach.ok", 0), counters.get("reach.stopped_address", 0)) == (0, 1)


@pytest.mark.parametrize(
    ("heading", "value", "field"),
    [
        ("メールアドレス２", "a@example.jp", "email2"),
        ("サブメール", "a@example.jp", "email2"),
        ("携帯メールアドレス", "a@docomo.ne.jp", "mobile_email"),
        ("TEL2", "03-1234-5678", "phone2"),
        ("携帯電話", "090-1234-5678", "mobile"),
        ("勤務先電話番号", "03-1234-5678", "work_phone"),
        ("ＦＡＸ番号", "03-1234-5678", "fax"),
        ("勤務先住所", "東京都台東区谷中1-2-3", "work_address"),
        ("会社郵便番号", "110-0001", "work_postal_code"),
        ("送付先住所1", "東京都台東区谷中1-2-3", "shipping_address"),
        ("お届け先郵便番号", "110-0001", "shipping_postal_code"),
        ("請求先住所", "東京都台東区谷中1-2-3", "billing_address"),
    ],
)
def test_headings_tell_what_a_column_is(heading, value, field):
    header = ["会員番号", "氏名", "メールアドレス", "電話番号", "郵便番号", "住所", heading]
    row = ["M1", "齋藤 百合子", "y@example.jp", "076-262-0001", "920-0831", "石川県金沢市東山3-2-19", value]
    assert guess_columns(header, [row] * 3, CUSTOMER_FIELDS)[-1].field == field


def test_values_alone_never_make_somebodys_mail_the_customers_second_one():
    header, row = ["会員番号", "氏名", "メールアドレス", "xyz"], ["M1", "齋藤 百合子", "y@example.jp", "staff@example.jp"]
    assert guess_columns(header, [row] * 3, CUSTOMER_FIELDS)[-1].field is None


def test_an_import_that_is_taken_back_takes_its_customers_with_their_contact_points():
    run = imported(csv(YURIKO, headings=HEADINGS))
    assert undone(run).state == "done"
    assert not Customer.rows.exists()
    assert not ContactPoint.rows.exists()


def test_an_import_that_is_taken_back_takes_the_contact_points_that_it_added_to_somebody_known():
    imported(csv("M001,齋藤 百合子,yuriko@example.jp,a@example.jp", headings="会員番号,氏名,メールアドレス,メール2"))
    before = base(Customer, ContactPoint, Identity)
    headings = "会員番号,氏名,メールアドレス,メール2,携帯電話"
    run = imported(csv("M001,齋藤 百合子,yuriko@example.jp,b@example.jp,080-5550-0001", headings=headings))
    assert ContactPoint.rows.count() == 2
    assert undone(run).restored_count == 1
    assert base(Customer, ContactPoint, Identity) == before


def test_a_contact_point_that_somebody_changed_since_stays_when_its_import_is_taken_back(now):
    imported(csv("M001,齋藤 百合子,yuriko@example.jp", headings="会員番号,氏名,メールアドレス"))
    run = imported(
        csv("M001,齋藤 百合子,yuriko@example.jp,a@example.jp,b@example.jp", headings="会員番号,氏名,メールアドレス,メール2,勤務先メール")
    )
    kept = ContactPoint.rows.get(email="a@example.jp")
    at_home = Point("email", "home", "a@example.jp")
    change_contact(customer_id=kept.customer_id, contact=str(kept.pk), point=at_home, actor=SYSTEM, now=now)
    assert undone(run).restored_count == 1
    assert [row.email for row in ContactPoint.rows.all()] == ["a@example.jp"]
    grams = Customer.rows.get().contact_grams
    assert "a@" in grams
    assert "b@" not in grams


MAILS = "会員番号,氏名,メールアドレス,メール2"


@pytest.mark.parametrize("existing", ["fill", "overwrite"])
def test_a_second_mail_alone_is_added_beside_the_first(existing):
    imported(csv("M001,齋藤 百合子,yuriko@example.jp,", headings=MAILS))
    before = base(Customer, Identity, ContactPoint)
    run = imported(csv("M001,齋藤 百合子,,second@example.jp", headings=MAILS), existing=existing)
    assert run.updated_count == 1
    made = Customer.rows.get()
    assert (made.email, points(made)) == ("yuriko@example.jp", {("email", "other", "second@example.jp")})
    assert imported(csv("M001,齋藤 百合子,,second@example.jp", headings=MAILS), existing=existing).unchanged_count == 1
    undone(run)
    assert base(Customer, Identity, ContactPoint) == before


@pytest.mark.parametrize("existing", ["fill", "overwrite"])
def test_a_second_phone_and_another_address_alone_are_added_beside_the_first(existing):
    headings = "会員番号,氏名,電話番号,携帯電話,住所,勤務先住所"
    imported(csv("M001,齋藤 百合子,076-262-0001,,石川県金沢市東山3-2-19,", headings=headings))
    imported(csv("M001,齋藤 百合子,,080-5550-0001,,石川県金沢市尾張町1-9-20", headings=headings), existing=existing)
    made = Customer.rows.get()
    assert (made.phone, made.street) == ("076-262-0001", "東山3-2-19")
    assert points(made) == {("phone", "mobile", "080-5550-0001"), ("address", "work", "石川県金沢市尾張町1-9-20")}


def test_a_second_mail_alone_is_the_own_one_of_somebody_without():
    imported(csv("M001,齋藤 百合子,,", headings=MAILS))
    imported(csv("M001,齋藤 百合子,,second@example.jp", headings=MAILS))
    assert Customer.rows.get().email == "second@example.jp"
    assert not ContactPoint.rows.exists()


def test_undo_brings_the_own_mail_and_phone_back_and_the_further_ones_to_their_places(misaki, now):
    headings = "会員番号,氏名,メールアドレス,メール2,電話番号,携帯電話"
    imported(csv("M001,齋藤 百合子,yuriko@example.jp,second@example.jp,076-262-0001,080-5550-0001", headings=headings))
    made = Customer.rows.get()
    known = Point("email", label="home", email="yuriko@example.jp", note="昼のみ", from_on=date(2024, 4, 1))
    change_contact(customer_id=made.pk, contact="email", point=known, actor=misaki, now=now)
    before = base(Customer, Identity, ContactPoint)
    run = imported(csv("M001,齋藤 百合子,second@example.jp,,080-5550-0001,", headings=headings), existing="overwrite")
    made.refresh_from_db()
    assert (made.email, made.phone, ContactPoint.rows.count()) == ("second@example.jp", "080-5550-0001", 0)
    assert undone(run).restored_count == 1
    assert base(Customer, Identity, ContactPoint) == before


def test_undo_leaves_what_the_import_itself_had_added_before_it_became_the_own_one(monkeypatch):
    monkeypatch.setattr(staged_rows.read_chunk, "__kwdefaults__", {"group_column": None, "size": 1})
    imported(csv("M001,齋藤 百合子,yuriko@example.jp,", headings=MAILS))
    before = base(Customer, Identity, ContactPoint)
    lines = ["M001,齋藤 百合子,,second@example.jp", "M001,齋藤 百合子,second@example.jp,"]
    run = imported(csv(*lines, headings=MAILS), existing="overwrite")
    assert Customer.rows.get().email == "second@example.jp"
    undone(run)
    assert base(Customer, Identity, ContactPoint) == before
