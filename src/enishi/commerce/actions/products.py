"""商品: making and changing them by hand. Files of products come through the import."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from enishi.commerce.models import Product, ProductCategory
from enishi.platform import changes, events, policy
from enishi.platform.action import action
from enishi.platform.actor import Actor
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.japanese.kana import is_kana, to_katakana
from enishi.platform.japanese.normalise import clean
from enishi.platform.models import Organisation

_CHAIN = """
WITH RECURSIVE chain AS (
  SELECT id, replaced_by_id FROM commerce_product WHERE id = %s
  UNION SELECT p.id, p.replaced_by_id FROM commerce_product p JOIN chain ON p.id = chain.replaced_by_id
) SELECT id FROM chain
"""
_TEXTS = {"code": 60, "name": 160, "kana": 160, "brand": 60, "unit": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSheet:
    """What is written about a product. Money in whole yen without tax, rates in basis points."""

    code: str
    name: str
    kana: str = ""
    brand: str = ""
    category_id: int | None = None
    unit: str = ""
    price_jpy: int | None = None
    tax_rate_bp: int = Product.TaxClass.STANDARD
    margin_bp: int | None = None
    discontinued: bool = False
    replaced_by_id: int | None = None


_FIELDS = tuple(field.name for field in fields(ProductSheet))


@action
def create_product(*, sheet: ProductSheet, actor: Actor, now: datetime) -> int:
    """Records `product.created`. Raises NotAllowed, Invalid."""
    policy.require(actor, "product", "update")
    product = Product(**_checked(sheet, itself=0))
    product.save(force_insert=True)
    _tell(product, "product.created", {"code": (None, product.code)}, actor, now)
    return product.pk


@action
def change_product(*, product_id: int, sheet: ProductSheet, actor: Actor, now: datetime) -> None:
    """Records `product.changed` where anything is new. Raises NotAllowed, NotFound, Invalid (also for a successor that would come
    after itself)."""
    policy.require(actor, "product", "update")
    Organisation.rows.select_for_update().get()  # two successors written at once could make a circle
    product = Product.rows.select_for_update(of=("self",)).filter(pk=product_id).first()
    if product is None:
        raise NotFound
    said = _checked(sheet, itself=product.pk, now_at=product.tax_rate_bp)
    pairs: dict[str, changes.Change] = {
        key.removesuffix("_id"): (getattr(product, key), value) for key, value in said.items() if getattr(product, key) != value
    }
    if pairs:
        for key, value in said.items():
            setattr(product, key, value)
        product.save(update_fields=[key.removesuffix("_id") for key in _FIELDS])
        _tell(product, "product.changed", pairs, actor, now)


def _checked(sheet: ProductSheet, *, itself: int, now_at: int | None = None) -> dict[str, object]:
    """The columns, tidied. Raises Invalid. A rate that is no longer offered may stay where it stands (`now_at`)."""
    said = {name: getattr(sheet, name) for name in _FIELDS}
    for name in _TEXTS:
        said[name] = clean(said[name])
    said["kana"] = to_katakana(said["kana"])
    problems: dict[str, list[str]] = {}
    for name, most in _TEXTS.items():
        if len(said[name]) > most:
            problems[name] = [_("%(n)d文字以内で入力してください。") % {"n": most}]
    for name in ("code", "name"):
        if not said[name]:
            problems[name] = [_("入力してください。")]
    if said["kana"] and not is_kana(said["kana"]):
        problems["kana"] = [_("カタカナかひらがなで入力してください。")]
    if said["code"] and Product.rows.filter(code=said["code"]).exclude(pk=itself).exists():
        problems["code"] = [_("同じ商品コードの商品があります。")]
    if sheet.tax_rate_bp not in (*Product.TaxClass.values, now_at):
        problems["tax_rate_bp"] = [_("一覧から選んでください。")]
    if sheet.price_jpy is not None and not 0 <= sheet.price_jpy < 10**12:
        problems["price_jpy"] = [_("0以上で入力してください。")]
    if sheet.margin_bp is not None and not 0 <= sheet.margin_bp <= 10_000:
        problems["margin_bp"] = [_("0%から100%までで入力してください。")]
    if sheet.category_id is not None and not ProductCategory.rows.filter(pk=sheet.category_id).exists():
        problems["category_id"] = [_("一覧から選んでください。")]
    if sheet.replaced_by_id is not None and (word := _refused_successor(sheet.replaced_by_id, itself)):
        problems["replaced_by_id"] = [word]
    if problems:
        raise Invalid(fields=problems)
    return said


def _refused_successor(product_id: int, itself: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, [product_id])
        chain = {row[0] for row in cursor.fetchall()}
    if not chain:
        return _("この商品はありません。")
    return _("後継商品をたどると、この商品に戻ってしまいます。ほかの商品を選んでください。") if itself in chain else ""


def _tell(product: Product, kind: str, pairs: dict[str, changes.Change], actor: Actor, now: datetime) -> None:
    deed = changes.open_change_set(actor=actor, door="screen", at=now)
    changes.record_changes(deed, Product, [(product.pk, pairs)])
    events.record(kind, subject=product.pk, customer=None, actor=actor, at=now, data={"change_set": deed.pk})
