"""Walls that stand behind others: each holds by itself, and tells no more than the one before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from enishi.customers import access
from enishi.customers.actions.access_requests import decline_access
from enishi.customers.actions.activities import record_activity
from enishi.customers.actions.consent import suppress_address
from enishi.customers.actions.customers import change_customer
from enishi.customers.actions.exports import Wanted, export_customers
from enishi.customers.actions.field_files import hold_file
from enishi.customers.actions.fields import Definition, define_field
from enishi.customers.actions.merging import AlreadyMerged, merge_customers
from enishi.customers.actions.restoring import restore_value
from enishi.customers.actions.tasks import add_task
from enishi.customers.actions.unmerging import AlreadyUndone, NewerMergeFirst, unmerge_customers
from enishi.customers.bulk.selection import Selection
from enishi.customers.exporting import approval, running
from enishi.customers.imports.people.extras import find_staff
from enishi.customers.imports.people.rows import PersonRow
from enishi.customers.imports.people.target import TARGET
from enishi.customers.models import Activity, BulkRow, BulkRun, Customer, ExportChunk, ExportRun, Favourite, Mention, Task, TwinPair
from enishi.customers.queries import standards
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.bin import archived_customers
from enishi.customers.queries.bookmarks import has_any
from enishi.customers.queries.bulk import run_page
from enishi.customers.queries.cells import rows_again
from enishi.customers.queries.composer import composer, readers
from enishi.customers.queries.consent import is_stopped
from enishi.customers.queries.exchange import count_matching
from enishi.customers.queries.exports import past_exports
from enishi.customers.queries.files import shelf
from enishi.customers.queries.history import customer_history
from enishi.customers.queries.holdings import customers_of, tasks_of
from enishi.customers.queries.imports import imported_people
from enishi.customers.queries.merge_batches import batch_page, may_merge_many
from enishi.customers.queries.merging import merge_preview, past_merges, unmerge_preview
from enishi.customers.queries.pages import list_page
from enishi.customers.queries.palette import activity_hits, customer_hits
from enishi.customers.queries.printing import labels_of, printable
from enishi.customers.queries.record import looking_at
from enishi.customers.queries.relations import candidates
from enishi.customers.queries.shares import sharing
from enishi.customers.queries.tasks import calls_to, task_page, today_tasks
from enishi.customers.tests.import_files import csv, imported
from enishi.customers.tests.test_cells import HTMX, confirmed, heard
from enishi.customers.twins.batch.planning import _seen_but_not_to_merge, plan
from enishi.platform import changes, rights
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.listing import Window
from enishi.platform.models import Role, RoleGrant, RoleLevel, UserRole, ViewLog
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


def twin_pair(pair, now):
    first, second = sorted(one.pk for one in pair)
    TwinPair.rows.create(first_id=first, second_id=second, group_id=first, score_ppm=999_500, found_at=now)


def merged(pair, actor, now, **more):
    kept, gone = pair
    return merge_customers(keep=kept.pk, gone=[gone.pk], actor=actor, now=now, **more)


def test_strangers_are_not_laid_side_by_side(pair, misaki, somebody):
    kept, gone = pair
    assert merge_preview(misaki, kept.pk, [gone.pk]).kept_number == kept.number
    with pytest.raises(NotFound):
        merge_preview(somebody("customer.read own", "customer.merge own"), kept.pk, [gone.pk])


def test_a_stranger_s_merge_is_not_shown_to_be_taken_back(pair, misaki, somebody, now):
    found = merged(pair, misaki, now)
    assert unmerge_preview(misaki, found.id).merge.id == found.id
    with pytest.raises(NotFound):
        unmerge_preview(somebody("customer.read own", "customer.merge own"), found.id)


def test_pairs_are_told_to_who_may_merge_both(pair, misaki, somebody, now):
    twin_pair(pair, now)
    for place, (merges, count) in enumerate((("all", 1), ("own", 0))):
        actor = somebody("customer.read all", f"customer.merge {merges}", login=f"somebody-{place}")
        assert access.twin_pairs(actor).count() == count


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
    make_customer(owner_id=yoshida.user_id)
    run_id = export_customers(wanted=Wanted(EVERYBODY, ("number",), "csv"), reason="x", actor=mine, now=now)
    while running.run_stretch(run_id, seconds=-1) and not ExportRun.rows.get(pk=run_id).total:
        pass
    assert ExportRun.rows.get(pk=run_id).total == 2
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
    assert not approval._may_decide(narrow, run_id)
    Customer.rows.update(owner_id=narrow.user_id)
    assert approval._may_decide(narrow, run_id)
    ExportChunk.rows.filter(run_id=run_id).delete()  # also of nobody
    assert not approval._may_decide(without(misaki, "customer.export"), run_id)


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


def test_how_many_customers_somebody_looks_after_is_told_to_who_sees_customers(misaki, admin_only, somebody, make_customer):
    make_customer(owner_id=misaki.user_id)
    assert [held.count for held in customers_of(misaki, misaki.user_id)] == [1]
    assert [held.count for held in customers_of(somebody("customer.read own"), misaki.user_id)] == [0]
    assert customers_of(admin_only, misaki.user_id) == []


def test_open_tasks_of_somebody_are_told_of_customers_whom_one_sees(misaki, admin_only, somebody, make_customer, now):
    whose = make_customer(owner_id=misaki.user_id)
    add_task(customer_id=whose.pk, title="電話", due_on=now.date(), actor=misaki, now=now)
    assert [held.count for held in tasks_of(misaki, misaki.user_id)] == [1]
    assert [held.count for held in tasks_of(somebody("customer.read own"), misaki.user_id)] == [0]
    assert tasks_of(admin_only, misaki.user_id) == []


def test_handing_over_is_offered_to_who_may_change_many_customers_and_their_owner(misaki, somebody, make_customer):
    rights_of_it = ("customer.read all", "customer.bulk all", "customer.assign all")
    offered = [
        bool(held.gives_url)
        for place, granted in enumerate((rights_of_it, rights_of_it[:2], rights_of_it[::2]))
        for held in customers_of(somebody(*granted, login=f"somebody-{place}"), misaki.user_id)
    ]
    assert offered == [True, False, False]


def test_what_others_have_does_not_stand_before_mine_in_the_palette(misaki, somebody, make_customer, now):
    mine = somebody("customer.read own", "activity.read own")
    stranger = make_customer(name="山田", owner_id=misaki.user_id)
    own = make_customer(name="山田 太郎", owner_id=mine.user_id)
    for customer, day in ((own, 0), (stranger, 1)):
        record_activity(customer_id=customer.pk, kind="note", text="山田さんの見本", actor=misaki, now=now + timedelta(days=day))
    assert [hit.url for hit in customer_hits(mine, "山田", 1)] == [f"/customers/{own.number}/"]
    assert [hit.url for hit in activity_hits(mine, "山田さん", 1)] == [f"/customers/{own.number}/"]


def test_my_tasks_with_customers_whom_i_see_no_more_are_not_mine_to_see(misaki, somebody, make_customer, now):
    mine = somebody("customer.read own", "activity.read own")
    for owner in (mine, misaki):
        customer = make_customer(owner_id=owner.user_id)
        Task.rows.create(customer=customer, title=owner.name, due_on=now.date(), assignee_id=mine.user_id, created_at=now)
    for page in (today_tasks(mine, now=now), task_page(mine, whose="mine", state="open", after="", now=now)):
        assert [line.title for group in page.groups for line in group.lines] == [mine.name]


def test_a_label_is_printed_of_whom_one_sees_and_may_take_out(misaki, somebody, make_customer, now):
    at = {"postal_code": "1100001", "prefecture": "東京都", "city": "台東区", "street": "谷中1-2-3", "owner_id": misaki.user_id}
    customer = make_customer(**at)
    for place, (reads, takes, found) in enumerate((("all", "all", [customer.pk]), ("own", "all", []), ("all", "own", []))):
        actor = somebody(f"customer.read {reads}", f"customer.export {takes}", login=f"somebody-{place}")
        assert [pk for pk, _label in labels_of(actor, [customer.pk])] == found
        assert [one.pk for one in printable(actor, EVERYBODY, leave_out_refused=False, now=now)] == found


def test_whoever_was_left_out_of_a_change_of_many_is_named_while_i_see_them(somebody, make_customer, yoshida, now):
    mine = somebody("customer.read own")
    stays, leaves = make_customer(owner_id=mine.user_id), make_customer(owner_id=yoshida.user_id)
    deed = changes.open_change_set(actor=mine, door="bulk", at=now)
    made = {"owner_id": mine.user_id, "verb": "archive", "state": BulkRun.State.DONE, "created_at": now, "refused_count": 2}
    run = BulkRun.rows.create(change_set=deed, **made)
    for place, customer in enumerate((stays, leaves)):
        BulkRow.rows.create(run=run, position=place, customer_id=customer.pk, outcome=BulkRow.Outcome.NOT_ALLOWED)
    assert [left.number for left in run_page(mine, run.pk).left_out] == [stays.number]


def test_an_act_on_one_customer_is_judged_by_how_far_it_reaches(misaki, somebody, make_customer):
    mine = somebody("customer.update own")
    own, stranger = make_customer(owner_id=mine.user_id), make_customer(owner_id=misaki.user_id)
    assert [access.can(mine, customer.pk, "update") for customer in (own, stranger)] == [True, False]


def test_to_look_at_what_is_masked_is_not_to_look_at_somebody(onlooker, misaki, pair, now):
    merging = replace(onlooker, grants={**onlooker.grants, ("customer", "merge"): "all"})
    for actor, rows in ((merging, 0), (misaki, 1)):
        looking_at(actor, pair[0].pk)
        assert ViewLog.rows.filter(actor_id=actor.user_id).count() == rows
        merge_preview(actor, pair[0].pk, [pair[1].pk])
        assert ViewLog.rows.filter(actor_id=actor.user_id).count() == 2 * rows
    found = merged(pair, misaki, now)
    for actor, rows in ((merging, 0), (misaki, 1)):
        before = ViewLog.rows.filter(actor_id=actor.user_id).count()
        unmerge_preview(actor, found.id)
        assert ViewLog.rows.filter(actor_id=actor.user_id).count() - before == rows


def test_the_shelf_of_a_stranger_is_not_found(misaki, somebody, make_customer):
    stranger = make_customer(owner_id=misaki.user_id)
    assert shelf(misaki, stranger.pk).number == stranger.number
    with pytest.raises(NotFound):
        shelf(somebody("customer.read own"), stranger.pk)


def test_the_recycle_bin_holds_what_i_may_see(misaki, somebody, make_customer, now):
    mine = somebody("customer.read own")
    own, _stranger = (make_customer(owner_id=one.user_id, archived_at=now) for one in (mine, misaki))
    assert [line.row.number for line in archived_customers(mine, Window()).lines] == [own.number]


def test_merges_are_listed_for_who_may_merge_those_who_carry_on(pair, misaki, somebody, make_customer, now):
    mine = somebody("customer.read own", "customer.merge own")
    merged(pair, misaki, now)
    own = merge_customers(keep=make_customer(owner_id=mine.user_id).pk, gone=[make_customer().pk], actor=misaki, now=now)
    assert [one.id for one in past_merges(mine).lines] == [own.id]


def test_tasks_of_others_are_not_mine_to_change(misaki, somebody, make_customer, now):
    mine = somebody("customer.read all", "activity.read all", "activity.create own")
    own, stranger = (
        Task.rows.create(
            customer=make_customer(owner_id=one.user_id), title="x", due_on=now.date(), assignee_id=one.user_id, created_at=now
        )
        for one in (mine, misaki)
    )
    assert access.tasks_to_change(mine, [own.pk, stranger.pk]) == {own.pk}


def test_names_beside_what_was_found_are_of_whom_one_sees(misaki, somebody, make_customer):
    stranger = make_customer(owner_id=misaki.user_id)
    for actor, found in ((misaki, {stranger.pk}), (somebody("customer.read own"), set())):
        assert set(TARGET.named(actor, [stranger.pk])) == found
        assert set(standards._numbers(actor, {stranger.pk})) == found


def test_owners_and_shops_of_a_file_are_set_by_who_may_assign(misaki, yanaka):
    for actor, found in ((misaki, (misaki.user_id, yanaka.pk)), (without(misaki, "customer.assign"), (None, None))):
        row = PersonRow(1, 1, {}, "", (), owner=misaki.name, store=yanaka.name)
        find_staff([row], actor)
        assert (row.owner_id, row.team_id) == found


def test_an_export_goes_on_while_its_maker_may_take_out(misaki):
    running.require_same_rights(ExportRun(rights={}), misaki)
    with pytest.raises(running.RightsChanged):
        running.require_same_rights(ExportRun(rights={}), without(misaki, "customer.export"))


def test_whom_i_see_no_more_is_not_at_hand(misaki, somebody, make_customer, now):
    mine = somebody("customer.read own")
    stranger = make_customer(owner_id=misaki.user_id)
    Favourite.rows.create(user_id=mine.user_id, customer_id=stranger.pk, at=now)
    assert not has_any(mine)
    Favourite.rows.create(user_id=mine.user_id, customer_id=make_customer(owner_id=mine.user_id).pk, at=now)
    assert has_any(mine)


def test_nobody_writes_about_a_stranger(misaki, somebody, make_customer, now):
    stranger, mine = make_customer(owner_id=misaki.user_id), somebody("customer.read own")
    assert misaki.user_id in composer(misaki, stranger.pk, now=now).people
    with pytest.raises(NotFound):
        composer(mine, stranger.pk, now=now)
    with pytest.raises(NotFound):
        readers(mine, stranger.pk)


def test_an_owner_is_put_back_by_who_may_assign(make_customer, misaki, yoshida, now):
    customer = make_customer(owner_id=misaki.user_id)
    change_customer(customer_id=customer.pk, given={"owner_id": yoshida.user_id}, seen=None, actor=misaki, now=now)
    for actor, may in ((misaki, True), (without(misaki, "customer.assign"), False)):
        assert [line.can_restore for line in customer_history(actor, customer.pk).lines] == [may]


def test_writing_is_given_by_who_may_write(make_customer, misaki, now):
    customer = make_customer()
    for actor, may in ((misaki, True), (without(misaki, "customer.update"), False)):
        assert sharing(actor, customer.pk, now=now).can_give_writing is may


def test_a_card_is_moved_by_who_may_change_that_customer(misaki, somebody, make_customer, now):
    mine = somebody("customer.read all", "customer.update own", "customer.assign own")
    own, _stranger = (make_customer(owner_id=one.user_id) for one in (mine, misaki))
    _page, board = list_page(mine, Asked(board="owner"), now=now)
    assert [card.row.number for column in board.columns for card in column.cards if card.is_movable] == [own.number]


def test_rows_of_the_list_are_shown_again_of_whom_i_still_see(misaki, somebody, make_customer, now):
    mine = somebody("customer.read own")
    own, stranger = (make_customer(owner_id=one.user_id) for one in (mine, misaki))
    assert [row.number for row in rows_again(mine, [stranger.number, own.number], ["name"], now=now)] == [own.number]
    assert [row.object_ids for row in ViewLog.rows.filter(actor_id=mine.user_id)] == [[own.pk]]


def test_many_are_merged_by_who_may_change_many(misaki, now):
    assert may_merge_many(misaki)
    for right in ("customer.bulk", "customer.merge"):
        assert not may_merge_many(without(misaki, right))
        with pytest.raises(NotAllowed):
            plan(without(misaki, right), 999_000, now=now)


def test_that_there_is_no_such_batch_is_told_to_who_may_merge_many(misaki):
    for actor, refusal in ((misaki, NotFound), (without(misaki, "customer.bulk"), NotAllowed)):
        with pytest.raises(refusal):
            batch_page(actor, 999_999)


def test_pairs_that_i_see_and_may_not_merge_are_told_as_such_and_no_others(pair, misaki, somebody, now):
    twin_pair(pair, now)
    for place, (reads, count) in enumerate((("all", 1), ("own", 0))):
        actor = somebody(f"customer.read {reads}", "customer.merge own", "customer.bulk all", login=f"somebody-{place}")
        assert _seen_but_not_to_merge(actor, 999_000) == count


def test_a_request_is_answered_by_who_may_share_whether_or_not_there_is_one(misaki, now):
    for actor, refusal in ((misaki, NotFound), (without(misaki, "customer.share"), NotAllowed)):
        with pytest.raises(refusal):
            decline_access(access_id=999_999, answer="x", actor=actor, now=now)


def test_whether_an_address_is_suppressed_is_told_of_whom_one_sees(misaki, somebody, make_customer, now):
    stranger = make_customer(email="stop@example.jp", owner_id=misaki.user_id)
    suppress_address(channel="email", address="stop@example.jp", reason="unsubscribed", now=now)
    assert is_stopped(misaki, stranger.pk)
    assert not is_stopped(somebody("customer.read own"), stranger.pk)


def test_customers_are_counted_whom_one_sees(misaki, somebody, make_customer, now):
    mine = somebody("customer.read own")
    for owner in (mine, misaki):
        make_customer(owner_id=owner.user_id)
    assert (count_matching(misaki, now=now), count_matching(mine, now=now)) == (2, 1)


def test_exports_of_others_are_told_to_who_reads_the_settings(make_customer, misaki, somebody, now, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    make_customer()
    export_customers(wanted=Wanted(EVERYBODY, ("number",), "csv"), reason="x", actor=misaki, now=now)
    for place, (granted, count) in enumerate(((("settings.read all",), 1), ((), 0))):
        page, _next = past_exports(somebody("customer.read all", *granted, login=f"somebody-{place}"), own=False)
        assert len(page) == count


def test_new_people_of_an_import_are_shown_to_who_sees_them(misaki, somebody, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    run = imported(csv("田中,千夏", headings="姓,名"), actor=misaki)
    for place, (reads, names) in enumerate((("all", ["田中 千夏"]), ("own", []))):
        actor = somebody(f"customer.read {reads}", "import.read all", login=f"somebody-{place}")
        before = ViewLog.rows.filter(actor_id=actor.user_id).count()
        people, _next = imported_people(actor, run.pk)
        assert [person.name for person in people] == names
        assert ViewLog.rows.filter(actor_id=actor.user_id).count() - before == len(names)


def test_i_am_called_about_whom_i_see(misaki, somebody, make_customer, now):
    mine = somebody("customer.read own", "activity.read own")
    for owner in (mine, misaki):
        customer = make_customer(owner_id=owner.user_id)
        note = Activity.rows.create(customer=customer, kind="note", text=owner.name, at=now, author_id=misaki.user_id)
        Mention.rows.create(activity=note, user_id=mine.user_id)
    assert len(calls_to(mine)) == 1


def test_the_other_end_of_a_relation_is_sought_among_those_i_see(misaki, somebody, make_customer):
    stranger = make_customer(owner_id=misaki.user_id)
    for actor, found in ((misaki, [stranger.pk]), (somebody("customer.read own"), [])):
        assert [one.id for one in candidates(actor, stranger.name, kind="person", besides=0)] == found
