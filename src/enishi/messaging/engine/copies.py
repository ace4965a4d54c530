"""One person's copy of a delivery: merge fields, tracked addresses, bytes. No database, no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from enishi.customers.queries.recipients import Recipient
from enishi.messaging.keys import link_key
from enishi.messaging.mail.blocks import CompiledMail, MailTemplates, RenderedMail
from enishi.messaging.mail.envelope import Envelope, Letterhead, MailAddress
from enishi.messaging.mail.tracking import Purpose, sign
from enishi.platform.liquid import Plain
from enishi.platform.origins import track_url

# What a merge field may name, for the screens that offer them and for previews.
MERGE_FIELDS = ("customer.name", "customer.family_name", "customer.given_name", "customer.number")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who the mail says it is from."""

    from_name: str
    from_email: str
    reply_to: str = ""


def merge_data(recipient: Recipient) -> dict[str, Plain]:
    """Plain data for Liquid; nothing else of the person reaches a template."""
    return {
        "customer": {
            "name": recipient.name,
            "family_name": recipient.family_name or recipient.name,
            "given_name": recipient.given_name,
            "number": recipient.number,
            **recipient.own,
        }
    }


def tracked_addresses(links: int, token: bytes) -> dict[str, str]:
    """link0 …, unsubscribe and open: this copy's own addresses on the track host."""
    key, origin = link_key(), track_url("")
    addresses = {f"link{n}": f"{origin}/c/{sign(Purpose.CLICK, token, n, key=key)}" for n in range(links)}
    addresses["unsubscribe"] = f"{origin}/u/{sign(Purpose.UNSUBSCRIBE, token, 0, key=key)}"
    addresses["open"] = f"{origin}/o/{sign(Purpose.OPEN, token, 0, key=key)}"
    return addresses


class Press:
    """Prints copies of one delivery: the templates and the letterhead are prepared once."""

    def __init__(self, compiled: Mapping[str, object], sender: Sender, *, list_id: str) -> None:
        self.templates = MailTemplates(CompiledMail.from_json(compiled))
        self.letterhead = Letterhead(
            from_name=sender.from_name,
            from_address=MailAddress.parse(sender.from_email),
            reply_to=MailAddress.parse(sender.reply_to) if sender.reply_to else None,
            list_id=list_id,
        )

    def empty_fields(self, recipient: Recipient) -> list[str]:
        """Merge fields that would leave a hole in this person's copy."""
        return self.templates.empty_fields(merge_data(recipient))

    def render(self, recipient: Recipient, token: bytes) -> RenderedMail:
        return self.templates.render(merge_data(recipient), tracked_addresses(len(self.templates.links), token))

    def copy(self, recipient: Recipient, *, token: bytes, uuid: UUID, at: datetime) -> Envelope:
        """The copy as bytes for a mail server. Raises LiquidError, AddressRefused, HeaderRefused."""
        tracked = tracked_addresses(len(self.templates.links), token)
        mail = self.templates.render(merge_data(recipient), tracked)
        return self.letterhead.write(
            recipient=MailAddress.parse(recipient.address),
            subject=mail.subject,
            html=mail.html,
            text=mail.text,
            message_uuid=uuid,
            at=at,
            unsubscribe_url=tracked["unsubscribe"],
        )
