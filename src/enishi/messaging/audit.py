"""How the audit names deliveries, templates and mail accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils.translation import gettext_lazy

from enishi.messaging import access
from enishi.platform.actor import Actor
from enishi.platform.audit_objects import AuditObject, Named, nameless


def _deliveries(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    return {pk: Named(name) for pk, name in access.visible_deliveries(actor).filter(pk__in=ids).values_list("pk", "name")}


def _templates(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    return {pk: Named(name) for pk, name in access.visible_templates(actor).filter(pk__in=ids).values_list("pk", "name")}


def _accounts(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    return {pk: Named(name) for pk, name in access.visible_accounts(actor).filter(pk__in=ids).values_list("pk", "name")}


DELIVERIES = AuditObject(names=_deliveries)
TEMPLATES = AuditObject(names=_templates)
ACCOUNTS = AuditObject(names=_accounts)
MESSAGES = AuditObject(names=nameless, called=gettext_lazy("送ったメール"))
MAILBOX = AuditObject(names=nameless, called=gettext_lazy("受信箱のメール"))
