"""Verbs of 送信設定: the servers that take our mail."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from enishi.messaging.mail.envelope import AddressRefused, MailAddress
from enishi.messaging.models import MailAccount
from enishi.platform import events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid
from enishi.platform.secrets import seal


@action
def save_account(
    *,
    actor: Actor,
    account_id: int | None,
    name: str,
    preset: str,
    host: str,
    port: int,
    security: str,
    username: str,
    password: str,
    from_name: str,
    from_email: str,
    reply_to: str,
    per_second: int,
    now: datetime,
) -> int:
    """Make or change an account; an empty password keeps the one that is stored. Gives its id.

    A change of the server means that it has to be proved again. Records `mail_account.saved`.
    Raises NotFound, NotAllowed, Invalid.
    """
    _check_addresses(from_email=from_email, reply_to=reply_to)
    if account_id is None:
        policy.require(actor, "mail_account", "configure")
        account = MailAccount(created_at=now)
    else:
        account = policy.get(actor, MailAccount, "configure", account_id)
    same_server = (account.host, account.port, account.security, account.username) == (host, port, security, username)
    account.name, account.preset, account.host, account.port, account.security = name, preset, host, port, security
    account.username, account.from_name, account.from_email = username, from_name, from_email
    account.reply_to, account.per_second = reply_to, per_second
    if not same_server or password:
        account.proved_at = None
    account.save()
    if password:
        account.password_sealed = seal(password, place=account.password_place)
        account.save(update_fields=["password_sealed"])
    events.record("mail_account.saved", subject=account.pk, customer=None, actor=actor, at=now)
    return account.pk


def _check_addresses(**addresses: str) -> None:
    faults = {}
    for field, address in addresses.items():
        try:
            if address:
                MailAddress.parse(address)
        except AddressRefused as error:
            faults[field] = [str(error)]
    if faults:
        raise Invalid(fields=faults)


@action
def mark_proved(*, actor: Actor, account_id: int, now: datetime) -> None:
    """A mail by this account has just been taken by its server. Records `mail_account.proved`."""
    account = policy.get(actor, MailAccount, "configure", account_id)
    account.proved_at = now
    account.save(update_fields=["proved_at"])
    events.record("mail_account.proved", subject=account.pk, customer=None, actor=actor, at=now)


@action
def archive_account(*, actor: Actor, account_id: int, now: datetime) -> None:
    """Use an account no more. Records `mail_account.archived`. Raises NotFound, NotAllowed, Invalid."""
    account = policy.get(actor, MailAccount, "configure", account_id)
    if account.is_sink:
        raise Invalid(_("デモの受信箱は外せません。"))
    account.archived_at = now
    account.save(update_fields=["archived_at"])
    events.record("mail_account.archived", subject=account.pk, customer=None, actor=actor, at=now)
