"""How the audit names orders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy

from enishi.commerce import access
from enishi.commerce.models import Product, ProductCategory
from enishi.platform.actor import Actor
from enishi.platform.audit_objects import AuditObject, Named, nameless


def _names(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    rows = access.visible_orders(actor).filter(pk__in=ids).values_list("pk", "number")
    return {pk: Named(number, reverse("commerce:order", args=[number])) for pk, number in rows}


def _find(actor: Actor, text: str) -> Sequence[int]:
    return list(access.visible_orders(actor).filter(number__iexact=text.strip()).values_list("pk", flat=True)[:2])


ORDERS = AuditObject(names=_names, find=_find)
LINES = AuditObject(names=nameless, called=gettext_lazy("注文明細"))


def _products(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    if not access.may_read(actor):
        return {}
    rows = Product.rows.filter(pk__in=ids).values_list("pk", "name")
    return {pk: Named(name, reverse("commerce:product", args=[pk])) for pk, name in rows}


def _find_products(actor: Actor, text: str) -> Sequence[int]:
    return list(Product.rows.filter(code=text.strip()).values_list("pk", flat=True)) if access.may_read(actor) else []


def _categories(actor: Actor, ids: Collection[int]) -> Mapping[int, Named]:
    rows = ProductCategory.rows.filter(pk__in=ids).values_list("pk", "name") if access.may_read(actor) else ()
    return {pk: Named(name) for pk, name in rows}


PRODUCTS = AuditObject(names=_products, find=_find_products)
CATEGORIES = AuditObject(names=_categories)
