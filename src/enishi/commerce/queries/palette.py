"""Orders and products for the one search box over everything."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from enishi.commerce import access
from enishi.commerce.models import Order, Product
from enishi.commerce.queries.orders import orders_of_number
from enishi.platform import time
from enishi.platform.actor import Actor
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.kana import to_katakana
from enishi.platform.money import yen
from enishi.platform.search import SearchHit


def order_hits(actor: Actor, text: str, limit: int) -> list[SearchHit]:
    """The orders whose whole number, ours or the shop's, was typed. Two queries."""
    if len(text) < 3:
        return []
    visible = access.visible_orders(actor)
    ids = orders_of_number(visible, text)[:limit]
    rows = Order.rows.filter(pk__in=ids).order_by("-ordered_at") if ids else Order.rows.none()
    base = reverse("commerce:orders")
    return [
        SearchHit(external_id, f"{base}{number}/", "order", sub=f"{format_date(time.local(at).date())} {yen(goods)}")
        for number, external_id, at, goods in rows.values_list("number", "external_id", "ordered_at", "goods_jpy")
    ]


def product_hits(actor: Actor, text: str, limit: int) -> list[SearchHit]:
    """Products by a part of their code, name or kana. One query."""
    if len(text) < 2 or not access.may_read(actor):
        return []
    found = Q(code__icontains=text) | Q(name__icontains=text) | Q(kana__icontains=to_katakana(text))
    rows = Product.rows.filter(found).order_by("discontinued", "code").values_list("pk", "code", "name")[:limit]
    base = reverse("commerce:products")
    return [SearchHit(name, f"{base}{pk}/", "product", sub=code) for pk, code, name in rows]
