"""A mail as one real person would see it, shown on the files host by a short-lived signed address."""

from __future__ import annotations

from django.core import signing
from django.utils.translation import gettext as _

from enishi.campaigns.queries import drafts
from enishi.customers.queries.recipients import mail_recipients
from enishi.messaging.engine.copies import merge_data
from enishi.messaging.mail.blocks import CompiledMail, MailTemplates, RenderedMail, compile_mail
from enishi.messaging.models import Delivery
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.liquid import LiquidError
from enishi.platform.origins import files_url

_SIGNER = signing.TimestampSigner(salt="campaigns.preview")
LIFETIME_SECONDS = 900


def preview_url(actor: Actor, delivery_id: int, customer_id: int) -> str:
    """Where the mail can be seen as this person for a quarter of an hour. Raises NotFound, NotAllowed."""
    policy.get(actor, Delivery, "read", delivery_id, lock=False)
    drafts.require_sample(actor, customer_id)
    return files_url(f"/preview/{_SIGNER.sign_object([delivery_id, customer_id])}")


def preview_by_token(token: str) -> str:
    """The HTML behind a preview address. Links and the pixel lead nowhere. Raises NotFound."""
    try:
        delivery_id, customer_id = _SIGNER.unsign_object(token, max_age=LIFETIME_SECONDS)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound from error
    mail = _mail_as(_delivery(delivery_id), customer_id)
    if mail is None:
        return "<!doctype html><meta charset=utf-8><p>" + _("内容に直すところがあるため、まだ表示できません。")
    return mail.html


def subject_for(delivery_id: int, customer_id: int) -> str:
    """The subject as this person gets it; as written where it cannot be rendered yet. System read."""
    delivery = _delivery(delivery_id)
    mail = _mail_as(delivery, customer_id)
    return delivery.subject if mail is None else mail.subject


def _delivery(delivery_id: int) -> Delivery:
    found = Delivery.rows.filter(pk=delivery_id).first()
    if found is None:
        raise NotFound
    return found


def _mail_as(delivery: Delivery, customer_id: int) -> RenderedMail | None:
    """This person's copy; None while the content has faults. Raises NotFound."""
    recipient = mail_recipients([customer_id]).get(customer_id)
    if recipient is None:
        raise NotFound
    try:
        templates = MailTemplates(_compiled(delivery))
        nowhere = {f"link{link.position}": link.url for link in templates.links} | {"unsubscribe": "#", "open": "data:,"}
        return templates.render(merge_data(recipient), nowhere)
    except (Invalid, LiquidError):
        return None


def _compiled(delivery: Delivery) -> CompiledMail:
    if delivery.compiled:
        return CompiledMail.from_json(delivery.compiled)
    return compile_mail(subject=delivery.subject, preheader=delivery.preheader, blocks=delivery.blocks)
