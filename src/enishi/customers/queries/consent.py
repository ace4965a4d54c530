"""Who may be written to. System reads: they know no viewer, and show nobody anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.customers import access
from enishi.customers.models import ConsentState, Suppression
from enishi.customers.models.consent import Channel, Purpose
from enishi.customers.queries.recipients import Recipient, mail_recipients
from enishi.platform.actor import Actor
from enishi.platform.japanese.mail import normalise_mail
from enishi.platform.japanese.phone import parse_phone
from enishi.platform.secrets import keyed_hash


class Obstacle(StrEnum):
    """Why somebody cannot be sent a mailing; the first that holds, in this order."""

    GONE = "gone"
    ARCHIVED = "archived"
    NO_ADDRESS = "no_address"
    STOPPED_ADDRESS = "stopped_address"
    REFUSED = "refused"
    NEVER_ASKED = "never_asked"
    SUPPRESSED = "suppressed"


OBSTACLE_LABELS: Mapping[Obstacle, str | Promise] = {
    Obstacle.GONE: _("顧客が見つかりません"),
    Obstacle.ARCHIVED: _("ごみ箱にある顧客です"),
    Obstacle.NO_ADDRESS: _("メールアドレスがありません"),
    Obstacle.STOPPED_ADDRESS: _("メールアドレスが無効です"),
    Obstacle.REFUSED: _("本人の希望で配信不可"),
    Obstacle.NEVER_ASKED: _("同意が未取得です"),
    Obstacle.SUPPRESSED: _("配信停止リストにある宛先です"),
}


@dataclass(frozen=True, slots=True)
class Mailable:
    """Whether one customer can be sent a mailing now; `obstacle` says why not."""

    allowed: bool
    obstacle: Obstacle | None = None

    @property
    def reason(self) -> str:
        return str(OBSTACLE_LABELS[self.obstacle]) if self.obstacle else ""


def address_hash(channel: str, address: str) -> bytes | None:
    """The keyed hash under which an address stands in the suppression list; None where it is no address."""
    if channel == Channel.EMAIL:
        plain = normalise_mail(address) or normalise_mail(_with_plus(address))
    elif channel in (Channel.PHONE, Channel.LINE):
        phone = parse_phone(address)
        plain = phone.e164 if phone else (address or None)
    else:
        plain = address.strip() or None
    return keyed_hash(plain) if plain else None


def _with_plus(address: str) -> str:
    """taro news@example.jp: a plus that became a space on its way through a form or an address line."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local.replace(' ', '+')}{at}{domain}"


def is_suppressed(hashes: Collection[bytes], *, channel: str = Channel.EMAIL) -> set[bytes]:
    """Those of the address hashes that stand in the suppression list. One query."""
    found = Suppression.rows.filter(channel=channel, address_hash__in=set(hashes)).values_list("address_hash", flat=True)
    return {bytes(value) for value in found}


def is_stopped(actor: Actor, customer_id: int) -> bool:
    """Whether the mail address of a customer of the actor's stands on the suppression list. Two queries."""
    address = access.readable_customers(actor).filter(pk=customer_id).values_list("email", flat=True).first()
    hashed = address_hash(Channel.EMAIL, address) if address else None
    return hashed is not None and bool(is_suppressed([hashed]))


def can_be_mailed(customer_ids: Collection[int], *, purpose: str = Purpose.MARKETING) -> dict[int, Mailable]:
    """For each id whether a mailing of this purpose may go there now, and if not, why. Ids may be merged ones. Four queries."""
    recipients = mail_recipients(customer_ids, purpose=purpose)
    hashes = {pk: address_hash(Channel.EMAIL, r.address) for pk, r in recipients.items() if r.address}
    suppressed = is_suppressed([value for value in hashes.values() if value])
    return {pk: _judge(recipients.get(pk), hashes.get(pk), suppressed) for pk in customer_ids}


def _judge(recipient: Recipient | None, hashed: bytes | None, suppressed: set[bytes]) -> Mailable:
    obstacle: Obstacle | None = None
    if recipient is None:
        obstacle = Obstacle.GONE
    elif recipient.archived:
        obstacle = Obstacle.ARCHIVED
    elif hashed is None:
        obstacle = Obstacle.NO_ADDRESS
    elif recipient.stopped:
        obstacle = Obstacle.STOPPED_ADDRESS
    elif recipient.allowed is False:
        obstacle = Obstacle.REFUSED
    elif recipient.allowed is None:
        obstacle = Obstacle.NEVER_ASKED
    elif hashed in suppressed:
        obstacle = Obstacle.SUPPRESSED
    return Mailable(obstacle is None, obstacle)


def consent_states(customer_ids: Collection[int], *, channel: str = Channel.EMAIL, purpose: str = Purpose.MARKETING) -> dict[int, bool]:
    """Customer → allowed, for those who were ever asked. One query."""
    rows = ConsentState.rows.filter(customer_id__in=customer_ids, channel=channel, purpose=purpose)
    return dict(rows.values_list("customer_id", "allowed"))
