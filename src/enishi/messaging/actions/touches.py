"""What comes back from a mail: opens, clicks and the wish not to be written to again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from enishi.customers.actions.consent import Statement, record_consents, suppress_hash
from enishi.messaging.mail.machines import is_machine
from enishi.messaging.models import Delivery, DeliveryLink, Message, Touch
from enishi.platform import events
from enishi.platform.action import action
from enishi.platform.actor import SYSTEM
from enishi.platform.errors import NotFound


def _message(token_hash: bytes) -> Message:
    found = Message.rows.filter(token_hash=token_hash).select_related("delivery").first()
    if found is None:
        raise NotFound
    return found


@action
def record_open(*, token_hash: bytes, user_agent: str, now: datetime) -> None:
    """One open; by a machine or by a person, kept apart. Raises NotFound. Two queries."""
    message = _message(token_hash)
    Touch.rows.create(
        message=message,
        customer_id=message.customer_id,
        kind=Touch.Kind.OPEN,
        machine=is_machine(user_agent, handed_at=message.handed_at, now=now),
        at=now,
    )


@action
def record_click(*, token_hash: bytes, position: int, user_agent: str, now: datetime) -> str:
    """One click on link `position`; gives the address it leads to. Raises NotFound. Three queries."""
    message = _message(token_hash)
    link = DeliveryLink.rows.filter(delivery_id=message.delivery_id, position=position).first()
    if link is None:
        raise NotFound
    Touch.rows.create(
        message=message,
        customer_id=message.customer_id,
        kind=Touch.Kind.CLICK,
        link=link,
        machine=is_machine(user_agent, handed_at=message.handed_at, now=now),
        at=now,
    )
    return link.url


@action
def unsubscribe(*, token_hash: bytes, now: datetime) -> None:
    """The person wants no more mails: the ledger of consents says so of mailings and of the purpose of this one, and the
    address is suppressed.

    Done twice it changes nothing more. Records `consent.withdrawn`. Raises NotFound.
    """
    message = _message(token_hash)
    if Touch.rows.filter(message=message, kind=Touch.Kind.UNSUBSCRIBE).exists():
        return
    Touch.rows.create(message=message, customer_id=message.customer_id, kind=Touch.Kind.UNSUBSCRIBE, at=now)
    said = Statement(message.customer_id, "email", allowed=False, basis="refused", source="unsubscribe", source_id=message.pk)
    of_this = message.delivery.purpose if message.delivery.purpose != Delivery.TRANSACTIONAL else said.purpose
    record_consents(
        statements=[replace(said, purpose=purpose) for purpose in dict.fromkeys((said.purpose, of_this))], actor=SYSTEM, now=now
    )
    if message.address_hash is not None:
        suppress_hash(channel="email", address_hash=bytes(message.address_hash), reason="unsubscribed", now=now)
    events.record("consent.withdrawn", subject=message.pk, customer=message.customer_id, actor=SYSTEM, at=now, data={"channel": "email"})
