"""Takes mail to staff to a server: the wire STAFF_MAIL of the platform."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db.models import F
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from enishi.messaging.mail.envelope import Letterhead, MailAddress
from enishi.messaging.mail.smtp import SendState, SmtpSession
from enishi.messaging.mail.smtp_connection import Security, SmtpServer
from enishi.messaging.models import MailAccount
from enishi.messaging.queries.accounts import door_of
from enishi.platform import modules, time
from enishi.platform.errors import ActionError
from enishi.platform.staff_mail import NoMailServer, StaffMail


class MailRefused(ActionError):
    """The server was reached and did not take the mail; its own words say why."""

    code = "staff_mail.refused"
    status = 422


def _account_id() -> int | None:
    """The first account in use; one that is known to work before one that nobody has tried."""
    if not modules.runs("messaging"):
        return None
    rows = MailAccount.rows.filter(archived_at=None).order_by(F("proved_at").asc(nulls_last=True), "pk")
    return rows.values_list("pk", flat=True).first()


def ready() -> bool:
    return bool(settings.SYSTEM_SMTP_HOST) or _account_id() is not None


def send(mail: StaffMail) -> None:
    server, sender = _server()
    text = mail.text.replace("\r\n", "\n")
    letterhead = Letterhead(from_name=sender[0], from_address=MailAddress.parse(sender[1]))
    envelope = letterhead.write(
        recipient=MailAddress.parse(mail.to),
        subject=mail.subject,
        html=f'<!doctype html><html lang="{get_language()}"><body><pre style="font:inherit;white-space:pre-wrap">{escape(text)}</pre></body></html>',
        text=text,
        message_uuid=uuid.uuid4(),
        at=time.now(),
    )
    session = SmtpSession(server)
    try:
        (outcome,) = session.deliver([envelope])
    finally:
        session.close()
    if outcome.state != SendState.ACCEPTED:
        raise MailRefused(_("送信サーバーが受け取りませんでした: %(answer)s") % {"answer": outcome.answer})


def _server() -> tuple[SmtpServer, tuple[str, str]]:
    """The system's own server and sender, else those of an account. Raises NoMailServer."""
    if settings.SYSTEM_SMTP_HOST:
        server = SmtpServer(
            settings.SYSTEM_SMTP_HOST,
            settings.SYSTEM_SMTP_PORT,
            Security(settings.SYSTEM_SMTP_SECURITY),
            settings.SYSTEM_SMTP_USER,
            settings.SYSTEM_SMTP_PASSWORD,
        )
        return server, ("Enishi", settings.SYSTEM_SMTP_FROM)
    account_id = _account_id()
    if account_id is None:
        raise NoMailServer
    door = door_of(account_id)
    return SmtpServer.of(door), (door.from_name, door.from_email)
