"""A search for duplicates from its order to the pairs, again after changes, under kills; and what people decide of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from enishi.customers import access
from enishi.customers.actions import twins as actions
from enishi.customers.actions.customers import archive_customer
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.models import ContactPoint, Customer, Identity, TwinKey, TwinPair, TwinSearch
from enishi.customers.twins import doors, reading, running
from enishi.customers.twins.traits import TRAITS_VERSION
from enishi.platform import changes, events, runs
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.models import Event, Work
from enishi.platform.privacy import Level, Privacy
from enishi.platform.rights import actor_of

State = TwinPair.State
HANAKO = {
    "name": "髙橋 花子",
    "family_name": "髙橋",
    "given_name": "花子",
    "kana": "タカハシ ハナコ",
    "phone": "090-1234-5678",
    "email": "hanako.t@example.jp",
    "birthday_on": "1984-05-21",
}


@pytest.fixture(autouse=True)
def nobody_else_writes(monkeypatch):
    """Other tests may hold the server's oldest transaction: here whatever has been written is settled."""

    def next_transaction() -> int:
        with connection.cursor() as db:
            db.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
            return int(db.fetchone()[0])

    monkeypatch.setattr(events, "settled_before", next_transaction)


@pytest.fixture
def steward(misaki):
    """Who may merge everybody."""
    return replace(misaki, grants={**misaki.grants, ("customer", "merge"): "all"})


@pytest.fixture
def admin(make_user):
    return actor_of(make_user("boss", "admin", "all_customers", "ec_lead"))


@pytest.fixture
def twins(make_customer):
    """Two records of one person, and somebody else."""
    first = make_customer(**HANAKO)
    second = make_customer(**HANAKO | {"name": "高橋　花子", "family_name": "高橋", "email": "", "kana": "たかはし はなこ"})
    make_customer(name="森 一郎", family_name="森", given_name="一郎", kana="モリ イチロウ", phone="03-1234-5678")
    return first, second


def searched(kind="whole", now=None, owner_id=None):
    found = doors.begin(kind, owner_id=owner_id, now=now)
    doors.run(found)
    return TwinSearch.rows.get(pk=found)


def pairs():
    return list(TwinPair.rows.order_by("pk").values_list("first_id", "second_id", "state"))


def test_a_search_finds_who_is_twice_and_says_so(twins, now, steward):
    first, second = twins
    found = searched(now=now, owner_id=steward.user_id)
    assert (found.state, found.total, found.done, found.found_count) == ("done", 3, 3, 1)
    assert pairs() == [(first.pk, second.pk, "open")]
    pair = TwinPair.rows.get()
    assert pair.held_by == []
    assert pair.score_ppm > 999_000
    assert pair.group_id == first.pk
    assert TwinKey.rows.count() == 3
    assert Event.rows.filter(kind="twins.searched").get().data == {"kind": "whole", "customers": 3, "found": 1}
    assert Work.rows.get(kind="twins").state == "done"


@pytest.mark.django_db(transaction=True)
def test_the_next_search_looks_at_who_is_new_or_changed_alone(twins, now, make_customer):
    first, second = twins
    searched(now=now)
    third = make_customer(**HANAKO | {"phone": ""})
    ContactPoint.rows.create(customer=third, kind="phone", phone="090-1234-5678", phone_e164="+819012345678", created_at=now)
    found = searched("changes", now=now)
    assert (found.kind, found.total, found.found_count) == ("changes", 1, 2)
    assert [pair[:2] for pair in pairs()] == [(first.pk, second.pk), (first.pk, third.pk), (second.pk, third.pk)]
    assert set(TwinPair.rows.values_list("group_id", flat=True)) == {first.pk}
    # Who becomes somebody else is nobody's twin any more.
    Customer.rows.filter(pk=third.pk).update(family_name="森", given_name="健", name="森 健", kana="モリ ケン", birthday_on=None, email="")
    ContactPoint.rows.all().delete()
    searched("changes", now=now)
    assert [pair[2] for pair in pairs()] == ["open", "gone", "gone"]


def test_a_killed_search_begins_anew_and_ends_with_the_same_pairs(twins, now, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_args, **_kwargs):
        raise Killed

    begun = doors.begin("whole", owner_id=None, now=now)
    with monkeypatch.context() as patch:
        patch.setattr(running, "finish", die)
        with pytest.raises(Killed):
            running.run(begun)
    assert len(pairs()) == 1
    assert TwinSearch.rows.get().state == "running"
    doors.run(begun)
    found = TwinSearch.rows.get()
    assert (found.state, found.done, len(pairs())) == ("done", 3, 1)


def test_a_search_that_was_stopped_writes_nothing_more(twins, now, steward, monkeypatch):
    begun = actions.search_twins(whole=True, actor=steward, now=now)
    with pytest.raises(actions.SearchUnderWay):
        actions.search_twins(whole=True, actor=steward, now=now)
    lease = runs.claim(TwinSearch, begun, "running")
    actions.stop_search(search_id=begun, actor=steward, now=now)
    with pytest.raises(runs.LeaseLost):
        running.search(lease)
    assert pairs() == []
    with pytest.raises(actions.SearchIsOver):
        actions.stop_search(search_id=begun, actor=steward, now=now)


@pytest.mark.django_db(transaction=True)
def test_one_begins_by_itself_where_somebody_is_new_and_not_at_every_pulse(twins, now, make_customer):
    assert doors.scan(now) == 1
    assert doors.scan(now) == 0
    doors.run(TwinSearch.rows.get().pk)
    later = now + timedelta(days=3650)  # the database's clock says when a search was over
    assert doors.scan(later) == 0
    make_customer(**HANAKO)
    assert doors.scan(now - timedelta(days=3650)) == 0
    assert doors.scan(later) == 1


def test_after_somebody_stopped_one_none_begins_by_itself_that_day(twins, now, steward):
    begun = actions.search_twins(whole=True, actor=steward, now=now)
    actions.stop_search(search_id=begun, actor=steward, now=now)
    assert doors.scan(now + timedelta(hours=2)) == 0
    assert doors.scan(now + timedelta(days=2)) == 1


def test_two_ids_that_others_gave_are_always_looked_at(twins, now):
    for place, one in enumerate(twins):
        Identity.rows.create(customer=one, kind="member", value=f"E00{place}", created_at=now)
    searched(now=now)
    assert TwinPair.rows.get().held_by == ["strong_ids"]


def test_two_values_of_a_field_that_nobody_shares_are_always_looked_at(twins, now, admin):
    kinds = {}
    for kind, label in (("text", "会員証の番号"), ("email", "別のメール")):
        kinds[kind] = define_field(definition=Definition(kind=kind, label=label, is_unique=True), section="", actor=admin, now=now)
    for place, one in enumerate(twins):
        Identity.rows.create(customer=one, kind=kinds["email"], value=f"h{place}@example.jp", created_at=now)
    searched(now=now)
    assert TwinPair.rows.get().held_by == []  # one may have two mail addresses
    for place, one in enumerate(twins):
        Identity.rows.create(customer=one, kind=kinds["text"], value=f"E00{place}", created_at=now)
    searched(now=now)
    assert TwinPair.rows.get().held_by == ["strong_ids"]


@pytest.fixture
def moved(make_customer, now):
    """One person whose second record says nothing that the first one still says but the name; and a change of the first one."""
    old = {"phone": "090-1234-5678", "postal_code": "110-0001", "prefecture": "東京都", "city": "台東区", "street": "谷中3-10-1"}
    new = {"phone": "080-1111-2222", "postal_code": "604-0022", "prefecture": "京都府", "city": "京都市中京区", "street": "御池町1-2-3"}
    name = {key: HANAKO[key] for key in ("name", "family_name", "given_name", "kana")}
    first, second = make_customer(**name | new), make_customer(**name | old)

    def change(door):
        deed = changes.open_change_set(actor=SYSTEM, door=door, at=now)
        columns = {key: (old[key], new[key]) for key in ("phone", "postal_code", "city", "street")}
        changes.record_changes(deed, Customer, [(first.pk, columns)])

    return first, second, change


def test_the_history_of_changes_tells_where_a_customer_was_reached_before(moved, now):
    first, second, change = moved
    searched(now=now)
    assert pairs() == []
    change("screen")
    searched(now=now)
    assert pairs() == [(first.pk, second.pk, "open")]
    outcomes = TwinPair.rows.get().outcomes
    assert (outcomes["phone"], outcomes["address"]) == ("before", "besides")


def test_what_was_changed_by_mistake_and_taken_back_tells_nothing(moved, now):
    _first, _second, change = moved
    for door in ("undo", "list_undo", "restore", "unmerge"):
        change(door)
    searched(now=now)
    assert pairs() == []


def test_a_contact_that_ended_is_evidence_and_somebody_elses_is_not(moved, now):
    first, second, _change = moved
    gone = {"kind": "phone", "phone": "090-1234-5678", "phone_e164": "+819012345678", "state": "invalid", "stopped_on": "2026-03-01"}
    contact = ContactPoint.rows.create(customer=first, created_at=now, reason="someone_else", **gone)
    searched(now=now)
    assert pairs() == []
    ContactPoint.rows.filter(pk=contact.pk).update(reason="ended")
    searched(now=now)
    assert TwinPair.rows.get(first_id=first.pk, second_id=second.pk).outcomes["phone"] == "before"


def test_names_are_counted_as_they_are_compared(twins):
    counts = reading.name_counts()
    assert counts.families == {"高橋": 2, "森": 1}
    assert counts.givens["花子"] == 2


@pytest.mark.django_db(transaction=True)
def test_keys_of_an_older_making_are_made_anew_by_a_search_of_everybody(twins, now):
    searched(now=now)
    assert searched("changes", now=now).kind == "changes"
    TwinKey.rows.filter(pk=twins[0].pk).update(version=0)
    assert searched("changes", now=now).kind == "whole"
    assert set(TwinKey.rows.values_list("version", flat=True)) == {TRAITS_VERSION}


def test_told_apart_stays_so_where_others_alone_have_changed(twins, now, steward):
    searched(now=now)
    pair = TwinPair.rows.get()
    actions.tell_apart(pair_ids=[pair.pk], actor=steward, now=now)
    TwinPair.rows.filter(pk=pair.pk).update(outcomes=pair.outcomes | {"rarity": "common"}, score_ppm=pair.score_ppm - 1)
    searched(now=now)
    assert TwinPair.rows.get().state == State.DISTINCT


@pytest.mark.django_db(transaction=True)
def test_told_apart_stays_so_until_something_new_speaks_for_it(twins, now, steward):
    searched(now=now)
    pair = TwinPair.rows.get()
    actions.tell_apart(pair_ids=[pair.pk], actor=steward, now=now)
    searched(now=now)
    assert TwinPair.rows.get().state == State.DISTINCT
    with pytest.raises(actions.AlreadyDecided):
        actions.tell_apart(pair_ids=[pair.pk], actor=steward, now=now)
    Customer.rows.filter(pk=twins[1].pk).update(email=HANAKO["email"])
    searched("changes", now=now)
    assert TwinPair.rows.get().state == State.OPEN
    told = Event.rows.get(kind="twins.told_apart")
    assert (told.subject_id, told.customer_id, told.data) == (pair.pk, twins[0].pk, {"other_id": twins[1].pk})


def test_what_was_put_off_or_told_apart_comes_back(twins, now, steward):
    searched(now=now)
    pair = TwinPair.rows.get()
    actions.put_off(pair_ids=[pair.pk], actor=steward, now=now)
    assert TwinPair.rows.get().snoozed_until is not None
    actions.reopen_pairs(pair_ids=[pair.pk], actor=steward, now=now)
    pair.refresh_from_db()
    assert (pair.state, pair.snoozed_until) == (State.OPEN, None)


def test_nobody_decides_of_a_pair_that_is_not_theirs_or_whose_reasons_they_do_not_read(twins, now, steward, yoshida, hayashi):
    searched(now=now)
    ids = [TwinPair.rows.get().pk]
    assert access.twin_pairs(steward).count() == 1
    elsewhere = replace(yoshida, grants={**yoshida.grants, ("customer", "merge"): "own"})
    with pytest.raises(NotFound):
        actions.tell_apart(pair_ids=ids, actor=elsewhere, now=now)
    for blind in (hayashi, steward.at_most(Level.MASKED, Privacy.PERSONAL)):
        assert access.twin_pairs(blind).count() == 0
        with pytest.raises(NotAllowed):
            actions.tell_apart(pair_ids=ids, actor=blind, now=now)


def test_a_pair_goes_with_a_customer_who_is_archived_and_follows_a_merge(twins, now, steward, merge_away):
    searched(now=now)
    first, second = twins
    archive_customer(customer_id=second.pk, actor=steward, now=now)
    assert access.twin_pairs(steward).count() == 0
    searched("changes", now=now)
    assert TwinPair.rows.get().state == State.GONE
    old = merge_away(first)
    TwinPair.rows.create(first_id=first.pk, second_id=old, score_ppm=999_900, group_id=first.pk, found_at=now)
    actions.settle_merges(customer_ids={first.pk})
    assert TwinPair.rows.get(second_id=old).state == State.MERGED


def test_keys_find_who_else_may_be_meant_by_the_index(twins):
    for who in reading.everybody():
        running.reading.write_keys(who)
        keys = who[0].keys
    assert twins[1].pk in reading.ids_at(keys)
