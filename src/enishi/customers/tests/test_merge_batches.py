"""一括統合: what it would merge and what it leaves, done group by group with the rights of that moment, killed, and taken back."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from enishi.customers.actions import merge_batches as actions
from enishi.customers.actions.customers import change_customer
from enishi.customers.actions.merge_batches import BatchIsOver
from enishi.customers.actions.merging import merge_customers
from enishi.customers.models import Customer, CustomerAlias, Identity, Merge, MergeBatch, MergeBatchRow, MergeEntry, TwinPair, TwinSearch
from enishi.customers.queries.merge_batches import batch_page
from enishi.customers.tasks import merge_many
from enishi.customers.tests.import_files import base
from enishi.customers.tests.test_twins import HANAKO
from enishi.customers.twins.batch import running
from enishi.customers.twins.settling import regroup
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, RoleGrant, Work
from enishi.platform.rights import actor_by_id, actor_of
from enishi.platform.sql import snapshots

SURE = 999_000
EARLIER, LATER = "1:1:", f"1:{10**15}:"


@pytest.fixture
def steward(make_user):
    """Who merges everybody, and many at once."""
    return actor_of(make_user("steward", "ec_lead"))


@pytest.fixture
def search(organisation, now):
    """Over, and later than everybody who is there: what it compared is as it was."""
    return TwinSearch.rows.create(kind="whole", state="done", snapshot=LATER, created_at=now, finished_at=now)


@pytest.fixture
def pair(search, make_customer, now):
    """Make a pair of new or given customers."""

    def make(first=None, second=None, **columns):
        sides = sorted((first or make_customer(**HANAKO), second or make_customer(**HANAKO)), key=lambda one: one.pk)
        given = {"score_ppm": 999_900, "outcomes": {"name": "same"}, "group_id": sides[0].pk, "found_at": now, "search": search}
        TwinPair.rows.create(first_id=sides[0].pk, second_id=sides[1].pk, **given | columns)
        return tuple(sides)

    return make


def planned(actor, now, at_least_ppm=SURE):
    run_id = actions.plan_merges(at_least_ppm=at_least_ppm, actor=actor, now=now)
    merge_many(run_id=run_id)
    return MergeBatch.rows.get(pk=run_id)


def done(run_id):
    while running.run_stretch(run_id, seconds=0):
        pass
    return MergeBatch.rows.get(pk=run_id)


def merged(actor, now, **wishes):
    run = planned(actor, now, **wishes)
    actions.approve_merges(batch_id=run.pk, actor=actor, now=now)
    return done(run.pk)


def test_a_plan_says_what_it_would_merge_and_what_it_leaves_and_merges_nothing(pair, make_customer, steward, now, sign_in):
    sure = pair()
    pair(score_ppm=950_000)
    pair(held_by=["given_name"])
    pair(held_by=["strong_ids"])
    pair(snoozed_until="2099-01-01")
    pair(state="distinct", decided_at=now)
    pair(search=None)
    before = base(Customer, Merge, TwinPair)
    run = planned(steward, now)
    assert (run.state, run.total, run.gone_count, run.pair_count) == ("planned", 1, 1, 5)
    assert run.left_out == {"given_name": 1, "strong_ids": 1, "later": 1, "changed": 1}
    assert MergeBatchRow.rows.get().customer_ids == [one.pk for one in sure]
    assert base(Customer, Merge, TwinPair) == before
    page = sign_in(steward).get(reverse("twins:batch", args=[run.pk])).content.decode()
    assert "1組を統合し、顧客が1件減ります" in page
    assert "名が違う（家族かもしれない）" in page
    assert "統合しない組：5組のうち4組" in page
    assert sure[0].number in page
    assert planned(steward, now, at_least_ppm=950_000).total == 2


def test_a_group_in_which_anything_speaks_against_it_is_left_to_somebody(pair, make_customer, steward, now):
    one, two = pair()
    three = make_customer(**HANAKO)
    pair(two, three)
    four, five = pair()
    six = make_customer(**HANAKO)
    pair(five, six)
    pair(four, six, score_ppm=400_000, state="distinct", decided_at=now)
    Identity.rows.create(customer=one, kind="member", value="M-1", created_at=now)
    Identity.rows.create(customer=three, kind="member", value="M-3", created_at=now)
    seven, eight = pair()
    nine = make_customer(**HANAKO)
    pair(eight, nine)
    pair(seven, nine, score_ppm=920_000, held_by=["birthday"])
    run = planned(steward, now)
    assert run.total == 0
    assert run.left_out == {"strong_ids": 2, "told_apart": 2, "in_group": 2}
    with pytest.raises(BatchIsOver):
        actions.approve_merges(batch_id=run.pk, actor=steward, now=now)


def test_what_was_shown_is_merged_each_with_its_own_journal_and_taken_back(pair, make_customer, steward, now):
    _one, two = pair()
    pair(two, make_customer(**HANAKO))
    pair()
    regroup(Customer.rows.values_list("pk", flat=True))
    before = base(Customer)
    run = merged(steward, now)
    assert (run.state, run.total, run.merged_count, run.refused_count) == ("done", 2, 2, 0)
    assert Customer.rows.count() == 2
    assert CustomerAlias.rows.count() == 3
    assert Merge.rows.count() == 2
    assert all(MergeEntry.rows.filter(merge=merge).exists() for merge in Merge.rows.all())
    assert Merge.rows.first().reason == "一括統合（確かさ 99.9%以上）"
    assert {event.data["door"] for event in Event.rows.filter(kind="customer.merged")} == {"batch"}
    assert Work.rows.get(kind="merge_batch").state == "done"
    undone = done(actions.undo_merges(batch_id=run.pk, actor=steward, now=now))
    assert (undone.state, undone.merged_count, undone.refused_count) == ("done", 2, 0)
    assert base(Customer) == before
    assert Merge.rows.filter(undone_at=None).count() == 0
    with pytest.raises(BatchIsOver):
        actions.undo_merges(batch_id=run.pk, actor=steward, now=now)
    kinds = list(Event.rows.filter(kind__startswith="merge_batch.").order_by("pk").values_list("kind", flat=True))
    assert kinds == [
        "merge_batch.planned",
        "merge_batch.approved",
        "merge_batch.finished",
        "merge_batch.undo_ordered",
        "merge_batch.finished",
    ]


def test_who_changed_or_was_told_apart_between_plan_and_turn_is_left_and_named(pair, search, steward, now, sign_in):
    changed, apart, away, fit = pair(), pair(), pair(), pair()
    run = planned(steward, now)
    actions.approve_merges(batch_id=run.pk, actor=steward, now=now)
    change_customer(customer_id=changed[0].pk, given={"family_name": "森"}, seen=None, actor=steward, now=now)
    earlier = TwinSearch.rows.create(kind="whole", state="done", snapshot=EARLIER, created_at=now)
    TwinPair.rows.filter(first_id=changed[0].pk).update(search=earlier)
    TwinPair.rows.filter(first_id=apart[0].pk).update(state="distinct", decided_at=now)
    merge_customers(keep=away[0].pk, gone=[away[1].pk], actor=steward, now=now)
    found = done(run.pk)
    assert (found.merged_count, found.refused_count) == (1, 3)
    rows = {tuple(row.customer_ids): row.refusal for row in MergeBatchRow.rows.filter(outcome="left")}
    ids = [tuple(one.pk for one in two) for two in (changed, apart, away)]
    assert rows == dict(zip(ids, ["changed", "no_more", "no_more"], strict=True))
    assert CustomerAlias.rows.filter(current_id=fit[0].pk).exists()
    page = sign_in(steward).get(reverse("twins:batch", args=[run.pk])).content.decode()
    assert "統合しなかった3組" in page
    assert changed[0].number in page


def test_of_the_undo_what_was_merged_again_since_stays_and_is_told(pair, make_customer, steward, now):
    first, second = pair()
    pair()
    run = merged(steward, now)
    other = make_customer(name="森 一郎")
    merge_customers(keep=first.pk, gone=[other.pk], actor=steward, now=now)
    undone = done(actions.undo_merges(batch_id=run.pk, actor=steward, now=now))
    assert (undone.merged_count, undone.refused_count) == (1, 1)
    [left] = batch_page(steward, undone.pk).left
    assert left.reason == "このあとに別の統合があります。新しい統合から取り消してください"
    assert left.people[0].number == first.number
    assert left.merge_url == f"/customers/merges/{Merge.rows.get(gone_ids=[second.pk]).pk}/"


def test_a_killed_batch_goes_on_with_the_group_that_was_in_hand(pair, steward, now, monkeypatch):
    for _n in range(3):
        pair()
    run = planned(steward, now)
    actions.approve_merges(batch_id=run.pk, actor=steward, now=now)

    class Killed(BaseException):
        pass

    merges = []

    def merge_and_die(**given):
        merges.append(merge_customers(**given))
        if len(merges) == 2:
            raise Killed
        return merges[-1]

    with monkeypatch.context() as patch:
        patch.setattr(running, "merge_customers", merge_and_die)
        with pytest.raises(Killed):
            running.run_stretch(run.pk)
    assert Merge.rows.count() == 1
    found = done(run.pk)
    assert (found.state, found.merged_count, Merge.rows.count(), CustomerAlias.rows.count()) == ("done", 3, 3, 3)


def test_what_always_ends_its_workers_is_passed_by(pair, steward, now, monkeypatch):
    pair()
    pair()
    run = planned(steward, now)
    actions.approve_merges(batch_id=run.pk, actor=steward, now=now)
    MergeBatch.rows.update(tries=5)
    assert not running.run_stretch(run.pk)
    assert MergeBatch.rows.get().state == "failed"
    actions.resume_merges(batch_id=run.pk, actor=steward, now=now)
    found = done(run.pk)
    assert (found.state, found.merged_count, found.refused_count) == ("done", 1, 1)
    assert MergeBatchRow.rows.get(outcome="left").refusal == "broke_off"


def test_stopped_it_keeps_what_it_merged_goes_on_and_is_taken_back(pair, steward, now):
    for _n in range(3):
        pair()
    run = planned(steward, now)
    actions.approve_merges(batch_id=run.pk, actor=steward, now=now)
    assert running.run_stretch(run.pk, seconds=0)
    actions.stop_merges(batch_id=run.pk, actor=steward, now=now)
    assert not running.run_stretch(run.pk)
    assert (Merge.rows.count(), MergeBatch.rows.get().state) == (1, "stopped")
    with pytest.raises(BatchIsOver):
        actions.stop_merges(batch_id=run.pk, actor=steward, now=now)
    actions.resume_merges(batch_id=run.pk, actor=steward, now=now)
    assert done(run.pk).merged_count == 3


def test_rights_are_those_of_the_moment_and_of_both_acts(pair, steward, now, make_user, hayashi):
    pair()
    run = planned(steward, now)
    actions.approve_merges(batch_id=run.pk, actor=steward, now=now)
    RoleGrant.rows.filter(role__key="ec_lead", object="customer", action="bulk").delete()
    assert not running.run_stretch(run.pk)
    assert (MergeBatch.rows.get().state, Merge.rows.count()) == ("failed", 0)
    for who in (actor_by_id(steward.user_id), hayashi):
        with pytest.raises(NotAllowed):
            actions.plan_merges(at_least_ppm=SURE, actor=who, now=now)


def test_a_batch_is_its_owners_alone_and_asks_for_a_score_that_means_something(pair, steward, now, make_user):
    pair()
    run = planned(steward, now)
    other = actor_of(make_user("other", "ec_lead"))
    for deed in (actions.approve_merges, actions.stop_merges, actions.resume_merges, actions.undo_merges, batch_page):
        with pytest.raises(NotFound):
            deed(other, run.pk) if deed is batch_page else deed(batch_id=run.pk, actor=other, now=now)
    with pytest.raises(Invalid):
        actions.plan_merges(at_least_ppm=500_000, actor=steward, now=now)


def test_from_the_work_list_to_the_plan_to_the_merge_by_the_screens(pair, steward, now, sign_in):
    pair()
    client = sign_in(steward)
    assert "対象を確かめる" in client.get(reverse("twins:list")).content.decode()
    answer = client.post(reverse("twins:batch-plan"), {"at_least": "999000"})
    run = MergeBatch.rows.get()
    assert answer["Location"] == reverse("twins:batch", args=[run.pk])
    assert "対象を確かめています" in client.get(answer["Location"]).content.decode()
    merge_many(run_id=run.pk)
    assert client.get(reverse("twins:batch-progress", args=[run.pk]))["HX-Redirect"] == answer["Location"]
    client.post(reverse("twins:batch-approve", args=[run.pk]))
    merge_many(run_id=run.pk)
    page = client.get(answer["Location"]).content.decode()
    assert "1組を統合しました" in page
    client.post(reverse("twins:batch-undo", args=[run.pk]))
    undo = MergeBatch.rows.get(undoes=run)
    merge_many(run_id=undo.pk)
    assert "1組の統合を取り消しました" in client.get(reverse("twins:batch", args=[undo.pk])).content.decode()


def test_a_snapshot_says_of_a_transaction_what_postgresql_says(db):
    with connection.cursor() as asked:
        for snapshot in ("10:20:12,15", "10:10:", "7:9:7"):
            for xid in range(1, 25):
                asked.execute("SELECT pg_visible_in_snapshot(%s::xid8, %s::pg_snapshot)", [str(xid), snapshot])
                assert snapshots.shows(snapshot, xid) == asked.fetchone()[0], (snapshot, xid)
