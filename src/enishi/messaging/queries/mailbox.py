"""The demo's mailbox, newest first, and one mail of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from enishi.messaging.access import visible_mails
from enishi.messaging.models import SinkMail
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import NotFound
from enishi.platform.origins import files_url
from enishi.platform.policy import shown

PAGE = 50


@dataclass(frozen=True, slots=True)
class MailLine:
    id: int
    seen: bool
    at: datetime
    recipient: str | None = shown("recipient")
    sender: str | None = shown("sender")
    subject: str | None = shown("subject")


def mailbox(actor: Actor, *, to: str = "", before: int | None = None) -> list[MailLine]:
    """A page of the mailbox; `to` is part of an address (only for viewers who read addresses). One query."""
    rows = visible_mails(actor).order_by("-id")
    if to:
        rows = rows.filter(recipient__icontains=to)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return policy.present_many(MailLine, actor, rows[: PAGE + 1])


def one_mail(actor: Actor, mail_id: int) -> MailLine:
    """One mail's head. Raises NotFound."""
    return policy.present(MailLine, actor, visible_mails(actor), pk=mail_id)


def body_url(actor: Actor, mail_id: int) -> str:
    """Where the mail's HTML is shown: another origin, by a random token. Raises NotFound."""
    token = visible_mails(actor).filter(pk=mail_id).values_list("view_token", flat=True).first()
    if token is None:
        raise NotFound
    return files_url(f"/mail/{token}")


def raw_by_token(token: str) -> bytes:
    """The mail behind a view token: the holder was allowed to see it when the token was given. Raises NotFound."""
    raw = SinkMail.rows.filter(view_token=token).values_list("raw", flat=True).first()
    if raw is None:
        raise NotFound
    return bytes(raw)
