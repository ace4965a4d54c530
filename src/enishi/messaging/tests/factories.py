"""Short ways to a delivery with people on its ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from enishi.customers.models import ConsentState, Customer
from enishi.messaging.actions import ledger
from enishi.messaging.models import Delivery, MailAccount, Message


@pytest.fixture
def account(db: None, now: datetime) -> MailAccount:
    return MailAccount.rows.create(
        name="縁日堂",
        preset="other",
        host="127.0.0.1",
        port=2525,
        security="none",
        from_name="縁日堂",
        from_email="shop@example.jp",
        created_at=now,
    )


@pytest.fixture
def make_people(db: None, now: datetime) -> Callable[..., list[int]]:
    """`make_people(3, allowed=True)` → ids of customers with an address each."""
    made = 0

    def make(count: int, *, allowed: bool | None = True, **columns: object) -> list[int]:
        nonlocal made
        ids = []
        for _ in range(count):
            made += 1
            values = {"name": f"齋藤 {made}", "family_name": "齋藤", "email": f"c{made}@example.jp"} | columns
            customer = Customer.rows.create(number=f"C-{made:06d}", created_at=now, **values)
            if allowed is not None:
                basis = "consent" if allowed else "refused"
                ConsentState.rows.create(customer=customer, channel="email", allowed=allowed, basis=basis, changed_at=now)
            ids.append(customer.pk)
        return ids

    return make


@pytest.fixture
def make_sending(account: MailAccount, now: datetime) -> Callable[..., Delivery]:
    """`make_sending(ids)` → a delivery being sent, with these customers on its ledger."""

    def make(ids: list[int], **columns: object) -> Delivery:
        values = {"number": f"D-{Delivery.rows.count() + 1:06d}", "name": "新茶のご案内", "state": "sending", "account": account} | columns
        delivery = Delivery.rows.create(created_at=now, **values)
        ledger.add_recipients(delivery_id=delivery.pk, customer_ids=ids)
        return delivery

    return make


def states(delivery: Delivery) -> dict[int, str]:
    """customer id → state (with the reason, where suppressed)."""
    rows = Message.rows.filter(delivery=delivery).values_list("customer_id", "state", "reason")
    return {customer: f"{state}:{reason}" if reason else state for customer, state, reason in rows}
