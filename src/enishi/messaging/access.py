"""Who may do what to deliveries, accounts and the mailbox: the only caller of the platform's policy for reading here."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.messaging.models import Delivery, MailAccount, SinkMail, Template
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.objects import ALL_ONLY, OWN_TO_ALL, RightsObject

OBJECTS = (
    RightsObject(
        key="delivery",
        label=pgettext_lazy("object", "配信"),
        acts=dict.fromkeys(("read", "create", "update", "send"), OWN_TO_ALL),
        own=_("自分が作った%(thing)s"),
        can={"read": _("%(what)sと、その結果を見られます"), "send": _("%(what)sの送信を予約し、止められます")},
    ),
    RightsObject(key="template", label=pgettext_lazy("object", "テンプレート"), acts={"read": OWN_TO_ALL}, own=_("自分が作った%(thing)s")),
    RightsObject(
        key="mail_account",
        label=pgettext_lazy("object", "送信設定"),
        acts={"read": ALL_ONLY, "configure": ALL_ONLY},
        can={"configure": _("メールを送るサーバーと差出人を変えられます")},
    ),
    RightsObject(key="sink_mail", label=pgettext_lazy("object", "デモの受信箱"), acts={"read": ALL_ONLY}),
)


def visible_deliveries(actor: Actor) -> QuerySet[Delivery]:
    return policy.scope(actor, Delivery, "read").filter(archived_at=None)


def visible_accounts(actor: Actor) -> QuerySet[MailAccount]:
    return policy.scope(actor, MailAccount, "read").filter(archived_at=None)


def visible_templates(actor: Actor) -> QuerySet[Template]:
    return policy.scope(actor, Template, "read").filter(archived_at=None)


def visible_mails(actor: Actor) -> QuerySet[SinkMail]:
    return policy.scope(actor, SinkMail, "read")
