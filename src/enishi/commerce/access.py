"""Who may see which order: the only caller of the platform's policy for commerce."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.commerce.models import Order
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.objects import OWN_TO_ALL, RightsObject

OBJECTS = (
    RightsObject(
        key="order",
        label=pgettext_lazy("object", "注文と商品"),
        acts=dict.fromkeys(("read", "create"), OWN_TO_ALL),
        own=_("自分が担当する顧客の%(thing)s"),
        can={"create": _("%(what)sをファイルから取り込めます")},
    ),
)


def visible_orders(actor: Actor) -> QuerySet[Order]:
    """The orders that the actor may read. Orders of nobody known belong to those who read all."""
    return policy.scope(actor, Order, "read").filter(archived_at__isnull=True)


def may_read(actor: Actor) -> bool:
    """Whether the actor may read some order (menus and panels)."""
    return policy.allowed(actor, "order", "read")
