"""A16: between confirming a delivery and its leaving, rights are judged again; what may not leave any more reaches nobody."""

from __future__ import annotations

import pytest

from enishi.campaigns.actions import audiences
from enishi.campaigns.models import AudienceMember
from enishi.customers.tests.factories import customer
from enishi.messaging.actions import deliveries
from enishi.messaging.models import Delivery, Message
from enishi.platform.models import Event, Role, RoleGrant, RoleLevel, User, UserRole
from enishi.platform.rights import actor_of
from enishi.segments.tests.factories import IN_TAITO

pytestmark = pytest.mark.django_db

LOSSES = {
    "the role": lambda user_id: UserRole.rows.filter(user_id=user_id).delete(),
    "the right to send": lambda user_id: RoleGrant.rows.filter(object="delivery", action="send").delete(),
    "the account": lambda user_id: User.rows.filter(pk=user_id).update(is_active=False),
}


@pytest.fixture
def confirmed(plan, misaki, make_segment, now, monkeypatch):
    monkeypatch.setattr(deliveries, "is_clone", lambda: False)
    customer(email="a@example.jp", city="台東区")
    delivery_id = plan(segment_id=make_segment(IN_TAITO).pk, control_percent=0)
    audiences.confirm_delivery(actor=misaki, delivery_id=delivery_id, now=now)
    return delivery_id


def left(delivery_id):
    delivery = Delivery.rows.get(pk=delivery_id)
    return delivery.state, bool(delivery.stop_reason), Message.rows.filter(delivery=delivery).exclude(state="withdrawn").count()


@pytest.mark.parametrize("loss", LOSSES)
def test_nobody_is_put_on_the_ledger_for_who_may_not_send_any_more(loss, confirmed, misaki, now):
    LOSSES[loss](misaki.user_id)
    assert audiences.freeze_chunk(delivery_id=confirmed, now=now) is False
    assert left(confirmed) == ("cancelled", True, 0)
    assert not AudienceMember.rows.exists()
    assert Event.rows.filter(kind="delivery.cancelled", actor_kind="system").count() == 1


def test_who_may_not_ask_what_the_rule_asks_freezes_nobody(confirmed, now):
    RoleLevel.rows.filter(privacy_class="personal").update(level=1)
    audiences.freeze_chunk(delivery_id=confirmed, now=now)
    assert left(confirmed) == ("cancelled", True, 0)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_delivery_that_waits_is_withdrawn(loss, confirmed, misaki, now):
    audiences.freeze_chunk(delivery_id=confirmed, now=now)
    assert Delivery.rows.get(pk=confirmed).state == "waiting"
    LOSSES[loss](misaki.user_id)
    Delivery.rows.filter(pk=confirmed).update(due_at=now)
    deliveries.start_due(now=now)
    assert left(confirmed) == ("cancelled", True, 0)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_delivery_on_its_way_stops_and_goes_on_for_who_may_send(loss, confirmed, misaki, make_user, now):
    audiences.freeze_chunk(delivery_id=confirmed, now=now)
    Delivery.rows.filter(pk=confirmed).update(due_at=now)
    deliveries.start_due(now=now)
    deliveries.keep_sending(now=now)
    assert left(confirmed) == ("sending", False, 1)
    LOSSES[loss](misaki.user_id)
    deliveries.keep_sending(now=now)
    assert left(confirmed) == ("stopped", True, 1)
    RoleGrant.rows.get_or_create(role=Role.rows.get(key="ec_lead"), object="delivery", action="send", scope="all")
    other = actor_of(make_user("other", "ec_lead"))
    deliveries.resume_delivery(actor=other, delivery_id=confirmed, now=now)
    deliveries.keep_sending(now=now)
    assert left(confirmed) == ("sending", False, 1)
    assert Delivery.rows.get(pk=confirmed).confirmed_by_id == other.user_id
