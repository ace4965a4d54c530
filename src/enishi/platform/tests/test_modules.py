"""機能のオン／オフ: what a switch does, what it refuses, and what it leaves alone."""

from __future__ import annotations

import pytest
from django.urls import reverse

from enishi.platform import modules, rights, tick, wiring
from enishi.platform.actions import installation as actions
from enishi.platform.errors import NotAllowed, NotFound
from enishi.platform.models import ChangeSet, Event, FieldChange, ModuleState, User
from enishi.platform.once import asked_once
from enishi.rules.facts import registry


@pytest.fixture
def switch(admin_only, now):
    return lambda key, on: actions.switch_module(key=key, on=on, actor=admin_only, now=now)


def test_everything_is_on_until_somebody_switches_it(db):
    assert modules.off() == frozenset()
    ModuleState.rows.create(key="gone", on=False)  # of an older version
    ModuleState.rows.create(key="commerce", on=True)
    assert modules.off() == frozenset()
    ModuleState.rows.filter(key="commerce").update(on=False)
    assert (modules.off(), modules.runs("commerce"), modules.runs("customers")) == ({"commerce"}, False, True)


def test_a_switch_leaves_one_event_and_its_history(switch, admin_only):
    switch("commerce", on=False)
    switch("commerce", on=False)  # is off already: nothing happens
    state = ModuleState.rows.get()
    assert (state.key, state.on) == ("commerce", False)
    event = Event.rows.get(kind="module.switched")
    assert (event.subject_id, event.data, event.actor_id) == (state.pk, {"module": "commerce", "on": False}, admin_only.user_id)
    change = FieldChange.rows.get(change_set=ChangeSet.rows.get())
    assert (change.object, change.object_id, change.before, change.after) == ("platform.modulestate", state.pk, True, False)


def test_only_who_configures_switches_what_there_is(switch, misaki, now):
    with pytest.raises(NotAllowed):
        actions.switch_module(key="commerce", on=False, actor=misaki, now=now)
    with pytest.raises(NotFound):
        switch("customers", on=False)
    assert not ModuleState.rows.exists()


def test_what_another_module_needs_stays_on_and_what_is_missing_comes_first(switch):
    with pytest.raises(actions.ModuleNeeded, match="配信") as refusal:
        switch("segments", on=False)
    assert str(refusal.value) == "「配信」がこの機能を使っています。先に「配信」をオフにしてください。"
    switch("marketing", on=False)
    switch("segments", on=False)
    with pytest.raises(actions.ModuleNeeded) as refusal:
        switch("marketing", on=True)
    assert str(refusal.value) == "先に「セグメント」をオンにしてください。この機能に必要です。"
    switch("segments", on=True)
    switch("marketing", on=True)
    assert modules.off() == frozenset()


def test_nobody_holds_a_right_to_what_is_off_and_gets_it_back(switch, misaki):
    def held():
        return {thing for thing, _act in rights.actor_of(User.rows.get(pk=misaki.user_id)).grants}

    before = held()
    switch("commerce", on=False)
    assert before - held() == {"order", "cost"}
    switch("commerce", on=True)
    assert held() == before


def test_scanners_of_a_module_that_is_off_rest(switch, monkeypatch):
    asked = []
    load = wiring.load
    scanners = [lambda now, at=place: asked.append(at) or 0 for place in range(len(load("DUE_SCANNERS")))]
    for scanner in scanners:
        scanner.__name__ = "scanner"
    monkeypatch.setattr(wiring, "load", lambda name: scanners if name == "DUE_SCANNERS" else load(name))
    tick.beat()
    everybody = list(asked)
    switch("marketing", on=False)
    asked.clear()
    tick.beat()
    resting = set(everybody) - set(asked)
    assert {wiring.apps("DUE_SCANNERS")[place] for place in resting} == {"messaging"}
    assert wiring.apps("DUE_SCANNERS")[0] == "platform"


def test_facts_and_targets_follow_their_app(switch, misaki):
    assert {"purchase.count", "mail.opened"} <= {fact.key for fact in registry()}
    switch("commerce", on=False)
    keys = {fact.key for fact in registry()}
    assert "purchase.count" not in keys
    assert "mail.opened" in keys
    assert list(modules.wired("IMPORT_TARGETS")) == ["customers"]


def test_a_request_asks_once_which_modules_are_off(admin_only, sign_in, switch, django_assert_num_queries):
    with asked_once(), django_assert_num_queries(1):
        assert modules.off() == modules.off() == frozenset()
    with asked_once():
        modules.off()
        switch("commerce", on=False)
        assert modules.off() == {"commerce"}  # one's own switch is known at once


# ---- the screen ------------------------------------------------------------------------------------------------------


def test_the_screen_says_what_leaves_and_switches(admin_only, sign_in):
    client = sign_in(admin_only)
    page = client.get(reverse("platform:modules")).content.decode()
    assert "すでに届いたメールの配信停止とリンクは、オフの間も動き続けます。" in page
    answer = client.post(reverse("platform:module-switch", args=["commerce"]), {"on": "no"}, follow=True)
    page = answer.content.decode()
    assert "機能をオフにしました。データは残っています。" in page
    assert "管理者 さんがオフにしました" in page
    assert 'href="/orders/"' not in page


def test_a_refused_switch_says_why_beside_it(admin_only, sign_in):
    answer = sign_in(admin_only).post(reverse("platform:module-switch", args=["segments"]), {"on": "no"})
    assert answer.status_code == 409
    page = answer.content.decode()
    section = page.split('id="module-segments"')[1].split("</section>")[0]
    assert "先に「配信」をオフにしてください。" in section
    assert 'aria-describedby="refusal"' in section
