"""送信設定 as screens show it; the password never leaves the row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from enishi.messaging.access import visible_accounts
from enishi.messaging.models import MailAccount
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.policy import shown
from enishi.platform.secrets import unseal


@dataclass(frozen=True, slots=True)
class AccountCard:
    id: int
    name: str
    preset: str
    host: str
    port: int
    security: str
    username: str
    from_name: str
    from_email: str
    reply_to: str
    per_second: int
    is_sink: bool
    proved_at: datetime | None = shown("proved_at")


def accounts(actor: Actor) -> list[AccountCard]:
    """Accounts in use, oldest first. One query."""
    return policy.present_many(AccountCard, actor, visible_accounts(actor).order_by("id"))


def account_card(actor: Actor, account_id: int) -> AccountCard:
    """One account. Raises NotFound. One query."""
    return policy.present(AccountCard, actor, visible_accounts(actor), pk=account_id)


@dataclass(frozen=True, slots=True)
class Door:
    """What is needed to connect and to sign a mail; for jobs and the test send, never for a screen."""

    host: str
    port: int
    security: str
    username: str
    password: str
    from_name: str
    from_email: str
    reply_to: str
    per_second: int


def door_of(account_id: int) -> Door:
    """The account with its password opened. Unscoped: the caller has checked who asks. One query."""
    row = MailAccount.rows.get(pk=account_id)
    sealed = bytes(row.password_sealed)
    password = unseal(sealed, place=row.password_place) if sealed else ""
    # The demo's mailbox moves with the port that the demo was started on.
    host, port = ("127.0.0.1", settings.SINK_PORT) if row.is_sink else (row.host, row.port)
    return Door(host, port, row.security, row.username, password, row.from_name, row.from_email, row.reply_to, row.per_second)
