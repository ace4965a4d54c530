"""A plan, its confirmation, and the freeze: both arms stand before anybody asks about consent, and nobody is in twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from enishi.campaigns.actions import audiences
from enishi.campaigns.arms import is_control
from enishi.campaigns.models import Audience, AudienceMember
from enishi.campaigns.tests.conftest import BLOCKS
from enishi.customers.models import CustomerAlias
from enishi.messaging.actions import deliveries
from enishi.messaging.models import Delivery, DeliveryLink, Message
from enishi.platform import rights
from enishi.platform.errors import Invalid, NotAllowed, NotFound
from enishi.platform.models import Event, Role, RoleLevel
from enishi.platform.privacy import Level, Privacy
from enishi.rules.rights import RuleRefused
from enishi.segments.actions.segments import archive_segment
from enishi.segments.tests.factories import EVERYBODY, FIRM, IN_TAITO, condition

pytestmark = pytest.mark.django_db


@pytest.fixture
def masked_marketer(make_user):
    """May plan and send, and reads no personal data in clear."""
    user = make_user("masked", "ec_staff")
    RoleLevel.rows.filter(role=Role.rows.get(key="ec_staff"), privacy_class=Privacy.PERSONAL.value).update(level=Level.MASKED)
    return rights.actor_of(user)


def confirm(actor, delivery_id, now):
    audiences.confirm_delivery(actor=actor, delivery_id=delivery_id, now=now)


def members(delivery_id):
    return dict(AudienceMember.rows.filter(audience_id=delivery_id).values_list("customer_id", "arm"))


def waiting_jobs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'delivery_id' FROM procrastinate_jobs WHERE task_name = 'campaigns.freeze'")
        return [int(row[0]) for row in cursor.fetchall()]


# ---- the plan


def test_a_plan_is_a_draft_with_an_audience(plan, misaki, make_segment):
    segment = make_segment()
    delivery = Delivery.rows.get(pk=plan(segment_id=segment.pk, control_percent=20))
    audience = Audience.rows.get(pk=delivery.pk)
    assert (delivery.state, delivery.number, delivery.owner_id) == ("draft", "D-000001", misaki.user_id)
    assert (audience.segment_id, audience.control_percent, audience.hypothesis) == (segment.pk, 20, "先に知ることを喜ぶ")
    assert (audience.rule, audience.assigned_at) == (None, None)
    assert Event.rows.get(kind="delivery.created").subject_id == delivery.pk


@pytest.mark.parametrize("percent", [-1, 51, 100])
def test_at_most_half_is_held_back(plan, percent):
    with pytest.raises(Invalid) as refused:
        plan(control_percent=percent)
    assert list(refused.value.fields) == ["control_percent"]
    assert Delivery.rows.count() == 0


def test_who_may_not_create_plans_nothing(plan, yoshida):
    with pytest.raises(NotAllowed):
        plan(actor=yoshida)
    assert Delivery.rows.count() == 0


def test_a_segment_in_the_recycle_bin_is_planned_and_sent_to_by_nobody(plan, misaki, make_segment, make_people, now):
    make_people(2)
    segment = make_segment()
    delivery_id = plan(segment_id=segment.pk)
    archive_segment(actor=misaki, segment_id=segment.pk, now=now)
    with pytest.raises(NotFound):
        confirm(misaki, delivery_id, now)
    with pytest.raises(NotFound):
        plan(segment_id=segment.pk)
    assert Delivery.rows.get().state == "draft"


def test_a_draft_changes_and_a_confirmed_one_does_not(plan, misaki, make_segment, make_people, freeze, now):
    make_people(1)
    delivery_id = plan()
    change = {
        "actor": misaki,
        "delivery_id": delivery_id,
        "name": "二番茶",
        "subject": "二番茶ができました",
        "preheader": "",
        "blocks": BLOCKS,
        "account_id": Delivery.rows.get().account_id,
        "segment_id": make_segment().pk,
        "control_percent": 10,
        "hypothesis": "",
        "purpose": "marketing",
        "now": now,
    }
    audiences.change_plan(**change)
    assert (Delivery.rows.get().subject, Audience.rows.get().control_percent) == ("二番茶ができました", 10)
    freeze(delivery_id)
    with pytest.raises(deliveries.DeliveryNotDraft):
        audiences.change_plan(**change | {"control_percent": 50})
    assert Audience.rows.get().control_percent == 10


# ---- the confirmation


def test_confirming_fixes_the_mail_and_orders_the_freeze(plan, misaki, make_people, now):
    make_people(2)
    delivery_id = plan()
    confirm(misaki, delivery_id, now)
    delivery = Delivery.rows.get()
    assert (delivery.state, delivery.confirmed_at) == ("freezing", now)
    assert delivery.due_at == now + timedelta(minutes=5)
    assert DeliveryLink.rows.get().url == "https://shop.example.jp/shincha"
    assert Audience.rows.get().rule == EVERYBODY
    assert waiting_jobs() == [delivery_id]
    assert Event.rows.filter(kind="delivery.confirmed", subject_id=delivery_id).count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"segment_id": None}, "segment"),
        ({"account_id": None}, "account"),
        ({"subject": ""}, "subject"),
        ({"blocks": BLOCKS[:1]}, "blocks"),
    ],
)
def test_what_is_missing_is_said_where_it_is_missing(plan, misaki, make_people, now, changed, field):
    make_people(1)
    delivery_id = plan(**changed)
    with pytest.raises(Invalid) as refused:
        confirm(misaki, delivery_id, now)
    assert any(place.split(".")[0] == field for place in refused.value.fields)
    assert (Delivery.rows.get().state, waiting_jobs()) == ("draft", [])


def test_nobody_is_no_audience(plan, misaki, make_segment, make_people, now):
    make_people(3)
    delivery_id = plan(segment_id=make_segment(FIRM).pk)
    with pytest.raises(audiences.AudienceEmpty):
        confirm(misaki, delivery_id, now)
    assert Delivery.rows.get().state == "draft"


def test_a_delivery_is_confirmed_once(plan, misaki, make_people, now):
    make_people(1)
    delivery_id = plan()
    confirm(misaki, delivery_id, now)
    with pytest.raises(deliveries.DeliveryNotDraft):
        confirm(misaki, delivery_id, now)
    assert waiting_jobs() == [delivery_id]


def test_a_rule_about_what_one_may_not_read_is_not_sent_to(plan, masked_marketer, make_segment, make_people, now):
    make_people(1, city="台東区")
    delivery_id = plan(segment_id=make_segment(IN_TAITO).pk)
    with pytest.raises(RuleRefused):
        confirm(masked_marketer, delivery_id, now)
    assert Delivery.rows.get().state == "draft"


def test_the_outsider_neither_confirms_nor_judges(plan, yoshida, make_people, now):
    make_people(1)
    delivery_id = plan(segment_id=None)  # that it lacks a segment is not told to them either
    with pytest.raises(NotFound):
        confirm(yoshida, delivery_id, now)
    with pytest.raises(NotFound):
        audiences.judge_delivery(actor=yoshida, delivery_id=delivery_id, verdict="keep", lesson="", now=now)


# ---- the freeze


def test_everybody_is_in_one_arm_by_their_hash_whatever_they_allowed(plan, freeze, make_people, now):
    willing, refusing, unasked = make_people(30), make_people(20, allowed=False), make_people(10, allowed=None)
    no_address = make_people(5, email="")
    archived = make_people(1, archived_at=now)
    delivery = freeze(plan(control_percent=20), size=7)
    found = members(delivery.pk)
    everybody = willing + refusing + unasked + no_address
    assert found == {pk: "control" if is_control(delivery.pk, pk, 20) else "treated" for pk in everybody}
    assert archived[0] not in found
    assert set(Message.rows.values_list("customer_id", flat=True)) == {pk for pk, arm in found.items() if arm == "treated"}
    audience = Audience.rows.get()
    counts = (audience.treated_count, audience.control_count)
    assert counts == (list(found.values()).count("treated"), list(found.values()).count("control"))
    assert (delivery.state, audience.assigned_at, audience.frozen_at) == ("waiting", now, now)
    assert Event.rows.get(kind="audience.frozen").data == {"treated": counts[0], "control": counts[1]}


def test_without_a_control_group_everybody_is_treated(plan, freeze, make_people):
    make_people(12)
    delivery = freeze(plan(control_percent=0))
    assert set(members(delivery.pk).values()) == {"treated"}
    assert Message.rows.count() == 12


def test_a_broken_freeze_goes_on_where_it_stood_and_a_second_one_changes_nothing(plan, misaki, make_people, now):
    make_people(10)
    delivery_id = plan(control_percent=50)
    confirm(misaki, delivery_id, now)
    assert audiences.freeze_chunk(delivery_id=delivery_id, size=4, now=now)
    half = members(delivery_id)
    later = now + timedelta(minutes=3)
    while audiences.freeze_chunk(delivery_id=delivery_id, size=4, now=later):
        pass
    whole = members(delivery_id)
    assert (len(half), len(whole)) == (4, 10)
    assert half.items() <= whole.items()
    messages = list(Message.rows.order_by("pk").values_list("pk", "customer_id", "state"))
    assert not audiences.freeze_chunk(delivery_id=delivery_id, size=4, now=later)
    assert members(delivery_id) == whole
    assert list(Message.rows.order_by("pk").values_list("pk", "customer_id", "state")) == messages
    assert Event.rows.filter(kind="audience.frozen").count() == 1


def test_the_rule_is_asked_as_of_the_confirmation_however_long_the_freeze_takes(plan, misaki, make_segment, make_people, now):
    today = condition("customer.registered", "date", "within_last_days", 0)
    ids = make_people(6)
    delivery_id = plan(segment_id=make_segment(today).pk)
    confirm(misaki, delivery_id, now)
    assert audiences.freeze_chunk(delivery_id=delivery_id, size=3, now=now)
    while audiences.freeze_chunk(delivery_id=delivery_id, size=3, now=now + timedelta(days=1)):
        pass
    assert set(members(delivery_id)) == set(ids)


def test_a_rule_that_changes_later_changes_nothing_here(plan, misaki, make_segment, make_people, now):
    make_people(4)
    segment = make_segment()
    delivery_id = plan(segment_id=segment.pk)
    confirm(misaki, delivery_id, now)
    segment.rule = FIRM
    segment.save()
    assert not audiences.freeze_chunk(delivery_id=delivery_id, now=now)
    assert len(members(delivery_id)) == 4


def test_a_merged_customer_is_there_under_the_id_that_lives_on(plan, freeze, make_people, now):
    (living,) = make_people(1)
    old = living + 100_000
    CustomerAlias.rows.create(old_id=old, current_id=living, number="C-900000", merged_at=now)
    delivery = freeze(plan())
    assert list(members(delivery.pk)) == [living]
    assert old not in members(delivery.pk)


def test_a_chunk_asks_the_database_as_often_whatever_its_size(plan, misaki, make_people, now, django_assert_max_num_queries):
    make_people(40)
    delivery_id = plan(control_percent=20)
    confirm(misaki, delivery_id, now)
    # Two locks, the sender and their rights as they are now, the people, their own fields, two arms, the ledger, the audience, a
    # savepoint of the test.
    with django_assert_max_num_queries(17):
        audiences.freeze_chunk(delivery_id=delivery_id, size=30, now=now)


# ---- the wait, and taking it back


def test_the_wait_is_the_organisations(plan, misaki, organisation, make_people, now):
    organisation.send_wait_minutes = 15
    organisation.save()
    make_people(1)
    confirm(misaki, plan(), now)
    assert Delivery.rows.get().due_at == now + timedelta(minutes=15)


def test_it_waits_five_minutes_and_then_starts(plan, freeze, make_people, now, monkeypatch):
    monkeypatch.setattr(deliveries, "is_clone", lambda: False)
    make_people(2)
    delivery = freeze(plan())
    assert deliveries.start_due(now=now + timedelta(minutes=4, seconds=59)) == 0
    assert deliveries.start_due(now=now + timedelta(minutes=5)) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.started_at) == ("sending", now + timedelta(minutes=5))
    assert Event.rows.filter(kind="delivery.started").count() == 1


def test_taken_back_it_goes_to_nobody(plan, freeze, make_people, misaki, now, monkeypatch):
    monkeypatch.setattr(deliveries, "is_clone", lambda: False)
    make_people(3)
    delivery = freeze(plan())
    deliveries.cancel_delivery(actor=misaki, delivery_id=delivery.pk, now=now)
    assert deliveries.start_due(now=now + timedelta(days=1)) == 0
    assert set(Message.rows.values_list("state", flat=True)) == {"withdrawn"}
    assert Delivery.rows.get().state == "cancelled"
    assert Event.rows.filter(kind="delivery.cancelled").count() == 1


def test_taken_back_while_it_is_being_frozen_the_freeze_ends(plan, make_people, misaki, now):
    make_people(6)
    delivery_id = plan()
    confirm(misaki, delivery_id, now)
    assert audiences.freeze_chunk(delivery_id=delivery_id, size=2, now=now)
    deliveries.cancel_delivery(actor=misaki, delivery_id=delivery_id, now=now)
    assert not audiences.freeze_chunk(delivery_id=delivery_id, size=2, now=now)
    assert list(Message.rows.values_list("state", flat=True)) == ["withdrawn"] * 2
    assert Delivery.rows.get().state == "cancelled"


def test_what_has_left_is_not_taken_back(plan, freeze, make_people, misaki, now):
    make_people(1)
    delivery = freeze(plan())
    Delivery.rows.filter(pk=delivery.pk).update(state="sending")
    with pytest.raises(deliveries.DeliveryAlreadyLeft):
        deliveries.cancel_delivery(actor=misaki, delivery_id=delivery.pk, now=now)


def test_only_the_demo_hurries(plan, freeze, make_people, misaki, now, settings):
    make_people(1)
    delivery = freeze(plan())
    settings.DEMO = False
    with pytest.raises(deliveries.DeliveryNotRunning):
        deliveries.hurry_delivery(actor=misaki, delivery_id=delivery.pk, now=now)
    settings.DEMO = True
    deliveries.hurry_delivery(actor=misaki, delivery_id=delivery.pk, now=now)
    assert Delivery.rows.get().due_at == now


def test_stopping_and_going_on(plan, freeze, make_people, misaki, now):
    make_people(2)
    delivery = freeze(plan())
    with pytest.raises(deliveries.DeliveryNotRunning):
        deliveries.stop_delivery(actor=misaki, delivery_id=delivery.pk, now=now)
    Delivery.rows.filter(pk=delivery.pk).update(state="sending", started_at=now)
    with pytest.raises(deliveries.DeliveryNotStopped):
        deliveries.resume_delivery(actor=misaki, delivery_id=delivery.pk, now=now)
    deliveries.stop_delivery(actor=misaki, delivery_id=delivery.pk, now=now)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.stop_reason) == ("stopped", "髙橋 美咲さんが止めました")
    deliveries.resume_delivery(actor=misaki, delivery_id=delivery.pk, now=now)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.stop_reason, delivery.finished_at) == ("sending", "", None)
    assert set(Message.rows.values_list("state", flat=True)) == {"queued"}


# ---- the lesson


@pytest.mark.parametrize("verdict", ["keep", "stop", "retest"])
def test_what_was_learned_is_kept(plan, misaki, now, verdict):
    delivery_id = plan()
    audiences.judge_delivery(actor=misaki, delivery_id=delivery_id, verdict=verdict, lesson="来年は二番茶でも。", now=now)
    audience = Audience.rows.get()
    assert (audience.verdict, audience.lesson) == (verdict, "来年は二番茶でも。")
    assert Event.rows.get(kind="delivery.judged").data == {"verdict": verdict}


@pytest.mark.parametrize("verdict", ["", "maybe"])
def test_a_verdict_is_one_of_three(plan, misaki, now, verdict):
    delivery_id = plan()
    with pytest.raises(Invalid):
        audiences.judge_delivery(actor=misaki, delivery_id=delivery_id, verdict=verdict, lesson="", now=now)
    assert Event.rows.filter(kind="delivery.judged").count() == 0
