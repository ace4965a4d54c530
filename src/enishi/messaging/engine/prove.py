"""「自分に1通送る」: the whole way of a mail, once, with every refusal said in words."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils.translation import gettext as _

from enishi.messaging.actions import accounts as actions
from enishi.messaging.mail.envelope import Letterhead, MailAddress
from enishi.messaging.mail.smtp import SendState, SmtpSession
from enishi.messaging.mail.smtp_connection import SmtpServer
from enishi.messaging.models import MailAccount
from enishi.messaging.queries.accounts import door_of
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import ActionError


class ProofRefused(ActionError):
    """The server was reached and did not take the mail; its own words say why."""

    code = "mail_account.proof_refused"
    status = 422


def send_proof(*, actor: Actor, account_id: int, to: str, now: datetime) -> None:
    """Send one mail by this account to oneself and remember that it worked.

    Raises NotFound, NotAllowed, AddressRefused, and the connection's own refusals (each says what to do).
    """
    policy.get(actor, MailAccount, "configure", account_id, lock=False)
    door = door_of(account_id)
    text = _("このメールは、送信設定を確かめるために自分あてに送られました。届いていれば、設定は終わりです。")
    letterhead = Letterhead(from_name=door.from_name, from_address=MailAddress.parse(door.from_email))
    envelope = letterhead.write(
        recipient=MailAddress.parse(to),
        subject=_("送信設定の確認"),
        html=f"<!doctype html><html lang=ja><body><p>{text}</p></body></html>",
        text=text,
        message_uuid=uuid.uuid4(),
        at=now,
    )
    session = SmtpSession(SmtpServer.of(door))
    try:
        (outcome,) = session.deliver([envelope])
    finally:
        session.close()
    if outcome.state != SendState.ACCEPTED:
        raise ProofRefused(_("送信サーバーが受け取りませんでした: %(answer)s") % {"answer": outcome.answer})
    actions.mark_proved(actor=actor, account_id=account_id, now=now)
