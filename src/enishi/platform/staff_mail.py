"""Mail to staff: invitations, lost passwords, notices of what was changed on their account. Never to customers.

What takes it to a server is the wire STAFF_MAIL: the system's own server (ENISHI_SMTP_HOST), else the company's first
account of 送信設定.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from enishi.platform import wiring
from enishi.platform.errors import ActionError


@dataclass(frozen=True, slots=True)
class StaffMail:
    """One mail in plain text, to one address."""

    to: str
    subject: str
    text: str


class NoMailServer(ActionError):
    """There is nothing yet by which mail could leave."""

    code = "staff_mail.none"
    message = _("メールを送る設定がまだありません。「送信設定」を登録するか、リンクをコピーして渡してください。")


def can_send() -> bool:
    """Whether a server is set up. One query at most."""
    has_server: Callable[[], bool] = wiring.load("STAFF_MAIL")["ready"]
    return has_server()


def send(mail: StaffMail) -> None:
    """Hand the mail to the server, now. Raises NoMailServer, and the ActionErrors of connection and server, which say why."""
    hand_over: Callable[[StaffMail], None] = wiring.load("STAFF_MAIL")["send"]
    hand_over(mail)
