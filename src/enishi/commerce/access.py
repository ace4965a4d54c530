"""Who may see which order: the only caller of the platform's policy for commerce."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enishi.commerce.models import Order
from enishi.platform import policy
from enishi.platform.actor import Actor
from enishi.platform.objects import ALL_ONLY, OWN_TO_ALL, OpenField, RightsObject

OBJECTS = (
    RightsObject(
        key="order",
        label=pgettext_lazy("object", "注文と商品"),
        acts=dict.fromkeys(("read", "create"), OWN_TO_ALL),
        own=_("自分が担当する顧客の%(thing)s"),
        can={"create": _("%(what)sをファイルから取り込めます")},
    ),
    RightsObject(
        key="product",
        label=pgettext_lazy("object", "商品とカテゴリ"),
        acts={"update": ALL_ONLY},
        can={"update": _("%(what)sを登録し、変え、ファイルから取り込めます")},
    ),
)


#: Under which name tokens with a list may ask about purchases.
PURCHASES = "customer.purchases"


def open_fields() -> list[OpenField]:
    """What the list of a token can name of ours. No query."""
    meaning = _("購入回数・金額・最後の購入などを条件にした検索と件数。注文そのものは返しません。")
    return [OpenField(PURCHASES, _("購入の条件"), _("活動と購入"), meaning)]


def visible_orders(actor: Actor) -> QuerySet[Order]:
    """The orders that the actor may read. Orders of nobody known belong to those who read all."""
    return policy.scope(actor, Order, "read").filter(archived_at__isnull=True)


def may_read(actor: Actor) -> bool:
    """Whether the actor may read some order (menus and panels)."""
    return policy.allowed(actor, "order", "read")


def may_change_products(actor: Actor) -> bool:
    """Whether the actor may write products and categories (buttons)."""
    return policy.allowed(actor, "product", "update")
