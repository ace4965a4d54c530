from __future__ import annotations

import pytest

from enishi.campaigns.actions import audiences
from enishi.messaging.models import Delivery, MailAccount
from enishi.messaging.tests.factories import account, make_people
from enishi.segments.models import Segment
from enishi.segments.tests.factories import EVERYBODY

__all__ = ["account", "make_people"]

FOOTER = {
    "type": "footer",
    "sender_name": "縁日堂",
    "address": "東京都台東区谷中1-2-3",
    "contact": "0120-000-000",
    "unsubscribe": "配信停止",
}
BLOCKS = [
    {"type": "heading", "text": "新茶のご案内"},
    {"type": "text", "paragraphs": [[{"text": "{{ customer.name | default: 'お客様' }} 様"}]]},
    {"type": "button", "label": "見る", "link": "https://shop.example.jp/shincha"},
    FOOTER,
]


@pytest.fixture
def make_segment(db, now):
    """`make_segment(rule)` → a saved rule; everybody, unless said otherwise."""

    def make(rule=EVERYBODY, **columns):
        number = f"S-{Segment.rows.count() + 1:06d}"
        return Segment.rows.create(**({"number": number, "name": "みんな", "rule": rule, "created_at": now} | columns))

    return make


@pytest.fixture
def plan(organisation, misaki, account, make_segment, now):
    """`plan(control_percent=20)` → the id of a draft that can be sent to everybody."""

    def make(**changed):
        given = {
            "actor": misaki,
            "name": "新茶先行案内",
            "subject": "{{ customer.family_name }}様へ",
            "preheader": "",
            "blocks": BLOCKS,
            "account_id": account.pk,
            "control_percent": 0,
            "hypothesis": "先に知ることを喜ぶ",
            "now": now,
        } | changed
        if "segment_id" not in given:
            given["segment_id"] = make_segment().pk
        return audiences.plan_delivery(**given)

    return make


@pytest.fixture
def freeze(misaki, now):
    """`freeze(delivery_id, size=2)` → confirmed, and frozen to the end in chunks of this size."""

    def run(delivery_id, size=100):
        audiences.confirm_delivery(actor=misaki, delivery_id=delivery_id, now=now)
        while audiences.freeze_chunk(delivery_id=delivery_id, size=size, now=now):
            pass
        return Delivery.rows.get(pk=delivery_id)

    return run


@pytest.fixture
def other_account(account, now):
    return MailAccount.rows.create(
        name="別", preset="other", host="127.0.0.1", port=26, security="none", from_name="別", from_email="b@example.jp", created_at=now
    )
