"""What the unsubscribe page may say: who writes, and a masked address at most."""

from __future__ import annotations

from dataclasses import dataclass

from enishi.messaging.models import Message, Touch
from enishi.platform.errors import NotFound


@dataclass(frozen=True, slots=True)
class UnsubscribePage:
    sender_name: str
    already: bool


def unsubscribe_page(token_hash: bytes) -> UnsubscribePage:
    """For the holder of a mailed link. Raises NotFound. Two queries."""
    message = Message.rows.filter(token_hash=token_hash).select_related("delivery__account").first()
    if message is None or message.delivery.account is None:
        raise NotFound
    already = Touch.rows.filter(message=message, kind=Touch.Kind.UNSUBSCRIBE).exists()
    return UnsubscribePage(message.delivery.account.from_name, already)
