"""Walls that stand behind others: each holds by itself, and tells no more than the one before it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from enishi.customers.actions.exports import Wanted, export_customers
from enishi.customers.actions.field_files import hold_file
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.merging import AlreadyMerged, merge_customers
from enishi.customers.actions.restoring import restore_value
from enishi.customers.actions.unmerging import AlreadyUndone, NewerMergeFirst, unmerge_customers
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import approval, running
from enishi.customers.models import Customer, ExportRun
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.holdings import customers_of
from enishi.customers.tests.test_cells import HTMX, confirmed, heard
from enishi.platform import rights
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.models import Role, RoleGrant, RoleLevel, UserRole
from enishi.platform.privacy import Level

EVERYBODY = Selection(asked=Asked())


def without(actor, *granted):
    """The actor, who lost these rights."""
    lost = {tuple(right.split(".")) for right in granted}
    return replace(actor, grants={right: width for right, width in actor.grants.items() if right not in lost})


@pytest.fixture
def somebody(make_user):
    """`somebody("customer.read all", …)` → an actor with these rights and nothing else, who reads and writes personal data."""

    def make(*granted, login="somebody"):
        user = make_user(login)
        role = Role.rows.create(key=login, name=login)
        for right in granted:
            name, _, width = right.partition(" ")
            key, _, act = name.partition(".")
            RoleGrant.rows.create(role=role, object=key, action=act, scope=width)
        RoleLevel.rows.create(role=role, privacy_class="personal", level=Level.WRITE)
        UserRole.rows.create(user=user, role=role)
        return rights.actor_of(user)

    return make


# ---- merging ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(make_customer):
    return make_customer(name="髙橋 美咲"), make_customer(name="高橋 美咲")


def merged(pair, actor, now, **more):
    kept, gone = pair
    return merge_customers(keep=kept.pk, gone=[gone.pk], actor=actor, now=now, **more)


def test_that_strangers_were_merged_is_not_told(pair, misaki, somebody, now):
    merged(pair, misaki, now)
    for actor, refusal in ((misaki, AlreadyMerged), (somebody("customer.read own", "customer.merge own"), NotFound)):
        with pytest.raises(refusal):
            merged(pair, actor, now)


def test_what_became_of_a_stranger_s_merge_is_not_told(pair, misaki, somebody, make_customer, now):
    narrow = somebody("customer.read own", "customer.merge own")
    first = merged(pair, misaki, now)
    second = merge_customers(keep=make_customer().pk, gone=[pair[0].pk], actor=misaki, now=now)
    for actor, refusal in ((misaki, NewerMergeFirst), (narrow, NotFound)):
        with pytest.raises(refusal):
            unmerge_customers(merge_id=first.id, actor=actor, now=now)
    with pytest.raises(NotFound):
        unmerge_customers(merge_id=second.id, actor=narrow, now=now)
    unmerge_customers(merge_id=second.id, actor=misaki, now=now)
    for actor, refusal in ((misaki, AlreadyUndone), (narrow, NotFound)):
        with pytest.raises(refusal):
            unmerge_customers(merge_id=second.id, actor=actor, now=now)


def test_who_reads_and_may_not_merge_undoes_no_merge(pair, misaki, now):
    found = merged(pair, misaki, now)
    with pytest.raises(NotAllowed):
        unmerge_customers(merge_id=found.id, actor=without(misaki, "customer.merge"), now=now)


def test_owner_and_team_are_chosen_by_who_may_assign(pair, misaki, yoshida, now):
    kept, gone = pair
    Customer.rows.filter(pk=kept.pk).update(owner_id=misaki.user_id)
    Customer.rows.filter(pk=gone.pk).update(owner_id=yoshida.user_id)
    with pytest.raises(NotAllowed):
        merged(pair, without(misaki, "customer.assign"), now, choices={"owner_id": gone.pk})
    merged(pair, misaki, now, choices={"owner_id": gone.pk})
    assert Customer.rows.get(pk=kept.pk).owner_id == yoshida.user_id


# ---- cells, values, files -----------------------------------------------------------------------------------------


def test_cells_of_who_has_left_my_reach_stay_and_the_rest_is_taken_back(sign_in, somebody, make_customer, yoshida):
    mine = somebody("customer.read own", "customer.update own", "customer.bulk own")
    first, second = make_customer(owner_id=mine.user_id), make_customer(owner_id=mine.user_id)
    client = sign_in(mine)
    done = confirmed(client, "cells-paste", [first, second], ("source",), "紹介\n紹介")
    Customer.rows.filter(pk=first.pk).update(owner_id=yoshida.user_id)
    assert client.post(heard(done)["undo"], headers=HTMX).status_code == 200
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.acquisition_source, second.acquisition_source) == ("紹介", "")


def test_whether_there_was_such_a_change_is_told_to_who_may_change(make_customer, misaki, now):
    customer = make_customer()
    for actor, refusal in ((misaki, NotFound), (without(misaki, "customer.update"), NotAllowed)):
        with pytest.raises(refusal):
            restore_value(customer_id=customer.pk, change_id=999_999, seen="", actor=actor, now=now)


def test_files_are_taken_in_for_a_form_that_one_may_save(misaki, make_user, now, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    admin = rights.actor_of(make_user("boss", "admin", "all_customers"))
    key = define_field(definition=Definition(kind="file", label="契約書"), actor=admin, now=now)

    def send(actor):
        return hold_file(field_key=key, name="x.txt", chunks=[b"x"], actor=actor, now=now)

    assert send(without(misaki, "customer.create"))
    assert send(without(misaki, "customer.update"))
    with pytest.raises(NotAllowed):
        send(without(misaki, "customer.create", "customer.update"))


# ---- exports ------------------------------------------------------------------------------------------------------


def test_who_leaves_my_reach_between_the_order_and_the_file_is_left_out(somebody, make_customer, yoshida, now, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    mine = somebody("customer.read all", "customer.export own")
    stays, leaves = make_customer(owner_id=mine.user_id), make_customer(owner_id=mine.user_id)
    run_id = export_customers(wanted=Wanted(EVERYBODY, ("number",), "csv"), reason="x", actor=mine, now=now)
    while running.run_stretch(run_id, seconds=-1) and not ExportRun.rows.get(pk=run_id).total:
        pass
    columns = running.file_columns(mine, ("number",))
    Customer.rows.filter(pk=leaves.pk).update(owner_id=yoshida.user_id)
    assert running._rows(mine, columns, [stays.pk, leaves.pk], "x") == [[stays.number]]


def test_an_approver_could_take_out_all_of_it_themselves(make_customer, misaki, somebody, now, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    mine, _other = make_customer(), make_customer()
    run_id = export_customers(wanted=Wanted(EVERYBODY, ("number",), "csv"), reason="x", actor=misaki, now=now)
    running.run_stretch(run_id, seconds=-1)
    narrow = somebody("customer.read all", "customer.export own")
    Customer.rows.filter(pk=mine.pk).update(owner_id=narrow.user_id)
    ExportRun.rows.filter(pk=run_id).update(rights={})
    assert approval._may_decide(misaki, run_id)
    assert not approval._may_decide(without(misaki, "customer.export"), run_id)
    assert not approval._may_decide(narrow, run_id)
    Customer.rows.update(owner_id=narrow.user_id)
    assert approval._may_decide(narrow, run_id)


# ---- lists --------------------------------------------------------------------------------------------------------

BUTTONS = {
    "can_change": {"customer.bulk", "customer.update"},
    "can_merge": {"customer.merge"},
    "can_export": {"customer.export"},
    "can_assign": {"customer.assign"},
    "can_create": {"customer.create"},
    "can_import": {"import.create"},
    "can_archive": {"customer.archive"},
    "can_print": {"customer.export"},
}


@pytest.mark.parametrize("right", sorted({right for needed in BUTTONS.values() for right in needed}))
def test_the_list_offers_what_one_may(right, somebody, sign_in, make_customer):
    make_customer()
    everything = {"customer.read", *(one for needed in BUTTONS.values() for one in needed)}
    for place, granted in enumerate((everything, everything - {right})):
        client = sign_in(somebody(*(f"{one} all" for one in sorted(granted)), login=f"somebody-{place}"))
        shown = client.get("/customers/").context
        assert {button: bool(shown[button]) for button in BUTTONS} == {button: needed <= granted for button, needed in BUTTONS.items()}


def test_how_many_customers_somebody_looks_after_is_told_to_who_sees_customers(misaki, admin_only, make_customer):
    make_customer(owner_id=misaki.user_id)
    assert [held.count for held in customers_of(misaki, misaki.user_id)] == [1]
    assert customers_of(admin_only, misaki.user_id) == []
