"""Merging while others work: two merges of the same people at once, and long work about somebody who is merged away in its middle."""

from __future__ import annotations

import csv as csv_files
import io
import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse

from enishi.customers.actions import bulk, exports
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.customers import change_customer
from enishi.customers.actions.exports import Wanted
from enishi.customers.actions.merging import AlreadyMerged, merge_customers
from enishi.customers.bulk import running as bulk_running
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import running as export_running
from enishi.customers.imports import running as import_running
from enishi.customers.imports import staged as import_rows
from enishi.customers.models import (
    Activity,
    BulkRow,
    BulkRun,
    Customer,
    CustomerAlias,
    CustomerTag,
    ExportChunk,
    ExportRun,
    Identity,
    Merge,
    MergeEntry,
)
from enishi.customers.tests import factories
from enishi.customers.tests.import_files import answered, begun, csv, staged
from enishi.platform import files
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import ActionError, NotFound


def beside(deed):
    """Do something in a transaction of its own, on another connection; what came of it is in the list that is given back."""
    came = []

    def run():
        try:
            came.append(deed())
        except ActionError as refusal:
            came.append(refusal)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


def while_merging(now, keep, gone, deed):
    """The deed begins while a merge has written and not yet committed; what came of the deed."""
    with transaction.atomic():
        merge_customers(keep=keep.pk, gone=[gone.pk], actor=SYSTEM, now=now)
        thread, came = beside(deed)
        thread.join(0.3)  # it waits for this transaction by now
        assert thread.is_alive()
    thread.join(20)
    return came[0]


def whole():
    """Whether every merge has its journal, and nothing names a customer who is not there."""
    assert set(MergeEntry.rows.values_list("merge_id", flat=True)) == set(Merge.rows.values_list("pk", flat=True))
    people = set(Customer.rows.values_list("pk", flat=True))
    for model in (Activity, Identity, CustomerTag):
        assert set(model.rows.values_list("customer_id", flat=True)) <= people
    aliases = dict(CustomerAlias.rows.values_list("old_id", "current_id"))
    assert not aliases.keys() & people
    assert set(aliases.values()) <= people


@pytest.mark.django_db(transaction=True)
def test_of_two_merges_of_the_same_people_at_once_one_is_done_and_the_other_told(now, organisation):
    one, two, three = (factories.customer() for _side in range(3))
    came = while_merging(now, one, two, lambda: merge_customers(keep=two.pk, gone=[one.pk], actor=SYSTEM, now=now))
    assert isinstance(came, AlreadyMerged)
    assert CustomerAlias.rows.get().current_id == one.pk
    with pytest.raises(AlreadyMerged):
        merge_customers(keep=three.pk, gone=[two.pk], actor=SYSTEM, now=now)
    whole()


@pytest.mark.django_db(transaction=True)
def test_of_two_merges_that_share_a_customer_the_second_sees_the_first(now, organisation):
    one, two, three = (factories.customer() for _side in range(3))
    made = while_merging(now, one, two, lambda: merge_customers(keep=three.pk, gone=[one.pk], actor=SYSTEM, now=now))
    assert made.kept_id == three.pk
    assert dict(CustomerAlias.rows.values_list("old_id", "current_id")) == {one.pk: three.pk, two.pk: three.pk}
    whole()


@pytest.mark.django_db(transaction=True)
def test_who_writes_about_somebody_while_they_are_merged_away_is_told_and_leaves_nothing(now, organisation):
    kept = factories.customer()
    deeds = [
        lambda pk: record_activity(customer_id=pk, kind="visit", text="ご来店", next_action=None, actor=SYSTEM, now=now),
        lambda pk: change_customer(customer_id=pk, given={"city": "京都市"}, seen=None, actor=SYSTEM, now=now),
    ]
    for deed in deeds:
        gone = factories.customer()
        assert isinstance(while_merging(now, kept, gone, lambda deed=deed, pk=gone.pk: deed(pk)), NotFound)
    assert not Activity.rows.exists()
    assert Customer.rows.get().city == ""
    whole()


def test_a_change_of_many_says_to_whom_somebody_was_merged_in_its_middle(misaki, now, make_customer, monkeypatch, sign_in):
    monkeypatch.setattr(bulk_running, "CHUNK", 1)
    chosen, gone, kept = make_customer(), make_customer(), make_customer(name="森 一郎")
    run_id = bulk.change_many(verb="tag", selection=Selection(ids=(chosen.pk, gone.pk)), value="旅館", actor=misaki, now=now)
    assert bulk_running.run_stretch(run_id, seconds=0)
    merge_customers(keep=kept.pk, gone=[gone.pk], actor=misaki, now=now)
    while bulk_running.run_stretch(run_id, seconds=0):
        pass
    assert (BulkRun.rows.get().changed_count, BulkRun.rows.get().refused_count) == (1, 1)
    assert dict(BulkRow.rows.values_list("customer_id", "outcome")) == {chosen.pk: "changed", gone.pk: "merged"}
    page = sign_in(misaki).get(reverse("customers:bulk-run", args=[run_id])).content.decode()
    assert "そのあとこの顧客に統合されました" in page
    assert kept.number in page


def test_a_file_holds_who_was_merged_in_its_middle_once_as_who_they_are_now(misaki, now, make_customer, monkeypatch, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(export_running, "CHUNK", 2)
    people = {one.pk: one for one in (make_customer() for _side in range(4))}
    outside = make_customer(name="森 一郎")
    wanted = Wanted(Selection(ids=tuple(people)), ("number",), "csv")
    run_id = exports.export_customers(wanted=wanted, reason="年賀状", actor=misaki, now=now)
    assert export_running.run_stretch(run_id, seconds=0)
    written, late = ExportChunk.rows.order_by("number").values_list("customer_ids", flat=True)
    merge_customers(keep=outside.pk, gone=[late[0]], actor=misaki, now=now)
    merge_customers(keep=written[0], gone=[late[1]], actor=misaki, now=now)
    while export_running.run_stretch(run_id, seconds=0):
        pass
    run = ExportRun.rows.get(pk=run_id)
    rows = list(csv_files.reader(io.StringIO(files.path_of(run.file).read_text("utf-8-sig"))))[1:]
    assert sorted(number for (number,) in rows) == sorted([*(people[pk].number for pk in written), outside.number])
    assert run.left_out_count == 0


def test_an_import_writes_to_who_carries_on_where_somebody_was_merged_in_its_middle(organisation, monkeypatch, now):
    monkeypatch.setitem(import_rows.read_chunk.__kwdefaults__, "size", 1)
    kept, gone = factories.customer(), factories.customer()
    Identity.rows.create(customer=gone, kind="member", value="M2", created_at=now)
    data = csv("M1,田中 千夏,京都市", "M2,齋藤 百合子,奈良市", headings="会員番号,氏名,市区町村")
    run = begun(answered(staged(data)))
    stretch = import_running.run_stretch(run.pk, seconds=600)
    next(stretch)
    merge_customers(keep=kept.pk, gone=[gone.pk], actor=SYSTEM, now=now)
    list(stretch)
    run.refresh_from_db()
    assert (run.state, run.created_count, run.updated_count, run.rejected_count) == ("done", 1, 1, 0)
    kept.refresh_from_db()
    assert kept.city == "奈良市"
    assert Identity.rows.get(value="M2").customer_id == kept.pk
    whole()
