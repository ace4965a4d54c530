"""The list of products: reference data, the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from enishi.commerce.models import Product
from enishi.platform import listing
from enishi.platform.listing import Slice, Window
from enishi.platform.money import yen


@dataclass(frozen=True, slots=True)
class ProductRow:
    code: str
    name: str
    brand: str
    category: str
    price: str
    rate: str
    discontinued: bool
    replaced_by: str


@dataclass(frozen=True, slots=True)
class ProductPage:
    rows: list[ProductRow]
    slice: Slice
    count_words: str


def product_page(*, text: str = "", window: Window) -> ProductPage:
    """One page of products by code; `text` is a part of code, name, brand or category. Four queries."""
    rows = Product.rows.all()
    for word in text.split()[:5]:
        rows = rows.filter(Q(code__icontains=word) | Q(name__icontains=word) | Q(brand__icontains=word) | Q(category__icontains=word))
    page = listing.page_of_ids(rows, ("code",), window, descending=False)
    columns = ("pk", "code", "name", "brand", "category", "price_jpy", "tax_rate_bp", "discontinued", "replaced_by__name")
    found = {pk: values for pk, *values in Product.rows.filter(pk__in=page.ids).values_list(*columns)}
    return ProductPage(
        rows=[_row(*found[pk]) for pk in page.ids if pk in found],
        slice=page,
        count_words=listing.count_words(listing.capped_count(rows)),
    )


def _row(
    code: str, name: str, brand: str, category: str, price: int | None, rate: int, discontinued: bool, replaced_by: str | None
) -> ProductRow:
    return ProductRow(
        code, name, brand, category, yen(price) if price is not None else "", f"{rate // 100}%", discontinued, replaced_by or ""
    )
