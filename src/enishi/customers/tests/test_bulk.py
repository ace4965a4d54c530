"""Many at once: previewed, staged, done in chunks, stopped, resumed after a kill, and taken back but for later changes."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from django.urls import reverse

from enishi.customers.actions import bulk as actions
from enishi.customers.actions.customers import archive_customer
from enishi.customers.actions.tags import remove_tag
from enishi.customers.actions.views import Named, Shown, save_view
from enishi.customers.bulk import running
from enishi.customers.bulk.selection import Selection
from enishi.customers.models import BulkRow, BulkRun, Customer, CustomerTag, Tag
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.bulk import preview, run_page
from enishi.customers.scanners import changes_of_many
from enishi.customers.tests.test_filters import IN_TOKYO, NAMED, rule
from enishi.platform import runs
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import ChangeSet, Event, FieldChange, RoleGrant, User, Work
from enishi.platform.rights import actor_of
from enishi.rules import address
from enishi.rules.rights import RuleRefused

HTMX = {"HX-Request": "true"}
EVERYBODY = Selection(asked=Asked())


@pytest.fixture
def seven(make_customer, monkeypatch):
    """Seven people in chunks of three; the first four in Tokyo."""
    monkeypatch.setattr(running, "CHUNK", 3)
    return [make_customer(name=f"顧客{i}", prefecture="東京都" if i < 4 else "京都府") for i in range(7)]


@pytest.fixture
def order(misaki, now):
    def make(verb="tag", value="旅館", selection=EVERYBODY, actor=misaki):
        return actions.change_many(verb=verb, selection=selection, value=value, actor=actor, now=now)

    return make


def done(run_id):
    while running.run_stretch(run_id, seconds=0):
        pass
    return BulkRun.rows.get(pk=run_id)


def undone(run_id, actor, now):
    return done(actions.undo_many(run_id=run_id, actor=actor, now=now))


def counts(run):
    return run.state, run.total, run.changed_count, run.unchanged_count, run.refused_count


def state():
    return list(Customer.rows.order_by("pk").values_list("pk", "owner_id", "team_id", "archived_at"))


# ---- doing


def test_all_that_match_are_changed_under_one_change_set(seven, order, misaki):
    run = done(order(selection=Selection(asked=Asked(rule=rule(IN_TOKYO)))))
    assert counts(run) == ("done", 4, 4, 0, 0)
    assert set(CustomerTag.rows.values_list("customer_id", flat=True)) == {c.pk for c in seven[:4]}
    assert ChangeSet.rows.get().pk == run.change_set_id
    assert FieldChange.rows.filter(change_set=run.change_set, field="customer").count() == 4
    assert Event.rows.filter(kind="customer.tagged").count() == 4
    assert Work.rows.get(kind="bulk").state == "done"


def test_the_chosen_alone(seven, order):
    run = done(order(selection=Selection(ids=(seven[0].pk, seven[6].pk))))
    assert counts(run) == ("done", 2, 2, 0, 0)


@pytest.mark.parametrize("asked", [Asked(text="顧客1"), Asked(view="mine"), Asked(text="顧客1", rule=rule(IN_TOKYO))])
def test_a_search_and_a_tab_narrow_it_too(seven, order, misaki, asked):
    Customer.rows.filter(pk=seven[1].pk).update(owner_id=misaki.user_id)
    done(order(selection=Selection(asked=asked)))
    assert list(CustomerTag.rows.values_list("customer_id", flat=True)) == [seven[1].pk]


def test_every_verb(seven, order, misaki, yanaka):
    Customer.rows.filter(pk=seven[0].pk).update(owner_id=misaki.user_id)
    assert counts(done(order("owner", str(misaki.user_id)))) == ("done", 7, 6, 1, 0)
    assert counts(done(order("team", str(yanaka.pk)))) == ("done", 7, 7, 0, 0)
    done(order())
    assert counts(done(order("untag"))) == ("done", 7, 7, 0, 0)
    assert counts(done(order("owner", ""))) == ("done", 7, 7, 0, 0)
    assert counts(done(order("archive", ""))) == ("done", 7, 7, 0, 0)
    assert Customer.rows.filter(owner=None, team=yanaka, archived_at__isnull=False).count() == 7
    assert not CustomerTag.rows.exists()


@pytest.mark.parametrize(
    ("verb", "value"), [("tag", " "), ("tag", "あ" * 41), ("untag", "ない"), ("owner", "x"), ("owner", "999999"), ("team", "9")]
)
def test_what_makes_no_sense_is_refused_before_anything_runs(seven, order, verb, value):
    with pytest.raises(Invalid):
        order(verb, value)
    assert not BulkRun.rows.exists()


# ---- rights


def test_out_of_reach_is_left_out_and_told_by_name(seven, order, misaki, yanaka, now):
    Customer.rows.filter(pk=seven[0].pk).update(team=yanaka)
    RoleGrant.rows.filter(role__key="ec_lead", object="customer", action="update").update(scope="own")
    narrow = actor_of(User.rows.get(pk=misaki.user_id))
    Customer.rows.filter(pk=seven[1].pk).update(owner_id=misaki.user_id)
    assert (preview(narrow, "tag", EVERYBODY, now=now).count, preview(narrow, "tag", EVERYBODY, now=now).left_out) == (1, 6)
    run = done(order(actor=narrow))
    assert counts(run) == ("done", 7, 1, 0, 6)
    assert [person.name for person in run_page(narrow, run.pk).left_out] == [f"顧客{i}" for i in (0, 2, 3, 4, 5, 6)]


def test_who_may_not_change_many_orders_nothing(seven, order, yoshida, misaki):
    with pytest.raises(NotAllowed):
        order(actor=yoshida)
    grants = {key: width for key, width in misaki.grants.items() if key != ("customer", "archive")}
    with pytest.raises(NotAllowed):
        order("archive", "", actor=replace(misaki, grants=grants))


def test_rights_are_looked_at_again_when_the_job_runs(seven, order, misaki):
    run_id = order()
    RoleGrant.rows.filter(object="customer", action="bulk").delete()
    assert counts(done(run_id))[0] == "failed"
    assert not CustomerTag.rows.exists()


def test_who_sees_nobody_any_more_changes_nobody(seven, order):
    run_id = order()
    RoleGrant.rows.filter(object="customer", action="read").delete()
    assert counts(done(run_id)) == ("done", 0, 0, 0, 0)


def test_a_filter_that_the_actor_may_not_ask_is_refused(seven, hayashi, misaki, now):
    masked = replace(misaki, levels=hayashi.levels)
    with pytest.raises(RuleRefused):
        preview(masked, "tag", Selection(asked=Asked(rule=rule(NAMED))), now=now)


def test_a_run_is_its_owners_alone(seven, order, make_user, now):
    run_id = done(order()).pk
    other = actor_of(make_user("other", "ec_lead"))
    with pytest.raises(NotFound):
        run_page(other, run_id)
    for act in (actions.undo_many, actions.stop_many, actions.resume_many):
        with pytest.raises(NotFound):
            act(run_id=run_id, actor=other, now=now)


# ---- stopping, dying, going on


def test_a_stopped_run_goes_on_where_it_stood(seven, order, misaki, now):
    run_id = order()
    assert running.run_stretch(run_id, seconds=0)
    actions.stop_many(run_id=run_id, actor=misaki, now=now)
    assert not running.run_stretch(run_id)
    assert CustomerTag.rows.count() == 3
    actions.resume_many(run_id=run_id, actor=misaki, now=now)
    assert counts(done(run_id)) == ("done", 7, 7, 0, 0)


def test_a_worker_that_dies_in_a_chunk_leaves_no_half_of_it(seven, order, monkeypatch):
    run_id = order()
    assert running.run_stretch(run_id, seconds=0)
    monkeypatch.setattr(running, "show_work", lambda run: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        running.run_stretch(run_id)
    monkeypatch.undo()
    run = BulkRun.rows.get(pk=run_id)
    assert (run.done, run.changed_count, CustomerTag.rows.count()) == (3, 3, 3)
    assert counts(done(run_id)) == ("done", 7, 7, 0, 0)


def test_a_worker_that_comes_back_too_late_writes_nothing(seven, order):
    run_id = order()
    late = runs.claim(BulkRun, run_id, *running.OPEN)
    BulkRun.rows.filter(pk=run_id).update(lease_until=None)
    done(run_id)
    with pytest.raises(runs.LeaseLost):
        running.change_chunk(lease=late)
    assert BulkRow.rows.filter(run_id=run_id).count() == 7


def test_a_run_is_worked_on_by_one_process(seven, order):
    run_id = order()
    assert runs.claim(BulkRun, run_id, *running.OPEN) is not None
    assert runs.claim(BulkRun, run_id, *running.OPEN) is None


def test_a_run_that_never_gets_on_is_set_aside(seven, order):
    run_id = order()
    for _ in range(runs.TRIES):
        assert runs.claim(BulkRun, run_id, *running.OPEN) is not None
        BulkRun.rows.filter(pk=run_id).update(lease_until=None)
    assert running.run_stretch(run_id) is False
    assert BulkRun.rows.get(pk=run_id).state == "failed"


def test_the_pulse_orders_an_abandoned_run_again(seven, order, now):
    from django.db import connection

    run_id = order()
    assert changes_of_many(now) == 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    BulkRun.rows.filter(pk=run_id).update(ordered_at="2020-01-01T00:00:00Z")
    assert changes_of_many(now) == 1
    assert changes_of_many(now) == 0


# ---- taking back


@pytest.mark.parametrize(("verb", "value"), [("tag", "旅館"), ("owner", ""), ("team", ""), ("archive", "")])
def test_the_whole_of_it_is_taken_back(seven, order, misaki, yanaka, now, verb, value):
    Customer.rows.filter(pk__in=[c.pk for c in seven[:2]]).update(owner_id=misaki.user_id, team=yanaka)
    before = state()
    run_id = done(order(verb, value)).pk
    back = undone(run_id, misaki, now)
    assert back.state == "done"
    assert back.refused_count == 0
    assert state() == before
    assert not CustomerTag.rows.exists()
    assert back.change_set_id != BulkRun.rows.get(pk=run_id).change_set_id


def test_a_tag_that_was_there_before_stays_when_putting_it_is_undone(seven, order, misaki, now):
    CustomerTag.rows.create(customer=seven[0], tag=Tag.rows.create(name="旅館"), at=now)
    undone(done(order()).pk, misaki, now)
    assert list(CustomerTag.rows.values_list("customer_id", flat=True)) == [seven[0].pk]


def test_taking_a_tag_off_is_undone(seven, order, misaki, now):
    done(order())
    undone(done(order("untag")).pk, misaki, now)
    assert CustomerTag.rows.count() == 7


def test_what_somebody_changed_since_stays_and_is_told_by_name(seven, order, misaki, make_user, now):
    other = make_user("other", "ec_lead")
    run_id = done(order("owner", str(misaki.user_id))).pk
    Customer.rows.filter(pk=seven[2].pk).update(owner=other)
    back = undone(run_id, misaki, now)
    assert counts(back) == ("done", 7, 6, 0, 1)
    assert Customer.rows.get(pk=seven[2].pk).owner_id == other.pk
    assert [(p.name, "そのままにしました" in p.reason) for p in run_page(misaki, back.pk).left_out] == [("顧客2", True)]


def test_a_tag_taken_off_since_is_told(seven, order, misaki, now):
    run_id = done(order()).pk
    remove_tag(customer_id=seven[3].pk, tag_id=Tag.rows.get().pk, actor=misaki, now=now)
    assert counts(undone(run_id, misaki, now)) == ("done", 7, 6, 0, 1)


def test_who_went_to_the_bin_since_stays_there(seven, order, misaki, now):
    run_id = done(order()).pk
    archive_customer(customer_id=seven[0].pk, actor=misaki, now=now)
    assert counts(undone(run_id, misaki, now)) == ("done", 7, 6, 0, 1)


def test_a_run_is_undone_once_and_only_when_it_is_over(seven, order, misaki, now):
    run_id = order()
    with pytest.raises(actions.RunIsOver):
        actions.undo_many(run_id=run_id, actor=misaki, now=now)
    back = undone(done(run_id).pk, misaki, now)
    for pk in (run_id, back.pk):
        with pytest.raises(actions.RunIsOver):
            actions.undo_many(run_id=pk, actor=misaki, now=now)
    with pytest.raises(actions.RunIsOver):
        actions.resume_many(run_id=run_id, actor=misaki, now=now)


def test_the_part_of_a_stopped_run_is_undone(seven, order, misaki, now):
    run_id = order()
    running.run_stretch(run_id, seconds=0)
    actions.stop_many(run_id=run_id, actor=misaki, now=now)
    assert counts(undone(run_id, misaki, now)) == ("done", 3, 3, 0, 0)
    assert not CustomerTag.rows.exists()


# ---- cost and doors


def test_a_chunk_costs_the_same_however_many_stand_in_it(make_customer, order, django_assert_max_num_queries):
    for _ in range(60):
        make_customer()
    lease = runs.claim(BulkRun, order(), *running.OPEN)
    running.stage(lease=lease)
    with django_assert_max_num_queries(22):
        running.change_chunk(lease=lease)


def test_the_dialog_tells_whom_and_the_order_leads_to_its_progress(misaki_client, seven):
    url = reverse("customers:bulk-order", args=["tag"])
    form = {"ids": seven[0].pk, "selection": "all", "back": f"/customers/?rule={address.packed(rule(IN_TOKYO))}"}
    dialog = misaki_client.post(url, form, headers=HTMX).content.decode()
    assert "4人にタグを付ける" in dialog
    assert "顧客3" in dialog
    assert "顧客4" not in dialog
    assert misaki_client.post(url, form | {"confirmed": "1", "value": ""}, headers=HTMX).status_code == 422
    answer = misaki_client.post(url, form | {"confirmed": "1", "value": "旅館"}, headers=HTMX)
    run = BulkRun.rows.get()
    assert answer.headers["HX-Redirect"] == f"/customers/bulk/{run.pk}/"
    assert "対象の顧客を確かめています" in misaki_client.get(f"/customers/bulk/{run.pk}/").content.decode()
    assert "hx-get" in misaki_client.get(f"/customers/bulk/{run.pk}/progress/", headers=HTMX).content.decode()
    done(run.pk)
    assert misaki_client.get(f"/customers/bulk/{run.pk}/progress/").headers["HX-Redirect"] == f"/customers/bulk/{run.pk}/"
    assert "4人の変更を元に戻す" in misaki_client.get(f"/customers/bulk/{run.pk}/").content.decode()
    assert misaki_client.post(f"/customers/bulk/{run.pk}/stop/").status_code == 302
    assert misaki_client.post(f"/customers/bulk/{run.pk}/resume/").status_code == 302
    back = misaki_client.post(f"/customers/bulk/{run.pk}/undo/")
    assert back.headers["Location"] == f"/customers/bulk/{BulkRun.rows.get(undoes=run).pk}/"


def test_nobody_loses_their_owner_because_nothing_was_chosen(misaki_client, seven):
    for verb in ("owner", "team"):
        url, form = reverse("customers:bulk-order", args=[verb]), {"ids": seven[0].pk, "confirmed": "1"}
        answer = misaki_client.post(url, form | {"value": ""}, headers=HTMX)
        assert (answer.status_code, "一覧から選んでください。" in answer.content.decode()) == (422, True)
        assert misaki_client.post(url, form | {"value": "nobody"}, headers=HTMX).status_code == 204
    assert list(BulkRun.rows.values_list("target_id", flat=True)) == [None, None]


def test_all_of_a_list_that_begins_with_a_view_are_all_of_that_view(misaki_client, misaki, seven, now):
    shown, named = Shown(rule=rule(IN_TOKYO)), Named("東京の人", opens_list=True)
    save_view(named=named, shown=shown, actor=misaki, now=now)
    for query in ({}, {"q": "顧客1"}):
        page = misaki_client.get(reverse("customers:list"), query, headers=HTMX | {"HX-Target": "div#customer-list"} if query else {})
        back = unescape(re.search(r'name="back" value="([^"]+)"', page.content.decode())[1])
        form = {"selection": "all", "back": back}
        dialog = misaki_client.post(reverse("customers:bulk-order", args=["tag"]), form, headers=HTMX).content.decode()
        assert ("4人にタグを付ける" if not query else "1人にタグを付ける") in dialog


@pytest.mark.parametrize("verb", ["untag", "owner", "team", "archive"])
def test_every_dialog_opens(misaki_client, seven, verb):
    answer = misaki_client.post(reverse("customers:bulk-order", args=[verb]), {"ids": [c.pk for c in seven]}, headers=HTMX)
    assert "7人" in answer.content.decode()


def test_outsiders_and_empty_hands(misaki_client, yoshida, sign_in, seven):
    url = reverse("customers:bulk-order", args=["tag"])
    assert sign_in(yoshida).post(url, {"ids": seven[0].pk}, headers=HTMX).status_code == 403
    assert misaki_client.post(reverse("customers:bulk-order", args=["erase"]), {"ids": seven[0].pk}).status_code == 404
    for ids in ([], ["x"], ["9" * 30]):
        assert misaki_client.post(url, {"ids": ids}, headers=HTMX).status_code == 422
