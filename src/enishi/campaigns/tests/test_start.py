"""The first way through the product, on ホーム until something was sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.urls import reverse

from enishi.campaigns.queries import start
from enishi.messaging.models import Delivery

pytestmark = pytest.mark.django_db


def test_a_step_is_done_once_there_is_what_it_makes(misaki, organisation, make_people, make_segment):
    assert [step.done for step in start.first_steps(misaki)] == [False] * len(start.first_steps(misaki))
    make_people(1)
    make_segment()
    done = {step.label: step.done for step in start.first_steps(misaki)}
    assert (done["顧客を取り込む"], done["注文を取り込む"], done["セグメントを作る"]) == (True, False, True)


def test_a_step_is_done_by_what_one_sees(misaki, organisation, make_people):
    make_people(1)
    sees_own = replace(misaki, grants={**misaki.grants, ("customer", "read"): "own"})
    for actor, is_done in ((misaki, True), (sees_own, False)):
        assert {step.label: step.done for step in start.first_steps(actor)}["顧客を取り込む"] is is_done


def test_only_steps_that_one_may_take_are_shown(hayashi, admin_only):
    assert [step.label for step in start.first_steps(hayashi)] == []
    assert "送信設定をする" in [step.label for step in start.first_steps(admin_only)]


def test_the_steps_leave_home_once_something_was_sent(misaki, misaki_client, make_people, plan, freeze, now):
    make_people(1)
    panel = reverse("campaigns:start")
    delivery_id = plan()
    assert panel in misaki_client.get("/").content.decode()
    assert "はじめにすること" in misaki_client.get(panel).content.decode()
    freeze(delivery_id)
    Delivery.rows.filter(pk=delivery_id).update(state=Delivery.State.SENDING, started_at=now)
    assert not start.is_beginning(misaki)
    assert panel not in misaki_client.get("/").content.decode()
