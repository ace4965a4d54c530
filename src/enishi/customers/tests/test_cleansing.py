"""データ整備: shown before it is done, done in chunks, and taken back but for what somebody changed since."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from enishi.customers.actions import bulk
from enishi.customers.actions.bulk import RunIsOver
from enishi.customers.actions.cleansing import cleanse, try_cleansing
from enishi.customers.actions.customers import change_customer
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.standards import publish_standards, put_rule
from enishi.customers.bulk import running
from enishi.customers.bulk.mending import book_of
from enishi.customers.bulk.selection import Selection
from enishi.customers.fields import catalogue
from enishi.customers.models import BulkRun, ConsentRecord, ContactPoint, Customer, CustomField
from enishi.customers.queries import cleansing
from enishi.customers.queries.asked import Asked
from enishi.customers.search import SEARCH_COLUMNS, search_columns
from enishi.customers.standards.rule import Rule
from enishi.customers.tests.import_files import base
from enishi.platform.errors import Invalid, NotAllowed
from enishi.platform.models import Event, FieldChange
from enishi.platform.rights import actor_of

EVERYBODY = Selection(asked=Asked())


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers", "ec_lead"))


@pytest.fixture
def standards(organisation, admin, now, monkeypatch):
    """Digits of streets narrow, no spaces in given names, legal forms in full; a rule that only refuses besides."""
    monkeypatch.setattr(running, "CHUNK", 2)
    rules = [
        Rule(key="r1", field="street", check="width", choice="digits_half", mode="fix"),
        Rule(key="r2", field="given_name", check="spaces", choice="none", mode="fix"),
        Rule(key="r3", field="name", check="company_form", choice="long", mode="fix"),
        Rule(key="r4", field="street", check="forbidden", words=("不明",), mode="refuse"),
    ]
    for rule in rules:
        put_rule(rule=rule, actor=admin, now=now)
    publish_standards(note="", actor=admin, now=now)
    return [rule.key for rule in rules]


@pytest.fixture
def five(make_customer):
    """Three of whom something is to be written otherwise: a street, a given name with its name, a company."""
    return [
        make_customer(street="六本木１−２"),
        make_customer(name="髙橋 太 郎", family_name="髙橋", given_name="太 郎", street="六本木3"),
        make_customer(name="㈱髙島屋", kind="company"),
        make_customer(street="六本木4-5"),
        make_customer(street="不明"),
    ]


def done(run_id):
    while running.run_stretch(run_id, seconds=0):
        pass
    return BulkRun.rows.get(pk=run_id)


def tried(actor, now, keys=("r1", "r2", "r3", "r4"), selection=EVERYBODY):
    return done(try_cleansing(rules=keys, selection=selection, actor=actor, now=now))


def counts(run):
    return run.state, run.total, run.changed_count, run.unchanged_count, run.refused_count


def test_a_trial_counts_and_shows_and_writes_nothing(standards, five, admin, now, sign_in):
    before = base(Customer, FieldChange)
    run = tried(admin, now)
    assert counts(run) == ("done", 5, 3, 2, 0)
    assert base(Customer, FieldChange) == before
    page = sign_in(admin).get(reverse("customers:bulk-run", args=[run.pk])).content.decode()
    assert "5人のうち3人が変わります" in page
    assert "<del>六本木１−２</del>" in page
    assert "<ins>六本木1−2</ins>" in page
    assert "この内容で3人を整える" in page


def test_what_a_trial_has_shown_is_done_and_taken_back(standards, five, admin, now):
    kept = base(ConsentRecord)
    before = base(Customer)
    run = done(cleanse(run_id=tried(admin, now).pk, actor=admin, now=now))
    assert counts(run) == ("done", 3, 3, 0, 0)
    street, name, firm, *others = Customer.rows.order_by("pk")
    assert (street.street, name.name, name.given_name, firm.name) == ("六本木1−2", "髙橋 太郎", "太郎", "株式会社髙島屋")
    assert [one.street for one in others] == ["六本木4-5", "不明"]
    wanted = search_columns(name=firm.name, kana=firm.kana)
    assert tuple(getattr(firm, column) for column in SEARCH_COLUMNS) == wanted
    assert Event.rows.filter(kind="customer.updated", customer_id=street.pk).count() == 1
    undone = done(bulk.undo_many(run_id=run.pk, actor=admin, now=now))
    assert (undone.changed_count, undone.refused_count) == (3, 0)
    assert base(Customer) == before
    assert base(ConsentRecord) == kept
    with pytest.raises(RunIsOver):
        bulk.undo_many(run_id=run.pk, actor=admin, now=now)


def test_what_was_changed_since_stays(standards, five, admin, now):
    run = done(cleanse(run_id=tried(admin, now).pk, actor=admin, now=now))
    change_customer(customer_id=five[0].pk, given={"street": "六本木9"}, seen=None, actor=admin, now=now)
    undone = done(bulk.undo_many(run_id=run.pk, actor=admin, now=now))
    assert (undone.changed_count, undone.refused_count) == (2, 1)
    assert Customer.rows.get(pk=five[0].pk).street == "六本木9"
    assert Customer.rows.get(pk=five[2].pk).name == "㈱髙島屋"


def test_who_was_changed_between_trial_and_deed_is_looked_at_anew(standards, five, admin, now):
    found = tried(admin, now)
    change_customer(customer_id=five[0].pk, given={"street": "六本木9"}, seen=None, actor=admin, now=now)
    run = done(cleanse(run_id=found.pk, actor=admin, now=now))
    assert counts(run) == ("done", 3, 2, 1, 0)
    with pytest.raises(RunIsOver):
        cleanse(run_id=found.pk, actor=admin, now=now)


def test_a_run_that_was_stopped_or_killed_goes_on_where_it_was(standards, five, admin, now):
    run_id = cleanse(run_id=tried(admin, now).pk, actor=admin, now=now)
    assert running.run_stretch(run_id, seconds=0)  # one chunk of two, then its worker is gone
    bulk.stop_many(run_id=run_id, actor=admin, now=now)
    assert Customer.rows.get(pk=five[2].pk).name == "㈱髙島屋"
    bulk.resume_many(run_id=run_id, actor=admin, now=now)
    assert counts(done(run_id)) == ("done", 3, 3, 0, 0)
    assert FieldChange.rows.filter(change_set_id=BulkRun.rows.get(pk=run_id).change_set_id, field="street").count() == 1


def test_a_run_keeps_to_the_rules_it_was_shown_with(standards, five, admin, now):
    found = tried(admin, now, keys=["r1"])
    assert found.changed_count == 1
    put_rule(rule=Rule(key="r1", field="street", check="width", choice="ascii_full", mode="fix"), actor=admin, now=now)
    publish_standards(note="", actor=admin, now=now)
    done(cleanse(run_id=found.pk, actor=admin, now=now))
    assert Customer.rows.get(pk=five[0].pk).street == "六本木1−2"


def test_fields_of_the_companys_own_are_mended_but_no_key(organisation, admin, now, make_customer):
    for label, unique in (("店舗コード", False), ("会員コード", True)):
        define_field(definition=Definition(kind="text", label=label, is_unique=unique), section="", actor=admin, now=now)
    keys = {field.label: key for key, field in catalogue.all_fields().items()}
    for place, key in enumerate(keys.values(), 1):
        put_rule(rule=Rule(key=f"r{place}", field=key, check="case", choice="upper", mode="fix"), actor=admin, now=now)
    publish_standards(note="", actor=admin, now=now)
    one = make_customer(custom=dict.fromkeys(keys.values(), "ab-1"))
    run = done(cleanse(run_id=tried(admin, now, keys=["r1", "r2"]).pk, actor=admin, now=now))
    assert Customer.rows.get(pk=one.pk).custom == {keys["店舗コード"]: "AB-1", keys["会員コード"]: "ab-1"}
    done(bulk.undo_many(run_id=run.pk, actor=admin, now=now))
    assert Customer.rows.get(pk=one.pk).custom == one.custom
    assert CustomField.rows.count() == 2


def test_further_addresses_are_mended_shown_and_taken_back(standards, five, admin, sign_in, now):
    odd, mended = five[3], five[0]
    further = [ContactPoint.rows.create(customer=one, kind="address", street="神谷町１", created_at=now) for one in (odd, mended)]
    before = base(Customer, ContactPoint)
    found = tried(admin, now)
    assert found.changed_count == 4
    page = sign_in(admin).get(reverse("customers:bulk-run", args=[found.pk])).content.decode()
    assert "ほかの住所の町名・番地" in page
    assert "<ins>神谷町1</ins>" in page
    nobody = replace(admin, grants={})
    assert cleansing.differences(nobody, found) == []
    assert cleansing._beside(nobody, book_of(found, admin), [odd.pk, mended.pk]) == {}
    run = done(cleanse(run_id=found.pk, actor=admin, now=now))
    assert run.changed_count == 4
    assert [ContactPoint.rows.get(pk=one.pk).street for one in further] == ["神谷町1", "神谷町1"]
    assert Event.rows.filter(kind="customer.contact_changed", customer_id=odd.pk).count() == 1
    assert not Event.rows.filter(kind="customer.updated", customer_id=odd.pk).exists()
    ContactPoint.rows.filter(pk=further[1].pk).update(street="神谷町9")  # somebody since
    undone = done(bulk.undo_many(run_id=run.pk, actor=admin, now=now))
    assert (undone.changed_count, undone.refused_count) == (3, 1)
    ContactPoint.rows.filter(pk=further[1].pk).update(street="神谷町１")
    assert base(Customer, ContactPoint) == before


def test_nobody_mends_whom_they_may_not_change(standards, five, misaki, hayashi, now):
    five[0].owner_id = misaki.user_id
    with pytest.raises(NotAllowed):
        try_cleansing(rules=["r1"], selection=EVERYBODY, actor=hayashi, now=now)


def test_a_rule_that_does_not_mend_is_no_cleansing(standards, admin, now):
    with pytest.raises(Invalid):
        try_cleansing(rules=["r4"], selection=EVERYBODY, actor=admin, now=now)


def test_it_is_ordered_and_approved_on_its_screens(standards, five, admin, sign_in, now):
    client = sign_in(admin)
    assert "自動で直すものだけ" in client.get(reverse("customers:cleansing")).content.decode()
    assert client.post(reverse("customers:cleansing"), {"target": ""}).status_code == 422
    answer = client.post(reverse("customers:cleansing"), {"target": "", "rules": ["r1", "r3"]})
    found = done(BulkRun.rows.get().pk)
    assert answer.url == reverse("customers:bulk-run", args=[found.pk])
    client.post(reverse("customers:cleansing-approve", args=[found.pk]))
    run = done(BulkRun.rows.get(verb="cleanse").pk)
    page = client.get(reverse("customers:bulk-run", args=[run.pk])).content.decode()
    assert "2人を変更しました" in page
    assert "町名・番地・会社・団体の名称" in page
    assert "2人の変更を元に戻す" in page
    assert client.post(reverse("customers:bulk-order", args=["cleanse"]), {"ids": "1"}).status_code == 404
