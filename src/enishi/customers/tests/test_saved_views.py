"""Saved views: kept, shared, put in order, taken away; and open to nobody who may not read what they ask about."""

from __future__ import annotations

import pytest
from django.urls import reverse

from enishi.customers.actions import views as actions
from enishi.customers.actions.views import Named, Shown
from enishi.customers.models import SavedView
from enishi.customers.queries.asked import Asked
from enishi.customers.queries.listing import customer_page
from enishi.customers.queries.views import saved_tabs
from enishi.customers.tests.test_filters import IN_TOKYO, NAMED, flag, rule
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, User
from enishi.platform.rights import actor_of
from enishi.rules import address
from enishi.rules.rights import RuleRefused
from enishi.rules.tree import EVERYONE, dump


@pytest.fixture
def people(make_customer, yanaka):
    make_customer(name="田中 一", kana="タナカ", prefecture="東京都", team=yanaka)
    make_customer(name="山田 二", kana="ヤマダ", prefecture="東京都")
    make_customer(name="佐藤 三", kana="サトウ", prefecture="京都府")


@pytest.fixture
def save(misaki, now):
    def make(name="東京の人", conditions=(IN_TOKYO,), actor=misaki, **more):
        said = {key: more.pop(key) for key in ("is_shared", "opens_list") if key in more}
        shown = Shown(rule=rule(*conditions) if conditions else None, **more)
        return actions.save_view(named=Named(name, **said), shown=shown, actor=actor, now=now)

    return make


def names(actor, now, **asked):
    return [row.name.split(" ")[0] for row in customer_page(actor, Asked(**asked), now=now).rows]


def test_a_view_keeps_filter_and_order_and_is_recorded(people, save, misaki, now):
    pk = save(sort="kana", backwards=True)
    assert names(misaki, now, view=f"saved-{pk}") == ["山田", "田中"]
    assert Event.rows.filter(kind="view.saved", subject_id=pk).exists()


def test_the_address_has_the_last_word(people, save, misaki, now):
    key = f"saved-{save(sort='kana')}"
    assert names(misaki, now, view=key, sort="kana", backwards=True) == ["山田", "田中"]
    assert names(misaki, now, view=key, sort="kana", rule=EVERYONE) == ["佐藤", "田中", "山田"]
    assert names(misaki, now, view=key, sort="kana", text="やまだ") == ["山田"]


def test_the_list_begins_with_the_chosen_view_and_only_one_is_chosen(people, save, misaki, now):
    save("一つ目", opens_list=True, sort="kana")
    second = save("二つ目", conditions=(flag("viewer.customers"),), opens_list=True)
    assert SavedView.rows.filter(opens_list=True).get().pk == second
    assert names(misaki, now, is_opening=True) == []
    assert len(names(misaki, now)) == 3


def test_shared_views_show_everybody_their_own_customers(people, save, misaki, hayashi, now):
    private, shared = save("わたしの"), save("みんなの", is_shared=True)
    assert [tab.name for tab in saved_tabs(misaki)] == ["わたしの", "みんなの"]
    assert [(tab.name, tab.is_mine, tab.owner) for tab in saved_tabs(hayashi)] == [("みんなの", False, "髙橋 美咲")]
    assert len(names(hayashi, now, view=f"saved-{shared}")) == 1
    with pytest.raises(NotFound):
        customer_page(hayashi, Asked(view=f"saved-{private}"), now=now)


def test_a_view_about_names_opens_for_nobody_who_does_not_read_them(people, save, hayashi, now):
    pk = save(conditions=(NAMED,), is_shared=True)
    assert saved_tabs(hayashi) == []
    with pytest.raises(NotFound):
        customer_page(hayashi, Asked(view=f"saved-{pk}"), now=now)


def test_nobody_saves_or_shares_more_than_they_read(save, hayashi):
    with pytest.raises(RuleRefused):
        save(conditions=(NAMED,), actor=hayashi)
    with pytest.raises(RuleRefused):
        actions.overwrite_view(view_id=save(actor=hayashi), shown=Shown(rule=rule(NAMED)), actor=hayashi, now=None)


def test_an_order_that_a_viewer_does_not_have_is_theirs_by_habit(people, save, hayashi, now):
    pk = save(is_shared=True, sort="kana")
    assert len(names(hayashi, now, view=f"saved-{pk}")) == 1


def test_only_the_owner_changes_a_view(save, misaki, hayashi, now):
    private, shared = save(), save("みんなの", is_shared=True)
    for act in (actions.change_view, actions.overwrite_view, actions.archive_view):
        more = {actions.change_view: {"named": Named("x")}, actions.overwrite_view: {"shown": Shown()}}.get(act, {})
        with pytest.raises(NotAllowed):
            act(view_id=shared, actor=hayashi, now=now, **more)
        with pytest.raises(NotFound):
            act(view_id=private, actor=hayashi, now=now, **more)


def test_names_are_there_once_and_not_too_long(save, misaki, now):
    pk = save()
    for name in ("東京の人", " ", "あ" * 41):
        with pytest.raises(Invalid):
            save(name)
    actions.archive_view(view_id=pk, actor=misaki, now=now)
    assert save() != pk


def test_views_are_moved_and_stay_at_the_end(save, misaki):
    first, second, third = save("一"), save("二"), save("三")
    actions.move_view(view_id=third, forward=True, actor=misaki)
    actions.move_view(view_id=first, forward=True, actor=misaki)
    actions.move_view(view_id=second, forward=False, actor=misaki)
    assert [tab.id for tab in saved_tabs(misaki)] == [first, third, second]


def test_a_view_whose_fact_is_gone_shows_no_tab(people, save, misaki, now):
    pk = save(opens_list=True)
    broken = dump(rule(IN_TOKYO))
    broken["rules"][0]["fact"] = "gone.fact"
    SavedView.rows.filter(pk=pk).update(rule=broken)
    assert saved_tabs(misaki) == []
    assert len(names(misaki, now, is_opening=True)) == 3


def test_so_many_views_and_no_more(save, monkeypatch):
    monkeypatch.setattr(actions, "MOST_VIEWS", 1)
    save()
    with pytest.raises(Invalid):
        save("もう一つ")


def test_a_removed_view_comes_back_with_its_place_and_what_the_list_began_with(save, misaki, now):
    first, second = save("一", opens_list=True), save("二")
    actions.archive_view(view_id=first, actor=misaki, now=now)
    actions.restore_view(view_id=first, actor=misaki, now=now)
    assert [(tab.id, tab.opens_list) for tab in saved_tabs(misaki)] == [(first, True), (second, False)]
    actions.archive_view(view_id=first, actor=misaki, now=now)
    actions.change_view(view_id=second, named=Named("二", opens_list=True), actor=misaki, now=now)
    actions.restore_view(view_id=first, actor=misaki, now=now)
    assert [(tab.id, tab.opens_list) for tab in saved_tabs(misaki)] == [(first, False), (second, True)]
    assert Event.rows.filter(kind="view.restored", subject_id=first).count() == 2


def test_a_removed_view_does_not_come_back_over_another_one(save, misaki, hayashi, now, monkeypatch):
    pk = save()
    actions.archive_view(view_id=pk, actor=misaki, now=now)
    with pytest.raises(NotFound):
        actions.restore_view(view_id=pk, actor=hayashi, now=now)
    namesake = save()
    with pytest.raises(Invalid):
        actions.restore_view(view_id=pk, actor=misaki, now=now)
    actions.change_view(view_id=namesake, named=Named("ほか"), actor=misaki, now=now)
    monkeypatch.setattr(actions, "MOST_VIEWS", 1)
    with pytest.raises(Invalid):
        actions.restore_view(view_id=pk, actor=misaki, now=now)


# ---- views of people who have left


@pytest.fixture
def chief(make_user):
    """Configures, and sees all customers."""
    return actor_of(make_user("chief", "admin", "all_customers", display_name="髙島 主任"))


@pytest.fixture
def mori_leaves(make_user, save):
    """森 shares one view, keeps another, and is switched off."""
    mori = make_user("mori", "ec_lead", display_name="森 拓海")
    shared, own = save("みんなの", is_shared=True, opens_list=True, actor=actor_of(mori)), save("森の", actor=actor_of(mori))
    User.rows.filter(pk=mori.pk).update(is_active=False)
    return shared, own


def test_a_shared_view_of_a_leaver_is_taken_over_by_who_configures(mori_leaves, chief, misaki, now):
    shared, own = mori_leaves
    assert [(tab.id, tab.is_left_behind, tab.can_inherit) for tab in saved_tabs(misaki)] == [(shared, True, False)]
    assert [tab.can_inherit for tab in saved_tabs(chief)] == [True]
    for act in (actions.take_over_view, actions.archive_view):
        with pytest.raises(NotAllowed):
            act(view_id=shared, actor=misaki, now=now)
        with pytest.raises(NotFound):
            act(view_id=own, actor=chief, now=now)
    for _twice in range(2):
        actions.take_over_view(view_id=shared, actor=chief, now=now)
    assert [(tab.is_mine, tab.is_shared, tab.opens_list) for tab in saved_tabs(chief)] == [(True, True, False)]
    assert [(tab.owner, tab.is_left_behind) for tab in saved_tabs(misaki)] == [("髙島 主任", False)]
    assert Event.rows.filter(kind="view.taken_over", subject_id=shared).count() == 1


def test_a_shared_view_of_a_leaver_is_removed_and_brought_back(mori_leaves, chief, misaki, now):
    shared, _own = mori_leaves
    actions.archive_view(view_id=shared, actor=chief, now=now)
    assert saved_tabs(misaki) == []
    actions.restore_view(view_id=shared, actor=chief, now=now)
    assert [tab.id for tab in saved_tabs(misaki)] == [shared]


def test_a_view_of_somebody_who_is_still_here_is_nobody_elses(save, chief, now):
    shared = save(is_shared=True)
    for act in (actions.take_over_view, actions.archive_view):
        with pytest.raises(NotAllowed):
            act(view_id=shared, actor=chief, now=now)


def test_taking_over_gives_nobody_two_views_of_one_name_nor_more_than_they_read(mori_leaves, save, chief, make_user, now):
    shared, _own = mori_leaves
    save("みんなの", actor=chief)
    with pytest.raises(Invalid):
        actions.take_over_view(view_id=shared, actor=chief, now=now)
    SavedView.rows.filter(pk=shared).update(rule=dump(rule(NAMED)))
    with pytest.raises(RuleRefused):
        actions.take_over_view(view_id=shared, actor=actor_of(make_user("it", "admin", "store_staff")), now=now)


# ---- the doors


def test_saving_from_the_list_leads_to_the_view(people, misaki_client):
    query = f"?rule={address.packed(rule(IN_TOKYO))}&sort=kana"
    url = reverse("customers:view-new") + query
    assert "ビューの名前" in misaki_client.get(url).content.decode()
    assert misaki_client.post(url, {"name": ""}).status_code == 422
    answer = misaki_client.post(url, {"name": "<b>東京</b>", "is_shared": "1", "opens_list": "1"})
    view = SavedView.rows.get()
    assert answer.headers["HX-Redirect"] == f"/customers/?view=saved-{view.pk}"
    assert (view.is_shared, view.opens_list, view.sort) == (True, True, "kana")
    opened = misaki_client.get(reverse("customers:list")).content.decode()
    assert "&lt;b&gt;東京&lt;/b&gt;" in opened
    assert "佐藤 三" not in opened
    assert "佐藤 三" in misaki_client.get(reverse("customers:list"), {"view": "all"}).content.decode()


def test_changing_overwriting_moving_and_removing(people, save, misaki_client):
    pk = save()
    assert "東京の人" in misaki_client.get(reverse("customers:view-edit", args=[pk])).content.decode()
    assert misaki_client.post(reverse("customers:view-edit", args=[pk]), {"name": "関東"}).status_code == 204
    changed = f"?view=saved-{pk}&rule={address.packed(EVERYONE)}"
    assert "に上書き保存" in misaki_client.get(reverse("customers:list") + changed).content.decode()
    misaki_client.post(reverse("customers:view-overwrite", args=[pk]) + changed)
    assert SavedView.rows.get().rule == dump(EVERYONE)
    assert misaki_client.post(reverse("customers:view-move", args=[pk]), {"to": "left"}).status_code == 302
    assert misaki_client.post(reverse("customers:view-archive", args=[pk])).status_code == 302
    restore = reverse("customers:view-restore", args=[pk])
    assert f'hx-post="{restore}"' in misaki_client.get(reverse("customers:list")).content.decode()
    assert misaki_client.get(reverse("customers:list"), {"view": f"saved-{pk}"}).status_code == 404
    assert misaki_client.post(restore).headers["HX-Redirect"] == f"/customers/?view=saved-{pk}"
    assert misaki_client.get(reverse("customers:list"), {"view": f"saved-{pk}"}).status_code == 200


def test_a_view_that_cannot_come_back_says_why(people, save, misaki, misaki_client, now):
    pk = save()
    actions.archive_view(view_id=pk, actor=misaki, now=now)
    save()
    answer = misaki_client.post(reverse("customers:view-restore", args=[pk]), headers={"HX-Request": "true"})
    assert "同じ名前のビューがもうあります。" in answer.content.decode()


def test_who_configures_takes_over_from_the_list(mori_leaves, chief, misaki_client, sign_in):
    shared, _own = mori_leaves
    url, page = reverse("customers:view-take-over", args=[shared]), f"{reverse('customers:list')}?view=saved-{shared}"
    seen = misaki_client.get(page).content.decode()
    assert ("森 拓海さん（利用停止中）が共有したビュー" in seen, url in seen) == (True, False)
    client = sign_in(chief)
    assert url in client.get(page).content.decode()
    assert client.post(url, follow=True).redirect_chain == [(page, 302)]
    assert "名前と共有を変える" in client.get(page).content.decode()


def test_saved_views_cost_the_list_one_query(people, save, misaki_client, django_assert_max_num_queries):
    for number in range(5):
        save(f"ビュー{number}")
    misaki_client.get(reverse("customers:list"))
    with django_assert_max_num_queries(20):
        misaki_client.get(reverse("customers:list"))
