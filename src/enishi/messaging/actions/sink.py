"""The demo's own mailbox: mails that arrived inside this installation."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email import policy as email_policy

from enishi.messaging.models import SinkMail
from enishi.platform import policy
from enishi.platform.action import action
from enishi.platform.actor import Actor


@dataclass(frozen=True, slots=True)
class Arrived:
    recipient: str
    raw: bytes


@action
def take_mails(*, mails: Sequence[Arrived], now: datetime) -> None:
    """Keep mails that the demo's server took. A mail that comes twice is kept twice: that would be a bug to see."""
    rows = []
    for mail in mails:
        head = message_from_bytes(mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=email_policy.default)
        rows.append(
            SinkMail(
                recipient=mail.recipient[:254],
                sender=str(head.get("From", ""))[:320],
                subject=str(head.get("Subject", ""))[:400],
                message_id=str(head.get("Message-ID", "")).strip("<> ")[:200],
                raw=mail.raw,
                view_token=secrets.token_urlsafe(20),
                at=now,
            )
        )
    SinkMail.rows.bulk_create(rows)


@action
def mark_seen(*, actor: Actor, mail_id: int) -> None:
    """The mail was opened in the mailbox. Raises NotFound."""
    mail = policy.get(actor, SinkMail, "read", mail_id)
    if not mail.seen:
        mail.seen = True
        mail.save(update_fields=["seen"])
