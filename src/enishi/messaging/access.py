"""Who may do what to deliveries, accounts and the mailbox: the only caller of the platform's policy for reading here."""

from __future__ import annotations

from django.db.models import QuerySet

from enishi.messaging.models import Delivery, MailAccount, SinkMail, Template
from enishi.platform import policy
from enishi.platform.actor import Actor


def visible_deliveries(actor: Actor) -> QuerySet[Delivery]:
    return policy.scope(actor, Delivery, "read").filter(archived_at=None)


def visible_accounts(actor: Actor) -> QuerySet[MailAccount]:
    return policy.scope(actor, MailAccount, "read").filter(archived_at=None)


def visible_templates(actor: Actor) -> QuerySet[Template]:
    return policy.scope(actor, Template, "read").filter(archived_at=None)


def visible_mails(actor: Actor) -> QuerySet[SinkMail]:
    return policy.scope(actor, SinkMail, "read")
