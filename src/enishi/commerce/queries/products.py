"""Products on screens: the list, and one product with what was changed of it. Reference data, the same for everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enishi.commerce.models import Product, ProductCategory
from enishi.commerce.queries.categories import CategoryRow
from enishi.platform import listing, time
from enishi.platform.errors import Invalid, NotFound
from enishi.platform.japanese.dates import format_date
from enishi.platform.japanese.kana import to_katakana
from enishi.platform.listing import Slice, Window
from enishi.platform.models import FieldChange, User
from enishi.platform.money import yen

HISTORY = 30  # changes that a product's page tells
VIEWS: tuple[tuple[str, str | Promise], ...] = (
    ("", gettext_lazy("すべて")),
    ("sold", gettext_lazy("販売中")),
    ("ended", gettext_lazy("終売")),
    ("bare", gettext_lazy("未整備")),
)


@dataclass(frozen=True, slots=True)
class ProductRow:
    url: str
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


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A product that is named on another's page."""

    code: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    at: str
    by: str
    door: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ProductCard:
    """One product; words for the page, figures for the form."""

    id: int
    code: str
    name: str
    kana: str
    brand: str
    category_id: int | None
    category: str
    unit: str
    price_jpy: int | None
    price: str
    tax_rate_bp: int
    tax_class: str
    margin_bp: int | None
    margin: str
    discontinued: bool
    replaced_by: Neighbour | None
    replaces: list[Neighbour]
    history: list[ChangeRow]


def product_page(*, text: str = "", view: str = "", category: CategoryRow | None = None, window: Window) -> ProductPage:
    """One page of products by code; `text` is a part of code, name, kana, brand or category; `view` one of VIEWS (未整備: without
    category, price or margin); `category` with all below it. Five queries. Raises Invalid for an unknown view."""
    rows = _viewed(Product.rows.all(), view)
    if category is not None:
        rows = rows.filter(category__in=_with_all_below(category.id))
    for word in text.split()[:5]:
        kana = Q(kana__icontains=to_katakana(word))
        rows = rows.filter(
            kana | Q(code__icontains=word) | Q(name__icontains=word) | Q(brand__icontains=word) | Q(category__name__icontains=word)
        )
    page = listing.page_of_ids(rows, ("code",), window, descending=False)
    columns = ("pk", "code", "name", "brand", "category__name", "price_jpy", "tax_rate_bp", "discontinued", "replaced_by__name")
    found = {pk: (pk, *values) for pk, *values in Product.rows.filter(pk__in=page.ids).values_list(*columns)}
    base = reverse("commerce:products")
    return ProductPage(
        rows=[_row(base, *found[pk]) for pk in page.ids if pk in found],
        slice=page,
        count_words=listing.count_words(listing.capped_count(rows)),
    )


def _viewed(rows: QuerySet[Product], view: str) -> QuerySet[Product]:
    match view:
        case "":
            return rows
        case "sold" | "ended":
            return rows.filter(discontinued=view == "ended")
        case "bare":
            return rows.filter(Q(category=None) | Q(price_jpy=None) | Q(margin_bp=None), discontinued=False)
    raise Invalid(fields={"view": [_("この表示はありません。一覧を開き直してください。")]})


def _with_all_below(category_id: int) -> list[int]:
    """One query."""
    tree = dict(ProductCategory.rows.values_list("pk", "parent_id"))
    found = [category_id]
    for pk in found:  # grows while it is walked
        found += [below for below, above in tree.items() if above == pk]
    return found


def _row(
    base: str,
    pk: int,
    code: str,
    name: str,
    brand: str,
    category: str | None,
    price: int | None,
    rate: int,
    discontinued: bool,
    replaced_by: str | None,
) -> ProductRow:
    return ProductRow(
        url=f"{base}{pk}/",
        code=code,
        name=name,
        brand=brand,
        category=category or "",
        price=yen(price) if price is not None else "",
        rate=rate_words(rate),
        discontinued=discontinued,
        replaced_by=replaced_by or "",
    )


def rate_words(rate_bp: int) -> str:
    return f"{Decimal(rate_bp) / 100:g}%"


def product_of_code(code: str) -> int | None:
    """One query."""
    return Product.rows.filter(code=code.strip()).values_list("pk", flat=True).first()


def product_card(product_id: int, *, tree: Sequence[CategoryRow]) -> ProductCard:
    """One product with those before and after it and its latest changes. Raises NotFound. Six queries at most."""
    product = Product.rows.select_related("replaced_by").filter(pk=product_id).first()
    if product is None:
        raise NotFound
    base, paths = reverse("commerce:products"), {row.id: row.path for row in tree}
    successor = product.replaced_by
    return ProductCard(
        **{name: getattr(product, name) for name in ("id", "code", "name", "kana", "brand", "category_id", "unit", "price_jpy")},
        **{name: getattr(product, name) for name in ("tax_rate_bp", "margin_bp", "discontinued")},
        category=paths.get(product.category_id or 0, ""),
        price=yen(product.price_jpy) if product.price_jpy is not None else "",
        tax_class=_tax_class(product.tax_rate_bp),
        margin=rate_words(product.margin_bp) if product.margin_bp is not None else "",
        replaced_by=Neighbour(successor.code, successor.name, f"{base}{successor.pk}/") if successor else None,
        replaces=[
            Neighbour(code, name, f"{base}{pk}/")
            for pk, code, name in Product.rows.filter(replaced_by=product).order_by("code").values_list("pk", "code", "name")[:20]
        ],
        history=_history(product_id, paths),
    )


def _tax_class(rate_bp: int) -> str:
    return str(Product.TaxClass(rate_bp).label) if rate_bp in Product.TaxClass.values else rate_words(rate_bp)


# ---- history ------------------------------------------------------------------------------------------------------

_DOORS: Mapping[str, str | Promise] = {
    "screen": gettext_lazy("画面"),
    "import": gettext_lazy("取り込み"),
    "undo": gettext_lazy("取り込みの取り消し"),
    "api": gettext_lazy("API"),
}


def _history(product_id: int, paths: Mapping[int, str]) -> list[ChangeRow]:
    """Three queries."""
    label = Product._meta.label_lower
    rows = FieldChange.rows.filter(object=label, object_id=product_id).select_related("change_set").order_by("-pk")[:HISTORY]
    found = list(rows)
    people = dict(
        User.rows.filter(pk__in={row.change_set.actor_id for row in found if row.change_set.actor_id}).values_list("pk", "display_name")
    )
    named = {value for row in found if row.field == "replaced_by" for value in (row.before, row.after) if isinstance(value, int)}
    goods = dict(Product.rows.filter(pk__in=named).values_list("pk", "name")) if named else {}
    words = _field_words(paths, goods)
    return [_change(row, people, words) for row in found]


def _field_words(paths: Mapping[int, str], goods: Mapping[int, str]) -> Mapping[str, Callable[[object], str]]:
    """How the values of a field are told; a value that is None is told as nothing."""
    return {
        "category": lambda value: paths.get(value, "") if isinstance(value, int) else "",
        "replaced_by": lambda value: goods.get(value, "") if isinstance(value, int) else "",
        "price_jpy": lambda value: yen(value) if isinstance(value, int) else "",
        "margin_bp": lambda value: rate_words(value) if isinstance(value, int) else "",
        "tax_rate_bp": lambda value: _tax_class(value) if isinstance(value, int) else "",
        "discontinued": lambda value: _("終売") if value else _("販売中"),
    }


def _change(row: FieldChange, people: Mapping[int, str], words: Mapping[str, Callable[[object], str]]) -> ChangeRow:
    deed, told = row.change_set, words.get(row.field, str)
    before, after = ("" if value is None else told(value) for value in (row.before, row.after))
    local = time.local(deed.at)
    is_birth = row.field == "code" and row.before is None
    return ChangeRow(
        at=f"{format_date(local.date())} {local:%H:%M}",
        by=people.get(deed.actor_id or 0, "") or _("システム"),
        door=str(_DOORS.get(deed.door, deed.door)),
        field=_("登録") if is_birth else _label(row.field),
        before=before,
        after=after,
    )


def _label(name: str) -> str:
    return next(str(field.verbose_name) for field in Product._meta.fields if field.name == name)
