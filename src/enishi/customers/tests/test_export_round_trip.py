"""A file that was taken out and is brought in again changes nothing, whatever stands in it; and what somebody changed in it does."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from django.db import connection

from enishi.commerce.models import PurchaseSummary
from enishi.customers.actions.consent import Statement, record_consents
from enishi.customers.actions.customers import create_customer
from enishi.customers.actions.exports import Wanted, export_customers
from enishi.customers.bulk.selection import Selection
from enishi.customers.details import Details
from enishi.customers.exporting import running
from enishi.customers.exporting.columns import all_keys
from enishi.customers.models import Customer, CustomerAlias, CustomerTag, ExportRun, Identity, Relation, Tag
from enishi.customers.queries import exports as queries
from enishi.customers.queries.asked import Asked
from enishi.customers.tests.import_files import answered, checked, imported, messages_of, staged
from enishi.platform import files
from enishi.platform.models import FieldChange

FORMS = ["xlsx", "csv", "cp932"]


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def people(misaki, misaki_user, yanaka, now):
    """Whatever can stand in a column: names that look like formulas, shared addresses, parts that nobody would split so."""

    def register(**details):
        return create_customer(details=Details(**details), actor=misaki, now=now, shares_address=True).id

    mother = register(
        family_name="齋藤",
        given_name="百合子",
        kana="サイトウ ユリコ",
        email="home@example.jp",
        phone="03-1234-5678",
        postal_code="110-0001",
        city="台東区",  # no prefecture
        street="谷中１丁目２番３号 縁ビル",
        birthday_on=date(1899, 5, 6),
        gender="female",
        language="ko",
        former_name="國廣",
        acquisition_source="=HYPERLINK(1)",
        owner_id=misaki_user.pk,
        team_id=yanaka.pk,
    )
    register(family_name="齋藤", given_name="健", email="home@example.jp", phone="03-1234-5678")  # shares both
    firm = register(kind="company", name="エニシ", phone="+1 650-253-0000", postal_code="920-0831")
    register(kind="company", name="㈱'縁日堂", email="info@ennichi.example.jp")
    register(family_name="-山田", given_name="'太郎", building="@2F")
    register(family_name="ﾀﾅｶ", birthday_on=date(2000, 2, 29), leave_alone=True)
    register(family_name="山田", given_name="太郎")  # two of a name, and nothing else
    register(family_name="山田", given_name="太郎")
    pk = Customer.rows.get(pk=mother).pk
    Identity.rows.create(customer_id=pk, kind="member", value="00123", created_at=now)
    Identity.rows.create(customer_id=pk, kind="member", value="00124", created_at=now)
    Relation.rows.create(source_id=pk, target_id=firm, kind="works_for", department="営業部", title="課長")
    for name in ("常連", "A/B", 'お"得"', "+1", "春、夏"):
        CustomerTag.rows.create(customer_id=pk, tag=Tag.rows.create(name=name), at=now)
    PurchaseSummary.rows.create(customer_id=pk, purchase_count=2, first_on=date(2026, 1, 1), last_on=date(2026, 2, 3), revenue_jpy=1_000)
    said = [
        Statement(customer_id=pk, channel=c, allowed=a, basis=b, source="screen")
        for c, a, b in (("email", True, "relation"), ("post", False, "refused"))
    ]
    record_consents(statements=said, actor=misaki, now=now)
    CustomerAlias.rows.create(old_id=900_001, current_id=pk, number="C-900001", merged_at=now)
    return list(Customer.rows.order_by("pk"))


def taken_out(misaki, now, form, keys=None):
    wanted = Wanted(Selection(asked=Asked()), tuple(keys or all_keys(misaki)), form)
    run_id = export_customers(wanted=wanted, reason="確認", actor=misaki, now=now)
    while running.run_stretch(run_id):
        pass
    run = ExportRun.rows.get(pk=run_id)
    return run.file.name, files.path_of(run.file).read_bytes()


def everything():
    """All that an import could change."""
    tables = [
        *("customers_customer", "customers_identity", "customers_customertag", "customers_tag", "customers_consentstate"),
        *("customers_consentrecord", "customers_activity", "platform_fieldchange"),
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' || t::text FROM {name} AS t" for name in tables) + " ORDER BY 1")  # noqa: S608
        return [row for (row,) in cursor.fetchall()]


@pytest.mark.parametrize("existing", ["fill", "overwrite"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("which", ["all", "view"])
def test_a_file_of_ours_changes_nothing(people, misaki, now, form, existing, which):
    keys = all_keys(misaki) if which == "all" else queries.view_keys(misaki, ())
    name, data = taken_out(misaki, now, form, keys)
    before = everything()
    run = checked(answered(staged(data, name=name, actor=misaki), actor=misaki, existing=existing), actor=misaki)
    assert [run.report["check"][f"{key}_count"] for key in ("created", "updated", "rejected")] == [0, 0, 0]
    done = imported(data, name=name, actor=misaki, existing=existing)
    assert messages_of(done) == []
    assert (done.created_count, done.updated_count, done.rejected_count, done.unchanged_count) == (0, 0, 0, len(people))
    assert everything() == before


def test_what_is_no_field_is_taken_for_none(people, misaki, now):
    name, data = taken_out(misaki, now, "csv")
    run = staged(data, name=name, actor=misaki)
    heads = [column["name"] for column in run.columns]
    fields = {heads[int(column)]: key for column, key in run.mapping.items() if key}
    assert fields["顧客番号"] == "number"
    assert fields["会員番号"] == "member_number"
    assert fields["生年月日"] == "birthday_on"
    assert not {"最終購入", "購入回数", "売上（税抜）", "顧客ステージ", "同意の状態（メール）", "話しかけない"} & set(fields)


def rewritten(data, changes):
    """The CSV with cells changed: (heading, old) → new."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    heads = rows[0]
    for row in rows[1:]:
        for (heading, old), new in changes.items():
            place = heads.index(heading)
            if row[place] == old:
                row[place] = new
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def test_what_somebody_changed_in_the_file_is_changed(people, misaki, now):
    _name, data = taken_out(misaki, now, "csv")
    changed = rewritten(
        data, {("電話番号", "'+1 650-253-0000"): "03-9999-0000", ("名", "健"): "健一", ("氏名・名称", "齋藤 健"): "齋藤 健一"}
    )
    run = imported(changed, actor=misaki, existing="overwrite")
    assert (run.created_count, run.updated_count, run.rejected_count) == (0, 2, 0)
    assert Customer.rows.get(name="エニシ").phone == "03-9999-0000"
    assert Customer.rows.get(name="齋藤 健一").given_name == "健一"
    assert set(FieldChange.rows.filter(object_id=Customer.rows.get(name="エニシ").pk).values_list("field", flat=True)) >= {"phone"}


def test_numbers_that_are_nobodys_or_somebody_elses_are_refused(people, misaki, now):
    first = people[0].number
    lines = [f"{first},別人 太郎,,", "C-999999,齋藤 百合子,,", f"{first},齋藤 百合子,,"]
    run = imported("\r\n".join(["顧客番号,氏名,メールアドレス,電話番号", *lines]).encode(), actor=misaki)
    assert (run.rejected_count, run.unchanged_count, run.created_count) == (2, 1, 0)
    assert "違います" in messages_of(run)[0]
    assert "見つかりません" in messages_of(run)[1]


def test_numbers_of_another_system_stay_member_numbers(misaki, organisation):
    run = imported("顧客番号,氏名\r\nA001,田中 一\r\nA002,山田 二".encode(), actor=misaki)
    assert run.created_count == 2
    assert set(Identity.rows.filter(kind="member").values_list("value", flat=True)) == {"A001", "A002"}


def test_a_number_that_was_merged_away_leads_to_who_carries_on(people, misaki, now):
    old = CustomerAlias.rows.get()
    run = imported(f"顧客番号,氏名,建物名\r\n{old.number},齋藤 百合子,302".encode(), actor=misaki)
    assert run.updated_count == 1
    assert Customer.rows.get(pk=old.current_id).building == "302"
