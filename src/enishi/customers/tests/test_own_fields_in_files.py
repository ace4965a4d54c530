"""Custom fields in customer files: read as on the form, refused as on the form."""

from __future__ import annotations

import pytest

from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.layouts import change_draft, publish_draft
from enishi.customers.fields import layout
from enishi.customers.fields.field import Choice
from enishi.customers.models import Customer, CustomField, Identity
from enishi.customers.tests.import_files import answered, base, checked, csv, imported, messages_of, staged, undone
from enishi.platform.models import FieldChange
from enishi.platform.rights import actor_of

HEADINGS = "会員番号,氏名,会員区分,来店回数,免許番号"


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "ec_lead"))


@pytest.fixture
def keys(admin, now):
    def define(kind, label, **said):
        return define_field(definition=Definition(kind=kind, label=label, **said), actor=admin, now=now)

    return {
        "grade": define("choice", "会員区分", choices=[Choice("", "一般"), Choice("", "上得意")]),
        "visits": define("number", "来店回数", options={"decimals": 0}),
        "licence": define("text", "免許番号", is_unique=True),
    }


def custom():
    return [row.custom for row in Customer.rows.order_by("number")]


def test_columns_are_known_by_their_labels_and_read_as_on_the_form(keys, admin):
    run = imported(csv("M1,髙橋花子,上得意,１２,AB-1", "M2,林 さくら,,,", headings=HEADINGS), actor=admin)
    assert (run.state, run.created_count, run.rejected_count) == ("done", 2, 0)
    assert custom() == [{keys["grade"]: "c2", keys["visits"]: 12, keys["licence"]: "AB-1"}, {}]
    assert Identity.rows.get(kind=keys["licence"]).value == "AB-1"
    assert CustomField.rows.get(label="会員区分").last_used_on is not None


def test_what_the_form_would_not_take_is_refused_with_the_row(keys, admin):
    run = imported(csv("M1,髙橋花子,特別,,", "M2,林 さくら,一般,1.5,", headings=HEADINGS), actor=admin)
    assert run.rejected_count == 2
    told = messages_of(run)
    assert "特別" in told[0]
    assert "小数" in told[1]


def test_a_unique_field_finds_its_customer_and_is_nobody_else_s(keys, admin):
    imported(csv("M1,髙橋花子,一般,1,AB-1", "M2,林 さくら,一般,,AB-2", headings=HEADINGS), actor=admin)
    run = imported(csv(",髙橋 華子,上得意,2,AB-1", "M2,林 さくら,,,AB-1", headings=HEADINGS), actor=admin, existing="overwrite")
    assert [row[keys["grade"]] for row in custom()] == ["c2", "c1"]
    assert (run.updated_count, run.rejected_count) == (1, 1)
    assert messages_of(run) == ["ほかの顧客がこの値を使っています。"]
    changes = {change.field: (change.before, change.after) for change in FieldChange.rows.filter(object="customers.customer")}
    assert changes[keys["grade"]] == ("c1", "c2")


def test_filling_leaves_what_is_written_and_overwriting_frees_the_old_key(keys, admin):
    imported(csv("M1,髙橋花子,一般,,AB-1", headings=HEADINGS), actor=admin)
    imported(csv("M1,髙橋花子,上得意,3,AB-9", headings=HEADINGS), actor=admin)
    assert custom() == [{keys["grade"]: "c1", keys["licence"]: "AB-1", keys["visits"]: 3}]
    imported(csv("M1,髙橋花子,上得意,3,AB-9", headings=HEADINGS), actor=admin, existing="overwrite")
    assert custom() == [{keys["grade"]: "c2", keys["licence"]: "AB-9", keys["visits"]: 3}]
    assert list(Identity.rows.filter(kind=keys["licence"]).values_list("value", flat=True)) == ["AB-9"]


def test_a_check_says_what_the_run_would_say(keys, admin):
    data = csv("M1,髙橋花子,一般,1,AB-1", "M2,林 さくら,一般,,AB-1", "M3,森 一,特別,,", headings=HEADINGS)
    dry = checked(answered(staged(data, actor=admin), actor=admin), actor=admin)
    assert Customer.rows.count() == 0
    dry_counts = tuple(dry.report["check"][name] for name in ("created_count", "updated_count", "rejected_count"))
    run = imported(data, actor=admin)
    assert (run.created_count, run.updated_count, run.rejected_count) == dry_counts == (1, 0, 2)


def test_new_customers_must_have_what_the_form_asks_for(keys, admin, now):
    sections = layout.stored(layout.current())
    for item in sections[-1]["items"]:
        item["required"] = item["field"] == keys["grade"]
    change_draft(sections=sections, actor=admin, now=now)
    publish_draft(note="", actor=admin, now=now)
    run = imported(csv("M1,髙橋花子,,,", "M2,林 さくら,一般,,", headings=HEADINGS), actor=admin)
    assert (run.created_count, run.rejected_count) == (1, 1)
    assert messages_of(run) == ["入力してください。"]


def test_numbers_count_themselves_in_the_order_of_the_file(admin, now):
    key = define_field(definition=Definition(kind="auto_number", label="カルテ番号", options={"prefix": "K"}), actor=admin, now=now)
    imported(csv("M1,髙橋花子", "M2,林 さくら", headings="会員番号,氏名"), actor=admin)
    assert [row[key] for row in custom()] == [1, 2]
    assert set(Identity.rows.filter(kind=key).values_list("value", flat=True)) == {"K1", "K2"}


def test_values_of_a_class_that_the_importer_may_not_write_stay_out(make_user, admin, now):
    key = define_field(
        definition=Definition(kind="text", label="既往症", privacy="sensitive", purpose="施術の安全のため"), actor=admin, now=now
    )
    run = imported(csv("M1,髙橋花子,あり", headings="会員番号,氏名,既往症"), actor=admin)
    assert run.created_count == 1
    assert custom() == [{}]
    assert key not in str(custom())


@pytest.mark.parametrize("existing", ["fill", "overwrite"])
def test_undo_of_an_import_gives_custom_values_and_unique_ones_back(keys, admin, existing):
    imported(csv("M1,髙橋花子,一般,3,AB-1", "M2,林 さくら,,,", headings=HEADINGS), actor=admin)
    first = base(Customer, Identity)
    run = imported(
        csv("M1,髙橋花子,上得意,4,CD-2", "M2,林 さくら,一般,1,AB-1", "M3,佐藤 健,一般,2,EF-3", headings=HEADINGS),
        actor=admin,
        existing=existing,
    )
    assert base(Customer, Identity) != first
    assert undone(run, actor=admin).kept_count == 0
    assert base(Customer, Identity) == first
