"""法人番号 as a kind of custom field: 13 digits that are right, whoever writes them wherever, and one company by them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from enishi.customers import access, search
from enishi.customers.actions.customers import create_customer
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.trades import use_trade
from enishi.customers.details import Details
from enishi.customers.fields import values
from enishi.customers.fields.field import Field
from enishi.customers.models import Customer, CustomField, Identity, TwinPair
from enishi.customers.tests.import_files import csv, imported, messages_of
from enishi.customers.twins import doors
from enishi.platform.actor import FieldLevel
from enishi.platform.errors import Invalid
from enishi.platform.privacy import Level, Privacy
from enishi.platform.rights import actor_of

NUMBER, WRITTEN, WRONG = "7000012050002", "７０００−０１２０５０００２", "7000012050003"
COMPANY = Details(kind="company", name="株式会社縁日堂")


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path, organisation):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers", "ec_lead"))


@pytest.fixture
def key(admin, now):
    definition = Definition(kind="corporate_no", label="国税の番号", for_kind="company", is_unique=True)
    return define_field(definition=definition, actor=admin, now=now)


@pytest.mark.parametrize("typed", [NUMBER, WRITTEN, "7000-0120-50002", f"T{NUMBER}"])
def test_however_it_is_written_thirteen_digits_are_kept(typed):
    assert values.read(Field(id=1, kind="corporate_no", label="法人番号"), typed) == NUMBER


@pytest.mark.parametrize("typed", [WRONG, "700001205000", "0000012050002", "縁日堂"])
def test_a_number_that_cannot_be_is_refused_beside_its_field(key, admin, now, typed):
    with pytest.raises(Invalid) as refusal:
        create_customer(details=replace(COMPANY, custom={key: typed}), actor=admin, now=now)
    assert "法人番号として正しくありません" in refusal.value.fields[key][0]


def test_two_writings_are_one_company_s_number(key, admin, now):
    create_customer(details=replace(COMPANY, custom={key: NUMBER}), actor=admin, now=now)
    with pytest.raises(Invalid) as refusal:
        create_customer(details=replace(COMPANY, custom={key: WRITTEN}), actor=admin, now=now)
    assert key in refusal.value.fields


def test_a_file_is_known_by_what_such_columns_are_called_and_finds_the_company(key, admin):
    imported(csv(f"㈱縁日堂,{WRITTEN}", headings="会社名,法人番号"), actor=admin)
    run = imported(csv(f"縁日堂（株）,{NUMBER}", f"㈱別の会社,{WRONG}", headings="会社名,法人No."), actor=admin)
    assert (run.created_count, run.rejected_count) == (0, 1)
    assert [row.custom for row in Customer.rows.all()] == [{key: NUMBER}]
    assert "検査数字" in messages_of(run)[0]


@pytest.mark.parametrize("typed", [NUMBER, WRITTEN, "7000-0120-50002"])
def test_the_search_finds_the_company_by_its_number_for_who_reads_it(key, admin, now, typed):
    made = create_customer(details=replace(COMPANY, custom={key: NUMBER}), actor=admin, now=now)
    create_customer(details=replace(COMPANY, name="株式会社別の会社"), actor=admin, now=now)

    def found(actor):
        return search.narrowed(actor, access.visible_customers(actor), typed).ids

    assert found(admin) == [made.id]
    hidden = replace(admin, fields={f"customer.{key}": FieldLevel(Privacy.INTERNAL, Level.HIDDEN)})
    assert found(hidden) == []


def test_two_companies_with_two_numbers_are_never_taken_for_one_by_themselves(key, admin, now, make_customer):
    same = {"kind": "company", "name": "株式会社縁日堂", "phone": "03-5555-0134", "postal_code": "110-0001", "city": "台東区"}
    for number in (NUMBER, "9010001000003"):
        Identity.rows.create(customer=make_customer(**same, street="谷中3-4-5"), kind=key, value=number, created_at=now)
    doors.run(doors.begin("whole", owner_id=None, now=now))
    assert TwinPair.rows.get().held_by == ["strong_ids"]


def test_the_template_of_wholesale_brings_it(admin, now):
    use_trade(key="wholesale", actor=admin, now=now)
    field = CustomField.rows.get(label="法人番号")
    assert (field.kind, field.is_unique, field.for_kind) == ("corporate_no", True, "company")
