"""Input about products and their categories."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enishi.commerce.actions.categories import LONGEST_NAME
from enishi.commerce.actions.products import ProductSheet
from enishi.commerce.models import Product
from enishi.commerce.queries.categories import CategoryRow
from enishi.commerce.queries.products import ProductCard, product_of_code
from enishi.platform.forms.base import ScreenForm

_OFF = {"autocomplete": "off"}


def _text(label: str | Promise, most: int, *, required: bool = False, help_text: str | Promise = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=required, help_text=help_text, widget=forms.TextInput(attrs=_OFF))  # type: ignore[arg-type]


class ProductForm(ScreenForm):
    """商品. The margin is written in percent, the successor by its code."""

    code = _text(_("商品コード"), 60, required=True)
    name = _text(_("商品名"), 160, required=True)
    kana = _text(_("フリガナ"), 160)
    brand = _text(_("ブランド"), 60)
    category_id = forms.TypedChoiceField(label=_("カテゴリ"), coerce=int, empty_value=None, required=False)
    unit = _text(_("単位"), 10, help_text=_("例：個、本、袋、100g"))
    price_jpy = forms.IntegerField(label=_("価格（税抜）"), min_value=0, max_value=10**12 - 1, required=False)
    tax_rate_bp = forms.TypedChoiceField(label=_("税区分"), coerce=int)
    margin = forms.DecimalField(
        label=_("粗利率"),
        min_value=0,
        max_value=100,
        decimal_places=2,
        required=False,
        help_text=_("粗利LTVの計算に使います。空のときは、粗利の計算から外れます。"),
    )
    discontinued = forms.BooleanField(label=_("終売にする"), required=False)
    replaced_by = _text(_("後継商品の商品コード"), 60, help_text=_("この商品の代わりに勧める商品です。"))

    def __init__(self, *args: object, tree: Sequence[CategoryRow], rate_bp: int = Product.TaxClass.STANDARD, **options: object) -> None:
        super().__init__(*args, **options)
        self.offer("category_id", [("", _("なし")), *((row.id, row.path) for row in tree)])
        former = [] if rate_bp in Product.TaxClass.values else [(rate_bp, f"{Decimal(rate_bp) / 100:g}%")]
        self.offer("tax_rate_bp", [*Product.TaxClass.choices, *former])

    def clean_replaced_by(self) -> int | None:
        code = self.cleaned_data["replaced_by"]
        if not code:
            return None
        found = product_of_code(code)
        if found is None:
            raise forms.ValidationError(_("商品コード「%(code)s」の商品はありません。") % {"code": code})
        return found

    def sheet(self) -> ProductSheet:
        said = dict(self.cleaned_data)
        margin, successor = said.pop("margin"), said.pop("replaced_by")
        return ProductSheet(**said, margin_bp=None if margin is None else int(margin * 100), replaced_by_id=successor)

    def place_of(self, name: str) -> str:
        return {"margin_bp": "margin", "replaced_by_id": "replaced_by"}.get(name, name)

    @staticmethod
    def initial_of(card: ProductCard) -> dict[str, object]:
        plain = ("code", "name", "kana", "brand", "category_id", "unit", "price_jpy", "tax_rate_bp", "discontinued")
        margin = None if card.margin_bp is None else Decimal(card.margin_bp) / 100
        successor = card.replaced_by.code if card.replaced_by else ""
        return {name: getattr(card, name) for name in plain} | {"margin": margin, "replaced_by": successor}


class CategoryForm(ScreenForm):
    """商品カテゴリ."""

    name = _text(_("カテゴリ名"), LONGEST_NAME, required=True)
    parent_id = forms.TypedChoiceField(label=_("上位のカテゴリ"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: object, tree: Sequence[CategoryRow], **options: object) -> None:
        super().__init__(*args, **options)
        self.offer("parent_id", [("", _("なし（いちばん上）")), *((row.id, row.path) for row in tree)])
