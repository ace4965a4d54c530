"""What hangs on a user of the platform's list: the customers that they look after, and what they are to do with customers."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.customers import access
from enishi.platform.actor import Actor
from enishi.platform.queries.people import Held
from enishi.platform.words import own
from enishi.rules.address import packed
from enishi.rules.tree import parse


def customers_of(actor: Actor, user_id: int) -> list[Held]:
    """Customers owned by the user whom the actor may see, and the list of them. One query; none for who sees no customers."""
    if not access.may(actor, "read"):
        return []
    test = {"type": "choice", "op": "in", "values": [str(user_id)]}
    rule = parse({"type": "all", "rules": [{"type": "condition", "fact": "customer.owner", "test": test}]})
    count = access.visible_customers(actor).filter(owner_id=user_id).count()
    url = f"{reverse('customers:list')}?{urlencode({'view': 'all', 'rule': packed(rule)})}"
    gives = access.may(actor, "bulk") and access.may(actor, "assign")
    return [Held(own(_("担当の顧客")), count, url, reverse("customers:handover-order") if gives else "")]


def tasks_of(actor: Actor, user_id: int) -> list[Held]:
    """Open tasks of the user about customers whom the actor may see. One query; none for who sees no customers."""
    if not access.may(actor, "read"):
        return []
    return [Held(_("未完了のタスク"), access.visible_tasks(actor).filter(assignee_id=user_id, done_at__isnull=True).count())]
